// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Adagrad (Duchi, Hazan & Singer 2011): a step size for each coordinate that shrinks with the gradient seen there, and its row-wise
/// form, one step size for each row.

#include <kindred/optimizer/rule.hpp>

namespace kindred {

/// sum += g^2,  w -= lr g / (sqrt(sum) + epsilon).
/// Suits embeddings of very different popularity: a rare row keeps its large steps.
struct Adagrad {
  double learning_rate = 0.05, epsilon = 1e-10;
  static constexpr std::array slots{Slot{"sum"}};

  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate), eps = static_cast<Scalar>(epsilon);
    return [=](auto&& w, const auto& g, auto&& sum) -> void {
      sum += g.square();
      w -= lr * g / (sum.sqrt() + eps);
    };
  }
  void validate() const { detail::require(epsilon > 0, "Adagrad: epsilon must be positive, got ", epsilon); }
};

/// sum += mean(g^2),  w -= lr g / (sqrt(sum) + epsilon), one sum a row: 1 / Dim of the memory and of the square roots
/// (the row-wise Adagrad of FBGEMM and TorchRec; Mudigere et al. 2022, section 4.1).
struct RowwiseAdagrad {
  double learning_rate = 0.05, epsilon = 1e-10;
  static constexpr std::array slots{Slot{"sum", SlotShape::per_row}};

  template <class Scalar>
  auto at(Step step) const {
    const auto dim = static_cast<Scalar>(step.dim);
    return [dim, f = factor<Scalar>(step.learning_rate)](auto&& w, const auto& g, Scalar& sum) -> void {
      w -= f(g.square().sum() / dim, sum) * g;
    };
  }
  template <class Scalar>
  auto factor(double rate) const {
    const auto lr = static_cast<Scalar>(rate), eps = static_cast<Scalar>(epsilon);
    return [=](const auto& mean_square, auto& sum) {
      using std::sqrt;
      sum += mean_square;
      return lr / (sqrt(sum) + eps);
    };
  }
  void validate() const { detail::require(epsilon > 0, "RowwiseAdagrad: epsilon must be positive, got ", epsilon); }
};

}  // namespace kindred

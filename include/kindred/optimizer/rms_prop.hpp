// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// RMSprop (Tieleman & Hinton 2012, lecture 6.5): Adagrad that forgets.

#include <kindred/optimizer/rule.hpp>

namespace kindred {

/// mean_square = rho mean_square + (1 - rho) g^2,  w -= lr g / (sqrt(mean_square) + epsilon).
/// Lazy: a row without a gradient in a step keeps its mean as it is.
struct RmsProp {
  double learning_rate = 1e-3, rho = 0.9, epsilon = 1e-7;
  static constexpr std::array slots{Slot{"mean_square"}};

  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate), eps = static_cast<Scalar>(epsilon);
    const auto keep = static_cast<Scalar>(rho), take = static_cast<Scalar>(1 - rho);
    return [=](auto&& w, const auto& g, auto&& mean_square) -> void {
      mean_square = keep * mean_square + take * g.square();
      w -= lr * g / (mean_square.sqrt() + eps);
    };
  }
  void validate() const {
    detail::require(rho >= 0 && rho < 1, "RmsProp: rho must be in [0, 1), got ", rho);
    detail::require(epsilon > 0, "RmsProp: epsilon must be positive, got ", epsilon);
  }
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), with the defaults of Keras where those differ from the paper's.
///
/// Both are lazy, as PyTorch's SparseAdam: a row without a gradient in a step is not touched, its moments do not decay. The
/// step counter t is the optimizer's, so a row first seen late takes a first step of (1 - beta1) / sqrt(1 - beta2) = 3.2 learning
/// rates instead of 1.

#include <kindred/optimizer/rule.hpp>

#include <cmath>

namespace kindred {

namespace detail {

/// 1 - beta^t. Where beta^t < e^(-t (1 - beta)) is below 2^-54 that is 1, to the last bit, and no power is taken: training by single examples
/// asks for it four times an example.
inline double one_less_power(double beta, double t) { return t * (1 - beta) > 38 ? 1.0 : 1 - std::pow(beta, t); }

}  // namespace detail

/// m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
/// w -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)   (Kingma & Ba 2015, algorithm 1; epsilon 1e-7 as in Keras).
struct Adam {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  static constexpr std::array slots{Slot{"first_moment"}, Slot{"second_moment"}};

  template <class Scalar>
  auto at(Step step) const {
    const auto t = static_cast<double>(step.t);
    const auto lr = static_cast<Scalar>(step.learning_rate / detail::one_less_power(beta1, t));
    const auto root = static_cast<Scalar>(1 / std::sqrt(detail::one_less_power(beta2, t)));
    const auto keep1 = static_cast<Scalar>(beta1), take1 = static_cast<Scalar>(1 - beta1);
    const auto keep2 = static_cast<Scalar>(beta2), take2 = static_cast<Scalar>(1 - beta2);  // not 1 - keep2: 5e-5 off in float
    const auto eps = static_cast<Scalar>(epsilon);
    return [=](auto&& w, const auto& g, auto&& m, auto&& v) -> void {
      m = keep1 * m + take1 * g;
      v = keep2 * v + take2 * g.square();
      w -= lr * m / (root * v.sqrt() + eps);
    };
  }
  void validate() const {
    detail::require(beta1 >= 0 && beta1 < 1, "Adam: beta1 must be in [0, 1), got ", beta1);
    detail::require(beta2 >= 0 && beta2 < 1, "Adam: beta2 must be in [0, 1), got ", beta2);
    detail::require(epsilon > 0, "Adam: epsilon must be positive, got ", epsilon);
  }
};

/// Adam with decoupled weight decay: before the step w -= lr weight_decay w, on touched rows (Loshchilov & Hutter 2019, algorithm 2).
struct AdamW {
  double learning_rate = 1e-3, weight_decay = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  static constexpr std::array slots = Adam::slots;

  template <class Scalar>
  auto at(Step step) const {
    const auto keep = static_cast<Scalar>(1 - step.learning_rate * weight_decay);
    return [=, adam = adam().template at<Scalar>(step)](auto&& w, const auto& g, auto&& m, auto&& v) -> void {
      w *= keep;
      adam(w, g, m, v);
    };
  }
  void validate() const {
    detail::require(weight_decay >= 0, "AdamW: weight_decay must not be negative, got ", weight_decay);
    adam().validate();
  }

 private:
  Adam adam() const { return {learning_rate, beta1, beta2, epsilon}; }
};

}  // namespace kindred

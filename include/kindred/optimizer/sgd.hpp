// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Stochastic gradient descent: plain, with momentum, and with Nesterov's.

#include <kindred/optimizer/rule.hpp>

namespace kindred {

/// w -= lr g   (Robbins & Monro 1951). No state.
struct Sgd {
  double learning_rate = 0.01;
  static constexpr std::array<Slot, 0> slots{};

  template <class Scalar>
  auto at(Step step) const {
    return [f = factor<Scalar>(step.learning_rate)](auto&& w, const auto& g) -> void { w -= f() * g; };
  }
  template <class Scalar>
  auto factor(double rate) const {
    return [lr = static_cast<Scalar>(rate)] { return lr; };
  }
};

/// v = momentum v + g,  w -= lr v   (Polyak 1964, the heavy ball, in the form of Sutskever et al. 2013 with lr outside).
/// A row without a gradient does not coast: its velocity waits.
struct Momentum {
  double learning_rate = 0.01, momentum = 0.9;
  static constexpr std::array slots{Slot{"velocity"}};

  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate), mu = static_cast<Scalar>(momentum);
    return [=](auto&& w, const auto& g, auto&& v) -> void {
      v = mu * v + g;
      w -= lr * v;
    };
  }
  void validate() const {
    detail::require(momentum >= 0 && momentum < 1, "Momentum: momentum must be in [0, 1), got ", momentum);
  }
};

/// v = momentum v + g,  w -= lr (g + momentum v)   (Nesterov 1983; Sutskever et al. 2013, eq. 3-4, rewritten at the look-ahead point).
struct Nesterov {
  double learning_rate = 0.01, momentum = 0.9;
  static constexpr std::array slots{Slot{"velocity"}};

  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate), mu = static_cast<Scalar>(momentum);
    return [=](auto&& w, const auto& g, auto&& v) -> void {
      v = mu * v + g;
      w -= lr * (g + mu * v);
    };
  }
  void validate() const {
    detail::require(momentum >= 0 && momentum < 1, "Nesterov: momentum must be in [0, 1), got ", momentum);
  }
};

}  // namespace kindred

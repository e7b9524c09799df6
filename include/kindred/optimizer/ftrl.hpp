// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// FTRL-Proximal (McMahan et al. 2013, "Ad click prediction: a view from the trenches", algorithm 1): Adagrad's step sizes with an
/// L1 penalty that sets weights to exactly zero.

#include <kindred/optimizer/rule.hpp>

namespace kindred {

/// sigma = (beta + sqrt(n + g^2)) / alpha - (beta + sqrt(n)) / alpha_before,  z += g - sigma w,  n += g^2,
/// w = 0 if |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2), with alpha the learning rate.
///
/// Two differences from the paper. Its alpha is constant, and sigma shorter: under a schedule the weights would follow alpha, back to
/// where they began as it falls. So each row remembers the alpha of its last step (`rate`, 0: not yet touched); a step at rate 0
/// changes nothing. And the weights are a function of z, which starts at zero: the first step would forget the initial value of an
/// embedding. `start` is the row's weights when it was first touched, and w = start + the formula above; so with l1 = l2 = 0 a row
/// moves as Adagrad's with epsilon = beta. With l1 > 0 it is the move away from the start that is made sparse.
/// Penalties are l1 and l2: `WithWeightDecay` does nothing useful here, for the weights are computed anew in each step.
struct Ftrl {
  double learning_rate = 0.05, beta = 1, l1 = 0, l2 = 0;
  static constexpr std::array slots{Slot{"z"}, Slot{"n"}, Slot{"start"}, Slot{"rate", SlotShape::per_row}};

  template <class Scalar>
  auto at(Step step) const {
    const auto alpha = static_cast<Scalar>(step.learning_rate), b = static_cast<Scalar>(beta);
    const auto lasso = static_cast<Scalar>(l1), ridge = static_cast<Scalar>(l2);
    return [=](auto&& w, const auto& g, auto&& z, auto&& n, auto&& start, Scalar& rate) -> void {
      if (alpha == 0) return;
      if (rate == 0) {
        start = w;
        rate = alpha;
      }
      z += g - ((b + (n + g.square()).sqrt()) / alpha - (b + n.sqrt()) / rate) * (w - start);
      n += g.square();
      w = start - z.sign() * (z.abs() - lasso).max(Scalar{0}) / ((b + n.sqrt()) / alpha + ridge);
      rate = alpha;
    };
  }
  void validate() const {
    detail::require(beta > 0, "Ftrl: beta must be positive, got ", beta);
    detail::require(l1 >= 0 && l2 >= 0, "Ftrl: l1 and l2 must not be negative, got ", l1, " and ", l2);
  }
};

}  // namespace kindred

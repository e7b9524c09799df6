// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// FTRL-Proximal (McMahan et al. 2013, "Ad click prediction: a view from the trenches", algorithm 1): Adagrad's step sizes with an
/// L1 penalty that sets weights to exactly zero.

#include <kindred/optimizer/rule.hpp>

namespace kindred {

/// sigma = (sqrt(n + g^2) - sqrt(n)) / alpha,  z += g - sigma w,  n += g^2,
/// w = 0 if |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2), with alpha the learning rate.
///
/// The weights are a function of z, and z starts at zero: without `start`, the first step would forget the initial value of an
/// embedding. `start` is the row's weights when it was first touched, and w = start + the formula above; so with l1 = 0 a
/// touched row moves as Adagrad's would. With l1 > 0 it is the move away from the start that is made sparse.
struct Ftrl {
  double learning_rate = 0.05, beta = 1, l1 = 0, l2 = 0;
  static constexpr std::array slots{Slot{"z"}, Slot{"n"}, Slot{"start"}, Slot{"touched", SlotShape::per_row}};

  template <class Scalar>
  auto at(Step step) const {
    const auto alpha = static_cast<Scalar>(step.learning_rate), b = static_cast<Scalar>(beta);
    const auto lasso = static_cast<Scalar>(l1), ridge = static_cast<Scalar>(l2);
    return [=](auto&& w, const auto& g, auto&& z, auto&& n, auto&& start, Scalar& touched) {
      if (touched == 0) {
        start = w;
        touched = 1;
      }
      z += g - ((n + g.square()).sqrt() - n.sqrt()) / alpha * (w - start);
      n += g.square();
      w = start - z.sign() * (z.abs() - lasso).max(Scalar{0}) / ((b + n.sqrt()) / alpha + ridge);
    };
  }
  void validate() const {
    detail::require(beta > 0, "Ftrl: beta must be positive, got ", beta);
    detail::require(l1 >= 0 && l2 >= 0, "Ftrl: l1 and l2 must not be negative, got ", l1, " and ", l2);
  }
};

static_assert(UpdateRule<Ftrl>);

}  // namespace kindred

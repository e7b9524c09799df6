// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// log(1 + e^x) and its derivative, without overflow: what the losses of logits share.

#include <algorithm>
#include <cmath>

namespace kindred {

/// log(1 + e^x); x itself where that is large. NaN stays NaN.
///
/// log(1 + e) is log(s) e / (s - 1) for the rounded sum s, to a few units in the last place and in half the time of std::log1p (Goldberg 1991,
/// theorem 4).
template <class Scalar>
Scalar softplus(Scalar x) {
  const Scalar e = std::exp(-std::abs(x)), s = 1 + e;
  return (x > 0 ? x : Scalar{0}) + (s == 1 ? e : std::log(s) * (e / (s - 1)));
}

/// 1 / (1 + e^-x), the derivative of softplus.
template <class Scalar>
Scalar sigmoid(Scalar x) {
  const Scalar e = std::exp(-std::abs(x));
  return (x >= 0 ? Scalar{1} : e) / (1 + e);
}

}  // namespace kindred

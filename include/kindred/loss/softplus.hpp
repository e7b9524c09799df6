// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// log(1 + e^x) and its derivative, without overflow: what the losses of logits share.

#include <algorithm>
#include <cmath>

namespace kindred {

/// log(1 + e^x); x itself where that is large. NaN stays NaN.
template <class Scalar>
Scalar softplus(Scalar x) {
  return (x > 0 ? x : Scalar{0}) + std::log1p(std::exp(-std::abs(x)));
}

/// 1 / (1 + e^-x), the derivative of softplus.
template <class Scalar>
Scalar sigmoid(Scalar x) {
  const Scalar e = std::exp(-std::abs(x));
  return (x >= 0 ? Scalar{1} : e) / (1 + e);
}

}  // namespace kindred

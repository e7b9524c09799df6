// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The squared error. Its mean over the examples is the MSE.

#include <kindred/loss/loss.hpp>

namespace kindred {

/// value = (prediction - label)^2,  slope = 2 (prediction - label).
///
/// Explicit ratings: label = rating. Implicit feedback: the label of a positive is 1 and of a sampled negative 0, so that the
/// loss is the sum over positives of (prediction - 1)^2 plus the sum over negatives of prediction^2.
struct SquaredError {
  template <class Scalar>
  Scalar value(Scalar prediction, Scalar label) const {
    return (prediction - label) * (prediction - label);
  }
  template <class Scalar>
  Scalar slope(Scalar prediction, Scalar label) const {
    return 2 * (prediction - label);
  }
};

static_assert(PointwiseLoss<SquaredError>);

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The concept of a pointwise loss: what a prediction costs, given its label.

#include <concepts>

namespace kindred {

/// A pointwise loss has `value(prediction, label)` and its derivative by the prediction, `slope(prediction, label)`.
/// Label: the rating of explicit feedback; 1 for a positive and 0 for a sampled negative of implicit feedback.
template <class L, class Scalar = float>
concept PointwiseLoss = std::copyable<L> && requires(const L loss, Scalar prediction, Scalar label) {
  { loss.value(prediction, label) } -> std::convertible_to<Scalar>;
  { loss.slope(prediction, label) } -> std::convertible_to<Scalar>;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The logistic loss: the prediction is the logit of the probability that the user wants the item.

#include <kindred/loss/loss.hpp>
#include <kindred/loss/softplus.hpp>

namespace kindred {

/// value = log(1 + e^prediction) - label prediction = -label log p - (1 - label) log(1 - p),   p = sigmoid(prediction);
/// slope = p - label.
///
/// Labels are probabilities, in [0, 1]: 1 for a positive, 0 for a negative, sampled or given. Never negative, and without an upper bound.
/// With one class only, the best prediction is infinite; biases then grow with the logarithm of the steps, and L2 is what holds them.
/// Source: Rendle, Krichene, Zhang & Anderson 2020 ("Neural collaborative filtering vs. matrix factorization revisited"): with 8 sampled
/// negatives a positive, biases and L2 it is hard to beat.
struct Logistic {
  template <class Scalar>
  Scalar value(Scalar prediction, Scalar label) const {
    return softplus(prediction) - label * prediction;
  }
  template <class Scalar>
  Scalar slope(Scalar prediction, Scalar label) const {
    return sigmoid(prediction) - label;
  }

  static bool accepts(double label) { return label >= 0 && label <= 1; }

  /// log(m / (1 - m)), for a mean label between 1e-6 and 1 - 1e-6 (with one class only, the nearest of these).
  static double prior(double mean_label) {
    const double mean = std::clamp(mean_label, 1e-6, 1 - 1e-6);
    return std::log(mean / (1 - mean));
  }
};

static_assert(PointwiseLoss<Logistic>);

}  // namespace kindred

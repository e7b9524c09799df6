// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The softmax over the catalogue, estimated from sampled negatives.

#include <kindred/core/error.hpp>
#include <kindred/loss/loss.hpp>

#include <algorithm>
#include <cmath>

namespace kindred {

/// value = -log( e^(s_i / T) / Z ),   Z = e^(s_i / T) + sum over the n negatives j of e^(s_j / T) / (n q_j) ,
///
/// where q_j is the probability with which j is drawn, of the items that the user has no row with. Z is then an unbiased estimate of the sum
/// over i and all those items: dividing by n q_j is the logQ correction, and the trainer does it (`correction`). An item the user has is never
/// a negative, so there are no accidental hits to remove. Every negative drawn uniformly, without the correction, gives the same gradient up
/// to a constant in Z.
///
/// The temperature T belongs to scores of bounded size, as `Cosine` gives them: 0.1 there. For dot products leave it at 1.
/// Source: Bengio & Senecal 2008; Yi et al., RecSys 2019 (logQ for two towers).
struct SampledSoftmax {
  double temperature = 1;  ///< must be positive

  double correction(double log_expected) const { return temperature * log_expected; }

  void validate() const {
    detail::require(temperature > 0 && std::isfinite(temperature),
                    "SampledSoftmax: temperature must be positive and finite, got ", temperature);
  }

  /// `negatives` are s_j - T log(n q_j).
  template <class Scalar>
  Scalar compare(Scalar positive, std::span<const Scalar> negatives, Index /*others*/, Scalar& d_positive,
                 std::span<Scalar> d_negatives) const {
    const auto scale = static_cast<Scalar>(1 / temperature);
    Scalar top = positive;
    for (const Scalar score : negatives) top = std::max(top, score);
    const Scalar mine = std::exp(scale * (positive - top));
    Scalar sum = mine;
    for (std::size_t k = 0; k < negatives.size(); ++k) {
      d_negatives[k] = std::exp(scale * (negatives[k] - top));
      sum += d_negatives[k];
    }
    for (Scalar& slope : d_negatives) slope *= scale / sum;
    d_positive = scale * (mine / sum - 1);
    return std::log(sum) - scale * (positive - top);
  }
};

static_assert(CorrectedLoss<SampledSoftmax> && !SearchingLoss<SampledSoftmax>);

}  // namespace kindred

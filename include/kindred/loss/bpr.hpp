// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Bayesian personalised ranking: every pair (positive, negative) of a user should be the right way round.

#include <kindred/loss/loss.hpp>
#include <kindred/loss/softplus.hpp>

namespace kindred {

/// value = mean over the negatives j of log(1 + e^-(s_i - s_j)), that is, -log of the probability that i stands before j.
///
/// A smooth stand-in for 1 - AUC. Global mean and user biases cancel out.
/// When not to use it: for the top of short lists `Warp` and `SampledSoftmax` do better, since a pair far down the list counts here as much
/// as one at the top.
/// Source: Rendle, Freudenthaler, Gantner & Schmidt-Thieme, UAI 2009.
struct Bpr {
  template <class Scalar>
  Scalar compare(Scalar positive, std::span<const Scalar> negatives, Index /*others*/, Scalar& d_positive,
                 std::span<Scalar> d_negatives) const {
    const Scalar share = 1 / static_cast<Scalar>(negatives.size());
    Scalar sum = 0;
    d_positive = 0;
    for (std::size_t k = 0; k < negatives.size(); ++k) {
      const Scalar behind = negatives[k] - positive;
      sum += softplus(behind);
      d_negatives[k] = share * sigmoid(behind);
      d_positive -= d_negatives[k];
    }
    return share * sum;
  }
};

static_assert(RankingLoss<Bpr> && !SearchingLoss<Bpr>);

}  // namespace kindred

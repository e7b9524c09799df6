// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// WARP: draws negatives until one stands too high, and pushes the harder the sooner that happens. Made for the top of the list.

#include <kindred/core/error.hpp>
#include <kindred/loss/loss.hpp>

#include <cmath>

namespace kindred {

namespace detail {

/// H_n = 1 + 1/2 + ... + 1/n, to 1 % (n = 1) and far better from 2 on.
inline double harmonic(Index n) {
  const auto x = static_cast<double>(n);
  return std::log(x) + 0.57721566490153286 + 1 / (2 * x) - 1 / (12 * x * x);
}

inline void require_margin(const char* loss, double margin) {
  require(margin > 0 && std::isfinite(margin), loss, ": margin must be positive and finite, got ", margin);
}

}  // namespace detail

/// Of the negatives in the order drawn, the first j with s_j > s_i - margin, found at draw d, counts:
///   value = H( floor(others / d) ) (margin - s_i + s_j) ;   none found: 0.
///
/// others / d estimates the place of i in the user's ranking, and H(r) = 1 + 1/2 + ... + 1/r is what a place costs: a mistake at the top costs
/// more than one far down. How many are drawn at most is the number of negatives asked of the trainer, which draws no more than it needs.
/// The margin is in units of scores; for `Cosine`, whose scores end at 1, take 0.5 or less.
/// When not to use it: for calibrated predictions; a score says nothing but the order.
/// Source: Weston, Bengio & Usunier, IJCAI 2011 (WSABIE).
struct Warp {
  double margin = 1;

  void validate() const { detail::require_margin("Warp", margin); }

  template <class Scalar>
  bool violates(Scalar positive, Scalar negative) const {
    return !(negative <= positive - static_cast<Scalar>(margin));  // NaN violates, so that it shows in the loss
  }

  template <class Scalar>
  Scalar found(Scalar positive, Scalar negative, Index draws, Index others, Scalar& d_positive, Scalar& d_negative) const {
    const auto cost = static_cast<Scalar>(detail::harmonic(std::max<Index>(1, others / draws)));
    d_positive = -cost;
    d_negative = cost;
    return cost * (static_cast<Scalar>(margin) - positive + negative);
  }

  template <class Scalar>
  Scalar compare(Scalar positive, std::span<const Scalar> negatives, Index others, Scalar& d_positive,
                 std::span<Scalar> d_negatives) const {
    d_positive = 0;
    for (Scalar& slope : d_negatives) slope = 0;
    for (std::size_t k = 0; k < negatives.size(); ++k) {
      if (violates(positive, negatives[k])) {
        return found(positive, negatives[k], static_cast<Index>(k) + 1, others, d_positive, d_negatives[k]);
      }
    }
    return 0;
  }
};

/// k-OS WARP: the positive, too, is chosen. Of `of` positives of the user, drawn with replacement, it is the one with the k-th highest
/// score; then as `Warp`. A k near `of` works on the positives that stand worst, which serves users of several tastes; a small k on the top.
/// Source: Weston, Yee & Weiss, RecSys 2013.
struct WarpKos : Warp {
  int k = 5, of = 10;

  void validate() const {
    detail::require_margin("WarpKos", margin);
    detail::require(k >= 1 && k <= of, "WarpKos: k must be from 1 to of = ", of, ", got ", k);
  }
  int positives() const { return of; }
  int chosen() const { return k; }
};

static_assert(SearchingLoss<Warp> && !PositiveChoosingLoss<Warp> && PositiveChoosingLoss<WarpKos>);

}  // namespace kindred

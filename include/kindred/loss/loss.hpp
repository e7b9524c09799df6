// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The two kinds of losses. A pointwise loss says what one prediction costs, given its label; a ranking loss says what it costs that an
/// item the user wants stands where it does among items the user is not known to want.

#include <kindred/core/types.hpp>

#include <cmath>
#include <concepts>
#include <span>

namespace kindred {

/// A pointwise loss has `value(prediction, label)` and its derivative by the prediction, `slope(prediction, label)`.
/// Label: the rating of explicit feedback; 1 for a positive and 0 for a negative of implicit feedback.
///
/// Two more are asked for where they are there: `accepts(label)` says which labels it is made for, and `prior(mean_label)` is the constant
/// prediction that costs least, from which a model with a global mean starts (without it: the mean label itself).
template <class L, class Scalar = float>
concept PointwiseLoss = std::copyable<L> && requires(const L loss, Scalar prediction, Scalar label) {
  { loss.value(prediction, label) } -> std::convertible_to<Scalar>;
  { loss.slope(prediction, label) } -> std::convertible_to<Scalar>;
};

/// A ranking loss compares the score of one positive with the scores of n >= 1 negatives of the same user:
/// `compare(positive, negatives, others, d_positive, d_negatives)` returns the loss and sets its derivative by each score.
///
/// `others` is how many items the user has no row with: those that the negatives stand for. Negatives come in the order in which they were
/// drawn, which matters to losses that look for the first of some kind.
/// Three members are asked for where they are there. `correction(log_expected)`: what the trainer takes off the score of a negative that was to
/// be expected e^log_expected times among the n, before it calls `compare` (the logQ correction). `violates(positive, negative)`: only the first negative
/// for which it holds counts, so that a trainer may stop drawing there, and calls `found(positive, negative, draws, others, ...)`.
/// `examples(n)`, static: how many examples a group of n negatives is where a mean over them is taken, 1 without it.
template <class L, class Scalar = float>
concept RankingLoss = std::copyable<L> && requires(const L loss, Scalar positive, std::span<const Scalar> negatives,
                                                   Index others, Scalar& d_positive, std::span<Scalar> d_negatives) {
  { loss.compare(positive, negatives, others, d_positive, d_negatives) } -> std::convertible_to<Scalar>;
};

/// A ranking loss that looks for one negative, draw by draw; see `RankingLoss`.
template <class L, class Scalar = float>
concept SearchingLoss = RankingLoss<L, Scalar> && requires(const L loss, Scalar score, Index count, Scalar& slope) {
  { loss.violates(score, score) } -> std::same_as<bool>;
  { loss.found(score, score, count, count, slope, slope) } -> std::convertible_to<Scalar>;
};

/// A searching loss that also chooses the positive: of `positives()` drawn ones the one at place `chosen()`, 1 = the highest score.
template <class L, class Scalar = float>
concept PositiveChoosingLoss = SearchingLoss<L, Scalar> && requires(const L loss) {
  { loss.positives() } -> std::convertible_to<int>;
  { loss.chosen() } -> std::convertible_to<int>;
};

/// A ranking loss whose negatives are corrected for how often they are drawn.
template <class L>
concept CorrectedLoss = RankingLoss<L> && requires(const L loss, double log_expected) {
  { loss.correction(log_expected) } -> std::convertible_to<double>;
};

namespace detail {

/// Corrects the scores of a group's negatives, if the loss wants it; log_probability(k) is that of drawing negative k.
template <class Loss, class Scalar, class LogProbability>
void correct([[maybe_unused]] const Loss& loss, [[maybe_unused]] std::span<Scalar> negatives,
             [[maybe_unused]] const LogProbability& log_probability) {
  if constexpr (CorrectedLoss<Loss>) {
    const double log_n = std::log(static_cast<double>(negatives.size()));
    for (std::size_t k = 0; k < negatives.size(); ++k) {
      negatives[k] -= static_cast<Scalar>(loss.correction(log_n + log_probability(k)));
    }
  }
}

}  // namespace detail

}  // namespace kindred

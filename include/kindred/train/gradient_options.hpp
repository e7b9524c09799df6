// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What can be asked of a trainer by batches, and which losses and data fit a trainer by gradients.

#include <kindred/core/error.hpp>
#include <kindred/loss/grouped.hpp>
#include <kindred/loss/loss.hpp>
#include <kindred/optimizer/schedule.hpp>
#include <kindred/train/example.hpp>
#include <kindred/train/l2.hpp>

#include <cstdint>
#include <type_traits>

namespace kindred {

struct GradientOptions {
  int batch = 128;                  ///< rows of data in a step, their negatives come on top
  NegativeSampling negatives = {};  ///< none: explicit feedback
  L2 l2 = {};
  Schedule schedule = constant_schedule();  ///< factor of the learning rate, by time in epochs
  double clip_norm = 0;                     ///< 0: the gradient of a batch is not clipped
  std::uint64_t seed = 1;

  void validate() const {
    detail::require(batch >= 1, "GradientTrainer: batch must be at least 1, got ", batch);
    detail::require(clip_norm >= 0, "GradientTrainer: clip_norm must not be negative, got ", clip_norm);
    detail::require(static_cast<bool>(schedule), "GradientTrainer: schedule must be a function, got none");
    negatives.validate();
    detail::require(batch > 1 || !negatives.in_batch,
                    "GradientTrainer: negatives in the batch need batches of more than one row, got batch ", batch);
    l2.validate();
  }
};

namespace detail {

/// A ranking loss for float or double; losses are templates over the Scalar.
template <class Loss>
concept Ranks = RankingLoss<Loss, float>;

template <class Loss>
struct IsGrouped : std::false_type {};
template <class Loss>
struct IsGrouped<Grouped<Loss>> : std::true_type {};

/// Throws unless the loss's own options are in range and the negatives are such as it can use.
template <class Loss>
void require_fitting(const char* trainer, const Loss& loss, const NegativeSampling& negatives) {
  static_assert(PointwiseLoss<Loss> || RankingLoss<Loss>,
                "the loss must model kindred::PointwiseLoss or kindred::RankingLoss (loss/loss.hpp)");
  if constexpr (requires { loss.validate(); }) loss.validate();
  if constexpr (Ranks<Loss>) {
    require(negatives.per_positive >= 1, trainer, ": a ranking loss needs negatives, so per_positive must be at least 1, got ",
            negatives.per_positive);
    require(negatives.weight == 1, trainer, ": the weight of negatives must be 1 for a ranking loss, got ", negatives.weight);
    require(negatives.hardest_of == 1 || !(SearchingLoss<Loss> || CorrectedLoss<Loss>), trainer,
            ": hardest_of must be 1 for a loss that draws or corrects its negatives itself, got ", negatives.hardest_of);
    require(!negatives.given || !IsGrouped<Loss>::value, trainer,
            ": given negatives are for the pointwise loss itself, got kindred::Grouped");
  } else {
    require(negatives.ahead(), trainer,
            ": negatives of the batch or the hardest of several need a ranking loss, or the pointwise one as kindred::Grouped "
            "(loss/grouped.hpp), got a pointwise loss");
  }
}

/// Throws unless the loss is made for all labels of the data.
template <class Loss, class Data>
void require_labels(const char* trainer, const Loss& loss, const NegativeSampling& negatives, const Data& data) {
  if constexpr (requires { loss.accepts(0.0); }) {
    for (Index k = 0; k < data.size(); ++k) {
      const double label = double{negatives.label_of(data.value(k))};
      require(loss.accepts(label), trainer, ": row ", k, ": the label must be one that the loss accepts, got ", label);
    }
  }
}

/// The constant prediction that a model with a global mean starts from.
template <class Loss, class Data>
double prior_of(const Loss& loss, const NegativeSampling& negatives, const Data& data) {
  if constexpr (IsGrouped<Loss>::value) {
    NegativeSampling weighted = negatives;
    weighted.weight = loss.weight;
    return prior_of(loss.loss, weighted, data);
  } else if constexpr (Ranks<Loss>) {
    return 0;
  } else {
    double sum = 0, weights = 0;
    for (Index k = 0; k < data.size(); ++k) {
      const double weight = double{data.weight(k)}, label = double{negatives.label_of(data.value(k))};
      sum += weight * label;
      weights += weight * (1 + (label > 0 ? negatives.per_positive * negatives.weight : 0));
    }
    const double mean = weights > 0 ? sum / weights : 0;
    if constexpr (requires { loss.prior(mean); }) {
      return loss.prior(mean);
    } else {
      return mean;
    }
  }
}

}  // namespace detail

}  // namespace kindred

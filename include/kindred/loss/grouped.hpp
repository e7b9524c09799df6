// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A pointwise loss as a ranking loss, for negatives that depend on the batch or the model.

#include <kindred/core/error.hpp>
#include <kindred/loss/loss.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace kindred {

/// value = loss(s_i, 1) + weight sum_j loss(s_j, 0)   over the negatives j of a positive i.
///
/// Trainers learn it from groups of a positive and its negatives, which may be the hardest of several or come from the batch:
/// `GradientTrainer(Grouped{Logistic{}}, rule, {.negatives = {.per_positive = 4, .hardest_of = 8}})`. Their mean is over all examples, the
/// negatives among them, as that of the pointwise loss is, and a global mean starts from that loss's prior.
/// When not to use it: for uniform and popular negatives, which the pointwise loss itself learns from faster.
template <class Loss>
struct Grouped {
  static_assert(PointwiseLoss<Loss>, "Grouped: the loss must model kindred::PointwiseLoss (loss/loss.hpp)");

  Loss loss = {};
  double weight = 1;  ///< of a negative, where a positive has that of its row

  template <class Scalar>
  Scalar compare(Scalar positive, std::span<const Scalar> negatives, Index /*others*/, Scalar& d_positive,
                 std::span<Scalar> d_negatives) const {
    const auto w = static_cast<Scalar>(weight);
    Scalar sum = loss.value(positive, Scalar{1});
    d_positive = loss.slope(positive, Scalar{1});
    for (std::size_t k = 0; k < negatives.size(); ++k) {
      sum += w * loss.value(negatives[k], Scalar{0});
      d_negatives[k] = w * loss.slope(negatives[k], Scalar{0});
    }
    return sum;
  }

  static std::int64_t examples(std::int64_t negatives) { return 1 + negatives; }

  void validate() const {
    if constexpr (requires { loss.validate(); }) loss.validate();
    detail::require(weight > 0 && weight < 1e30, "Grouped: weight must be positive and finite, got ", weight);
    if constexpr (requires { loss.accepts(0.0); }) {
      detail::require(loss.accepts(0.0) && loss.accepts(1.0), "Grouped: the loss must accept the labels 0 and 1");
    }
  }
};

template <class Loss>
Grouped(Loss, double = 1) -> Grouped<Loss>;

}  // namespace kindred

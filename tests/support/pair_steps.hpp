// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Steps on pairs beside those of the rule on gradients, as checks of one rule.

#include <kindred/loss/logistic.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

namespace pair_check {

using namespace kindred;

/// The inner product under another name: models with it are trained by gradients and the rule, which is what pairs are checked against.
struct OtherDot : DotProduct {};

template <class Scalar, int Dim>
struct Both {
  using Pairs = CollaborativeModel<Scalar, Dim>;
  using Rows = CollaborativeModel<Scalar, Dim, OtherDot>;
  static_assert(detail::PairTrainable<Pairs, Sgd> && !detail::PairTrainable<Rows, Sgd>);
};

/// How far the two ways are apart after three epochs, and whether the model moved at all.
template <class Scalar, int Dim, class Loss, class Rule>
double distance(const Interactions& data, const Loss& loss, const Rule& rule, const PerExampleOptions& options,
                CollaborativeOptions model_options = {.deviation = 1}) {
  if (Dim == Dynamic) model_options.dim = 13;
  typename Both<Scalar, Dim>::Pairs pairs(data.users(), data.items(), model_options);
  typename Both<Scalar, Dim>::Rows rows(data.users(), data.items(), model_options);
  const auto start = PlainFactors(pairs);
  PerExampleTrainer first(loss, rule, options), second(loss, rule, options);
  for (int epoch = 0; epoch < 3; ++epoch) {
    const EpochReport a = first.epoch(pairs, data, Threads(2)), b = second.epoch(rows, data, Serial{});
    CHECK_THAT(a.loss, Catch::Matchers::WithinRel(b.loss, sizeof(Scalar) == 8 ? 1e-11 : 1e-4));
  }
  CHECK(start.distance(pairs) > 0.01);
  CHECK(first.optimizer().steps() == second.optimizer().steps());
  return PlainFactors(rows).distance(pairs);
}

inline const L2 l2{.embeddings = 0.05, .biases = 0.02};

/// Few rows, which the next examples often share, and many, which they seldom do.
template <class Rule>
void check_steps() {
  const Rule rule{.learning_rate = 0.02};
  for (const Interactions& data : {made_up_ratings({.users = 5, .items = 6, .rows = 30, .weights = true}),
                                   made_up_ratings({.users = 300, .items = 200, .rows = 5000, .weights = true})}) {
    CHECK(distance<double, 3>(data, SquaredError{}, rule, {}) < 1e-11);
    CHECK(distance<double, 3>(data, SquaredError{}, rule, {.l2 = l2}) < 1e-11);
    CHECK(distance<double, 16>(data, SquaredError{}, rule, {.l2 = {.embeddings = 0.5, .biases = 0.2, .frequency_power = 0.5}},
                               {.deviation = 1, .scale = 0.25}) < 1e-11);
    CHECK(distance<double, Dynamic>(data, SquaredError{}, rule, {.l2 = l2}, {.biases = false, .deviation = 1}) < 1e-11);
    CHECK(distance<float, 16>(data, SquaredError{}, rule, {.l2 = l2}) < 1e-3);
  }
}

/// The same with negatives, whose L2 is not asked for.
template <class Rule>
void check_negatives() {
  const Rule rule{.learning_rate = 0.02};
  const Interactions data = made_up_ratings({.users = 60, .items = 90, .rows = 1000, .weights = true});
  const NegativeSampling negatives{.per_positive = 2, .weight = 0.5};
  CHECK(distance<double, 3>(data, Logistic{}, rule, {.negatives = negatives, .l2 = l2}) < 1e-11);
  L2 all = l2;
  all.negatives = true;
  CHECK(distance<double, 3>(data, Logistic{}, rule, {.negatives = negatives, .l2 = all}) < 1e-11);
}

}  // namespace pair_check

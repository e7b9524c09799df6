// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A collaborative model without tuning by hand: a training recipe that is good on very different data, with the one number that must
/// fit the data, the L2 weight, chosen on held-out training rows.

#include <kindred/data/split.hpp>
#include <kindred/data/value_moments.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/select.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace kindred {

/// How a collaborative model is made and trained; every field may be changed before use.
///
/// Explicit ratings: global mean and biases, scores in units of the ratings' standard deviation, per-example RowwiseAdagrad, learning rate 0.1
/// falling in a line to 0 over 20 epochs, embeddings from N(0, 0.05^2), L2 by the square root of the frequency.
/// Implicit feedback: no mean and no biases, 15 epochs, 16 uniform negatives for each positive, L2 asked by the positives only.
struct CollaborativeRecipe {
  CollaborativeOptions model;
  RowwiseAdagrad rule;
  GradientOptions trainer;
  int epochs = 20;
  std::vector<double> l2;  ///< the weights to choose from

  /// The recipe's trainer with this L2 weight for the embeddings.
  GradientTrainer<SquaredError, RowwiseAdagrad> trainer_with(double weight) const {
    GradientOptions options = trainer;
    options.l2.embeddings = weight;
    return GradientTrainer<SquaredError, RowwiseAdagrad>(SquaredError{}, rule, std::move(options));
  }
};

/// The recipe for a set of interactions. Throws: std::invalid_argument for empty data.
template <class Rep>
CollaborativeRecipe collaborative_recipe(const BasicInteractions<Rep>& data, Feedback feedback, Index dim = 64,
                                         std::uint64_t seed = 1) {
  detail::require(data.size() > 0, "collaborative_recipe: the data must have at least one interaction, got none");
  detail::require(dim >= 1, "collaborative_recipe: dim must be at least 1, got ", dim);
  const double size = 0.05 * std::sqrt(static_cast<double>(dim));
  CollaborativeRecipe recipe;
  recipe.trainer.batch = 1;
  recipe.trainer.seed = seed;
  if (feedback == Feedback::implicit) {
    recipe.epochs = 15;
    recipe.model = {.dim = dim, .biases = false, .deviation = size, .seed = seed};
    recipe.rule = {.learning_rate = 0.1};
    recipe.trainer.negatives = {.per_positive = 16};
    recipe.l2 = {0.04, 0.08, 0.11, 0.16, 0.22, 0.32};
  } else {
    const ValueMoments moments = value_moments(data);
    recipe.model = {.dim = dim, .biases = true, .deviation = size, .scale = moments.deviation, .seed = seed};
    recipe.rule = {.learning_rate = 0.1};
    const double unit = moments.variance();  // of the squared error
    recipe.trainer.l2 = {.biases = 0.3 * unit, .frequency_power = 0.5};
    for (const double weight : {0.6, 0.8, 0.95, 1.1, 1.3, 1.6, 2.2, 4.5}) recipe.l2.push_back(weight * unit);
  }
  recipe.trainer.schedule = linear_schedule(recipe.epochs);
  return recipe;
}

/// Training rows held out for choosing settings: 10 % at random for ratings; for implicit feedback with times the last 20 % of each
/// user's rows, otherwise 10 % at random.
template <class Rep>
BasicTrainTest<Rep> hold_out_validation(const BasicInteractions<Rep>& data, Feedback feedback, std::uint64_t seed = 1) {
  if (feedback == Feedback::implicit && data.has_times()) return split_last_fraction(data, {.test_fraction = 0.2});
  return split_random(data, {.test_fraction = 0.1, .seed = seed});
}

/// The figure by which settings are chosen: the RMSE of ratings (less is better), recall@20 of implicit feedback (more is better).
template <class M, class Rep>
double validation_figure(const M& model, const BasicTrainTest<Rep>& split, Feedback feedback) {
  return feedback == Feedback::implicit ? evaluate(model, split.train, split.test, "recall@20").at("recall@20")
                                        : rmse(model, split.test);
}

inline Goal validation_goal(Feedback feedback) { return feedback == Feedback::implicit ? Goal::maximize : Goal::minimize; }

/// The weight, of those given, that validates best: for each, make_model() is trained by make_trainer(weight) on the rows that are not held
/// out. Use it to choose for a model or a rule of your own; for the recipe there is the overload below.
///
/// Cost: one fit a weight; they run in parallel. Repeatable: the same choice for any executor.
/// Throws: as `fit` and `select`; std::invalid_argument if the data is too small to hold rows out.
template <class Rep, class MakeModel, class MakeTrainer, Executor E = Serial>
Selection choose_l2(const BasicInteractions<Rep>& data, Feedback feedback, std::span<const double> weights,
                    const MakeModel& make_model, const MakeTrainer& make_trainer, int epochs, std::uint64_t seed = 1,
                    const E& executor = {}) {
  const BasicTrainTest<Rep> split = hold_out_validation(data, feedback, seed);
  detail::require(split.train.size() > 0 && split.test.size() > 0,
                  "choose_l2: there must be rows to train on and rows to validate with, got ", split.train.size(), " and ",
                  split.test.size());
  const auto figure = [&](double weight) {
    auto model = make_model();
    fit(model, split.train, make_trainer(weight), {.epochs = epochs}, executor);
    return validation_figure(model, split, feedback);
  };
  return select(weights, validation_goal(feedback), figure, executor);
}

/// The weight of the recipe that validates best.
template <class Scalar = float, int Dim = Dynamic, class Rep, Executor E = Serial>
Selection choose_l2(const BasicInteractions<Rep>& data, Feedback feedback, const CollaborativeRecipe& recipe,
                    const E& executor = {}) {
  return choose_l2(
      data, feedback, recipe.l2, [&] { return CollaborativeModel<Scalar, Dim>(data.users(), data.items(), recipe.model); },
      [&](double weight) { return recipe.trainer_with(weight); }, recipe.epochs, recipe.trainer.seed, executor);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A collaborative model without tuning by hand: the one number of its recipe that must fit the data, the L2 weight, is chosen on held-out
/// training rows.

#include <kindred/data/split.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/select.hpp>
#include <kindred/train/collaborative_recipe.hpp>
#include <kindred/train/fit.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// Training rows held out for choosing settings: 10 % at random for ratings; for implicit feedback with times the last 20 % of each
/// user's rows, otherwise 10 % at random.
template <class Rep>
BasicTrainTest<Rep> hold_out_validation(const BasicInteractions<Rep>& data, Feedback feedback, std::uint64_t seed = 1) {
  if (feedback == Feedback::implicit && data.has_times()) return split_last_fraction(data, {.test_fraction = 0.2});
  return split_random(data, {.test_fraction = 0.1, .seed = seed});
}

/// The figure by which settings are chosen: the RMSE of ratings (less is better), a ranking metric of implicit feedback (more is better).
template <class M, class Rep>
double validation_figure(const M& model, const BasicTrainTest<Rep>& split, Feedback feedback,
                         std::string_view ranking = "recall@20") {
  return feedback == Feedback::implicit ? evaluate(model, split.train, split.test, ranking).results.front().value
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
                    const E& executor = {}, std::string_view ranking = "recall@20") {
  const BasicTrainTest<Rep> split = hold_out_validation(data, feedback, seed);
  detail::require(split.train.size() > 0 && split.test.size() > 0,
                  "choose_l2: there must be rows to train on and rows to validate with, got ", split.train.size(), " and ",
                  split.test.size());
  const auto figure = [&](double weight) {
    auto model = make_model();
    fit(model, split.train, make_trainer(weight), {.epochs = epochs}, executor);
    return validation_figure(model, split, feedback, ranking);
  };
  return select(weights, validation_goal(feedback), figure, executor);
}

/// The weight of the recipe that validates best.
template <class Scalar = float, int Dim = Dynamic, class Rep, template <class, class> class TrainerType, Executor E = Serial>
Selection choose_l2(const BasicInteractions<Rep>& data, Feedback feedback, const BasicCollaborativeRecipe<TrainerType>& recipe,
                    const E& executor = {}) {
  return choose_l2(
      data, feedback, recipe.l2, [&] { return CollaborativeModel<Scalar, Dim>(data.users(), data.items(), recipe.model); },
      [&](double weight) { return recipe.trainer_with(weight); }, recipe.epochs, recipe.trainer.seed, executor);
}

}  // namespace kindred

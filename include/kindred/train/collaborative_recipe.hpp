// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A training recipe for collaborative models that is good on very different data.

#include <kindred/data/value_moments.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace kindred {

/// How a collaborative model is made and trained by one kind of trainer; every field may be changed before use.
template <template <class Loss, class Rule> class TrainerType>
struct BasicCollaborativeRecipe {
  using Options = typename TrainerType<SquaredError, RowwiseAdagrad>::Options;

  CollaborativeOptions model = {};
  RowwiseAdagrad rule = {};
  Options trainer = {};
  int epochs = 20;
  std::vector<double> l2 = {};  ///< the weights to choose from

  /// The recipe's trainer with this L2 weight for the embeddings.
  template <class Loss = SquaredError>
  TrainerType<Loss, RowwiseAdagrad> trainer_with(double weight, Loss loss = {}) const {
    Options options = trainer;
    options.l2.embeddings = weight;
    return TrainerType<Loss, RowwiseAdagrad>(std::move(loss), rule, std::move(options));
  }

  /// The same for another kind of trainer; options that only that one has are as they are by default.
  template <template <class Loss, class Rule> class Other>
  BasicCollaborativeRecipe<Other> with() const {
    BasicCollaborativeRecipe<Other> other{.model = model, .rule = rule, .epochs = epochs, .l2 = l2};
    other.trainer.negatives = trainer.negatives;
    other.trainer.l2 = trainer.l2;
    other.trainer.schedule = trainer.schedule;
    other.trainer.seed = trainer.seed;
    return other;
  }
};

/// One example at a time.
using CollaborativeRecipe = BasicCollaborativeRecipe<PerExampleTrainer>;

/// The recipe for a set of interactions. Throws: std::invalid_argument for empty data.
///
/// Explicit ratings: global mean and biases, scores in units of the ratings' standard deviation, per-example RowwiseAdagrad, learning rate 0.1
/// falling in a line to 0 over 20 epochs, embeddings from N(0, 0.05^2), L2 by the square root of the frequency.
/// Implicit feedback: no mean and no biases, 15 epochs, 16 uniform negatives for each positive, L2 asked by the positives only.
template <class Rep>
CollaborativeRecipe collaborative_recipe(const BasicInteractions<Rep>& data, Feedback feedback, Index dim = 64,
                                         std::uint64_t seed = 1) {
  detail::require(data.size() > 0, "collaborative_recipe: the data must have at least one interaction, got none");
  detail::require(dim >= 1, "collaborative_recipe: dim must be at least 1, got ", dim);
  const double size = 0.05 * std::sqrt(static_cast<double>(dim));
  CollaborativeRecipe recipe;
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

/// A collaborative model trained by the recipe with this L2 weight. Throws: as `fit`.
template <int Dim, class Rep, template <class, class> class TrainerType, Executor E = Serial>
CollaborativeModel<float, Dim> fit_collaborative(const BasicInteractions<Rep>& data,
                                                 const BasicCollaborativeRecipe<TrainerType>& recipe, double l2,
                                                 const E& executor = {},
                                                 const std::function<bool(const EpochReport&)>& after_epoch = {}) {
  CollaborativeModel<float, Dim> model(data.users(), data.items(), recipe.model);
  fit(model, data, recipe.trainer_with(l2), {.epochs = recipe.epochs, .after_epoch = after_epoch}, executor);
  return model;
}

}  // namespace kindred

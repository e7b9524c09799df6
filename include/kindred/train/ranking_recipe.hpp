// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training recipes for collaborative models by the losses of implicit feedback, found on held-out training rows of MovieLens 100K
/// and Online Retail.

#include <kindred/loss/bpr.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/train/collaborative_recipe.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <cmath>
#include <utility>
#include <vector>

namespace kindred {

/// Batches, as the ranking losses need.
using RankingRecipe = BasicCollaborativeRecipe<GradientTrainer>;

namespace detail {

/// What the recipes share: item biases, no frequency in the L2, which the positives alone ask for.
template <class Rep>
CollaborativeRecipe implicit_recipe(const BasicInteractions<Rep>& data, Index dim, std::uint64_t seed, int epochs,
                                    int negatives, std::vector<double> l2) {
  CollaborativeRecipe recipe = collaborative_recipe(data, Feedback::implicit, dim, seed);
  recipe.model.biases = true;
  recipe.rule.learning_rate = 0.7 / std::pow(static_cast<double>(dim), 0.7);
  recipe.epochs = epochs;
  recipe.trainer.negatives.per_positive = negatives;
  recipe.trainer.schedule = linear_schedule(epochs);
  recipe.l2 = std::move(l2);
  return recipe;
}

/// The same for batches.
template <class Rep>
RankingRecipe ranking_recipe(const BasicInteractions<Rep>& data, Index dim, std::uint64_t seed, int epochs, int batch,
                             int negatives, std::vector<double> l2) {
  RankingRecipe recipe = implicit_recipe(data, dim, seed, epochs, negatives, std::move(l2)).template with<GradientTrainer>();
  recipe.trainer.batch = batch;
  return recipe;
}

}  // namespace detail

/// The recipe that suits a loss: biases, per-row Adagrad with a learning rate that falls in a line from 0.7 / dim^0.7 to 0, and the L2
/// weights to choose from. Train with `recipe.trainer_with(weight, loss)`. Throws: std::invalid_argument for empty data or dim < 1.
///
/// Warp and k-OS: 80 epochs, batches of 1,024 rows, at most 10 draws.
template <class Rep>
RankingRecipe recipe_for(const Warp& /*loss*/, const BasicInteractions<Rep>& data, Index dim = 64, std::uint64_t seed = 1) {
  return detail::ranking_recipe(data, dim, seed, 80, 1024, 10, {0.3, 0.45, 0.65, 1.0, 1.6});
}

/// Bpr: 40 epochs, batches of 128 rows, 4 negatives.
template <class Rep>
RankingRecipe recipe_for(const Bpr& /*loss*/, const BasicInteractions<Rep>& data, Index dim = 64, std::uint64_t seed = 1) {
  return detail::ranking_recipe(data, dim, seed, 40, 128, 4, {0.0025, 0.005, 0.01, 0.02});
}

/// SampledSoftmax: 20 epochs, batches of 128 rows, 32 negatives.
template <class Rep>
RankingRecipe recipe_for(const SampledSoftmax& /*loss*/, const BasicInteractions<Rep>& data, Index dim = 64,
                         std::uint64_t seed = 1) {
  return detail::ranking_recipe(data, dim, seed, 20, 128, 32, {0.05, 0.08, 0.12, 0.16});
}

/// Logistic: 20 epochs, one example at a time, 8 negatives (as Rendle et al. 2020), and a learning rate of 0.1.
template <class Rep>
CollaborativeRecipe recipe_for(const Logistic& /*loss*/, const BasicInteractions<Rep>& data, Index dim = 64,
                               std::uint64_t seed = 1) {
  CollaborativeRecipe recipe = detail::implicit_recipe(data, dim, seed, 20, 8, {0.02, 0.03, 0.05, 0.07});
  recipe.rule.learning_rate = 0.1;
  return recipe;
}

}  // namespace kindred

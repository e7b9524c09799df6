// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How to train an autoencoder without tuning by hand: settings that are good on the data tried.

#include <kindred/data/value_moments.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

#include <cstdint>

namespace kindred {

/// How an `AutoencoderModel` is made and trained; every field may be changed before use. Found on validation rows, by items.
///
/// Explicit ratings (MovieLens 100K): scores in units of the ratings' standard deviation, 100 hidden units, 60 epochs of batches of 64
/// entities, L2 by the square root of the frequency, no dropout.
/// Implicit feedback (Online Retail, small): 200 hidden units, three quarters of the input dropped, 40 epochs of batches of 16 entities, 8
/// uniform negatives for each positive. Both: Adam with a learning rate that falls in a line to 0.
struct AutoencoderRecipe {
  AutoencoderOptions model;
  Adam rule;
  ReconstructionOptions trainer;
  int epochs = 60;

  ReconstructionTrainer<SquaredError, Adam> make_trainer() const {
    return ReconstructionTrainer<SquaredError, Adam>(SquaredError{}, rule, trainer);
  }
};

/// The recipe for a set of interactions. Throws: std::invalid_argument for empty data.
template <class Rep>
AutoencoderRecipe autoencoder_recipe(const BasicInteractions<Rep>& data, Feedback feedback, std::uint64_t seed = 1) {
  detail::require(data.size() > 0, "autoencoder_recipe: the data must have at least one interaction, got none");
  AutoencoderRecipe recipe;
  recipe.trainer.seed = seed;
  if (feedback == Feedback::implicit) {
    recipe.epochs = 40;
    recipe.model = {.dim = 200, .implicit = true, .power = 0.2, .deviation = 0.1, .dropout = 0.75, .seed = seed};
    recipe.rule = {.learning_rate = 3e-3};
    recipe.trainer.batch = 16;
    recipe.trainer.negatives = {.per_positive = 8};
    recipe.trainer.l2 = {.embeddings = 0.2, .features = 0.2, .frequency_power = 0.5};
  } else {
    const ValueMoments moments = value_moments(data);
    const double unit = moments.variance();  // of the squared error
    recipe.model = {.dim = 100, .deviation = 0.1, .scale = moments.deviation, .seed = seed};
    recipe.rule = {.learning_rate = 1e-3};
    recipe.trainer.l2 = {.embeddings = 2.4 * unit, .features = 2.4 * unit, .biases = 0.8 * unit, .frequency_power = 0.5};
  }
  recipe.trainer.schedule = linear_schedule(recipe.epochs);
  return recipe;
}

}  // namespace kindred

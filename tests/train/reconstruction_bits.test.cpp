// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;

TEST_CASE("an autoencoder is the same to the bit for any number of threads", "[train]") {
  // With all there is: a further layer, dropout, negatives, L2, clipping, and batches that end in a chunk's middle.
  const Interactions data = made_up_ratings({.users = 150, .items = 90, .rows = 3000, .weights = true});
  const AutoencoderModel<Side::users, float, Dynamic, Sigmoid, 1> fresh(
      data, {.dim = 10, .layers = {7}, .implicit = true, .dropout = 0.3});
  const auto trained = [&](const Threads& threads) {
    auto model = fresh;
    ReconstructionTrainer trainer(SquaredError{}, Adam{.learning_rate = 0.01},
                                  {.batch = 43,
                                   .negatives = {.per_positive = 2},
                                   .l2 = {.embeddings = 0.1, .features = 0.1, .frequency_power = 0.5},
                                   .clip_norm = 0.3});
    fit(model, data, trainer, {.epochs = 3}, threads);
    return bits_of(model);
  };
  const auto bits = trained(Threads(1));
  CHECK(bits != bits_of(fresh));
  CHECK(bits == trained(Threads(2)));
  CHECK(bits == trained(Threads(7)));
}

// SPDX-License-Identifier: MIT
// A ranking loss for an autoencoder of items: it would compare users.
// expect: a ranking loss compares items for a user, so it needs an autoencoder by users
#include <kindred/loss/bpr.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

#ifdef MISUSE
constexpr auto side = kindred::Side::items;
#else
constexpr auto side = kindred::Side::users;
#endif

int main() {
  const kindred::Interactions data({{0, 1}, {1, 0}});
  kindred::AutoencoderModel<side> model(data, {.implicit = true});
  kindred::ReconstructionTrainer trainer(kindred::Bpr{}, kindred::Adam{}, {.negatives = {.per_positive = 1}});
  trainer.epoch(model, data, kindred::Serial{});
}

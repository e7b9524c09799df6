// SPDX-License-Identifier: MIT
// k-OS chooses its positives, which an autoencoder's batches of whole histories do not let it.
// expect: needs GradientTrainer; take Warp here
#include <kindred/loss/warp.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

#ifdef MISUSE
using Loss = kindred::WarpKos;
#else
using Loss = kindred::Warp;
#endif

int main() {
  const kindred::Interactions data({{0, 1}, {1, 0}});
  kindred::AutoencoderModel<kindred::Side::users> model(data, {.implicit = true});
  kindred::ReconstructionTrainer trainer(Loss{}, kindred::Adam{}, {.negatives = {.per_positive = 1}});
  trainer.epoch(model, data, kindred::Serial{});
}

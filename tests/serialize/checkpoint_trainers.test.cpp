// SPDX-License-Identifier: MIT
#include "support/checkpoint.hpp"

#include <kindred/loss/squared_error.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

using namespace kindred;
using namespace checkpoint_check;

TEST_CASE("other trainers go on from a checkpoint as if they had not stopped", "[serialize]") {
  SECTION("least squares, which has no state") {
    check_resumes(CollaborativeModel<float>(30, 20, {.dim = 5}),
                  [] { return AlternatingLeastSquares(Cholesky{}, {.feedback = Feedback::explicit_ratings}); });
  }
  SECTION("reconstruction, with its order of entities") {
    check_resumes(AutoencoderModel<Side::items, float>(data(), {.dim = 4, .dropout = 0.2}),
                  [] { return ReconstructionTrainer(SquaredError{}, Adam{.learning_rate = 0.01}, {.batch = 4}); });
  }
}

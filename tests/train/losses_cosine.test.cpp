// SPDX-License-Identifier: MIT
#include <kindred/model/collaborative.hpp>
#include <kindred/scorer/cosine.hpp>

#include "support/loss_matrix.hpp"

using namespace kindred;

TEST_CASE("every loss trains the collaborative model with cosines", "[train]") {
  loss_matrix::check_all(CollaborativeModel<double, Dynamic, Cosine>(40, 30, {.dim = 8, .seed = 1}));
}

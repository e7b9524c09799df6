// SPDX-License-Identifier: MIT
#include <kindred/model/collaborative.hpp>

#include "support/loss_matrix.hpp"

using namespace kindred;

TEST_CASE("every loss trains the collaborative model with dot products", "[train]") {
  loss_matrix::check_all(CollaborativeModel<float, 8>(40, 30, {.seed = 1}));
}

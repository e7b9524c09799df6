// SPDX-License-Identifier: MIT
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/model/content.hpp>

#include "support/features.hpp"
#include "support/loss_matrix.hpp"

using namespace kindred;

TEST_CASE("every loss trains a content model with a network", "[train]") {
  using Tower = Mlp<FeatureBag<float>, 1, Tanh>;
  const auto tower = [](Index entities, std::uint64_t seed) {
    return Tower(FeatureBag<float>(groups(entities, 2), {.dim = 6, .deviation = 1, .seed = seed}), {6}, {.seed = seed});
  };
  loss_matrix::check_all(ContentModel<Tower, Tower>(tower(40, 1), tower(30, 2)), 0.1,
                         0.95);  // features of groups cannot tell whom in a group a user likes
}

// SPDX-License-Identifier: MIT
#include <kindred/model/collaborative.hpp>
#include <kindred/model/content.hpp>
#include <kindred/model/hybrid.hpp>

#include "support/features.hpp"
#include "support/loss_matrix.hpp"

using namespace kindred;

TEST_CASE("every loss trains a hybrid of a collaborative and a content model", "[train]") {
  const auto bag = [](Index entities, std::uint64_t seed) {
    return FeatureBag<float, 4>(groups(entities, 2), {.deviation = 0.5, .seed = seed});
  };
  ContentModel content(bag(40, 1), bag(30, 2));
  CollaborativeModel<float, 8> collaborative(40, 30, {.biases = false, .seed = 1});
  loss_matrix::check_all(HybridModel(std::move(collaborative), std::move(content)));
}

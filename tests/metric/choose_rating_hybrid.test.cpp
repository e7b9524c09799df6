// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/training.hpp"

#include <kindred/metric/choose_rating_hybrid.hpp>

using namespace kindred;

constexpr int dim = 8;

TEST_CASE("the strength of L2 is chosen on held-out rows", "[metric]") {
  const Interactions data = made_up_ratings({.users = 30, .items = 24, .rows = 300});
  const std::vector<double> strengths{1e-6, 1};
  const auto chosen = choose_rating_hybrid<float, dim>(
      data, groups(30, 3), groups(24, 4), {.content = {.dim = dim, .epochs = 3, .batch = 16}, .epochs = 20, .batch = 16},
      strengths);
  CHECK(chosen.best == 1);
  CHECK(chosen.figures[1] < chosen.figures[0]);
  InteractionColumns one;
  one.users = {0}, one.items = {0};
  CHECK_THROWS_AS((choose_rating_hybrid<float, dim>(Interactions(std::move(one)), groups(1, 1), groups(1, 1))),
                  std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/training.hpp"

#include <kindred/metric/choose_rating_hybrid.hpp>

using namespace kindred;

constexpr int rating_dim = 8;

TEST_CASE("the strengths of L2 are chosen on held-out rows, the same for any number of threads", "[metric]") {
  const Interactions data = made_up_ratings({.users = 30, .items = 24, .rows = 300});
  const auto users = groups(30, 3), items = groups(24, 4);
  const auto chosen_from = [&](double l2, const auto& executor) {
    const RatingHybridRecipe recipe{
        .content = {.epochs = 3, .batch = 16}, .epochs = 20, .batch = 16, .l2 = l2, .feature_l2 = l2};
    return choose_rating_hybrid<float, rating_dim>(data, users, items, recipe, executor);
  };
  CHECK(chosen_from(1e-3, Serial{}).strength == 3);  // too weak: the strongest is best
  CHECK(chosen_from(1e-3, Threads(3)).strength == 3);
  const auto one = chosen_from(1, Serial{}), three = chosen_from(1, Threads(3));
  CHECK(one.strength == three.strength);
  CHECK(one.content.strength == three.content.strength);
  CHECK(one.l2 == 1);  // the recipe's own settings stay
}

TEST_CASE("features that say nothing ask for a strong L2 of the content model", "[metric]") {
  const Interactions data = made_up_ratings({.users = 12, .items = 60, .rows = 200});
  auto noise = std::make_shared<Features>(60);
  for (Index i = 0; i < 60; ++i) noise->add_row(std::vector<FeatureWeight>{{i, 3.0F}});
  const RatingHybridRecipe recipe{.content = {.epochs = 20, .batch = 8, .l2 = 0.01, .bias_l2 = 0.01}, .epochs = 1, .batch = 16};
  CHECK(choose_rating_hybrid<float, rating_dim>(data, groups(12, 3), noise, recipe).content.strength == 25);
}

TEST_CASE("too few rows to hold any out are refused", "[metric]") {
  InteractionColumns one;
  one.users = {0}, one.items = {0};
  CHECK_THROWS_AS((choose_rating_hybrid<float, rating_dim>(Interactions(std::move(one)), groups(1, 1), groups(1, 1))),
                  std::invalid_argument);
}

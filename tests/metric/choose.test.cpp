// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/training.hpp"

#include <kindred/metric/choose_bias.hpp>
#include <kindred/metric/choose_collaborative.hpp>

using namespace kindred;

namespace {

Interactions times(const Interactions& data, float factor) {
  InteractionColumns columns;
  for (Index k = 0; k < data.size(); ++k) {
    columns.users.push_back(data.user(k).value());
    columns.items.push_back(data.item(k).value());
    columns.values.push_back(factor * data.value(k));
  }
  return Interactions(std::move(columns), {.users = data.users(), .items = data.items()});
}

}  // namespace

TEST_CASE("the recipe for ratings does not depend on their unit", "[metric]") {
  // Powers of two, so that scaled numbers are exact: every weight, figure and choice must scale exactly too.
  const Interactions data = made_up_ratings({.users = 40, .items = 50, .rows = 900}), large = times(data, 64);
  const auto recipe = collaborative_recipe(data, Feedback::explicit_ratings, 8),
             other = collaborative_recipe(large, Feedback::explicit_ratings, 8);
  REQUIRE(recipe.l2.size() == other.l2.size());
  CHECK_THAT(other.model.scale, Catch::Matchers::WithinRel(64 * recipe.model.scale, 1e-12));
  const auto choice = choose_l2<double>(data, Feedback::explicit_ratings, recipe),
             same = choose_l2<double>(large, Feedback::explicit_ratings, other, Threads(2));
  CHECK(choice.best == same.best);
  for (std::size_t k = 0; k < choice.figures.size(); ++k)
    CHECK_THAT(same.figures[k], Catch::Matchers::WithinRel(64 * choice.figures[k], 1e-6));
}

TEST_CASE("what is held out of implicit data with times is each user's last part, otherwise a random tenth", "[metric]") {
  InteractionColumns columns;
  for (std::uint32_t k = 0; k < 50; ++k) {
    columns.users.push_back(k / 10);
    columns.items.push_back(k % 10);
    columns.times.push_back(100 - k);
  }
  const auto split = hold_out_validation(Interactions(columns), Feedback::implicit);
  CHECK(split.test.size() == 10);
  for (Index k = 0; k < split.test.size(); ++k) CHECK(split.test.item(k).value() < 2);  // the latest of each user
  CHECK(hold_out_validation(Interactions(columns), Feedback::explicit_ratings).test.size() == 5);
}

TEST_CASE("dampings are chosen among the thirty-six, the same for any executor; recipes refuse empty data", "[metric]") {
  const Interactions data = made_up_ratings({.users = 40, .items = 50, .rows = 900});
  const BiasOptions serial = choose_bias_damping(data), parallel = choose_bias_damping(data, 1, Threads(3));
  CHECK(serial.user_damping == parallel.user_damping);
  CHECK(serial.item_damping == parallel.item_damping);
  const auto [rest, validation] = split_random(data, {.test_fraction = 0.1, .seed = 1});
  const double best = rmse(BiasModel(rest, serial), validation);
  for (const double damping : {1.0, 12.0})
    CHECK(best <= rmse(BiasModel(rest, {.user_damping = damping, .item_damping = damping}), validation));
  const Interactions empty(InteractionColumns{}, {.users = 2, .items = 2});
  CHECK_THROWS_AS(collaborative_recipe(empty, Feedback::implicit), std::invalid_argument);
  CHECK_THROWS_AS(collaborative_recipe(data, Feedback::implicit, 0), std::invalid_argument);
  CHECK_THROWS_AS(choose_bias_damping(empty), std::invalid_argument);
}

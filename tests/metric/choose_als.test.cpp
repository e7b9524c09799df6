// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/training.hpp"

#include <kindred/metric/choose_als.hpp>

using namespace kindred;

TEST_CASE("the setting of least squares is the one that validates best, the same for any executor", "[metric]") {
  const Interactions data = made_up_ratings({.users = 40, .items = 50, .rows = 900});
  for (const Feedback feedback : {Feedback::implicit, Feedback::explicit_ratings}) {
    AlsRecipe recipe = als_recipe(data, feedback, 4);
    recipe.epochs = 2;
    const Selection serial = choose_als(data, recipe), parallel = choose_als(data, recipe, 1, Threads(3));
    CHECK(serial.figures == parallel.figures);
    REQUIRE(serial.figures.size() == recipe.settings.size());
    const auto split = hold_out_validation(data, feedback);
    const double best =
        validation_figure(fit_als<Dynamic>(split.train, recipe, recipe.settings[serial.best]), split, feedback, "ndcg@20");
    CHECK(best == serial.figures[serial.best]);
    for (const double figure : serial.figures) CHECK((feedback == Feedback::implicit ? figure <= best : figure >= best));
  }
}

TEST_CASE("the recipe of least squares refuses empty data and no dim", "[metric]") {
  const Interactions empty(InteractionColumns{}, {.users = 2, .items = 2}), one(InteractionColumns{.users = {0}, .items = {0}});
  CHECK_THROWS_AS(als_recipe(empty, Feedback::implicit), std::invalid_argument);
  CHECK_THROWS_AS(als_recipe(one, Feedback::implicit, 0), std::invalid_argument);
  CHECK_THROWS_AS(choose_als(one, als_recipe(one, Feedback::implicit)), std::invalid_argument);
}

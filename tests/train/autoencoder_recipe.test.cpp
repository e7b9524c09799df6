// SPDX-License-Identifier: MIT
// MovieLens 100K, fold u1: a short training of the recipe must learn more than biases.
#include <kindred/data/movielens.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/bias.hpp>
#include <kindred/train/autoencoder_recipe.hpp>
#include <kindred/train/fit.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"
#include "support/training.hpp"

using namespace kindred;
using Catch::Matchers::WithinRel;

TEST_CASE("the recipe is in units of the ratings", "[train]") {
  const Interactions data({{0, 1, 0}, {0, 0, 1}, {5, 1, 3}});  // mean 3, variance 8 / 3
  const AutoencoderRecipe recipe = autoencoder_recipe(data, Feedback::explicit_ratings, 7);
  CHECK_THAT(recipe.model.scale * recipe.model.scale, WithinRel(8.0 / 3, 1e-12));
  CHECK_THAT(recipe.trainer.l2.embeddings, WithinRel(2.4 * 8 / 3, 1e-12));
  CHECK(recipe.trainer.l2.features == recipe.trainer.l2.embeddings);
  CHECK_FALSE(recipe.model.implicit);
  CHECK(recipe.model.seed == 7);
  CHECK(recipe.trainer.seed == 7);
  CHECK(recipe.trainer.schedule(0) == 1);
  CHECK(recipe.trainer.schedule(recipe.epochs) == 0);
  const AutoencoderRecipe implicit = autoencoder_recipe(data, Feedback::implicit);
  CHECK(implicit.model.implicit);
  CHECK(implicit.model.dropout > 0);
  CHECK(implicit.trainer.negatives.per_positive > 0);
  CHECK(implicit.trainer.schedule(implicit.epochs) == 0);
  CHECK(message_of([] { autoencoder_recipe(Interactions({}, {.users = 1, .items = 1}), Feedback::implicit); }) ==
        "autoencoder_recipe: the data must have at least one interaction, got none");
}

TEST_CASE("equal ratings, of which nothing can be learned, do no harm", "[train]") {
  const Interactions data({{0, 1, 0}, {0, 0, 1}, {4, 4, 4}});
  AutoencoderRecipe recipe = autoencoder_recipe(data, Feedback::explicit_ratings);
  AutoencoderModel<> model(data, recipe.model);
  fit(model, data, recipe.make_trainer(), {.epochs = 2});
  CHECK_THAT(static_cast<double>(model.score(UserId(1), ItemId(1))), WithinRel(4.0, 1e-4));
}

TEST_CASE("an autoencoder learns more than biases from MovieLens 100K", "[train]") {
  const auto base = data_file("ml-100k/u1.base"), held_out = data_file("ml-100k/u1.test");
  if (!base || !held_out) return;
  IdMap users, items;
  read_movielens(*held_out, {}, users, items);  // the ids of both files
  const Interactions train = read_movielens(*base, {}, users, items);
  const Interactions test = read_movielens(*held_out, {}, users, items);
  REQUIRE(train.size() == 80'000);
  REQUIRE(test.size() == 20'000);
  const double bias = rmse(BiasModel(train), test);

  // 0.920 with all of the recipe; with a third of the units and a fifth of the epochs about 0.927, where biases give 0.955.
  AutoencoderRecipe recipe = autoencoder_recipe(train, Feedback::explicit_ratings);
  recipe.model.dim = 32;
  recipe.epochs = 12;
  recipe.rule.learning_rate = 4e-3;
  recipe.trainer.schedule = linear_schedule(recipe.epochs);
  AutoencoderModel<> model(train, recipe.model);
  const double before = rmse(model, test);
  const FitReport report = fit(model, train, recipe.make_trainer(), {.epochs = recipe.epochs});
  const double after = rmse(model, test);
  CAPTURE(bias, before, after, report.epochs.front().loss, report.epochs.back().loss);
  CHECK(before < 1.05 * bias);
  CHECK(after < bias - 0.02);
}

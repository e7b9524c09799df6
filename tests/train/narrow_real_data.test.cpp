// SPDX-License-Identifier: MIT
// MovieLens 100K, fold u1: what tables stored in 16 bits lose, converted after training and trained as they are.
#include <kindred/data/movielens.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/train/collaborative_recipe.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <cmath>

using namespace kindred;

namespace {

template <class Stored>
using Stores = CollaborativeModel<float, 64, DotProduct, Stored>;

template <class Stored>
Stores<Stored> trained(const Interactions& ratings, const CollaborativeRecipe& recipe) {
  Stores<Stored> model(ratings.users(), ratings.items(), recipe.model);
  fit(model, ratings, recipe.trainer_with(recipe.l2[2]), {.epochs = recipe.epochs});
  return model;
}

}  // namespace

TEST_CASE("tables in 16 bits lose less than 0.001 of RMSE on MovieLens 100K", "[train]") {
  const auto base = data_file("ml-100k/u1.base"), held_out = data_file("ml-100k/u1.test");
  if (!base || !held_out) return;
  IdMap users, items;
  read_movielens(*held_out, {}, users, items);  // the ids of both files
  const Interactions train = read_movielens(*base, {}, users, items);
  const Interactions test = read_movielens(*held_out, {}, users, items);
  const CollaborativeRecipe recipe = collaborative_recipe(train, Feedback::explicit_ratings);

  const auto model = trained<float>(train, recipe);
  const double wide = rmse(model, test);
  CHECK(wide < 0.925);
  CHECK(std::abs(rmse(Stores<Eigen::half>(model), test) - wide) < 1e-4);
  CHECK(std::abs(rmse(Stores<Eigen::bfloat16>(model), test) - wide) < 1e-4);
  CHECK(std::abs(rmse(trained<Eigen::half>(train, recipe), test) - wide) < 1e-3);
  CHECK(std::abs(rmse(trained<Eigen::bfloat16>(train, recipe), test) - wide) < 1e-3);
}

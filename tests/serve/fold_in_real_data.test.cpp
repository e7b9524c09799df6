// SPDX-License-Identifier: MIT
// MovieLens 100K, a fifth of the users held out: what folding in loses against training with these users' rows.
#include "support/catch.hpp"
#include "support/files.hpp"

#include <kindred/data/movielens.hpp>
#include <kindred/metric/evaluate_held_out.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/serve/fold_in.hpp>
#include <kindred/train/als_recipe.hpp>

using namespace kindred;

namespace {

Interactions together(const Interactions& a, const Interactions& b) {
  Interactions::Columns columns;
  for (const Interactions* part : {&a, &b}) {
    for (Index row = 0; row < part->size(); ++row) {
      columns.users.push_back(part->user(row).value());
      columns.items.push_back(part->item(row).value());
      columns.values.push_back(part->value(row));
    }
  }
  return Interactions(columns, {.users = a.users(), .items = a.items()});
}

}  // namespace

TEST_CASE("folding in held-out users of MovieLens 100K is nearly as good as retraining with them", "[serve]") {
  const auto file = data_file("ml-100k/u.data");
  if (!file) return;
  const HeldOutUsers split = split_held_out_users(read_movielens(*file).interactions);
  const Interactions all = together(split.train, split.fold_in);

  const AlsRecipe clicks = als_recipe(split.train, Feedback::implicit, 16);
  const AlsSetting setting{0.02, 0.3};
  const auto first = fit_als<16>(split.train, clicks, setting), again = fit_als<16>(all, clicks, setting);
  const auto ndcg = [&](const auto& model) { return evaluate_held_out(model, split, "ndcg@20").at("ndcg@20"); };
  const double folded = ndcg(fold_in(first, split.fold_in, {.least_squares = clicks.options_with(setting)}));
  const double retrained = ndcg(again), popular = ndcg(Popularity(split.train));
  CAPTURE(folded, retrained, popular);
  CHECK(folded > 0.94 * retrained);
  CHECK(folded > 1.7 * popular);

  const AlsRecipe ratings = als_recipe(split.train, Feedback::explicit_ratings, 16);
  const AlsSetting strength{0.1, 0};
  const auto first_ratings = fit_als<16>(split.train, ratings, strength), ratings_again = fit_als<16>(all, ratings, strength);
  const FoldInOptions options{.least_squares = ratings.options_with(strength)};
  const double folded_rmse = rmse(fold_in(first_ratings, split.fold_in, options), split.test);
  const double retrained_rmse = rmse(ratings_again, split.test);
  const double bias_rmse = rmse(fold_in(BiasModel(split.train), split.fold_in), split.test);
  CAPTURE(folded_rmse, retrained_rmse, bias_rmse);
  CHECK(folded_rmse < retrained_rmse + 0.01);
  CHECK(folded_rmse < bias_rmse - 0.02);
}

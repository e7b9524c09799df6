// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/files.hpp"

#include <kindred/data/feature_space.hpp>
#include <kindred/data/read_features.hpp>
#include <kindred/data/read_interactions.hpp>
#include <kindred/metric/choose_item_hybrid.hpp>

#include <limits>

using namespace kindred;

TEST_CASE("at most so many users are held out, evenly taken", "[metric]") {
  InteractionColumns columns;
  for (const std::uint32_t u : {0U, 1U, 3U, 4U, 6U, 6U, 7U}) {
    columns.users.push_back(u);
    columns.items.push_back(static_cast<std::uint32_t>(columns.items.size()));
  }
  const Interactions data(std::move(columns));
  const Interactions some = detail::rows_of_some_users(data, 3), all = detail::rows_of_some_users(data, 9);
  CHECK(some.size() == 4);  // of users 0, 3 and 6, every second of 0 1 3 4 6 7; the last has two
  CHECK(some.contains(UserId(0), ItemId(0)));
  CHECK(some.contains(UserId(3), ItemId(2)));
  CHECK(all.size() == data.size());
}

TEST_CASE("weights are chosen for known items and new ones, or for those about which the figures tell something", "[metric]") {
  using Figures = std::vector<double>;
  CHECK(detail::best_for_both(Figures{0.1, 0.2, 0.3}, Figures{0.3, 0.25, 0.1}) == 1);
  CHECK(detail::best_for_both(Figures{0.1, 0.3, 0.2}, Figures{0, 0, 0}) == 1);
  CHECK(detail::best_for_both(Figures{0, 0, 0}, Figures{0.1, 0.2, 0.3}) == 2);
  CHECK(detail::best_for_both(Figures{0, 0}, Figures{0, 0}) == 0);
  CHECK(detail::best_for_both(Figures{0.2, 0.3, 0.3}, Figures{1, 1, 1}) == 1);
}

TEST_CASE("an item hybrid can be chosen for rows of any times", "[metric]") {
  InteractionColumns columns;
  for (std::uint32_t k = 0; k < 60; ++k) {
    columns.users.push_back(k / 6);
    columns.items.push_back((k / 6 + k % 6) % 10);
    columns.times.push_back(k % 2 == 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max());
  }
  const Interactions data(std::move(columns));
  Features none(0);
  for (Index i = 0; i < data.items(); ++i) none.add_row({});
  ItemHybridRecipe recipe{.collaborative = collaborative_recipe(data, Feedback::implicit, 2)};
  recipe.collaborative.epochs = 1;
  recipe.collaborative.l2 = {0.1};
  CHECK(choose_item_hybrid<2>(data, none, recipe).decay >= 0);
}

TEST_CASE("where items alike by who has them say little, the collaborative part gets most of the weight", "[metric]") {
  const auto path = data_file("lastfm-hetrec2011-2k/user_artists.dat");
  if (!path) return;
  const Dataset listeners =
      read_interactions(TextFile(*path), {.columns = {.user = "userID", .item = "artistID", .value = "weight"}});
  std::vector<Index> rows;
  for (Index k = 0; k < listeners.interactions.size(); ++k) {
    if (listeners.interactions.user(k).index() % 8 == 0) rows.push_back(k);
  }
  const Interactions data = listeners.interactions.select(rows);
  Features none(0);
  for (Index i = 0; i < data.items(); ++i) none.add_row({});
  ItemHybridRecipe recipe{.collaborative = collaborative_recipe(data, Feedback::implicit, 16)};
  recipe.collaborative.epochs = 8;
  recipe.collaborative.l2 = {0.16};
  CHECK(choose_item_hybrid<16>(data, none, recipe).collaborative_weight > 1);
}

TEST_CASE("the settings of an item hybrid are chosen on real purchases, the same for any number of threads", "[metric]") {
  const auto path = data_file("online-retail-small/interactions.tsv"), items = data_file("online-retail-small/items.tsv");
  if (!path || !items) return;
  Dataset shop = read_interactions(TextFile(*path),
                                   {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  // A sixth of the customers, and little training: enough to tell what ages and what does not.
  std::vector<Index> rows;
  for (Index k = 0; k < shop.interactions.size(); ++k) {
    if (shop.interactions.user(k).index() % 6 == 0) rows.push_back(k);
  }
  const Interactions data = shop.interactions.select(rows);
  const auto records =
      read_features(TextFile(*items), parse_feature_spec("id=product,description=text,price=number"), shop.items);
  const FeatureSpace space(records, items_with_rows(data));
  const Features features = without_numbers(space.transform(records), space);
  ItemHybridRecipe recipe{.collaborative = collaborative_recipe(data, Feedback::implicit, 8)};
  recipe.collaborative.epochs = 2;
  recipe.collaborative.l2 = {0.16, 1e3};
  const auto chosen = choose_item_hybrid<8>(data, features, recipe);
  CHECK(chosen.l2 == 0.16);
  CHECK(chosen.decay > 0);  // what was bought long ago says less
  const auto same = choose_item_hybrid<8>(data, features, recipe, Threads(3));
  CHECK(same.decay == chosen.decay);
  CHECK(same.collaborative_weight == chosen.collaborative_weight);
  CHECK(same.content_weight == chosen.content_weight);
}

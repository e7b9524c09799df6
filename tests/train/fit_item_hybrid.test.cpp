// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/training.hpp"

#include <kindred/serve/recommend.hpp>
#include <kindred/train/fit_item_hybrid.hpp>

using namespace kindred;

namespace {

/// Two tastes: users 0-9 have items of 0-7, users 10-19 items of 8-15. Item 16 is new and has the features of the first taste, item 17 is
/// new and without features; user 20 is new.
Interactions two_tastes() {
  InteractionColumns columns;
  Random random(3);
  for (std::uint32_t u = 0; u < 20; ++u) {
    for (std::uint32_t i = 0; i < 8; ++i) {
      if (random.below(3) == 0 || i == u % 10) continue;
      columns.users.push_back(u);
      columns.items.push_back((u < 10 ? 0 : 8) + i);
    }
  }
  return Interactions(std::move(columns), {.users = 21, .items = 18});
}
Features tastes() {
  Features features(2);
  for (Index i = 0; i < 17; ++i) features.add_row(std::vector<FeatureWeight>{{i < 8 || i == 16 ? 0 : 1, 1.0F}});
  features.add_row({});
  return features;
}
ItemHybridRecipe small_recipe(const Interactions& data) {
  ItemHybridRecipe recipe{.collaborative = collaborative_recipe(data, Feedback::implicit, 4)};
  recipe.collaborative.epochs = 5;
  return recipe;
}

}  // namespace

TEST_CASE("an item hybrid scores new items by content and new users by popularity", "[train]") {
  const Interactions data = two_tastes();
  const auto model = fit_item_hybrid<4>(data, tastes(), small_recipe(data));
  CHECK(model.score(UserId(3), ItemId(16)) > model.score(UserId(13), ItemId(16)) + 0.1F);
  CHECK(model.score(UserId(3), ItemId(3)) > model.score(UserId(3), ItemId(11)) + 0.1F);
  CHECK(model.knows(ItemId(16)));
  CHECK_FALSE(model.knows(ItemId(17)));

  const Popularity popularity(data);
  const std::vector<ItemId> fresh{ItemId(16), ItemId(17)};
  const auto of_nobody = recommend(model, UserId(20), {.count = 5, .deny = fresh}),
             popular = recommend(popularity, UserId(20), {.count = 5});
  CHECK(model.score(UserId(20), ItemId(16)) > 0);  // as popular as the known item nearest to it
  CHECK(model.score(UserId(20), ItemId(17)) == 0);
  for (std::size_t k = 0; k < popular.size(); ++k) CHECK(of_nobody[k].item == popular[k].item);
  const auto shares = model.breakdown(UserId(20), popular[0].item);
  CHECK_FALSE(shares[0].known);
  CHECK_FALSE(shares[1].known);
  CHECK_FALSE(shares[2].known);
  CHECK(shares[3].known);
}

TEST_CASE("the shares of an item hybrid add up, and popularity's is small", "[train]") {
  const Interactions data = two_tastes();
  const auto model = fit_item_hybrid<4>(data, tastes(), small_recipe(data));
  for (Index u = 0; u < 21; ++u) {
    for (Index i = 0; i < 18; ++i) {
      float sum = 0;
      for (const auto& share : model.breakdown(UserId(u), ItemId(i))) sum += share.score;
      CHECK_THAT(model.score(UserId(u), ItemId(i)), Catch::Matchers::WithinAbs(sum, 1e-5));
      CHECK(model.breakdown(UserId(u), ItemId(i))[3].score <= 1e-3F);
    }
  }
}

TEST_CASE("an item hybrid works without any features", "[train]") {
  const Interactions data = two_tastes();
  Features none(0);
  for (Index i = 0; i < 18; ++i) none.add_row({});
  const auto model = fit_item_hybrid<4>(data, none, small_recipe(data));
  CHECK(model.score(UserId(3), ItemId(3)) > model.score(UserId(3), ItemId(11)) + 0.1F);
  CHECK(model.breakdown(UserId(3), ItemId(3))[2].score == 0);
  CHECK_FALSE(model.knows(ItemId(16)));
}

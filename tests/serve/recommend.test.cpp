// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/data/interactions.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/testing/archetypes.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace kindred;
using kindred::testing::ScoreTable;
using kindred::testing::VectorTable;

namespace {

std::vector<ItemId> item_ids(std::initializer_list<int> numbers) {
  std::vector<ItemId> out;
  for (const int number : numbers) out.emplace_back(number);
  return out;
}

template <class List>
std::vector<ItemId> items_in(const List& list) {
  std::vector<ItemId> out;
  for (const auto& [item, score] : list) out.push_back(item);
  return out;
}

ScoreTable<float> two_users() {
  RowMatrix<float> scores(2, 6);
  scores << 5, 1, 4, 4, 2, 3,  //
      1, 2, 3, 4, 5, 6;
  return ScoreTable<float>(scores);
}

}  // namespace

TEST_CASE("the best items come first, equal ones by id, with the model's scores", "[serve]") {
  const auto model = two_users();
  const auto list = recommend(model, UserId(0), {.count = 4});
  CHECK(items_in(list) == item_ids({0, 2, 3, 5}));
  CHECK(list[1].score == 4);
  CHECK(items_in(recommend(model, UserId(1), {.count = 2})) == item_ids({5, 4}));
  CHECK(recommend(model, UserId(1)).size() == 6);  // ten by default, of six
}

TEST_CASE("every list leaves out what it says", "[serve]") {
  const auto model = two_users();
  const auto unsorted = item_ids({3, 0, 3}), denied = item_ids({5}), allowed = item_ids({5, 1, 0, 4}), none = item_ids({});
  CHECK(items_in(recommend(model, UserId(0), {.exclude = unsorted})) == item_ids({2, 5, 4, 1}));
  CHECK(items_in(recommend(model, UserId(0), {.deny = denied})) == item_ids({0, 2, 3, 4, 1}));
  CHECK(items_in(recommend(model, UserId(0), {.allow = allowed})) == item_ids({0, 5, 4, 1}));
  CHECK(items_in(recommend(model, UserId(0), {.exclude = unsorted, .allow = allowed, .deny = denied})) == item_ids({4, 1}));
  CHECK(items_in(recommend(model, UserId(0), {.predicate = [](ItemId item) { return item.value() % 2 == 1; }})) ==
        item_ids({3, 5, 1}));
  CHECK(recommend(model, UserId(0), {.allow = none}).empty());  // an allow list without items allows none
  CHECK(recommend(model, UserId(0), {.predicate = [](ItemId) { return false; }}).empty());

  const Interactions train({.users = {0, 0}, .items = {0, 2}}, {.users = 2, .items = 6});
  CHECK(items_in(recommend(model, UserId(0), {.count = 2, .exclude = train.items_of(UserId(0))})) == item_ids({3, 5}));
}

TEST_CASE("a filtered item is never recommended, whatever the filter", "[serve]") {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    const Index items = 1 + random.below(80), count = random.below(90);
    const ScoreTable<float> model(whole_numbers<float>(1, items, random, 5));
    std::vector<ItemId> exclude, deny, allow;
    const Index rate = 1 + random.below(4);
    for (Index k = 0; k < items; ++k) {
      if (random.below(rate) == 0) exclude.emplace_back(random.below(items));
      if (random.below(4) == 0) deny.emplace_back(random.below(items));
      if (random.below(3) > 0) allow.emplace_back(random.below(items));
    }
    const Index modulus = 1 + random.below(4);
    const auto predicate = [&](ItemId item) { return item.index() % modulus == 0; };
    const auto in = [](const std::vector<ItemId>& list, ItemId item) {
      return std::find(list.begin(), list.end(), item) != list.end();
    };
    const auto passes = [&](Index i) {
      const ItemId item(i);
      return !in(exclude, item) && !in(deny, item) && in(allow, item) && predicate(item);
    };
    const auto list =
        recommend(model, UserId(0), {.count = count, .exclude = exclude, .allow = allow, .deny = deny, .predicate = predicate});
    for (const auto& entry : list) REQUIRE(passes(entry.item.index()));
    std::vector<float> scores(static_cast<std::size_t>(items));
    model.score_items(UserId(0), scores);
    REQUIRE((list == sorted_top_k(scores, count, passes)));
  }
}

TEST_CASE("a NaN score is not recommended", "[serve]") {
  RowMatrix<float> scores = RowMatrix<float>::Constant(1, 3, std::numeric_limits<float>::quiet_NaN());
  CHECK(recommend(ScoreTable<float>(scores), UserId(0)).empty());
  scores(0, 1) = -1;
  CHECK(items_in(recommend(ScoreTable<float>(scores), UserId(0))) == item_ids({1}));
}

TEST_CASE("a count of 0, a count beyond the catalogue, and no catalogue", "[serve]") {
  const auto model = two_users();
  CHECK(recommend(model, UserId(0), {.count = 0}).empty());
  CHECK(recommend(model, UserId(0), {.count = std::numeric_limits<Index>::max()}).size() == 6);
  CHECK(recommend(ScoreTable<float>(RowMatrix<float>(1, 0)), UserId(0)).empty());
}

TEST_CASE("what cannot be is an error that says so", "[serve]") {
  const auto model = two_users();
  const auto unknown = item_ids({1, 6});
  CHECK(message_of([&] { recommend(model, UserId(2)); }) == "recommend: the user must be below 2, got 2");
  CHECK_THROWS_AS(recommend(model, UserId(2)), std::out_of_range);
  CHECK(message_of([&] { recommend(model, UserId(0), {.count = -1}); }) == "recommend: count must not be negative, got -1");
  CHECK(message_of([&] { recommend(model, UserId(0), {.deny = unknown}); }) ==
        "recommend: an item in a list must be below 6, got 6");
  CHECK_THROWS_AS(recommend(model, UserId(0), {.exclude = unknown}), std::out_of_range);
  CHECK_THROWS_AS(recommend(model, UserId(0), {.allow = unknown}), std::out_of_range);

  RecommendWorkspace<float> workspace;
  std::vector<Scored> out(3);
  CHECK(message_of([&] { recommend_into(model, UserId(0), {.count = 4}, workspace, std::span<Scored>(out)); }) ==
        "recommend: out must have room for 4 items, got 3");
}

TEST_CASE("recommend_into writes to the caller's memory and allocates nothing after the first call", "[serve]") {
  Random random(2);
  const VectorTable<float> model(normal_numbers<float>(10, 12, random), normal_numbers<float>(90, 12, random), 3);
  const auto exclude = item_ids({7, 3, 50}), deny = item_ids({80, 2});
  RecommendWorkspace<float> workspace;
  std::vector<Scored> out(20);
  RecommendOptions options{
      .count = 8, .exclude = exclude, .deny = deny, .predicate = [](ItemId item) { return item.value() != 9; }};
  recommend_into(model, UserId(0), options, workspace, std::span<Scored>(out));
  for (int u = 0; u < 10; ++u) {
    Index count = 0;
    CHECK(allocations_of([&] { count = recommend_into(model, UserId(u), options, workspace, std::span<Scored>(out)); }) == 0);
    CHECK((recommend(model, UserId(u), options) == std::vector<Scored>(out.begin(), out.begin() + count)));
  }
}

TEST_CASE("a workspace carries nothing over to a smaller or a larger model", "[serve]") {
  Random random(3);
  RecommendWorkspace<float> workspace;
  std::vector<Scored> out(300);
  for (const Index items : {200, 5, 70, 0, 130}) {
    const ScoreTable<float> model(normal_numbers<float>(1, items, random));
    const Index count = recommend_into(model, UserId(0), {.count = 300}, workspace, std::span<Scored>(out));
    CHECK(count == items);
    CHECK((recommend(model, UserId(0), {.count = 300}) == std::vector<Scored>(out.begin(), out.begin() + count)));
  }
}

TEST_CASE("double scores and 64-bit ids", "[serve]") {
  RowMatrix<double> scores(1, 3);
  scores << 1, 3, 2;
  const ScoreTable<double, std::uint64_t> model(scores);
  const std::vector<BasicItemId<std::uint64_t>> exclude{BasicItemId<std::uint64_t>(1)};
  const auto list = recommend(model, BasicUserId<std::uint64_t>(0), {.count = 1, .exclude = exclude});
  REQUIRE(list.size() == 1);
  CHECK(list[0].item.value() == 2);
}

TEST_CASE("scores without a user are ranked and filtered as a user's are", "[serve]") {
  const auto model = two_users();
  const std::vector<float> scores{5, 1, 4, 4, 2, 3};  // those of user 0
  const auto exclude = item_ids({2}), deny = item_ids({5}), allow = item_ids({5, 4, 3, 2, 1});
  const RecommendOptions options{
      .count = 2, .exclude = exclude, .allow = allow, .deny = deny, .predicate = [](ItemId item) { return item.value() != 3; }};
  CHECK(items_in(recommend_from_scores(scores, options)) == item_ids({4, 1}));
  CHECK((recommend_from_scores(scores, options) == recommend(model, UserId(0), options)));
  CHECK((recommend_from_scores(scores) == recommend(model, UserId(0))));
  const std::vector<double> none;
  CHECK(recommend_from_scores(none).empty());
  const auto unknown = item_ids({6});
  CHECK_THROWS_AS(recommend_from_scores(scores, {.exclude = unknown}), std::out_of_range);
  CHECK_THROWS_AS(recommend_from_scores(scores, {.count = -1}), std::invalid_argument);
}

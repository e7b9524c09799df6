// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/serve/recommend_all.hpp>
#include <kindred/testing/archetypes.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace kindred;
using kindred::testing::ScoreTable;
using kindred::testing::VectorTable;

namespace {

/// Random rows, about `mean` a user.
Interactions random_rows(Index users, Index items, Index mean, Random& random) {
  std::vector<std::uint32_t> row_users, row_items;
  for (Index u = 0; u < users; ++u) {
    for (Index i = 0; i < items; ++i) {
      if (random.below(items) >= mean) continue;
      row_users.push_back(static_cast<std::uint32_t>(u));
      row_items.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return Interactions({.users = row_users, .items = row_items}, {.users = users, .items = items});
}

template <class M>
void check_against_single(const M& model, Random& random) {
  const Interactions seen = random_rows(model.users(), model.items(), 6, random);
  std::vector<ItemId> allow, deny;
  for (Index i = 0; i < model.items(); ++i) {
    if (random.below(5) > 0) allow.emplace_back(i);
    if (random.below(8) == 0) deny.emplace_back(i);
  }
  const auto predicate = [](ItemId item) { return item.value() % 7 != 3; };
  const auto lists = recommend_all(
      model, {.count = 9, .exclude_seen = &seen, .allow = allow, .deny = deny, .predicate = predicate}, Threads(2));
  REQUIRE(lists.size() == model.users());
  for (Index u = 0; u < model.users(); ++u) {
    const auto single =
        recommend(model, UserId(u),
                  {.count = 9, .exclude = seen.items_of(UserId(u)), .allow = allow, .deny = deny, .predicate = predicate});
    INFO("user " << u);
    REQUIRE((as_vector(lists[u]) == single));
    for (const auto& entry : lists[u]) REQUIRE_FALSE(seen.contains(UserId(u), entry.item));
  }
}

}  // namespace

TEST_CASE("a batch gives what single calls give, for vectors and for any model", "[serve]") {
  Random random(1);
  for (const Index items : {1, 15, 16, 17, 33, 100}) {
    for (const Index users : {1, 5, 13, 100}) {
      const RowMatrix<float> a = whole_numbers<float>(users, 7, random), b = whole_numbers<float>(items, 7, random);
      check_against_single(VectorTable<float>(a, b, 5), random);  // exact sums: ties must come out alike, too
      check_against_single(ScoreTable<float>(a * b.transpose()), random);
    }
  }
}

TEST_CASE("a batch gives the model's own scores, not those of its vectors", "[serve]") {
  Random random(2);
  const VectorTable<float> model(normal_numbers<float>(20, 9, random), normal_numbers<float>(50, 9, random), 100);
  const auto lists = recommend_all(model, {.count = 5});
  for (Index u = 0; u < 20; ++u) {
    REQUIRE(lists[u].size() == 5);
    CHECK(std::is_sorted(lists[u].begin(), lists[u].end(), ranks_before<std::uint32_t, float>));
    for (const auto& entry : lists[u]) CHECK(entry.score == model.score(UserId(u), entry.item));
  }
}

TEST_CASE("a batch of chosen users, in their order, with repeats", "[serve]") {
  Random random(3);
  const VectorTable<float> model(normal_numbers<float>(20, 9, random), normal_numbers<float>(50, 9, random));
  const Interactions seen = random_rows(20, 50, 10, random);
  const std::vector<UserId> users{UserId(7), UserId(19), UserId(0), UserId(7)};
  const RecommendAllOptions options{.count = 6, .exclude_seen = &seen};
  const auto all = recommend_all(model, options), some = recommend_all(model, users, options);
  REQUIRE(some.size() == 4);
  for (std::size_t k = 0; k < users.size(); ++k) {
    CHECK((as_vector(some[static_cast<Index>(k)]) == as_vector(all[users[k].index()])));
  }
  CHECK(recommend_all(model, std::vector<UserId>{}, options).size() == 0);
}

TEST_CASE("fewer than count where everything is seen or filtered", "[serve]") {
  const ScoreTable<float> table(RowMatrix<float>::Ones(2, 3));
  const VectorTable<float> vectors(RowMatrix<float>::Ones(2, 1), RowMatrix<float>::Ones(3, 1));
  const Interactions seen({.users = {0, 0, 0, 1}, .items = {0, 1, 2, 1}}, {.users = 2, .items = 3});
  const std::vector<ItemId> none;
  const auto check = [&](const auto& model) {
    const auto lists = recommend_all(model, {.count = 100, .exclude_seen = &seen});
    CHECK(lists[0].empty());
    REQUIRE(lists[1].size() == 2);
    CHECK(lists[1][0].item == ItemId(0));
    CHECK(lists[1][1].item == ItemId(2));
    CHECK(recommend_all(model, {.allow = none})[1].empty());
    CHECK(recommend_all(model, {.count = 0})[1].empty());
    CHECK(recommend_all(model, {.predicate = [](ItemId) { return false; }})[1].empty());
  };
  check(table);
  check(vectors);
}

TEST_CASE("a batch has the same bits for any number of threads", "[serve]") {
  Random random(4);
  const VectorTable<float> model(normal_numbers<float>(700, 19, random), normal_numbers<float>(120, 19, random));
  const Interactions seen = random_rows(700, 120, 12, random);
  const RecommendAllOptions options{.count = 10, .exclude_seen = &seen};
  const std::uint64_t serial = hash_of(recommend_all(model, options));
  CHECK(hash_of(recommend_all(model, options)) == serial);
  CHECK(hash_of(recommend_all(model, options, Threads(1))) == serial);
  CHECK(hash_of(recommend_all(model, options, Threads(2))) == serial);
  CHECK(hash_of(recommend_all(model, options, Threads(7))) == serial);
}

TEST_CASE("a batch refuses what cannot be", "[serve]") {
  const ScoreTable<float> model(RowMatrix<float>::Ones(2, 3));
  const Interactions more_items({.users = {0}, .items = {0}}, {.users = 2, .items = 4});
  const Interactions fewer_users({.users = {0}, .items = {0}}, {.users = 1, .items = 3});
  const std::vector<UserId> unknown{UserId(0), UserId(2)};
  const std::vector<ItemId> items{ItemId(3)};
  CHECK(message_of([&] { recommend_all(model, {.count = -2}); }) == "recommend_all: count must not be negative, got -2");
  CHECK(message_of([&] { recommend_all(model, unknown); }) == "recommend_all: a user must be below 2, got 2");
  CHECK(message_of([&] { recommend_all(model, {.deny = items}); }) ==
        "recommend_all: an item in a list must be below 3, got 3");
  CHECK(message_of([&] { recommend_all(model, {.exclude_seen = &more_items}); }) ==
        "recommend_all: exclude_seen must have at most the model's 3 items, got 4");
  CHECK_THROWS_AS(recommend_all(model, {.exclude_seen = &fewer_users}), std::out_of_range);
  CHECK_THROWS_AS(recommend_all(model, {.predicate = [](ItemId) -> bool { throw std::runtime_error("mine"); }}, Threads(2)),
                  std::runtime_error);
}

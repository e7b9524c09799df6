// SPDX-License-Identifier: MIT
#include <kindred/data/held_out_users.hpp>

#include "support/catch.hpp"

#include <set>
#include <vector>

using namespace kindred;

namespace {

/// User u has 3 u items, the latest first; users 0, 11 and 12 have none.
Interactions staircase(bool times) {
  Interactions::Columns columns;
  for (std::uint32_t u = 1; u <= 10; ++u) {
    for (std::uint32_t i = 0; i < 3 * u; ++i) {
      columns.users.push_back(u), columns.items.push_back(i);
      columns.values.push_back(static_cast<float>(100 * u + i));
      if (times) columns.times.push_back(1000 - i);
    }
  }
  return Interactions(columns, {.users = 13, .items = 31});
}

Index rows_of(const Interactions& data, Index u) { return static_cast<Index>(data.items_of(UserId(u)).size()); }

}  // namespace

TEST_CASE("held-out users have no training row, and floor(f n) of their n rows are test rows; no row is lost", "[data]") {
  const Interactions data = staircase(false);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto split = split_held_out_users(data, {.user_fraction = 0.4, .test_fraction = 0.2, .seed = seed});
    Index held = 0;
    std::set<float> all;
    for (const auto* part : {&split.train, &split.fold_in, &split.test}) {
      CHECK(part->users() == 13);
      CHECK(part->items() == 31);
      for (Index k = 0; k < part->size(); ++k) {
        CHECK((k == 0 || part->value(k) > part->value(k - 1)));  // the order of rows is kept
        all.insert(part->value(k));
      }
    }
    CHECK(static_cast<Index>(all.size()) == data.size());
    CHECK(split.train.size() + split.fold_in.size() + split.test.size() == data.size());
    for (Index u = 1; u <= 10; ++u) {
      if (rows_of(split.train, u) > 0) {
        CHECK(rows_of(split.train, u) == 3 * u);
        continue;
      }
      ++held;
      CHECK(rows_of(split.test, u) == 3 * u / 5);
      CHECK(rows_of(split.fold_in, u) == 3 * u - 3 * u / 5);
    }
    CHECK(held == 4);  // of the ten users with rows
  }
}

TEST_CASE("the split of held-out users is a function of the seed", "[data]") {
  const Interactions data = staircase(false);
  const auto values = [&](std::uint64_t seed) {
    const auto split = split_held_out_users(data, {.seed = seed});
    std::vector<float> out;
    for (Index k = 0; k < split.test.size(); ++k) out.push_back(split.test.value(k));
    return out;
  };
  CHECK(values(1) == values(1));
  CHECK(values(1) != values(2));
}

TEST_CASE("the latest rows of held-out users are test rows if asked for, by time or by order", "[data]") {
  const HeldOutUserOptions options{.user_fraction = 0.5, .test_fraction = 0.4, .latest = true};
  const auto timed = split_held_out_users(staircase(true), options), ordered = split_held_out_users(staircase(false), options);
  for (Index k = 0; k < timed.test.size(); ++k) {
    for (const Index row : timed.fold_in.rows_of(timed.test.user(k))) CHECK(timed.fold_in.time(row) < timed.test.time(k));
  }
  for (Index k = 0; k < ordered.test.size(); ++k) {
    for (const Index row : ordered.fold_in.rows_of(ordered.test.user(k)))
      CHECK(ordered.fold_in.value(row) < ordered.test.value(k));
  }
  CHECK(timed.test.size() == ordered.test.size());
  CHECK(timed.test.size() > 0);
}

TEST_CASE("a split of held-out users refuses fractions out of range", "[data]") {
  CHECK(message_of([] { (void)split_held_out_users(staircase(false), {.user_fraction = 1}); }) ==
        "split_held_out_users: user_fraction must be above 0 and below 1, got 1");
  CHECK(message_of([] { (void)split_held_out_users(staircase(false), {.test_fraction = 0}); }) ==
        "split_held_out_users: test_fraction must be above 0 and below 1, got 0");
}

TEST_CASE("without being asked, the test rows of held-out users are random ones, not their latest or first", "[data]") {
  for (const bool times : {true, false}) {
    Index latest = 0, first = 0, users = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const auto split = split_held_out_users(staircase(times), {.user_fraction = 0.5, .test_fraction = 0.4, .seed = seed});
      for (Index u = 3; u <= 10; ++u) {
        if (rows_of(split.test, u) == 0) continue;
        const auto test = split.test.items_of(UserId(u)), told = split.fold_in.items_of(UserId(u));
        ++users;
        latest += test.front().index() > told.back().index() ? 1 : 0;  // items are in the order of rows
        first += test.back().index() < told.front().index() ? 1 : 0;
      }
    }
    REQUIRE(users >= 9);
    CHECK(2 * latest < users);
    CHECK(2 * first < users);
  }
}

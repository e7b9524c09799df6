// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using namespace kindred;

namespace {

template <class Id>
std::vector<Index> numbers(std::span<const Id> ids) {
  std::vector<Index> out;
  for (const Id id : ids) out.push_back(id.index());
  return out;
}
std::vector<Index> numbers(std::span<const Index> rows) { return {rows.begin(), rows.end()}; }

using List = std::vector<Index>;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// What each row says, as text: "user item value weight".
template <class Rep>
std::vector<std::string> rows(const BasicInteractions<Rep>& data) {
  std::vector<std::string> out;
  for (Index k = 0; k < data.size(); ++k) {
    out.push_back(detail::concat(data.user(k).index(), ' ', data.item(k).index(), ' ', data.value(k), ' ', data.weight(k)));
  }
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("rows keep their order, and the index lists them by user and by item", "[data]", std::uint32_t,
                   std::uint64_t) {
  using Data = BasicInteractions<TestType>;
  using User = BasicUserId<TestType>;
  using Item = BasicItemId<TestType>;
  const Data data({.users = {2, 0, 2, 2, 3},
                   .items = {5, 1, 0, 1, 5},
                   .values = {1, 2, 3, 4, 5},
                   .weights = {0, 0.5, 1, 1.5, 2},
                   .times = {9, -8, 7, 6, 5}});
  CHECK(data.size() == 5);
  CHECK(data.users() == 4);
  CHECK(data.items() == 6);
  CHECK((data.has_values() && data.has_weights() && data.has_times()));
  CHECK(rows(data) == std::vector<std::string>{"2 5 1 0", "0 1 2 0.5", "2 0 3 1", "2 1 4 1.5", "3 5 5 2"});
  CHECK(data.time(1) == -8);
  CHECK(data.time(4) == 5);

  CHECK(numbers(data.items_of(User(2))) == List{0, 1, 5});
  CHECK(numbers(data.rows_of(User(2))) == List{2, 3, 0});
  CHECK(numbers(data.items_of(User(0))) == List{1});
  CHECK(numbers(data.items_of(User(1))).empty());
  CHECK(numbers(data.users_of(Item(5))) == List{2, 3});
  CHECK(numbers(data.rows_of(Item(5))) == List{0, 4});
  CHECK(numbers(data.users_of(Item(1))) == List{0, 2});
  CHECK(numbers(data.rows_of(Item(1))) == List{1, 3});
  CHECK(numbers(data.users_of(Item(4))).empty());
  STATIC_REQUIRE(std::is_same_v<decltype(data.items_of(User(0))), std::span<const Item>>);
  STATIC_REQUIRE(std::is_same_v<decltype(data.size()), std::int64_t>);

  CHECK(data.contains(User(2), Item(5)));
  CHECK(!data.contains(User(2), Item(4)));
  CHECK(!data.contains(User(1), Item(5)));
}

TEMPLATE_TEST_CASE("the index agrees with a slow and obvious one", "[data]", std::uint32_t, std::uint64_t) {
  Random random(1);
  std::map<Index, std::map<Index, Index>> by_user, by_item;
  BasicInteractionColumns<TestType> columns;
  for (Index k = 0; k < 2000; ++k) {
    const Index user = random.below(80), item = random.below(70);
    if (!by_user[user].emplace(item, static_cast<Index>(columns.users.size())).second) continue;
    by_item[item].emplace(user, static_cast<Index>(columns.users.size()));
    columns.users.push_back(static_cast<TestType>(user));
    columns.items.push_back(static_cast<TestType>(item));
  }
  const BasicInteractions<TestType> data(columns, {.users = 85, .items = 75});
  const auto check = [](const std::map<Index, Index>& expected, const List& ids, const List& row_numbers) {
    List expected_ids, expected_rows;
    for (const auto& [id, row] : expected) {
      expected_ids.push_back(id);
      expected_rows.push_back(row);
    }
    CHECK(ids == expected_ids);
    CHECK(row_numbers == expected_rows);
  };
  for (Index u = 0; u < 85; ++u) {
    const BasicUserId<TestType> user(u);
    check(by_user[u], numbers(data.items_of(user)), numbers(data.rows_of(user)));
    for (Index i = 0; i < 75; ++i) {
      if (data.contains(user, BasicItemId<TestType>(i)) != (by_user[u].count(i) == 1))
        FAIL("contains(" << u << ", " << i << ")");
    }
  }
  for (Index i = 0; i < 75; ++i) {
    const BasicItemId<TestType> item(i);
    check(by_item[i], numbers(data.users_of(item)), numbers(data.rows_of(item)));
  }
}

TEST_CASE("columns that are left out are all 1, and times are missing", "[data]") {
  const Interactions data({.users = {0, 1}, .items = {1, 0}});
  CHECK((!data.has_values() && !data.has_weights() && !data.has_times()));
  CHECK(rows(data) == std::vector<std::string>{"0 1 1 1", "1 0 1 1"});
  CHECK_THROWS_AS(data.time(0), std::invalid_argument);
}

TEST_CASE("the numbers of users and items are the highest id + 1 unless given", "[data]") {
  const Interactions larger({.users = {0}, .items = {1}}, {.users = 7, .items = 9});
  CHECK(larger.users() == 7);
  CHECK(larger.items() == 9);
  CHECK(larger.items_of(UserId(6)).empty());
  CHECK(larger.users_of(ItemId(8)).empty());
  CHECK_NOTHROW(Interactions({.users = {6}, .items = {8}}, {.users = 7, .items = 9}));
}

TEST_CASE("no rows at all are fine", "[data]") {
  const Interactions nothing({});
  CHECK(nothing.size() == 0);
  CHECK(nothing.users() == 0);
  CHECK(nothing.items() == 0);
  CHECK_THROWS_AS(nothing.items_of(UserId(0)), std::out_of_range);

  const Interactions counted({}, {.users = 2, .items = 3});
  CHECK(counted.users() == 2);
  CHECK(counted.items() == 3);
  CHECK(counted.items_of(UserId(1)).empty());
  CHECK(counted.users_of(ItemId(2)).empty());
  CHECK(!counted.contains(UserId(1), ItemId(2)));
  CHECK(counted.select({}).users() == 2);
}

TEST_CASE("an unknown user or item is out of range", "[data]") {
  const Interactions data({.users = {0, 3}, .items = {1, 5}});
  CHECK_THROWS_AS(data.items_of(UserId(4)), std::out_of_range);
  CHECK_THROWS_AS(data.rows_of(UserId(4)), std::out_of_range);
  CHECK_THROWS_AS(data.users_of(ItemId(6)), std::out_of_range);
  CHECK_THROWS_AS(data.rows_of(ItemId(6)), std::out_of_range);
  CHECK_THROWS_AS(data.contains(UserId(4), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(data.contains(UserId(0), ItemId(6)), std::out_of_range);
  CHECK(message_of([&] { data.items_of(UserId(4)); }) == "Interactions: the user must be below 4, got 4");
  CHECK(message_of([&] { data.users_of(ItemId(6)); }) == "Interactions: the item must be below 6, got 6");
}

TEST_CASE("columns of different lengths are an error", "[data]") {
  CHECK_THROWS_AS(Interactions({.users = {0, 1}, .items = {1}}), std::invalid_argument);
  CHECK(message_of([] { Interactions({.users = {0, 1}, .items = {}}); }) ==
        "Interactions: 'items' must have 2 rows as 'users' has, got 0");
  CHECK(message_of([] { Interactions({.users = {0, 1}, .items = {0, 1}, .values = {1}}); }) ==
        "Interactions: 'values' must have 2 rows as 'users' has (or none), got 1");
  CHECK_THROWS_AS(Interactions({.users = {0}, .items = {1}, .weights = {1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions({.users = {0}, .items = {1}, .times = {1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions({.users = {}, .items = {}, .values = {1}}), std::invalid_argument);
}

TEST_CASE("values that are not finite and weights that are not finite or negative are errors that name the row", "[data]") {
  for (const float bad : {not_a_number, infinity, -infinity}) {
    CHECK_THROWS_AS(Interactions({.users = {0, 1}, .items = {0, 1}, .values = {1, bad}}), std::invalid_argument);
    CHECK_THROWS_AS(Interactions({.users = {0, 1}, .items = {0, 1}, .weights = {1, bad}}), std::invalid_argument);
  }
  CHECK(message_of([] { Interactions({.users = {0, 1}, .items = {0, 1}, .values = {1, infinity}}); }) ==
        "Interactions: row 1: the value must be finite, got inf");
  CHECK(message_of([] { Interactions({.users = {0, 1}, .items = {0, 1}, .weights = {1, -0.5}}); }) ==
        "Interactions: row 1: the weight must be finite and not negative, got -0.5");
  CHECK_NOTHROW(Interactions({.users = {0}, .items = {0}, .values = {-1}, .weights = {0}}));
}

TEST_CASE("ids and counts that do not fit are errors", "[data]") {
  CHECK(message_of([] { Interactions({.users = {0, 2}, .items = {0, 1}}, {.users = 2}); }) ==
        "Interactions: row 1: the user id must be below 2, got 2");
  CHECK(message_of([] { Interactions({.users = {0, 2}, .items = {0, 4000000000}}, {.items = 2}); }) ==
        "Interactions: row 1: the item id must be below 2, got 4000000000");
  CHECK(message_of([] { Interactions({}, {.users = -1}); }) ==
        "Interactions: the number of users must be from 0 to 4294967296, got -1");
  CHECK_THROWS_AS(Interactions({}, {.items = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions({}, {.items = (Index{1} << 32) + 1}), std::invalid_argument);
  using Wide = BasicInteractions<std::uint64_t>;
  CHECK_THROWS_AS(Wide({.users = {std::uint64_t{1} << 63}, .items = {0}}), std::invalid_argument);
  CHECK_THROWS_AS(Wide({.users = {std::numeric_limits<std::uint64_t>::max()}, .items = {0}}), std::invalid_argument);
  CHECK_THROWS_AS(Wide({.users = {std::uint64_t{1} << 33}, .items = {0}}, {.users = 10}), std::invalid_argument);
  using Narrow = BasicInteractions<std::uint8_t>;
  CHECK(Narrow({.users = {255}, .items = {0}}).users() == 256);
  CHECK_THROWS_AS(Narrow({}, {.users = 257}), std::invalid_argument);
}

TEMPLATE_TEST_CASE("a repeated pair is an error that names the first repetition and both rows", "[data]", std::uint32_t,
                   std::uint64_t) {
  using Data = BasicInteractions<TestType>;
  // The pair (0, 0) comes first in the index, but (3, 4) is the first to be repeated.
  const BasicInteractionColumns<TestType> columns{.users = {0, 3, 3, 3, 0, 3}, .items = {0, 4, 5, 4, 0, 4}};
  CHECK_THROWS_AS(Data(columns), std::invalid_argument);
  CHECK(message_of([&] { return Data(columns); }) ==
        "Interactions: row 3: a user and an item must occur once together, got user 3 and item 4 also in row 1");
  try {
    Data{columns};
    FAIL("nothing was thrown");
  } catch (const DuplicateRowError& e) {
    CHECK((e.row == 3 && e.earlier == 1 && e.user == 3 && e.item == 4));
  }
  CHECK(message_of([] { return Data({.users = {5, 5}, .items = {0, 0}}); }) ==
        "Interactions: row 1: a user and an item must occur once together, got user 5 and item 0 also in row 0");
  CHECK_NOTHROW(Data({.users = {0, 0, 1, 1}, .items = {0, 1, 0, 1}}));
}

TEMPLATE_TEST_CASE("of repeated pairs the last can be kept, at its place", "[data]", std::uint32_t, std::uint64_t) {
  const BasicInteractions<TestType> data({.users = {3, 0, 3, 1, 3, 0},
                                          .items = {4, 0, 5, 1, 4, 0},
                                          .values = {1, 2, 3, 4, 5, 6},
                                          .weights = {10, 20, 30, 40, 50, 60},
                                          .times = {100, 200, 300, 400, 500, 600}},
                                         {.duplicates = Duplicates::keep_last});
  CHECK(rows(data) == std::vector<std::string>{"3 5 3 30", "1 1 4 40", "3 4 5 50", "0 0 6 60"});
  CHECK(data.time(2) == 500);
  CHECK(numbers(data.items_of(BasicUserId<TestType>(3))) == List{4, 5});
  CHECK(numbers(data.rows_of(BasicUserId<TestType>(3))) == List{2, 0});
  CHECK(numbers(data.rows_of(BasicItemId<TestType>(0))) == List{3});
}

TEMPLATE_TEST_CASE("repeated pairs can be summed, at the place of the last, with its weight and time", "[data]", std::uint32_t,
                   std::uint64_t) {
  const BasicInteractions<TestType> data({.users = {3, 0, 3, 1, 3, 0, 3},
                                          .items = {4, 0, 5, 1, 4, 0, 4},
                                          .values = {1, 2, 3, 4, 5, 6, 0.5},
                                          .weights = {10, 20, 30, 40, 50, 60, 70},
                                          .times = {100, 200, 300, 400, 500, 600, 700}},
                                         {.duplicates = Duplicates::sum});
  CHECK(rows(data) == std::vector<std::string>{"3 5 3 30", "1 1 4 40", "0 0 8 60", "3 4 6.5 70"});
  CHECK(data.time(3) == 700);
  CHECK(numbers(data.rows_of(BasicUserId<TestType>(3))) == List{3, 0});
}

TEST_CASE("rows without values are counted by a sum", "[data]") {
  const Interactions counted({.users = {1, 0, 1, 1}, .items = {1, 0, 1, 1}}, {.duplicates = Duplicates::sum});
  CHECK(rows(counted) == std::vector<std::string>{"0 0 1 1", "1 1 3 1"});
  const Interactions unique({.users = {1, 0}, .items = {1, 0}}, {.duplicates = Duplicates::sum});
  CHECK(!unique.has_values());
}

TEST_CASE("a sum of repeated values is exact where floats one by one are not, and must be finite", "[data]") {
  BasicInteractionColumns<std::uint32_t> columns;
  columns.users.assign(1001, 0);
  columns.items.assign(1001, 0);
  columns.values.assign(1001, 1);
  columns.values[0] = 16777216;  // 2^24: adding 1 to it as a float changes nothing
  CHECK(Interactions(columns, {.duplicates = Duplicates::sum}).value(0) == 16778216);
  CHECK(message_of([] {
          Interactions({.users = {7, 0, 0}, .items = {7, 0, 0}, .values = {1, 3e38F, 3e38F}}, {.duplicates = Duplicates::sum});
        }).rfind("Interactions: row 2: the sum of the duplicates' values must be finite, got ", 0) == 0);
}

TEMPLATE_TEST_CASE("a view reads the caller's memory in place", "[data]", std::uint32_t, std::uint64_t) {
  std::vector<TestType> users{2, 0, 2}, items{1, 1, 0};
  std::vector<float> values{1, 2, 3}, weights{4, 5, 6};
  std::vector<std::int64_t> times{7, 8, 9};
  const auto data = BasicInteractions<TestType>::view(
      {.users = users, .items = items, .values = values, .weights = weights, .times = times}, {.items = 3});
  CHECK(rows(data) == std::vector<std::string>{"2 1 1 4", "0 1 2 5", "2 0 3 6"});
  CHECK(data.items() == 3);
  CHECK(numbers(data.items_of(BasicUserId<TestType>(2))) == List{0, 1});
  values[1] = 20;  // not something to do, but it shows whose memory it is
  CHECK(data.value(1) == 20);
}

TEST_CASE("a view checks what an object of its own memory checks, and cannot merge duplicates", "[data]") {
  const std::vector<std::uint32_t> users{0, 0}, same{1, 1}, items{1, 2};
  const std::vector<float> values{1, not_a_number}, one{1};
  CHECK_THROWS_AS(Interactions::view({.users = users, .items = same}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions::view({.users = users, .items = items, .values = values}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions::view({.users = users, .items = items, .values = one}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions::view({.users = users, .items = items}, {.items = 2}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions::view({.users = users, .items = items}, {.duplicates = Duplicates::sum}), std::invalid_argument);
  CHECK_THROWS_AS(Interactions::view({.users = users, .items = items}, {.duplicates = Duplicates::keep_last}),
                  std::invalid_argument);
  CHECK_NOTHROW(Interactions::view({.users = users, .items = items}));
}

TEST_CASE("a selection has these rows in this order and the same counts", "[data]") {
  const Interactions data({.users = {2, 0, 2, 1},
                           .items = {5, 1, 0, 1},
                           .values = {1, 2, 3, 4},
                           .weights = {5, 6, 7, 8},
                           .times = {10, 20, 30, 40}},
                          {.users = 9});
  const Interactions part = data.select(List{2, 1});
  CHECK(rows(part) == std::vector<std::string>{"2 0 3 7", "0 1 2 6"});
  CHECK(part.time(0) == 30);
  CHECK(part.users() == 9);
  CHECK(part.items() == 6);
  CHECK(numbers(part.rows_of(UserId(2))) == List{0});
  CHECK(data.select({}).size() == 0);
  CHECK_THROWS_AS(data.select(List{0, 4}), std::out_of_range);
  CHECK_THROWS_AS(data.select(List{-1}), std::out_of_range);
  CHECK_THROWS_AS(data.select(List{1, 1}), std::invalid_argument);
  CHECK(message_of([&] { data.select(List{0, 4}); }) == "Interactions: the row must be below 4, got 4");
}

TEST_CASE("a selection of a view has memory of its own", "[data]") {
  auto users = std::make_unique<std::vector<std::uint32_t>>(std::vector<std::uint32_t>{2, 0});
  auto items = std::make_unique<std::vector<std::uint32_t>>(std::vector<std::uint32_t>{1, 3});
  const Interactions part = Interactions::view({.users = *users, .items = *items}).select(List{1});
  users.reset();
  items.reset();
  CHECK(rows(part) == std::vector<std::string>{"0 3 1 1"});
}

TEST_CASE("copies outlive the original, and what was moved from is whole", "[data]") {
  auto original =
      std::make_unique<Interactions>(BasicInteractionColumns<std::uint32_t>{.users = {1}, .items = {2}, .values = {3}});
  const Interactions copy = *original;
  original.reset();
  CHECK(rows(copy) == std::vector<std::string>{"1 2 3 1"});
  Interactions source = copy;
  const Interactions target = std::move(source);
  CHECK(rows(source) == rows(target));  // NOLINT: a move is documented to be a copy
  source = Interactions({.users = {0}, .items = {0}});
  CHECK(numbers(source.items_of(UserId(0))) == List{0});
  CHECK(numbers(target.items_of(UserId(1))) == List{2});
}

TEST_CASE("ids and rows are sorted alike, packed into one number or not, by any number of threads", "[data]") {
  Random random(11);
  for (const Index n : {0, 1, 50, 20'000}) {
    std::vector<std::uint32_t> users, items;
    for (Index k = 0; k < n; ++k) {
      users.push_back(static_cast<std::uint32_t>(random.below(40)));
      items.push_back(static_cast<std::uint32_t>(random.below(30)));
    }
    if (n == 50) std::sort(users.begin(), users.end());
    const auto sorted = [&](auto packed, int threads) {
      detail::Adjacency<ItemId> by_user;
      detail::Adjacency<UserId> by_item;
      detail::index_rows<packed()>(std::span<const std::uint32_t>(users), std::span<const std::uint32_t>(items), 40, 30,
                                   Threads(threads), by_user, by_item);
      return std::tuple(by_user.offsets, by_user.rows, by_user.ids, by_item.offsets, by_item.rows, by_item.ids);
    };
    for (const int threads : {1, 2, 7}) CHECK(sorted(std::true_type(), threads) == sorted(std::false_type(), 1));
  }
  CHECK(detail::packs<std::uint32_t>(std::size_t{1} << 32));
  CHECK_FALSE(detail::packs<std::uint32_t>((std::size_t{1} << 32) + 1));
  CHECK_FALSE(detail::packs<std::uint64_t>(1));
}

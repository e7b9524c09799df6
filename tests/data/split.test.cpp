// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/statistics.hpp"

#include <kindred/data/split.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

using namespace kindred;

namespace {

using List = std::vector<Index>;
using Row = std::tuple<Index, Index, float, float, std::int64_t>;

/// 1,000 rows of 40 users and 60 items, 25 of each user; the value is the number of the row, times are not in order.
template <class Rep = std::uint32_t>
BasicInteractions<Rep> thousand() {
  BasicInteractionColumns<Rep> columns;
  for (int k = 0; k < 1000; ++k) {
    columns.users.push_back(static_cast<Rep>(k % 40));
    columns.items.push_back(static_cast<Rep>((k / 40 * 3 + k) % 60));
    columns.values.push_back(static_cast<float>(k));
    columns.weights.push_back(static_cast<float>(k % 7));
    columns.times.push_back(k * 389 % 1000 / 10);  // ten rows at each time
  }
  return BasicInteractions<Rep>(std::move(columns), {.users = 41, .items = 62});
}

/// One user's rows, items 0, 1, 2, ..., at these times.
Interactions one_user(std::vector<std::int64_t> times) {
  BasicInteractionColumns<std::uint32_t> columns;
  for (std::size_t k = 0; k < times.size(); ++k) {
    columns.users.push_back(0);
    columns.items.push_back(static_cast<std::uint32_t>(k));
  }
  columns.times = std::move(times);
  return Interactions(std::move(columns));
}

template <class Rep>
List items(const BasicInteractions<Rep>& data) {
  List out;
  for (Index k = 0; k < data.size(); ++k) out.push_back(data.item(k).index());
  return out;
}

template <class Rep>
std::vector<Row> rows(const BasicInteractions<Rep>& data) {
  std::vector<Row> out;
  for (Index k = 0; k < data.size(); ++k) {
    out.emplace_back(data.user(k).index(), data.item(k).index(), data.value(k), data.weight(k),
                     data.has_times() ? data.time(k) : 0);
  }
  return out;
}

/// Every row is in one part, whole; the order of rows and the counts are those of the data.
template <class Rep>
void check_parts(const BasicInteractions<Rep>& data, const BasicTrainTest<Rep>& parts) {
  CHECK(parts.train.users() == data.users());
  CHECK(parts.train.items() == data.items());
  CHECK(parts.test.users() == data.users());
  CHECK(parts.test.items() == data.items());
  const auto all = rows(data), train = rows(parts.train), test = rows(parts.test);
  auto a = train.begin(), b = test.begin();
  bool in_order = train.size() + test.size() == all.size();
  for (const Row& row : all) {
    if (a != train.end() && *a == row) {
      ++a;
    } else if (b != test.end() && *b == row) {
      ++b;
    } else {
      in_order = false;
    }
  }
  CHECK(in_order);
}

template <class Rep>
std::uint64_t hash(const BasicInteractions<Rep>& data) {
  Hash hash;
  for (Index k = 0; k < data.size(); ++k) {
    hash.add(static_cast<std::uint64_t>(data.user(k).index()));
    hash.add(static_cast<std::uint64_t>(data.item(k).index()));
  }
  return hash.value();
}

}  // namespace

TEMPLATE_TEST_CASE("every split divides the rows and keeps their order, contents and counts", "[data]", std::uint32_t,
                   std::uint64_t) {
  const auto data = thousand<TestType>();
  check_parts(data, split_random(data));
  check_parts(data, split_last(data, 3));
  check_parts(data, split_last_fraction(data));
  check_parts(data, split_time(data));
  check_parts(data, split_cold_items(data));
  check_parts(data, split_cold_users(data));
  for (const auto& fold : k_folds(data)) check_parts(data, fold);
}

TEST_CASE("the number of test rows is exact, although most fractions are not", "[data]") {
  for (const int percent : {1, 7, 10, 15, 20, 29, 30, 57, 58, 70, 80, 90, 99}) {
    CHECK(split_random(thousand(), {.test_fraction = percent / 100.0}).test.size() == 10 * percent);
    CHECK(split_random(thousand(), {.test_fraction = 1 - percent / 100.0}).train.size() == 10 * percent);
    CHECK(split_time(thousand(), {.train_fraction = percent / 100.0}).train.size() == 10 * percent);
    CHECK(detail::part_of(1000000000, percent / 100.0) == 10000000 * percent);
  }
  // Of n rows the first ceil(0.8 n) are for training.
  const List kept{0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10};
  for (std::size_t n = 0; n < kept.size(); ++n) {
    const Interactions data = one_user(std::vector<std::int64_t>(n, 5));
    CHECK(split_last_fraction(data, {.test_fraction = 0.2}).train.size() == kept[n]);
    CHECK(split_random(data, {.test_fraction = 0.2}).train.size() == kept[n]);
    if (n > 0) CHECK(split_time(data, {.train_fraction = 0.8}).train.size() == kept[n]);
  }
  // Just off a whole number is not whole.
  CHECK(detail::part_of(10, 0.2 - 1e-9) == 1);
  CHECK(detail::part_of(10, 0.2 + 1e-9, true) == 3);
  CHECK(detail::part_of(3, 1e-20, true) == 1);
}

TEST_CASE("a random split takes every row with the same probability, and another seed takes others", "[data]") {
  const auto data = thousand();
  std::vector<double> taken(1000);
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto parts = split_random(data, {.test_fraction = 0.25, .seed = seed});
    for (Index k = 0; k < parts.test.size(); ++k) ++taken[static_cast<std::size_t>(parts.test.value(k))];
    seen.insert(hash(parts.test));
  }
  CHECK(seen.size() == 200);
  std::vector<double> by_block(10);  // a row is taken 50 times of 200, with a standard deviation of 6.1
  for (std::size_t k = 0; k < 1000; ++k) by_block[k / 100] += taken[k];
  CHECK(*std::min_element(taken.begin(), taken.end()) > 25);
  CHECK(*std::max_element(taken.begin(), taken.end()) < 75);
  CHECK(chi_square_z(by_block) < 4);
}

TEST_CASE("one seed gives the splits it always gave, and independent ones for different kinds", "[data]") {
  const auto data = thousand();  // the numbers come from an independent program
  CHECK(hash(split_random(data, {.test_fraction = 0.2, .seed = 1}).test) == 0x4FA6C93A642B2277);
  CHECK(hash(split_random(data, {.test_fraction = 0.2, .seed = (std::uint64_t{1} << 32) + 1}).test) == 0x0C810CA51D340578);
  CHECK(hash(k_folds(data, {.folds = 7, .seed = 1})[2].test) == 0x0ADC7032BD8A466E);
  CHECK(hash(split_cold_items(data, {.test_fraction = 0.2, .seed = 1}).test) == 0xFD34EC408EFD36F4);
  CHECK(hash(split_cold_users(data, {.test_fraction = 0.2, .seed = 1}).test) == 0xEFA037184BBC477D);
  CHECK(hash(split_last(data, 2).test) == 0x19D6878D2CEEEFA1);
  CHECK(hash(split_last_fraction(data).test) == 0x56B02289B5902149);
  CHECK(hash(split_time(data, {.train_fraction = 0.777}).test) == 0xD12678EF273F484A);
  CHECK(hash(split_random(thousand<std::uint64_t>(), {.test_fraction = 0.2, .seed = 1}).test) == 0x4FA6C93A642B2277);
  // 200 of 1,000 rows twice over: 40 in common on average if independent, with a standard deviation of 5.1.
  const auto random = split_random(data).test, fold = k_folds(data)[0].test;
  Index common = 0;
  for (Index k = 0; k < random.size(); ++k) common += fold.contains(random.user(k), random.item(k));
  CHECK((common > 15 && common < 65));
}

TEST_CASE("leave-last-n-out takes each user's latest rows, ties in the order given", "[data]") {
  CHECK(items(split_last(one_user({3, 9, 1, 5})).test) == List{1});
  CHECK(items(split_last(one_user({3, 9, 1, 5}), 2).test) == List{1, 3});
  CHECK(items(split_last(one_user({3, 9, 1, 5}), 2).train) == List{0, 2});
  CHECK(items(split_last(one_user({7, 7, 7, 7}), 2).test) == List{2, 3});
  CHECK(items(split_last(one_user({7, 9, 9, 7}), 1).test) == List{2});
  CHECK(items(split_last(one_user({-5, -9, -7}), 1).test) == List{0});
  // By time, not by item: the rows of the index ascend by item.
  const Interactions backwards({.users = {0, 0, 0}, .items = {9, 5, 1}});
  CHECK(items(split_last(backwards).test) == List{1});  // no times: the order given
  const Interactions backwards_in_time({.users = {0, 0, 0}, .items = {9, 5, 1}, .times = {1, 1, 1}});
  CHECK(items(split_last(backwards_in_time).test) == List{1});
}

TEST_CASE("a user of n rows or fewer keeps them all when the last n are left out", "[data]") {
  const Interactions data({.users = {0, 1, 1, 3, 3, 3}, .items = {0, 0, 1, 0, 1, 2}}, {.users = 5});
  const auto parts = split_last(data, 2);
  CHECK(parts.train.items_of(UserId(0)).size() == 1);
  CHECK(parts.train.items_of(UserId(1)).size() == 2);
  CHECK(parts.train.items_of(UserId(3)).size() == 1);
  CHECK(parts.test.items_of(UserId(3)).size() == 2);
  CHECK(parts.test.size() == 2);
}

TEST_CASE("the last fraction is of each user's rows, ties in the order given", "[data]") {
  CHECK(items(split_last_fraction(one_user({5, 4, 3, 2, 1, 9, 9, 9, 0, 0}), {.test_fraction = 0.2}).test) == List{6, 7});
  CHECK(items(split_last_fraction(one_user({5, 4, 3, 2, 1, 9, 9, 9, 0, 0}), {.test_fraction = 0.35}).test) == List{5, 6, 7});
  CHECK(items(split_last_fraction(one_user({1}), {.test_fraction = 0.99}).train) == List{0});
  const auto data = thousand();
  const auto parts = split_last_fraction(data);
  for (Index u = 0; u < 40; ++u) CHECK(parts.test.items_of(UserId(u)).size() == 5);
  CHECK(parts.train.items_of(UserId(40)).empty());
}

TEST_CASE("a split by time trains on the earliest rows of all, ties in the order given", "[data]") {
  const Interactions data({.users = {0, 1, 2, 0, 1},
                           .items = {0, 1, 2, 3, 4},
                           .times = {30, 10, 20, 20, std::numeric_limits<std::int64_t>::min()}});
  CHECK(items(split_time(data, {.train_fraction = 0.6}).train) == List{1, 2, 4});
  CHECK(items(split_time(data, {.train_fraction = 0.6}).test) == List{0, 3});
  CHECK(items(split_time(data, {.train_fraction = 0.8}).test) == List{0});
  CHECK(items(split_time(data, {.train_fraction = 0.01}).train) == List{4});
  const auto parts = split_time(thousand(), {.train_fraction = 0.35});
  std::int64_t latest = 0, earliest = 1000;
  for (Index k = 0; k < parts.train.size(); ++k) latest = std::max(latest, parts.train.time(k));
  for (Index k = 0; k < parts.test.size(); ++k) earliest = std::min(earliest, parts.test.time(k));
  CHECK(latest == 34);
  CHECK(earliest == 35);
}

TEST_CASE("every row is in the test part of exactly one fold, and the sizes differ by one at most", "[data]") {
  const auto data = thousand();
  for (const Index folds : {2, 3, 7, 999, 1000}) {
    std::vector<int> tested(1000, 0);
    const auto parts = k_folds(data, {.folds = folds});
    REQUIRE(static_cast<Index>(parts.size()) == folds);
    Index wrong = 0;
    for (const auto& fold : parts) {
      wrong += fold.test.size() != 1000 / folds && fold.test.size() != 1000 / folds + 1;
      wrong += fold.train.size() + fold.test.size() != 1000;
      for (Index k = 0; k < fold.test.size(); ++k) ++tested[static_cast<std::size_t>(fold.test.value(k))];
    }
    CHECK(wrong == 0);
    CHECK(tested == std::vector<int>(1000, 1));
    if (folds > 10) break;  // enough of large objects
  }
  CHECK(hash(k_folds(data, {.seed = 1})[0].test) != hash(k_folds(data, {.seed = 2})[0].test));
}

TEST_CASE("cold items and cold users have no row in training, and the others none in the test", "[data]") {
  const auto data = thousand();
  const auto count = [](Index entities, auto&& has_rows) {
    Index n = 0;
    for (Index e = 0; e < entities; ++e) n += has_rows(e);
    return n;
  };
  const auto by_item = split_cold_items(data, {.test_fraction = 0.25, .seed = 3});
  for (Index i = 0; i < 62; ++i) {
    CHECK((by_item.train.users_of(ItemId(i)).empty() || by_item.test.users_of(ItemId(i)).empty()));
  }
  CHECK(count(62, [&](Index i) { return !by_item.test.users_of(ItemId(i)).empty(); }) ==
        15);  // a quarter of the 60 that have rows
  const auto by_user = split_cold_users(data, {.test_fraction = 0.29, .seed = 3});
  for (Index u = 0; u < 41; ++u) {
    CHECK((by_user.train.items_of(UserId(u)).empty() || by_user.test.items_of(UserId(u)).empty()));
  }
  CHECK(count(41, [&](Index u) { return !by_user.test.items_of(UserId(u)).empty(); }) ==
        11);  // floor(0.29 of the 40 with rows)
  CHECK(hash(by_item.test) != hash(split_cold_items(data, {.test_fraction = 0.25, .seed = 4}).test));
  CHECK(hash(by_user.test) != hash(split_cold_users(data, {.test_fraction = 0.29, .seed = 4}).test));
}

TEST_CASE("options out of range are errors", "[data]") {
  const auto data = thousand();
  for (const double bad : {0.0, 1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(split_random(data, {.test_fraction = bad}), std::invalid_argument);
    CHECK_THROWS_AS(split_last_fraction(data, {.test_fraction = bad}), std::invalid_argument);
    CHECK_THROWS_AS(split_time(data, {.train_fraction = bad}), std::invalid_argument);
    CHECK_THROWS_AS(split_cold_items(data, {.test_fraction = bad}), std::invalid_argument);
    CHECK_THROWS_AS(split_cold_users(data, {.test_fraction = bad}), std::invalid_argument);
  }
  CHECK(message_of([&] { split_random(data, {.test_fraction = 1.5}); }) ==
        "split_random: test_fraction must be above 0 and below 1, got 1.5");
  CHECK_THROWS_AS(split_last(data, 0), std::invalid_argument);
  CHECK_THROWS_AS(split_last(data, -1), std::invalid_argument);
  for (const Index bad : {Index{-1}, Index{0}, Index{1}, Index{1001}}) {
    CHECK_THROWS_AS(k_folds(data, {.folds = bad}), std::invalid_argument);
  }
  CHECK(message_of([&] { k_folds(data, {.folds = 1}); }) == "k_folds: folds must be from 2 to the number of rows, 1000, got 1");
}

TEST_CASE("a split by time of rows without times is an error", "[data]") {
  CHECK(message_of([] { split_time(Interactions({.users = {0}, .items = {0}})); }) ==
        "split_time: the rows must have times, got none");
}

TEST_CASE("splits of no rows are empty parts with the counts given", "[data]") {
  const Interactions nothing({}, {.users = 3, .items = 4});
  check_parts(nothing, split_random(nothing));
  check_parts(nothing, split_last(nothing));
  check_parts(nothing, split_last_fraction(nothing));
  check_parts(nothing, split_cold_items(nothing));
  check_parts(nothing, split_cold_users(nothing));
  CHECK_THROWS_AS(split_time(nothing), std::invalid_argument);
  CHECK_THROWS_AS(k_folds(nothing), std::invalid_argument);
}

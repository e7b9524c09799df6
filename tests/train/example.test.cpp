// SPDX-License-Identifier: MIT
#include <kindred/train/example.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <algorithm>
#include <set>
#include <utility>

using namespace kindred;

namespace {

template <class Rep>
std::vector<std::uint64_t> flat(const std::vector<Example<Rep>>& examples) {
  std::vector<std::uint64_t> numbers;
  for (const auto& e : examples) {
    for (const std::uint64_t n :
         {std::uint64_t{e.user}, std::uint64_t{e.item}, std::uint64_t{std::bit_cast<std::uint32_t>(e.label)},
          std::uint64_t{std::bit_cast<std::uint32_t>(e.weight)}}) {
      numbers.push_back(n);
    }
  }
  return numbers;
}

using Row = std::tuple<std::uint32_t, std::uint32_t, float, float>;

std::vector<Row> rows_of(const Interactions& data) {
  std::vector<Row> rows;
  for (Index k = 0; k < data.size(); ++k)
    rows.emplace_back(data.user(k).value(), data.item(k).value(), data.value(k), data.weight(k));
  return rows;
}

}  // namespace

TEST_CASE("an epoch has every row once, in an order of its own, with value and weight", "[train]") {
  const auto data = made_up_ratings({.users = 20, .items = 30, .rows = 500, .weights = true});
  const auto first = examples_of(data, {}, 1, 0);
  std::vector<Row> seen;
  for (const auto& e : first) seen.emplace_back(e.user, e.item, e.label, e.weight);
  const auto rows = rows_of(data);
  CHECK(seen != rows);
  CHECK(std::is_permutation(seen.begin(), seen.end(), rows.begin(), rows.end()));
  CHECK(flat(first) == flat(examples_of(data, {}, 1, 0)));
  CHECK(flat(first) != flat(examples_of(data, {}, 1, 1)));
  CHECK(flat(first) != flat(examples_of(data, {}, 2, 0)));
}

TEST_CASE("a row is as likely at one place of the order as at another", "[train]") {
  const auto data = made_up_ratings({.users = 3, .items = 4, .rows = 8});
  std::vector<double> counts(64);
  for (std::uint32_t epoch = 0; epoch < 4000; ++epoch) {
    const auto examples = examples_of(data, {}, 1, epoch);
    for (std::size_t k = 0; k < 8; ++k) {
      const auto rows = data.rows_of(UserId(examples[k].user));
      const auto items = data.items_of(UserId(examples[k].user));
      const auto at = std::find(items.begin(), items.end(), ItemId(examples[k].item)) - items.begin();
      ++counts[static_cast<std::size_t>(rows[static_cast<std::size_t>(at)]) * 8 + k];
    }
  }
  CHECK(chi_square_z(counts) < 4);
}

TEST_CASE("each positive has label 1 and is followed by negatives of its user, label 0, never one of the user's items",
          "[train]") {
  const auto data = made_up_ratings({.users = 20, .items = 30, .rows = 450, .weights = true});
  for (const double power : {0.0, 0.75}) {
    const NegativeSampling negatives{.per_positive = 4, .popularity_power = power, .weight = 0.3};
    const auto examples = examples_of(data, negatives, 1, 0);
    REQUIRE(examples.size() == 450 * 5);
    std::vector<Row> positives;
    for (std::size_t k = 0; k < examples.size(); ++k) {
      const auto& e = examples[k];
      REQUIRE(e.user == examples[k / 5 * 5].user);
      if (k % 5 == 0) {
        REQUIRE(e.label == 1);
        REQUIRE(data.contains(UserId(e.user), ItemId(e.item)));
        positives.emplace_back(e.user, e.item, 0.0F, e.weight);
      } else {
        REQUIRE(e.label == 0);
        REQUIRE(e.weight == (examples[k / 5 * 5].weight == 0 ? 0.0F : 0.3F));
        if (e.weight == 0) continue;
        REQUIRE_FALSE(data.contains(UserId(e.user), ItemId(e.item)));
      }
    }
    auto rows = rows_of(data);
    for (auto& row : rows) std::get<2>(row) = 0;
    CHECK(std::is_permutation(positives.begin(), positives.end(), rows.begin(), rows.end()));
  }
}

TEST_CASE("negatives are uniform, or in proportion to a power of the item's count", "[train]") {
  BasicInteractionColumns<std::uint32_t> columns;
  for (std::uint32_t user = 0; user < 16;
       ++user) {  // item 0 has all 16 users, item 1 has 4, item 2 has 1, item 3 none; user 20 one of its own
    columns.users.push_back(user), columns.items.push_back(0);
    if (user < 4) columns.users.push_back(user), columns.items.push_back(1);
  }
  columns.users.push_back(0), columns.items.push_back(2);
  columns.users.push_back(20), columns.items.push_back(4);
  const Interactions data(columns);
  const auto drawn = [&](double power) {
    std::vector<double> counts(5);
    for (std::uint32_t epoch = 0; epoch < 100; ++epoch) {
      const auto examples = examples_of(data, {.per_positive = 20, .popularity_power = power}, 1, epoch);
      for (const auto& e : examples) {
        if (e.user == 20 && e.label == 0) ++counts[e.item];
      }
    }
    return counts;
  };
  CHECK(chi_square_z(drawn(0), std::vector<double>{1, 1, 1, 1, 0}) < 4);
  CHECK(chi_square_z(drawn(0.5), std::vector<double>{4, 2, 1, 0, 0}) < 4);
  CHECK(chi_square_z(drawn(1), std::vector<double>{16, 4, 1, 0, 0}) < 4);
}

TEST_CASE("a user who has everything gets negatives of weight 0, to be skipped", "[train]") {
  const Interactions data({.users = {0, 0, 0, 1}, .items = {0, 1, 2, 1}});
  for (const double power : {0.0, 1.0}) {
    const auto examples = examples_of(data, {.per_positive = 2, .popularity_power = power}, 1, 0);
    REQUIRE(examples.size() == 12);
    for (const auto& e : examples) {
      CHECK(e.weight == (e.label == 0 && e.user == 0 ? 0.0F : 1.0F));
      CHECK(e.item < 3);
    }
  }
}

TEST_CASE("negatives depend on seed, epoch and place, not on threads or windows", "[train]") {
  const auto data = made_up_ratings({.users = 200, .items = 300, .rows = 10'000});
  const NegativeSampling negatives{.per_positive = 2};
  using Source = ExampleSource<Interactions>;
  const Source source(data, negatives, 1, 3);
  CHECK(source.examples_per_row() == 3);
  std::vector<Example<std::uint32_t>> whole, parallel, part, parts;
  source.fill(0, data.size(), Serial{}, whole);
  source.fill(0, data.size(), Threads(3), parallel);
  CHECK(flat(whole) == flat(parallel));
  for (const Index first : {Index{0}, Source::chunk}) {
    source.fill(first, first == 0 ? Source::chunk : data.size() - first, Threads(2), part);
    parts.insert(parts.end(), part.begin(), part.end());
  }
  CHECK(flat(whole) == flat(parts));

  const auto of_first_negatives = [&](std::uint64_t seed, std::uint32_t epoch, std::size_t from) {
    const auto examples = examples_of(data, negatives, seed, epoch);
    std::vector<std::uint32_t> items;
    for (std::size_t k = from; k < from + 100; ++k) items.push_back(examples[3 * k + 1].item);
    return items;
  };
  CHECK(of_first_negatives(1, 3, 0) != of_first_negatives(1, 4, 0));
  CHECK(of_first_negatives(1, 3, 0) != of_first_negatives(2, 3, 0));
}

TEST_CASE("chunks of rows draw from streams of their own", "[train]") {
  // All users alike, so that equal draws would be equal items.
  BasicInteractionColumns<std::uint32_t> columns;
  for (std::uint32_t user = 0; user < 9000; ++user) columns.users.push_back(user), columns.items.push_back(0);
  const Interactions data(columns, {.items = 1'000'000});
  const auto examples = examples_of(data, {.per_positive = 1}, 1, 0);
  std::vector<std::uint32_t> first, second;
  for (std::size_t k = 0; k < 50; ++k) {
    first.push_back(examples[2 * k + 1].item);
    second.push_back(examples[2 * (4096 + k) + 1].item);
  }
  CHECK(first != second);
  CHECK(std::set<std::uint32_t>(first.begin(), first.end()).size() > 45);
}

TEST_CASE("examples of 64-bit ids are the same as of 32-bit ids", "[train]") {
  const auto narrow = made_up_ratings({.users = 20, .items = 30, .rows = 300, .weights = true});
  const auto wide = made_up_ratings<std::uint64_t>({.users = 20, .items = 30, .rows = 300, .weights = true});
  const NegativeSampling negatives{.per_positive = 2, .popularity_power = 0.5};
  CHECK(flat(examples_of(narrow, negatives, 1, 0)) == flat(examples_of(wide, negatives, 1, 0)));
}

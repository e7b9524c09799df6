// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"

#include <kindred/data/history.hpp>

#include <cmath>
#include <limits>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

// User 0 has items 0 (5, day 10), 1 (3, day 14) and 2 (2, day 12); user 1 has item 2 (4, day 3); user 2 has nothing.
Interactions ratings() {
  return Interactions({.users = {0, 0, 1, 0}, .items = {2, 0, 2, 1}, .values = {2, 5, 4, 3}, .times = {12, 10, 3, 14}},
                      {.users = 3, .items = 4});
}

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("older interactions count less, and the weights are divided by a power of their sum", "[data]") {
  const Interactions data = ratings();
  // In order of item: ages 4, 0, 2 days with a decay of 2 days.
  const double old = std::exp(-2.0), recent = std::exp(-1.0), sum = old + 1 + recent;
  const auto weights = history_weights(data, data.rows_of(UserId(0)), {.power = 0.5, .decay = 2});
  REQUIRE(weights.size() == 3);
  CHECK_THAT(weights[0], WithinAbs(old / std::sqrt(sum), 1e-12));
  CHECK_THAT(weights[1], WithinAbs(1 / std::sqrt(sum), 1e-12));
  CHECK_THAT(weights[2], WithinAbs(recent / std::sqrt(sum), 1e-12));
  // Values multiply, and do not enter the sum.
  const auto values = history_weights(data, data.rows_of(UserId(0)), {.use_values = true, .center = 3, .power = 1, .decay = 2});
  CHECK_THAT(values[0], WithinAbs(old * 2 / sum, 1e-12));
  CHECK(values[1] == 0);
  CHECK_THAT(values[2], WithinAbs(-recent / sum, 1e-12));
  CHECK(history_weights(data, data.rows_of(UserId(0)), {.power = 0}) == std::vector<double>{1, 1, 1});
  CHECK(history_weights(data, data.rows_of(UserId(1)), {.decay = 2}) == std::vector<double>{1});
  CHECK(history_weights(data, data.rows_of(UserId(2)), {.decay = 2}).empty());
}

TEST_CASE("decayed weights are those of the features, of users and of items", "[data]") {
  const Features users = interaction_features(ratings(), Side::users, {.power = 0, .decay = 2});
  REQUIRE(users.sparse(0).size() == 3);
  CHECK(users.sparse(0)[1] == FeatureWeight{1, 1.0F});
  CHECK(users.sparse(0)[0] == FeatureWeight{0, std::exp(-2.0F)});
  const Features items = interaction_features(ratings(), Side::items, {.power = 0, .decay = 9});
  CHECK(items.sparse(2)[0] == FeatureWeight{0, 1.0F});  // the latest of item 2, though not of user 0
  CHECK(items.sparse(2)[1] == FeatureWeight{1, std::exp(-1.0F)});
  const Features content = content_history_features(ratings(), *small_features(), {.power = 0, .decay = 2});
  CHECK_THAT(content.dense(0)[1], WithinAbs(2 * std::exp(-2.0), 1e-6));
}

TEST_CASE("the longest time between interactions does not overflow", "[data]") {
  const Interactions data({.users = {0, 0},
                           .items = {0, 1},
                           .times = {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}});
  const auto weights = history_weights(data, data.rows_of(UserId(0)), {.power = 0, .decay = 1e18});
  CHECK_THAT(weights[0], WithinAbs(std::exp(-18.4467440737), 1e-12));
  CHECK(weights[1] == 1);
}

TEST_CASE("history weights refuse what is out of range, and a decay without times", "[data]") {
  const Interactions data = ratings(), timeless({.users = {0}, .items = {0}});
  const auto weigh = [](const Interactions& of, const HistoryOptions& options) {
    return [&of, options] { history_weights(of, of.rows_of(UserId(0)), options); };
  };
  CHECK(message_of(weigh(timeless, {.decay = 1})) == "HistoryOptions: decay needs rows with times, got none");
  CHECK(message_of(weigh(data, {.decay = -1})) == "HistoryOptions: decay must be finite and not negative, got -1");
  for (const double wrong : {-1.0, not_a_number, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(history_weights(data, data.rows_of(UserId(0)), {.power = wrong}), std::invalid_argument);
    CHECK_THROWS_AS(history_weights(data, data.rows_of(UserId(0)), {.decay = wrong}), std::invalid_argument);
  }
  CHECK_THROWS_AS(history_weights(data, data.rows_of(UserId(0)), {.center = not_a_number}), std::invalid_argument);
}

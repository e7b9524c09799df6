// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"

#include <kindred/encoder/history.hpp>

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

// User 0 has items 0 (5) and 2 (2); user 1 has item 2 (4); user 2 has nothing.
Interactions ratings() {
  return Interactions({.users = {0, 0, 1}, .items = {2, 0, 2}, .values = {2, 5, 4}, .weights = {}, .times = {}},
                      {.users = 3, .items = 4});
}

}  // namespace

TEST_CASE("interactions as features: of users by item, of items by user, by value", "[encoder]") {
  const Features users = interaction_features(ratings(), Side::users);  // power 0.5
  REQUIRE(users.rows() == 3);
  CHECK(users.sparse_dim() == 4);
  REQUIRE(users.sparse(0).size() == 2);
  CHECK(users.sparse(0)[0].feature == 0);
  CHECK_THAT(users.sparse(0)[0].weight, WithinAbs(1 / std::sqrt(2.0), 1e-6));
  CHECK(users.sparse(1)[0] == FeatureWeight{2, 1.0F});
  CHECK_FALSE(users.known(2));

  const Features items = interaction_features(ratings(), Side::items, {.use_values = true, .center = 3, .power = 0});
  REQUIRE(items.rows() == 4);
  CHECK(items.sparse_dim() == 3);
  REQUIRE(items.sparse(2).size() == 2);
  CHECK(items.sparse(2)[0] == FeatureWeight{0, -1.0F});
  CHECK(items.sparse(2)[1] == FeatureWeight{1, 1.0F});
  CHECK_FALSE(items.known(1));
}

TEST_CASE("a history of content is the sum of the items' features", "[encoder]") {
  const Features users = content_history_features(ratings(), *small_features(), {.power = 1});
  // User 0: items 0 {0: 1, 3: 0.5} and 2 {}, halved; vector (1, 2, -1) / 2.
  REQUIRE(users.sparse(0).size() == 2);
  CHECK(users.sparse(0)[0] == FeatureWeight{0, 0.5F});
  CHECK(users.sparse(0)[1] == FeatureWeight{3, 0.25F});
  CHECK(users.dense(0)[1] == 1.0F);
  CHECK(users.sparse(1).empty());
  CHECK_FALSE(users.known(2));
  CHECK_THROWS_AS(content_history_features(ratings(), Features(5)), std::invalid_argument);
}

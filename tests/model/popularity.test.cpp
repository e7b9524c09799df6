// SPDX-License-Identifier: MIT
#include <kindred/model/popularity.hpp>

#include "support/catch.hpp"

#include <vector>

using namespace kindred;

namespace {

// item 0 has users 0, 1, 2; item 1 has user 2; item 2 nobody; item 3 users 0 and 2. User 3 has nothing. Values and weights do not count.
Interactions data_of() {
  return Interactions(
      {.users = {0, 1, 2, 2, 0, 2}, .items = {0, 0, 0, 1, 3, 3}, .values = {5, 1, 0, 2, 3, 1}, .weights = {1, 2, 3, 0, 9, 1}},
      {.users = 4, .items = 4});
}

}  // namespace

TEST_CASE("popularity is how many users have an item, for everyone", "[model]") {
  const Popularity model(data_of());
  CHECK(model.users() == 4);
  CHECK(model.items() == 4);
  for (Index user = 0; user < 4; ++user) {
    std::vector<float> scores(4, -1.0F);
    model.score_items(UserId(user), scores);
    CHECK(scores == std::vector<float>{3, 1, 0, 2});
    for (Index item = 0; item < 4; ++item)
      CHECK(model.score(UserId(user), ItemId(item)) == scores[static_cast<std::size_t>(item)]);
  }
}

TEST_CASE("popularity has vectors whose products are its scores", "[model]") {
  const Popularity model(data_of());
  RowMatrix<float> users, items;
  model.user_vectors(std::vector<Index>{3, 0, 3}, users);
  model.item_vectors(items);
  CHECK(model.vector_dim() == 1);
  CHECK(users.cols() == padded<float>(1));
  CHECK(items.cols() == padded<float>(1));
  const auto products = (users * items.transpose()).eval();
  REQUIRE(products.rows() == 3);
  REQUIRE(products.cols() == 4);
  for (Index k = 0; k < 3; ++k) CHECK(products.row(k) == Eigen::RowVector4f(3, 1, 0, 2));
  CHECK(users.rightCols(users.cols() - 1).isZero(0));
  CHECK(items.rightCols(items.cols() - 1).isZero(0));
}

TEST_CASE("popularity refuses data without items, unknown ids and lists of the wrong length", "[model]") {
  CHECK(message_of([] { Popularity(Interactions({})); }) == "Popularity: the data must have at least one item, got none");
  const Popularity model(data_of());
  CHECK_THROWS_AS(model.score(UserId(4), ItemId(0)), std::out_of_range);
  CHECK(message_of([&] { model.score(UserId(4), ItemId(0)); }) == "Popularity: user must be below 4, got 4");
  CHECK(message_of([&] { model.score(UserId(0), ItemId(4)); }) == "Popularity: item must be below 4, got 4");
  std::vector<float> out(4), wrong(3);
  CHECK_THROWS_AS(model.score_items(UserId(4), out), std::out_of_range);
  CHECK(message_of([&] { model.score_items(UserId(0), wrong); }) == "Popularity::score_items: out must have 4 places, got 3");
}

TEST_CASE("without any rows all items are equally unpopular", "[model]") {
  const Popularity model(Interactions({}, {.users = 2, .items = 3}));
  CHECK(model.score(UserId(1), ItemId(2)) == 0);
}

TEST_CASE("popularity is the same for 64-bit ids", "[model]") {
  const Popularity model(BasicInteractions<std::uint64_t>({.users = {0, 1}, .items = {1, 1}}));
  CHECK(model.score(BasicUserId<std::uint64_t>(0), BasicItemId<std::uint64_t>(1)) == 2);
  CHECK(model.score(UserId(0), ItemId(0)) == 0);
  STATIC_REQUIRE(VectorModel<Popularity, std::uint64_t>);
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/serve/similar.hpp>
#include <kindred/testing/archetypes.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using kindred::testing::VectorTable;

namespace {

double cosine(const RowMatrix<double>& rows, Index a, Index b) {
  const double norms = rows.row(a).norm() * rows.row(b).norm();
  return norms == 0 ? 0 : rows.row(a).dot(rows.row(b)) / norms;
}

}  // namespace

TEST_CASE("similar items are those at the smallest angle, without the item itself", "[serve]") {
  RowMatrix<float> item(5, 2);
  item << 1, 0,  // asked
      10, 10,    // 45 degrees: 0.7071
      0, 3,      // 90 degrees: 0
      -2, 0,     // 180 degrees: -1
      5, 0;      // 0 degrees: 1
  const VectorTable<float> model(RowMatrix<float>::Ones(1, 2), item);
  const auto list = similar_items(model, ItemId(0));
  REQUIRE(list.size() == 4);
  CHECK(list[0].item == ItemId(4));
  CHECK(list[1].item == ItemId(1));
  CHECK(list[2].item == ItemId(2));
  CHECK(list[3].item == ItemId(3));
  CHECK_THAT(list[0].score, Catch::Matchers::WithinAbs(1, 1e-6));
  CHECK_THAT(list[1].score, Catch::Matchers::WithinAbs(0.70710678, 1e-6));
  CHECK(list[2].score == 0);
  CHECK_THAT(list[3].score, Catch::Matchers::WithinAbs(-1, 1e-6));
  CHECK(similar_items(model, ItemId(0), {.count = 2}).size() == 2);
  CHECK(similar_items(model, ItemId(0), {.count = 0}).empty());
}

TEST_CASE("a zero vector is like nothing: 0, never NaN", "[serve]") {
  RowMatrix<float> user(4, 3);
  user << 0, 0, 0,  //
      1, 2, 3,      //
      -1, 0, 0,     //
      0, 0, 0;
  const VectorTable<float> model(user, RowMatrix<float>::Ones(2, 3));
  const auto of_zero = similar_users(model, UserId(0));
  REQUIRE(of_zero.size() == 3);
  for (int k = 0; k < 3; ++k) {
    CHECK(of_zero[static_cast<std::size_t>(k)].user == UserId(k + 1));  // all 0, by id
    CHECK(of_zero[static_cast<std::size_t>(k)].score == 0);
  }
  const auto of_one = similar_users(model, UserId(1));
  REQUIRE(of_one.size() == 3);
  CHECK(of_one[0].user == UserId(0));
  CHECK(of_one[0].score == 0);
  CHECK(of_one[2].user == UserId(2));
}

TEST_CASE("lengths do not matter, be they tiny or huge", "[serve]") {
  RowMatrix<float> item(4, 2);
  item << 1, 1, 1e-30F, 1e-30F, 1e30F, 1e30F, 1e-42F, -1e-42F;
  const auto list = similar_items(VectorTable<float>(item, item), ItemId(0));
  REQUIRE(list.size() == 3);
  CHECK_THAT(list[0].score, Catch::Matchers::WithinAbs(1, 1e-6));
  CHECK_THAT(list[1].score, Catch::Matchers::WithinAbs(1, 1e-6));
  CHECK_THAT(list[2].score, Catch::Matchers::WithinAbs(0, 1e-6));
  for (const auto& entry : list) CHECK(std::abs(entry.score) <= 1);
}

TEST_CASE("an embedding that is not finite is like nothing and hides nothing", "[serve]") {
  RowMatrix<float> item(4, 1);
  item << 1, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 2;
  const VectorTable<float> model(item, item);
  const auto list = similar_items(model, ItemId(0));
  REQUIRE(list.size() == 1);
  CHECK(list[0].item == ItemId(3));
  CHECK(similar_items(model, ItemId(1)).empty());
}

TEST_CASE("the nearest of every row agree with the cosine, one by one and all at once", "[serve]") {
  Random random(1);
  for (const Index dim : {1, 3, 8, 17, 33}) {
    for (const Index count : {1, 9, 40}) {
      RowMatrix<double> rows = whole_numbers<double>(count, dim, random);
      rows.row(random.below(count)).setZero();
      const CosineNeighbours<double> neighbours(rows);
      const auto all = neighbours.nearest_all(5, Threads(2));
      for (Index r = 0; r < count; ++r) {
        const auto list = neighbours.nearest(r, 5);
        REQUIRE(list.size() == static_cast<std::size_t>(std::min<Index>(5, count - 1)));
        REQUIRE(all[r].size() == list.size());
        std::vector<double> expected;
        for (Index other = 0; other < count; ++other) {
          if (other != r) expected.push_back(cosine(rows, r, other));
        }
        std::sort(expected.rbegin(), expected.rend());
        for (std::size_t k = 0; k < list.size(); ++k) {
          REQUIRE(list[k].item.index() != r);
          REQUIRE(all[r][k].item.index() != r);
          REQUIRE(std::abs(list[k].score - expected[k]) < 1e-12);
          REQUIRE(std::abs(list[k].score - cosine(rows, r, list[k].item.index())) < 1e-12);
          REQUIRE(std::abs(all[r][k].score - expected[k]) < 1e-12);
        }
      }
    }
  }
}

TEST_CASE("unknown ids and negative counts are errors", "[serve]") {
  const VectorTable<float> model(RowMatrix<float>::Ones(2, 3), RowMatrix<float>::Ones(4, 3));
  CHECK(message_of([&] { similar_items(model, ItemId(4)); }) == "similar_items: the item must be below 4, got 4");
  CHECK(message_of([&] { similar_users(model, UserId(2)); }) == "similar_users: the user must be below 2, got 2");
  CHECK_THROWS_AS(similar_items(model, ItemId(4)), std::out_of_range);
  CHECK(message_of([&] { similar_users(model, UserId(0), {.count = -1}); }) ==
        "similar_users: count must not be negative, got -1");
  CHECK_THROWS_AS(item_neighbours(model).nearest(-1, 3), std::out_of_range);
  CHECK_THROWS_AS(item_neighbours(model).nearest(0, -3), std::invalid_argument);
}

TEST_CASE("the nearest to a vector from outside are those at the smallest angle, however long it is", "[serve]") {
  RowMatrix<float> item(4, 2);
  item << 1, 0,  //
      10, 10,    //
      0, 3,      //
      -2, 0;
  const auto neighbours = item_neighbours(VectorTable<float>(RowMatrix<float>::Ones(1, 2), item));
  RowMatrix<float> vector = RowMatrix<float>::Zero(1, padded<float>(2));
  vector(0, 0) = 8;
  const auto list = neighbours.nearest_to(vector, 3);
  REQUIRE(list.size() == 3);
  CHECK(list[0].item == ItemId(0));  // a row like any other
  CHECK(list[0].score == 1);
  CHECK(list[1].item == ItemId(1));
  CHECK_THAT(list[1].score, Catch::Matchers::WithinAbs(0.70710678, 1e-6));
  CHECK(list[2].item == ItemId(2));
  CHECK_THROWS_AS(neighbours.nearest_to(vector, -1), std::invalid_argument);
  CHECK_THROWS_AS(neighbours.nearest_to(RowMatrix<float>::Zero(1, 9), 3), std::invalid_argument);
}

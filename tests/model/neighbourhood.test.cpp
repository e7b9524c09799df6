// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/model/neighbourhood.hpp>

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

/// Users at given points of the plane.
struct Points {
  using Scalar = float;
  RowMatrix<float> rows;

  Index users() const { return rows.rows(); }
  Index items() const { return 4; }
  void user_embeddings(std::span<const Index> ids, RowMatrix<float>& out) const {
    out.setZero(static_cast<Index>(ids.size()), padded<float>(2));
    for (std::size_t k = 0; k < ids.size(); ++k) out.row(static_cast<Index>(k)).head(2) = rows.row(ids[k]);
  }
  void item_embeddings(std::span<const Index>, RowMatrix<float>&) const {}
};

// cos(0, 1) = 0.8, cos(0, 2) = 0.6, cos(1, 2) = 0.96; user 3 points the other way, user 4 is the zero vector.
Points points() {
  Points points{RowMatrix<float>(5, 2)};
  points.rows << 2, 0, 0.8F, 0.6F, 0.6F, 0.8F, -1, 0, 0, 0;
  return points;
}

Interactions likes() {
  return Interactions(
      {.users = {0, 1, 1, 2, 2, 3}, .items = {0, 0, 1, 1, 2, 3}, .values = {4, 5, 3, 1, 5, 2}, .weights = {}, .times = {}},
      {.users = 5, .items = 4});
}

}  // namespace

TEST_CASE("implicit: an item's score is the sum of the similarities of the neighbours that have it", "[model]") {
  const NeighbourhoodModel<> model(points(), likes(), {.neighbours = 2});
  CHECK_THAT(model.score(UserId(0), ItemId(0)), WithinAbs(0.8, 1e-6));
  CHECK_THAT(model.score(UserId(0), ItemId(1)), WithinAbs(0.8 + 0.6, 1e-6));
  CHECK_THAT(model.score(UserId(0), ItemId(2)), WithinAbs(0.6, 1e-6));
  CHECK(model.score(UserId(0), ItemId(3)) == 0.0F);  // user 3 has a negative similarity: no neighbour
  CHECK(model.score(UserId(4), ItemId(0)) == 0.0F);  // nobody is like the zero vector
}

TEST_CASE("only so many neighbours count", "[model]") {
  const NeighbourhoodModel<> model(points(), likes(), {.neighbours = 1});
  CHECK_THAT(model.score(UserId(0), ItemId(1)), WithinAbs(0.8, 1e-6));
  CHECK(model.score(UserId(0), ItemId(2)) == 0.0F);
}

TEST_CASE("explicit: the user's mean and the neighbours' deviations from theirs", "[model]") {
  const NeighbourhoodModel<> model(points(), likes(), {.neighbours = 2, .feedback = Feedback::explicit_ratings, .damping = 1});
  // Means: user 0 4, user 1 4, user 2 3. Item 1: (0.8 (3 - 4) + 0.6 (1 - 3)) / (1 + 1.4) = -2 / 2.4.
  CHECK_THAT(model.score(UserId(0), ItemId(1)), WithinAbs(4 - 2 / 2.4, 1e-5));
  CHECK(model.score(UserId(0), ItemId(3)) == 4.0F);  // no neighbour rated it: the user's mean
  CHECK_THAT(model.score(UserId(4), ItemId(0)), WithinAbs((4 + 5 + 3 + 1 + 5 + 2) / 6.0, 1e-5));  // no ratings: the mean of all
}

TEST_CASE("score_items agrees with score, whatever the executor", "[model]") {
  for (const auto feedback : {Feedback::implicit, Feedback::explicit_ratings}) {
    const NeighbourhoodModel<> model(points(), likes(), {.neighbours = 3, .feedback = feedback}, Threads(3));
    const NeighbourhoodModel<> serial(points(), likes(), {.neighbours = 3, .feedback = feedback});
    std::vector<float> all(4);
    for (Index u = 0; u < 5; ++u) {
      model.score_items(UserId(u), std::span<float>(all));
      for (Index i = 0; i < 4; ++i) {
        CHECK(all[static_cast<std::size_t>(i)] == model.score(UserId(u), ItemId(i)));
        CHECK(serial.score(UserId(u), ItemId(i)) == model.score(UserId(u), ItemId(i)));
      }
    }
  }
}

TEST_CASE("a neighbourhood refuses options out of range, other data and unknown ids", "[model]") {
  CHECK_THROWS_AS(NeighbourhoodModel<>(points(), likes(), {.neighbours = 0}), std::invalid_argument);
  CHECK_THROWS_AS(NeighbourhoodModel<>(points(), likes(), {.damping = -1}), std::invalid_argument);
  const Interactions other({.users = {0}, .items = {0}, .values = {}, .weights = {}, .times = {}}, {.users = 4, .items = 4});
  CHECK_THROWS_AS(NeighbourhoodModel<>(points(), other), std::invalid_argument);
  const NeighbourhoodModel<> model(points(), likes());
  CHECK_THROWS_AS(model.score(UserId(5), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(model.score(UserId(0), ItemId(4)), std::out_of_range);
}

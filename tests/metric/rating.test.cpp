// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/metric/rating.hpp>
#include <kindred/testing/archetypes.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using kindred::testing::ScoreTable;

TEST_CASE("RMSE and MAE of three ratings", "[metric]") {
  RowMatrix<float> scores(2, 3);
  scores << 1, 2, 3, 4, 5, 6;
  const Interactions data({.users = {0, 0, 1}, .items = {0, 2, 1}, .values = {2, 3, 2}, .weights = {5, 0, 1}},
                          {.users = 2, .items = 3});
  const ScoreTable<float> model(scores);  // errors -1, 0, 3; the weights do not count
  CHECK_THAT(rmse(model, data), WithinAbs(std::sqrt(10.0 / 3), 1e-12));
  CHECK_THAT(mae(model, data), WithinAbs(4.0 / 3, 1e-12));
}

TEST_CASE("a NaN prediction is not hidden", "[metric]") {
  const ScoreTable<float> model(RowMatrix<float>::Constant(1, 1, std::numeric_limits<float>::quiet_NaN()));
  const Interactions data({.users = {0}, .items = {0}});
  CHECK(std::isnan(rmse(model, data)));
  CHECK(std::isnan(mae(model, data)));
}

TEST_CASE("the same bits for any number of threads, and the sum of a plain loop", "[metric]") {
  Random random(1);
  const Index users = 300, items = 70;
  const ScoreTable<float> model(normal_numbers<float>(users, items, random));
  Interactions::Columns columns;
  double squares = 0;
  for (Index u = 0; u < users; ++u) {
    for (Index i = 0; i < items; ++i) {
      columns.users.push_back(static_cast<std::uint32_t>(u));
      columns.items.push_back(static_cast<std::uint32_t>(i));
      columns.values.push_back(static_cast<float>(random.uniform()));
      const double error = static_cast<double>(model.score(UserId(u), ItemId(i))) - static_cast<double>(columns.values.back());
      squares += error * error;
    }
  }
  const Interactions data(columns);  // 21,000 rows: six chunks
  const double serial = rmse(model, data);
  CHECK_THAT(serial, WithinAbs(std::sqrt(squares / 21000), 1e-12));
  for (const int threads : {1, 2, 7}) {
    CHECK(std::bit_cast<std::uint64_t>(rmse(model, data, Threads(threads))) == std::bit_cast<std::uint64_t>(serial));
    CHECK(std::bit_cast<std::uint64_t>(mae(model, data, Threads(threads))) == std::bit_cast<std::uint64_t>(mae(model, data)));
  }
}

TEST_CASE("an empty test set and unknown ids are errors", "[metric]") {
  const ScoreTable<float> model(RowMatrix<float>::Ones(2, 3));
  CHECK(message_of([&] { rmse(model, Interactions({}, {.users = 2, .items = 3})); }) ==
        "rmse: the data must have at least one row, got none");
  const Interactions larger({.users = {0}, .items = {3}});
  CHECK(message_of([&] { mae(model, larger); }) ==
        "mae: the data must have at most the users and items of the model, 2 x 3, got 1 x 4");
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/files.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/data/read_interactions.hpp>
#include <kindred/data/split.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/model/ease.hpp>

#include <cmath>
#include <limits>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

// Item 0 has users 0, 1; item 1 users 0, 1, 2; item 2 user 2. User 3 has nothing. Values and weights do not count.
Interactions purchases(Index items = 3) {
  return Interactions({.users = {0, 0, 1, 1, 2, 2},
                       .items = {0, 1, 1, 0, 1, 2},
                       .values = {5, 1, 2, 9, 1, 3},
                       .weights = {1, 0, 2, 1, 1, 1},
                       .times = {4, 2, 1, 1, 7, 5}},
                      {.users = 4, .items = items});
}

std::vector<float> scores_of(const auto& model, Index user) {
  std::vector<float> out(static_cast<std::size_t>(model.items()), -1.0F);
  model.score_items(UserId(user), std::span<float>(out));
  return out;
}

}  // namespace

TEST_CASE("the closed form by hand for three items", "[model]") {
  const Ease model(purchases(), {.lambda = 1, .history = {.power = 0}});
  // X'X + I = (3 2 0; 2 4 1; 0 1 2), of determinant 13; its inverse is (7 -4 2; -4 6 -3; 2 -3 8) / 13.
  RowMatrix<float> expected(3, 3);
  expected << 0, 4 / 6.0F, -2 / 8.0F, 4 / 7.0F, 0, 3 / 8.0F, -2 / 7.0F, 3 / 6.0F, 0;
  CHECK(near(model.weights().value(), expected, 1e-6));
  CHECK_THAT(model.score(UserId(0), ItemId(2)), WithinAbs(-0.25 + 0.375, 1e-6));
  CHECK_THAT(model.score(UserId(0), ItemId(0)), WithinAbs(4 / 7.0, 1e-6));
  CHECK_THAT(model.score(UserId(2), ItemId(0)), WithinAbs(4 / 7.0 - 2 / 7.0, 1e-6));
  CHECK(scores_of(model, 3) == std::vector<float>{0, 0, 0});
  CHECK(model.knows(UserId(0)));
  CHECK_FALSE(model.knows(UserId(3)));
}

TEST_CASE("no change of an off-diagonal weight lowers the loss, and the diagonal is zero", "[model]") {
  for (const Index items : {1, 3, 90}) {  // more than one block of columns, the last one shorter
    const Interactions data = made_up_ratings({.users = 120, .items = items, .rows = 10 * items});
    const double lambda = 3;
    RowMatrix<double> x = RowMatrix<double>::Zero(120, items);
    for (Index k = 0; k < data.size(); ++k) x(data.user(k).index(), data.item(k).index()) = 1;
    const Ease model(data, {.lambda = lambda});
    const RowMatrix<double> b = model.weights().value().cast<double>();
    CHECK(b.diagonal().isZero(0));
    // The gradient of |X - XB|^2 / 2 + lambda |B|^2 / 2; sums are about 10, float rounds at 1e-6 of them.
    RowMatrix<double> gradient = -x.transpose().lazyProduct(x - x.lazyProduct(b)) + lambda * b;
    gradient.diagonal().setZero();
    CHECK(near(gradient, RowMatrix<double>::Zero(items, items), 2e-5));
    for (Index u = 0; u < 120; u += 17) {
      const auto scores = scores_of(model, u);
      const double scale = 1 / std::sqrt(std::max(1.0, x.row(u).sum()));  // power 0.5
      for (Index i = 0; i < items; ++i) {
        CHECK_THAT(scores[static_cast<std::size_t>(i)], WithinAbs(scale * x.row(u).dot(b.col(i)), 1e-5));
        CHECK_THAT(model.score(UserId(u), ItemId(i)), WithinAbs(scale * x.row(u).dot(b.col(i)), 1e-5));
      }
    }
  }
}

TEST_CASE("histories may be weighted, and a new user needs no training", "[model]") {
  const HistoryOptions history{.power = 1, .decay = 2};
  const Ease model(purchases(), {.lambda = 1, .history = history});
  const auto weights = history_weights(purchases(), purchases().rows_of(UserId(0)), history);
  CHECK_THAT(model.score(UserId(0), ItemId(2)), WithinAbs(-0.25 * weights[0] + 0.375 * weights[1], 1e-6));
  std::vector<float> out(3);
  model.score_items(std::vector<FeatureWeight>{{2, 2.0F}}, out);
  CHECK_THAT(out[1], WithinAbs(1, 1e-6));
}

TEST_CASE("an item without interactions scores zero and speaks for nothing", "[model]") {
  const Ease model(purchases(4), {.lambda = 1});
  CHECK(model.weights().value().row(3).isZero(0));
  CHECK(model.weights().value().col(3).isZero(0));
  CHECK_FALSE(model.knows(ItemId(3)));
  CHECK(model.knows(ItemId(2)));
}

TEST_CASE("the closed form has the same bits for any number of threads", "[model]") {
  const Interactions data = made_up_ratings({.users = 100, .items = 200, .rows = 3000});
  const Ease serial(data);
  for (const int threads : {1, 2, 7}) CHECK(Ease(data, {}, Threads(threads)).weights().value() == serial.weights().value());
}

TEST_CASE("the closed form refuses a lambda that is not positive, no items, and too many before it allocates", "[model]") {
  for (const double lambda : {0.0, -1.0, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(Ease(purchases(), {.lambda = lambda}), std::invalid_argument);
  }
  CHECK(message_of([] { Ease(purchases(), {.lambda = 0}); }) == "Ease: lambda must be positive and finite, got 0");
  CHECK(message_of([] { Ease(Interactions({})); }) == "Ease: the data must have at least one item, got none");
  // A square matrix of these is 12 TB, which nobody has.
  CHECK(message_of([] { Ease(purchases(1'000'000)); }) ==
        "Ease: there must be at most 20000 items (max_items), got 1000000, which would take 12000 GB of memory");
  CHECK(message_of([] { Ease(purchases(), {.max_items = 2}); }) ==
        "Ease: there must be at most 2 items (max_items), got 3, which would take 0 GB of memory");
  CHECK_THROWS_AS(Ease(purchases(), {.history = {.decay = -1}}), std::invalid_argument);
  const Ease model(purchases());
  CHECK_THROWS_AS(model.score(UserId(4), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(model.score(UserId(0), ItemId(3)), std::out_of_range);
}

TEST_CASE("the closed form reproduces its figure on a small shop", "[model]") {
#ifndef __OPTIMIZE__
  WARN("SKIPPED: takes a minute without optimisation");
  return;
#endif
  const auto file = data_file("online-retail-small/interactions.tsv");
  if (!file) return;
  const Dataset data =
      read_interactions(*file, {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  const auto [train, test] = split_last_fraction(data.interactions, {.test_fraction = 0.2});
  CHECK_THAT(evaluate(Ease(train), train, test, "recall@20").at("recall@20"), WithinAbs(0.124, 0.002));
}

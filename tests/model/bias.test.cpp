// SPDX-License-Identifier: MIT
#include <kindred/model/bias.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <cmath>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

// Both users rated both items: 5 and 3, 3 and 1. The mean is 3.
Interactions four_ratings() { return Interactions({.users = {0, 0, 1, 1}, .items = {0, 1, 0, 1}, .values = {5, 3, 3, 1}}); }

float score(const BiasModel& model, Index user, Index item) { return model.score(UserId(user), ItemId(item)); }

/// What the model says it minimises, and its largest derivative by a bias.
struct Objective {
  double value = 0, largest_slope = 0;
};
Objective objective(const BiasModel& model, const Interactions& data, const BiasOptions& options) {
  RowMatrix<float> items;
  model.item_vectors(items);
  std::vector<double> b_u, b_i, slope_u, slope_i;
  for (Index i = 0; i < model.items(); ++i) b_i.push_back(static_cast<double>(items(i, 0)));
  for (Index u = 0; u < model.users(); ++u)
    b_u.push_back(static_cast<double>(score(model, u, 0) - model.global_mean()) - b_i[0]);
  Objective result;
  for (const double b : b_u) result.value += options.user_damping * b * b, slope_u.push_back(2 * options.user_damping * b);
  for (const double b : b_i) result.value += options.item_damping * b * b, slope_i.push_back(2 * options.item_damping * b);
  for (Index k = 0; k < data.size(); ++k) {
    const auto u = static_cast<std::size_t>(data.user(k).index()), i = static_cast<std::size_t>(data.item(k).index());
    const double weight = static_cast<double>(data.weight(k));
    const double error = static_cast<double>(model.global_mean()) + b_u[u] + b_i[i] - static_cast<double>(data.value(k));
    result.value += weight * error * error;
    slope_u[u] += 2 * weight * error;
    slope_i[i] += 2 * weight * error;
  }
  for (const auto* slopes : {&slope_u, &slope_i}) {
    for (const double slope : *slopes) result.largest_slope = std::max(result.largest_slope, std::abs(slope));
  }
  return result;
}

}  // namespace

TEST_CASE("without damping, ratings that are sums of biases are found exactly", "[model]") {
  const BiasModel model(four_ratings(), {.user_damping = 0, .item_damping = 0, .sweeps = 1});
  CHECK(model.global_mean() == 3);
  CHECK_THAT(score(model, 0, 0), WithinAbs(5, 1e-6));
  CHECK_THAT(score(model, 0, 1), WithinAbs(3, 1e-6));
  CHECK_THAT(score(model, 1, 0), WithinAbs(3, 1e-6));
  CHECK_THAT(score(model, 1, 1), WithinAbs(1, 1e-6));
}

TEST_CASE("one damped sweep, worked by hand", "[model]") {
  // items: (2 + 0) / (2 + 2) = 0.5 and (0 - 2) / 4 = -0.5.  users: ((2 - 0.5) + (0 + 0.5)) / (1 + 2) = 2/3, and -2/3.
  const BiasModel model(four_ratings(), {.user_damping = 1, .item_damping = 2, .sweeps = 1});
  CHECK_THAT(score(model, 0, 0), WithinAbs(3 + 2.0 / 3 + 0.5, 1e-6));
  CHECK_THAT(score(model, 0, 1), WithinAbs(3 + 2.0 / 3 - 0.5, 1e-6));
  CHECK_THAT(score(model, 1, 0), WithinAbs(3 - 2.0 / 3 + 0.5, 1e-6));
  CHECK_THAT(score(model, 1, 1), WithinAbs(3 - 2.0 / 3 - 0.5, 1e-6));
}

TEST_CASE("a weight counts as that many ratings", "[model]") {
  // mean = (3 * 4 + 1 * 2) / 4 = 3.5.  items: 3 (0.5) / (3 + 1) = 0.375, 1 (-1.5) / (1 + 1) = -0.75.
  // user 0: (3 (0.5 - 0.375) + 1 (-1.5 + 0.75)) / (2 + 4) = -0.0625.
  const Interactions data({.users = {0, 0, 1}, .items = {0, 1, 0}, .values = {4, 2, 1}, .weights = {3, 1, 0}});
  const BiasModel model(data, {.user_damping = 2, .item_damping = 1, .sweeps = 1});
  CHECK(model.global_mean() == 3.5F);
  CHECK_THAT(score(model, 0, 0), WithinAbs(3.5 - 0.0625 + 0.375, 1e-6));
  CHECK_THAT(score(model, 0, 1), WithinAbs(3.5 - 0.0625 - 0.75, 1e-6));
  CHECK_THAT(score(model, 1, 1), WithinAbs(3.5 - 0.75, 1e-6));
}

TEST_CASE("sweeps lead to the minimum of the objective", "[model]") {
  const Interactions data = made_up_ratings({.users = 30, .items = 20, .rows = 300, .weights = true});
  BiasOptions options{.user_damping = 3, .item_damping = 1};
  double before = INFINITY;
  for (const int sweeps : {1, 2, 4, 8}) {
    options.sweeps = sweeps;
    const double value = objective(BiasModel(data, options), data, options).value;
    CHECK(value < before);
    before = value;
  }
  options.sweeps = 1;
  CHECK(objective(BiasModel(data, options), data, options).largest_slope > 1);
  options.sweeps = 200;
  CHECK(objective(BiasModel(data, options), data, options).largest_slope < 1e-4);  // float: 30 rows of 1e-6
}

TEST_CASE("users and items without rows have no bias", "[model]") {
  const Interactions data({.users = {0, 0}, .items = {0, 1}, .values = {5, 1}}, {.users = 3, .items = 4});
  for (const double damping : {0.0, 5.0}) {
    const BiasModel model(data, {.user_damping = damping, .item_damping = damping});
    CHECK(model.users() == 3);
    CHECK(model.items() == 4);
    CHECK(score(model, 2, 3) == 3);
    CHECK(score(model, 2, 0) > 3);
  }
  const BiasModel weightless(Interactions({.users = {0}, .items = {0}, .values = {5}, .weights = {0}}),
                             {.user_damping = 0, .item_damping = 0});
  CHECK(score(weightless, 0, 0) == 0);
}

TEST_CASE("the bias model scores all items, and has vectors that rank them so", "[model]") {
  const Interactions data = made_up_ratings({.users = 30, .items = 20, .rows = 300});
  const BiasModel model(data);
  RowMatrix<float> users, items;
  model.user_vectors(std::vector<Index>{7, 0}, users);
  model.item_vectors(items);
  CHECK(model.vector_dim() == 1);
  REQUIRE(users.rows() == 2);
  REQUIRE(items.rows() == 20);
  REQUIRE(users.cols() == padded<float>(1));
  CHECK(users.rightCols(users.cols() - 1).isZero(0));
  CHECK(items.rightCols(items.cols() - 1).isZero(0));
  std::vector<float> scores(20);
  model.score_items(UserId(7), scores);
  const Eigen::VectorXf dots = items * users.row(0).transpose();
  for (Index i = 0; i < 20; ++i) {
    CHECK_THAT(scores[static_cast<std::size_t>(i)], WithinAbs(static_cast<double>(score(model, 7, i)), 1e-6));
    CHECK_THAT(scores[static_cast<std::size_t>(i)] - scores[0], WithinAbs(static_cast<double>(dots(i) - dots(0)), 1e-6));
  }
}

TEST_CASE("the bias model refuses what it cannot use", "[model]") {
  CHECK(message_of([] { BiasModel(Interactions({}, {.users = 2, .items = 2})); }) ==
        "BiasModel: the data must have at least one interaction, got none");
  const auto refusal = [](const BiasOptions& options) { return message_of([&] { BiasModel(four_ratings(), options); }); };
  CHECK(refusal({.user_damping = -1}) == "BiasModel: the dampings must be finite and not negative, got -1 and 5");
  CHECK(refusal({.item_damping = -1}) == "BiasModel: the dampings must be finite and not negative, got 5 and -1");
  CHECK(refusal({.item_damping = INFINITY}) == "BiasModel: the dampings must be finite and not negative, got 5 and inf");
  CHECK(refusal({.user_damping = NAN}) == "BiasModel: the dampings must be finite and not negative, got nan and 5");
  CHECK(refusal({.sweeps = 0}) == "BiasModel: sweeps must be at least 1, got 0");
  const BiasModel model(four_ratings());
  CHECK_THROWS_AS(model.score(UserId(2), ItemId(0)), std::out_of_range);
  CHECK(message_of([&] { model.score(UserId(2), ItemId(0)); }) == "BiasModel: user must be below 2, got 2");
  CHECK(message_of([&] { model.score(UserId(0), ItemId(2)); }) == "BiasModel: item must be below 2, got 2");
  std::vector<float> out(2), wrong(1);
  CHECK_THROWS_AS(model.score_items(UserId(2), out), std::out_of_range);
  CHECK(message_of([&] { model.score_items(UserId(0), wrong); }) == "BiasModel::score_items: out must have 2 places, got 1");
}

TEST_CASE("the bias model is the same for 64-bit ids", "[model]") {
  const BiasModel narrow(made_up_ratings({.users = 30, .items = 20, .rows = 300}));
  const BiasModel wide(made_up_ratings<std::uint64_t>({.users = 30, .items = 20, .rows = 300}));
  CHECK(narrow.score(UserId(3), ItemId(4)) == wide.score(BasicUserId<std::uint64_t>(3), BasicItemId<std::uint64_t>(4)));
  STATIC_REQUIRE(VectorModel<BiasModel, std::uint64_t>);
}

TEST_CASE("a score is the mean and the two biases", "[model]") {
  const BiasModel model(four_ratings());
  REQUIRE(model.user_biases().size() == 2);
  REQUIRE(model.item_biases().size() == 2);
  CHECK(model.user_biases()[0] != model.user_biases()[1]);
  for (const std::size_t u : {0U, 1U}) {
    for (const std::size_t i : {0U, 1U})
      CHECK(model.score(UserId(u), ItemId(i)) == model.global_mean() + model.user_biases()[u] + model.item_biases()[i]);
  }
}

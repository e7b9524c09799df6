// SPDX-License-Identifier: MIT
#include "support/fold_in.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

#include <kindred/serve/fold_in.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/train/alternating_least_squares.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

using Factors = CollaborativeModel<float>;

/// Of 5 coordinates, so that rows are padded.
Factors trained(const Interactions& data, const AlsOptions& options, int epochs, double scale = 1) {
  const bool biases = options.feedback == Feedback::explicit_ratings;
  Factors model(data.users(), data.items(), {.dim = 5, .biases = biases, .scale = scale});
  AlternatingLeastSquares trainer(Cholesky{}, options);
  for (int epoch = 0; epoch < epochs; ++epoch) trainer.epoch(model, data, Serial{});
  return model;
}

/// The first sweep of an epoch is over the user_count; what it leaves is what folding in gives with the items as they were.
void check_law(const AlsOptions& options, double scale = 1) {
  const Interactions data = ratings();
  const auto before = trained(data, options, 3, scale), after = trained(data, options, 4, scale);
  const FoldIn fold(before, {.least_squares = options});
  for (Index u = 0; u < user_count; ++u) {
    const Rows rows(data, UserId(u));
    const auto user = fold(rows.history());
    const auto& vector = user.value().vector;
    const float size = 1 + after.user_encoder().row(u).matrix().norm();
    CHECK((vector.row(0).head(before.dim()) - after.user_encoder().row(u).matrix()).norm() < 1e-4F * size);
    CHECK_THAT(user.value().bias, WithinAbs(double{after.user_biases().row(u)(0)}, 1e-4));
    const std::vector<float> all = scores_of(user);
    for (Index i = 0; i < item_count; ++i) {  // the model's score with these two vectors
      float score = vector.row(0).head(before.dim()).dot(before.item_encoder().row(i).matrix());
      if (before.has_biases())
        score = before.global_mean() + before.scale() * (user.value().bias + before.item_biases().row(i)(0) + score);
      CHECK_THAT(all[static_cast<std::size_t>(i)], WithinAbs(double{score}, 1e-5));
      CHECK_THAT(user.score(ItemId(i)), WithinAbs(double{score}, 1e-5));
    }
  }
}

}  // namespace

TEST_CASE("a training user's own history gives the vector that a sweep of least squares gives", "[serve]") {
  check_law({.lambda = 0.05, .unobserved = 0.2});
  check_law({.lambda = 2,
             .frequency_power = 0,
             .unobserved = 1,
             .unobserved_pairs = Unobserved::missing_pairs,
             .confidence = {.form = ConfidenceForm::linear, .alpha = 3}});
  check_law({.lambda = 0.1, .unobserved = 0, .confidence = {.form = ConfidenceForm::logarithmic, .alpha = 2, .unit = 0.5}});
  check_law({.feedback = Feedback::explicit_ratings, .lambda = 0.2, .biases = 0.5}, 1.3);
}

TEST_CASE("the order of a history does not matter, what it lacks is 1, and nothing gives the fallback", "[serve]") {
  const Interactions data = ratings();
  const AlsOptions options{.feedback = Feedback::explicit_ratings, .lambda = 0.2};
  const auto model = trained(data, options, 3);
  const FoldIn fold(model, {.least_squares = options});
  Rows rows(data, UserId(4));
  const auto user = fold(rows.history());
  for (auto* column : {&rows.values, &rows.weights}) std::reverse(column->begin(), column->end());
  std::reverse(rows.items.begin(), rows.items.end());
  CHECK(scores_of(fold(History{.items = rows.items, .values = rows.values, .weights = rows.weights})) == scores_of(user));
  const std::vector<float> ones(rows.items.size(), 1);
  CHECK(scores_of(fold(History{.items = rows.items, .values = rows.values, .weights = ones})) ==
        scores_of(fold(History{.items = rows.items, .values = rows.values})));

  const std::vector<float> none(rows.items.size(), 0);  // rows of weight 0 are as if they were not there
  for (const auto& empty : {fold(History{}), fold(History{.items = rows.items, .values = rows.values, .weights = none})}) {
    CHECK((empty.value().vector.array() == 0).all());
    CHECK_THAT(empty.score(ItemId(3)), WithinRel(double{model.score(UserId(39), ItemId(3))}, 1e-6));  // who has no rows
  }
}

TEST_CASE("bad histories and options are refused", "[serve]") {
  const Interactions data = ratings();
  const AlsOptions options{.lambda = 0.05, .confidence = {.form = ConfidenceForm::linear}};
  const auto model = trained(data, options, 1);
  const FoldIn fold(model, {.least_squares = options});
  const std::vector<ItemId> two{ItemId(3), ItemId(1)}, same{ItemId(3), ItemId(3)}, unknown{ItemId(3), ItemId(item_count)};
  const auto said = [&](const History& history) { return message_of([&] { (void)fold(history); }); };
  CHECK_THROWS_AS(fold(History{.items = unknown}), std::out_of_range);
  CHECK(said({.items = unknown}) == "fold_in: an item must be below 30, got 30");
  CHECK(said({.items = same}) == "fold_in: an item must occur once, got 3 twice");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> bad{1, nan}, negative{-1, 1}, one{1}, huge{3e30F, 1};
  CHECK(said({.items = two, .values = bad}) == "fold_in: a value must be finite, got nan for item 1");
  CHECK(said({.items = two, .weights = bad}) == "fold_in: a weight must be finite and not negative, got nan for item 1");
  CHECK(said({.items = two, .weights = negative}) == "fold_in: a weight must be finite and not negative, got -1 for item 3");
  CHECK(said({.items = two, .weights = huge}) == "fold_in: a weight must be below 1e30, got 6e+30 for item 3");
  CHECK(said({.items = two, .values = negative}) ==
        "fold_in: a value must not be negative, as confidence goes by it, got -1 for item 3");
  CHECK(said({.items = two, .values = one}) == "fold_in: there must be 2 values, one for each item, or none, got 1");
  const auto user = fold({.items = two});
  CHECK_THROWS_AS(user.score(ItemId(item_count)), std::out_of_range);
  std::vector<float> few(3);
  CHECK_THROWS_AS(user.score_items(few), std::invalid_argument);

  const AlsOptions of_ratings{.feedback = Feedback::explicit_ratings};
  const auto rating_model = trained(data, of_ratings, 1);
  CHECK_THROWS_AS(FoldIn(rating_model), std::invalid_argument);  // implicit feedback, and biases
  const FoldIn of_rating(rating_model, {.least_squares = of_ratings});
  CHECK(message_of([&] { (void)of_rating(History{.items = two}); }) == "fold_in: explicit ratings must have values, got none");
  const auto features = std::make_shared<const Features>(2);
  CHECK_THROWS_AS(FoldIn(model, {.least_squares = {.user_features = features}}), std::invalid_argument);
  CHECK_THROWS_AS(FoldIn(model, {.least_squares = {.lambda = -1}}), std::invalid_argument);
  CHECK_THROWS_AS(FoldIn(BiasModel(data), {.user_damping = -1}), std::invalid_argument);
}

TEST_CASE("a folded-in user is recommended to, and nothing is allocated once the memory is there", "[serve]") {
  const Interactions data = ratings();
  const AlsOptions options{.lambda = 0.05};
  const auto model = trained(data, options, 3);
  const FoldIn fold(model, {.least_squares = options});
  const Rows rows(data, UserId(2)), other(data, UserId(3));
  const auto user = fold(rows.history());
  const auto list = recommend(user, {.count = 4, .exclude = rows.items});
  const auto same = recommend_from_scores(scores_of(user), {.count = 4, .exclude = rows.items});
  REQUIRE(list.size() == 4);
  CHECK(std::equal(list.begin(), list.end(), same.begin(), same.end()));

  FoldIn<Factors>::Workspace workspace;
  FoldedUser<Factors> again;
  std::vector<float> scores(item_count);
  for (const Rows* first : {&rows, &other}) fold.into(first->history(), workspace, again);
  CHECK(allocations_of([&] {
          fold.into(rows.history(), workspace, again);
          again.score_items(scores);
        }) == 0);
  CHECK(scores == scores_of(user));
}

TEST_CASE("ridge_of is the objective of gradient training, for one user", "[serve]") {
  const Interactions data = ratings();
  const double scale = 1.5;
  const auto model = trained(data, {.feedback = Feedback::explicit_ratings, .lambda = 0.2}, 1, scale);
  const L2 l2{.embeddings = 0.4, .biases = 0.1, .frequency_power = 0.5};
  const Rows rows(data, UserId(8));
  const FoldIn fold(model, {.least_squares = ridge_of(l2, scale)});
  const auto user = fold(History{.items = rows.items, .values = rows.values}).value();
  // Each row asks for L2 / n^0.5 of the user's vector and bias; see L2.
  const auto n = static_cast<double>(rows.items.size());
  const auto objective = [&](const Eigen::VectorXd& p, double b) {
    double sum = n * std::pow(n, -0.5) * (0.4 * p.squaredNorm() + 0.1 * b * b);
    for (std::size_t k = 0; k < rows.items.size(); ++k) {
      const Index i = rows.items[k].index();
      const double score =
          double{model.global_mean()} + scale * (b + double{model.item_biases().row(i)(0)} +
                                                 p.dot(model.item_encoder().row(i).matrix().transpose().cast<double>()));
      sum += std::pow(score - double{rows.values[k]}, 2);
    }
    return sum;
  };
  const Eigen::VectorXd p = user.vector.row(0).head(5).transpose().cast<double>();
  const double least = objective(p, double{user.bias});
  for (Index d = 0; d <= 5; ++d) {
    for (const double step : {-0.01, 0.01}) {
      Eigen::VectorXd moved = p;
      if (d < 5) moved(d) += step;
      CHECK(objective(moved, double{user.bias} + (d == 5 ? step : 0)) > least);
    }
  }
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <kindred/train/alternating_least_squares.hpp>

#include <Eigen/Cholesky>

using namespace kindred;

namespace {

/// The features that `made_up_features` gives, as a matrix.
Eigen::MatrixXd made_up_matrix(Index entities) {
  Eigen::MatrixXd f = Eigen::MatrixXd::Zero(entities, 4);
  for (Index e = 0; e < entities; ++e) {
    f(e, e % 3) = 1;
    f(e, 3) = static_cast<double>(e % 4);
  }
  return f;
}

Features made_up_features(Index entities) {
  Features features(3, 1);
  for (Index e = 0; e < entities; ++e) {
    const FeatureWeight words[] = {{e % 3, 1}};
    const float dense[] = {static_cast<float>(e % 4)};
    features.add_row(words, dense);
  }
  return features;
}

}  // namespace

TEST_CASE("the regression from features to rows solves its normal equations", "[train]") {
  FeatureRidge ridge(made_up_features(10));
  const Eigen::MatrixXd rows = Eigen::MatrixXd::Random(10, 2);
  const std::vector<double> weights{1, 2, 0, 1, 3, 1, 0.5, 1, 1, 2};
  ridge.fit(rows, weights, 0.3, Serial{});
  const Eigen::MatrixXd f = made_up_matrix(10);
  const Eigen::VectorXd w = Eigen::Map<const Eigen::VectorXd>(weights.data(), 10);
  const Eigen::MatrixXd normal = f.transpose() * w.asDiagonal() * f + 0.3 * Eigen::MatrixXd::Identity(4, 4);
  const Eigen::MatrixXd wanted = normal.llt().solve(f.transpose() * w.asDiagonal() * rows);
  CHECK(near(ridge.weights(), wanted, 1e-5));
  CHECK(near(ridge.predictions(), (f * wanted).eval(), 1e-5));
}

TEST_CASE("with features the objective never rises, and a new item has what its features say", "[train]") {
  const Interactions some = made_up_ratings({.users = 30, .items = 20, .rows = 250});
  InteractionColumns columns;
  for (Index k = 0; k < some.size(); ++k) {
    columns.users.push_back(some.user(k).value());
    columns.items.push_back(some.item(k).value());
  }
  const Interactions data(std::move(columns), {.users = 30, .items = 21});
  CollaborativeModel<double, 4> model(30, 21, {.biases = false});
  const AlsOptions options{
      .lambda = 0.05, .unobserved = 0.2, .item_features = std::make_shared<Features>(made_up_features(21)), .feature_l2 = 0.7};
  AlternatingLeastSquares als(Cholesky{}, options);
  double last = INFINITY;
  for (int epoch = 0; epoch < 15; ++epoch) {
    const double loss = als.epoch(model, data, Serial{}).loss;
    CHECK(loss <= last * (1 + 1e-9));
    last = loss;
  }
  CHECK(model.knows(ItemId(20)));

  // W of the items' vectors, by its normal equations; item 20 has no rows.
  const Eigen::MatrixXd vectors = model.item_encoder().value(), f = made_up_matrix(21);
  Eigen::VectorXd strength = Eigen::VectorXd::Zero(21);
  for (Index i = 0; i < 20; ++i) {
    strength(i) =
        options.lambda * (static_cast<double>(data.users_of(ItemId(static_cast<std::uint32_t>(i))).size()) + 0.2 * 30);
  }
  const Eigen::MatrixXd normal =
      f.transpose() * strength.asDiagonal() * f + 0.7 * strength.sum() / 20 * Eigen::MatrixXd::Identity(4, 4);
  const Eigen::MatrixXd w = normal.llt().solve(f.transpose() * strength.asDiagonal() * vectors);
  CHECK(near(vectors.row(20), (f.row(20) * w).eval(), 1e-5));
}

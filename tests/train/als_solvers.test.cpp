// SPDX-License-Identifier: MIT
#include "support/als.hpp"

#include "support/catch.hpp"
#include "support/near.hpp"

#include <kindred/train/als_solvers.hpp>

using namespace kindred;
using Catch::Matchers::WithinRel;

TEST_CASE("the exact solver solves the systems of the paper, and reports the objective, in double", "[train]") {
  const Interactions data = made_up_ratings({.users = 70, .items = 50, .rows = 900, .weights = true});
  for (const AlsOptions& options : objectives()) {
    auto model = model_for<double, Dynamic>(data, options, 2);
    AlternatingLeastSquares als(AnySolver<double>(Cholesky{}), options);
    for (int epoch = 1; epoch <= 3; ++epoch) {
      const EpochReport report = als.epoch(model, data, Serial{});
      CHECK(report.epoch == epoch);
      CHECK_THAT(report.loss * static_cast<double>(report.examples), WithinRel(plain_objective(model, data, options), 1e-12));
      CHECK(plain_item_residual(model, data, options) < 1e-11);
    }
  }
}

TEST_CASE("as many steps as coordinates make conjugate gradients exact", "[train]") {
  const Interactions data = made_up_ratings({.users = 30, .items = 20, .rows = 200, .weights = true});
  for (const AlsOptions& options : objectives()) {
    auto model = model_for<double, Dynamic>(data, options);
    AlternatingLeastSquares(AnySolver<double>(ConjugateGradient{18}), options).epoch(model, data, Serial{});
    CHECK(plain_item_residual(model, data, options) < 1e-9);
  }
}

TEST_CASE("the objective never rises, whatever the solver", "[train]") {
  const Interactions data = made_up_ratings({.users = 70, .items = 50, .rows = 900, .weights = true});
  const auto check = [&](const AnySolver<double>& solver, const AlsOptions& options) {
    auto model = model_for<double, Dynamic>(data, options);
    AlternatingLeastSquares als(solver, options);
    double last = INFINITY;
    for (int epoch = 0; epoch < 30; ++epoch) {
      const double loss = als.epoch(model, data, Serial{}).loss;
      CHECK(loss <= last * (1 + 1e-13));
      last = loss;
    }
    return last;
  };
  for (const AlsOptions& options : objectives()) {
    const double exact = check(AnySolver<double>(Cholesky{}), options);
    CHECK_THAT(check(AnySolver<double>(ConjugateGradient{}), options), WithinRel(exact, 0.02));
    CHECK_THAT(check(AnySolver<double>(BlockCoordinate{3}), options), WithinRel(exact, 0.02));
    CHECK_THAT(check(AnySolver<double>(BlockCoordinate{10}), options), WithinRel(exact, 1e-9));  // one block: the exact solver
  }
}

TEST_CASE("without regularisation the exact solver takes the shortest of the best vectors", "[train]") {
  // One user, one item: q = p / |p|^2 is the shortest vector with p . q = 1; then p . q = 1 stays.
  const Interactions data(InteractionColumns{.users = {0}, .items = {0}});
  CollaborativeModel<double> model(1, 1, {.dim = 3, .biases = false});
  AlternatingLeastSquares als(AnySolver<double>(Cholesky{}), {.lambda = 0, .unobserved = 0});
  CHECK(als.epoch(model, data, Serial{}).loss < 1e-20);
  const auto p = model.user_encoder().row(0).eval(), q = model.item_encoder().row(0).eval();
  CHECK(near(q, (p / p.square().sum()).eval(), 1e-12));
}

// SPDX-License-Identifier: MIT
#include "support/als.hpp"

#include "support/catch.hpp"
#include "support/near.hpp"

#include <kindred/train/als_solvers.hpp>

using namespace kindred;
using Catch::Matchers::WithinRel;

TEST_CASE("the objective never rises, whatever the solver", "[train]") {
  const Interactions data = made_up_ratings({.users = 70, .items = 50, .rows = 900, .weights = true});
  const auto check = [&](auto solver, const AlsOptions& options) {
    auto model = model_for<double, 8>(data, options);
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
    const double exact = check(Cholesky{}, options);
    CHECK_THAT(check(ConjugateGradient{}, options), WithinRel(exact, 0.02));
    CHECK_THAT(check(BlockCoordinate{3}, options), WithinRel(exact, 0.02));
    CHECK_THAT(check(BlockCoordinate{9}, options), WithinRel(exact, 1e-9));  // one block: the exact solver
  }
}

TEMPLATE_TEST_CASE("data at the edge train to finite numbers with every solver, without regularisation too", "[train]",
                   Cholesky, ConjugateGradient, BlockCoordinate) {
  InteractionColumns everything;  // user 0 has every item, user 1 one of them, user 2 none
  for (std::uint32_t i = 0; i < 5; ++i) {
    everything.users.push_back(0);
    everything.items.push_back(i);
    everything.values.push_back(static_cast<float>(i));
  }
  everything.users.push_back(1);
  everything.items.push_back(2);
  everything.values.push_back(3);
  InteractionColumns weightless = everything, one{.users = {1}, .items = {1}, .values = {2}};
  weightless.weights.assign(6, 0);
  for (const auto& columns : {everything, weightless, one}) {
    const Interactions data(columns, {.users = 3, .items = 6});
    for (AlsOptions options : objectives()) {
      for (const double lambda : {0.0, 0.1}) {
        options.lambda = lambda;
        auto model = model_for<float, 8>(data, options);
        TestType solver;
        if constexpr (std::is_same_v<TestType, BlockCoordinate>) solver.block = 3;
        AlternatingLeastSquares als(solver, options);
        double last = INFINITY;
        for (int epoch = 0; epoch < 4; ++epoch) {
          const double loss = als.epoch(model, data, Serial{}).loss;
          CHECK(std::isfinite(loss));
          CHECK(loss <= last + 1e-5);
          last = loss;
        }
        CHECK(all_finite(model));
        CHECK_FALSE(model.knows(UserId(2)));
        CHECK_FALSE(model.knows(ItemId(5)));
        if (!columns.weights.empty()) CHECK(last == 0);
      }
    }
  }
}

TEST_CASE("without regularisation the exact solver takes the shortest of the best vectors", "[train]") {
  // One user, one item: q = p / |p|^2 is the shortest vector with p . q = 1; then p . q = 1 stays.
  const Interactions data(InteractionColumns{.users = {0}, .items = {0}});
  CollaborativeModel<double, 3> model(1, 1, {.biases = false});
  AlternatingLeastSquares als(Cholesky{}, {.lambda = 0, .unobserved = 0});
  CHECK(als.epoch(model, data, Serial{}).loss < 1e-20);
  const auto p = model.user_encoder().row(0).eval(), q = model.item_encoder().row(0).eval();
  CHECK(near(q, (p / p.square().sum()).eval(), 1e-12));
}

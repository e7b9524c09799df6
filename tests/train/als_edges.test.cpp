// SPDX-License-Identifier: MIT
#include "support/als.hpp"

#include "support/catch.hpp"

#include <kindred/train/alternating_least_squares.hpp>

using namespace kindred;

namespace {

/// User 2 and item 5 have no rows.
void check(const Interactions& data, const AlsOptions& options, const AnySolver<float>& solver, bool weightless) {
  auto model = model_for<float, 8>(data, options);
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
  if (weightless) CHECK(last == 0);
}

}  // namespace

TEST_CASE("data at the edge train to finite numbers with every solver, without regularisation too", "[train]") {
  const AnySolver<float> solvers[] = {AnySolver<float>(Cholesky{}), AnySolver<float>(ConjugateGradient{}),
                                      AnySolver<float>(BlockCoordinate{3})};
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
        for (const auto& solver : solvers) check(data, options, solver, !columns.weights.empty());
      }
    }
  }
}

TEST_CASE("rows of weight 0 are as if they were not there, and ids without rows become zero", "[train]") {
  InteractionColumns columns{.users = {0, 0, 1, 2, 3}, .items = {0, 1, 1, 2, 3}, .weights = {1, 2, 1, 0, 0}}, fewer = columns;
  for (auto* ids : {&fewer.users, &fewer.items}) ids->resize(3);
  fewer.weights.resize(3);
  const InteractionOptions size{.users = 5, .items = 4};
  const AnySolver<float> solver(Cholesky{});
  for (const AlsOptions& options : objectives()) {
    auto all = model_for<float, 8>(Interactions(columns, size), options), some = all;
    AlternatingLeastSquares(solver, options).epoch(all, Interactions(columns, size), Serial{});
    AlternatingLeastSquares(solver, options).epoch(some, Interactions(fewer, size), Serial{});
    CHECK(bits_of(all) == bits_of(some));
    if (options.feedback == Feedback::implicit) CHECK(all.knows(UserId(1)));
    CHECK_FALSE(all.knows(UserId(2)));
    CHECK_FALSE(all.knows(UserId(4)));
    CHECK_FALSE(all.knows(ItemId(3)));
    CHECK(all.user_biases().row(2)(0) == 0);
  }
}

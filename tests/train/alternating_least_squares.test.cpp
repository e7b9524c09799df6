// SPDX-License-Identifier: MIT
#include "support/als.hpp"

#include "support/allocations.hpp"
#include "support/catch.hpp"

#include <kindred/train/fit.hpp>

using namespace kindred;
using Catch::Matchers::WithinRel;

TEST_CASE("the exact solver solves the systems of the paper, and reports the objective, in float at Dim 64", "[train]") {
  const Interactions data = made_up_ratings({.users = 70, .items = 50, .rows = 900, .weights = true});
  for (const AlsOptions& options : objectives()) {
    auto model = model_for<float, 64>(data, options, 2);
    AlternatingLeastSquares als(AnySolver<float>(Cholesky{}), options);
    for (int epoch = 1; epoch <= 3; ++epoch) {
      const EpochReport report = als.epoch(model, data, Serial{});
      CHECK(report.epoch == epoch);
      CHECK_THAT(report.loss * static_cast<double>(report.examples), WithinRel(plain_objective(model, data, options), 1e-5));
      CHECK(plain_item_residual(model, data, options) < 1e-4);
    }
  }
}

TEST_CASE("training by least squares allocates nothing after the first epoch", "[train]") {
  const Interactions data = made_up_ratings({.users = 90, .items = 60, .rows = 2000});
  for (const AlsOptions& options : objectives()) {
    const auto check = [&](const AnySolver<float>& solver) {
      auto model = model_for<float, 64>(data, options);
      AlternatingLeastSquares als(solver, options);
      als.epoch(model, data, Serial{});
      CHECK(allocations_of([&] { als.epoch(model, data, Serial{}); }) == 0);
    };
    check(AnySolver<float>(Cholesky{}));
    check(AnySolver<float>(ConjugateGradient{}));
    check(AnySolver<float>(BlockCoordinate{}));
  }
}

TEST_CASE("least squares refuse what they cannot do, before anything changes", "[train]") {
  const auto refuses = [](AlsOptions options) {
    CHECK_THROWS_AS(AlternatingLeastSquares(Cholesky{}, std::move(options)), std::invalid_argument);
  };
  refuses({.lambda = -1});
  refuses({.lambda = NAN});
  refuses({.frequency_power = -1});
  refuses({.unobserved = INFINITY});
  refuses({.confidence = {.unit = 0}});
  refuses({.feature_l2 = -1});
  CHECK_THROWS_AS(AlternatingLeastSquares(ConjugateGradient{0}), std::invalid_argument);
  CHECK_THROWS_AS(AlternatingLeastSquares(BlockCoordinate{0}), std::invalid_argument);

  const Interactions data(InteractionColumns{.users = {0, 1}, .items = {0, 1}, .values = {1, -1}});
  const auto epoch_refuses = [&](const AlsOptions& options, const CollaborativeOptions& of_model, const Interactions& rows) {
    CollaborativeModel<float, 64> model(2, 2, of_model);
    const auto before = bits_of(model);
    CHECK_THROWS_AS(AlternatingLeastSquares(AnySolver<float>(Cholesky{}), options).epoch(model, rows, Serial{}),
                    std::invalid_argument);
    CHECK(bits_of(model) == before);
  };
  epoch_refuses({}, {.biases = true}, data);
  epoch_refuses({}, {.biases = false, .scale = 2}, data);
  epoch_refuses({.confidence = {.form = ConfidenceForm::linear}}, {.biases = false}, data);
  epoch_refuses({.item_features = std::make_shared<Features>(3)}, {.biases = false}, data);
  epoch_refuses({}, {.biases = false}, Interactions(InteractionColumns{}, {.users = 2, .items = 2}));
  epoch_refuses({}, {.biases = false}, Interactions(InteractionColumns{.users = {2}, .items = {0}}));
}

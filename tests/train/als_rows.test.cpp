// SPDX-License-Identifier: MIT
#include "support/als.hpp"

#include "support/catch.hpp"

#include <kindred/train/als_rows.hpp>

#include <vector>

using namespace kindred;
using Catch::Matchers::WithinRel;

namespace {

/// The same rows, each of this weight, and with the value of the row `shift` places on.
Interactions of_weight(const Interactions& data, float weight, Index shift = 0) {
  InteractionColumns columns;
  for (Index k = 0; k < data.size(); ++k) {
    columns.users.push_back(data.user(k).value());
    columns.items.push_back(data.item(k).value());
    columns.values.push_back(data.value((k + shift) % data.size()));
    columns.weights.push_back(weight);
  }
  return Interactions(std::move(columns), {.users = data.users(), .items = data.items()});
}

/// Whether the trainer does what a new one does.
template <class Trainer, class Model>
void check_as_new(Trainer& trainer, const Trainer& fresh, const Model& start, const Interactions& data) {
  auto here = start, there = start;
  const double loss = trainer.epoch(here, data, Serial{}).loss;
  Trainer other = fresh;
  CHECK(loss == other.epoch(there, data, Serial{}).loss);
  CHECK(bits_of(here) == bits_of(there));
}

}  // namespace

TEST_CASE("rows of one weight solve the systems of the paper too", "[train]") {
  const Interactions data = made_up_ratings({.users = 70, .items = 50, .rows = 900});
  std::vector<AlsOptions> all = objectives();
  all.push_back({.lambda = 0.5, .unobserved = 1, .unobserved_pairs = Unobserved::missing_pairs});
  for (const AlsOptions& options : all) {
    for (const float weight : {1.0F, 2.5F, 0.25F}) {  // the last is less than an unobserved pair of the last objective
      const Interactions weighted = of_weight(data, weight);
      for (const AnySolver<double>& solver : {AnySolver<double>(Cholesky{}), AnySolver<double>(ConjugateGradient{30})}) {
        auto model = model_for<double, Dynamic>(weighted, options, 2);
        AlternatingLeastSquares als(solver, options);
        const EpochReport report = als.epoch(model, weighted, Serial{});
        CHECK_THAT(report.loss * static_cast<double>(report.examples),
                   WithinRel(plain_objective(model, weighted, options), 1e-11));
        CHECK(plain_item_residual(model, weighted, options) < 1e-9);
      }
    }
  }
}

TEST_CASE("what is kept of the rows is made anew for other data, and for models of another size or scale", "[train]") {
  const Interactions data = made_up_ratings({.users = 40, .items = 30, .rows = 300, .weights = true});
  const Interactions other = made_up_ratings({.users = 40, .items = 30, .rows = 250, .seed = 7});
  for (const AlsOptions& options : objectives()) {
    const AlternatingLeastSquares fresh(AnySolver<float>(Cholesky{}), options);
    auto trainer = fresh;
    const auto model = model_for<float, 8>(data, options);
    check_as_new(trainer, fresh, model, data);
    check_as_new(trainer, fresh, model, data);
    check_as_new(trainer, fresh, model, other);
    check_as_new(trainer, fresh, model, of_weight(data, 2));
    check_as_new(trainer, fresh, model, of_weight(data, 2, 1));  // of the same mean
    check_as_new(trainer, fresh, model, data);
    CollaborativeOptions wider{.biases = options.feedback == Feedback::explicit_ratings, .deviation = 0.3};
    check_as_new(trainer, fresh, CollaborativeModel<float, 8>(45, 30, wider), data);
    check_as_new(trainer, fresh, CollaborativeModel<float, 8>(45, 33, wider), data);
    if (wider.biases) wider.scale = 2;
    check_as_new(trainer, fresh, CollaborativeModel<float, 8>(45, 33, wider), data);
    wider.biases = false;
    check_as_new(trainer, fresh, CollaborativeModel<float, 8>(45, 33, wider), data);
  }
}

TEST_CASE("data that are refused leave nothing behind", "[train]") {
  const AlsOptions options{.confidence = {.form = ConfidenceForm::linear}};
  const AlternatingLeastSquares fresh(AnySolver<float>(Cholesky{}), options);
  auto trainer = fresh;
  const Interactions good = made_up_ratings({.users = 3, .items = 4, .rows = 9});
  const Interactions bad(InteractionColumns{.users = {0, 1, 2}, .items = {0, 1, 2}, .values = {1, 2, -1}},
                         {.users = 3, .items = 4});
  auto model = model_for<float, 8>(good, options);
  check_as_new(trainer, fresh, model, good);
  const auto before = bits_of(model);
  for (int turn = 0; turn < 2; ++turn) CHECK_THROWS_AS(trainer.epoch(model, bad, Serial{}), std::invalid_argument);
  CHECK(bits_of(model) == before);
  check_as_new(trainer, fresh, model, good);
}

// SPDX-License-Identifier: MIT
// What concerns the trainer alone; the steps and their order are tested with the grid (example_grid.test.cpp).
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;

namespace {

using Factors = CollaborativeModel<double, 3>;  // 3 columns in rows of 4: padding takes part

}  // namespace

TEST_CASE("weights that have decayed to almost nothing become 0 after an epoch of single examples", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  Factors model(data.users(), data.items());
  model.user_encoder().row(0) << -9e-16, 2e-15, 1e-310;
  PerExampleTrainer(SquaredError{}, Sgd{.learning_rate = 1e-40}).epoch(model, data, Serial{});
  CHECK((model.user_encoder().row(0) == Eigen::Array<double, 1, 3>(0, 2e-15, 0)).all());
}

TEST_CASE("the padding of the rows stays zero, one example at a time", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  Factors model(data.users(), data.items());
  PerExampleTrainer(SquaredError{}, Adam{}, {.l2 = {.embeddings = 0.05, .biases = 0.02}}).epoch(model, data, Serial{});
  CHECK(model.user_encoder().padded_value().rightCols(1).isZero(0));
  CHECK(model.item_encoder().padded_value().rightCols(1).isZero(0));
}

TEST_CASE("what a trainer of single examples cannot do, it says before anything changes", "[train]") {
  const auto data = made_up_ratings({.users = 4, .items = 6, .rows = 20});
  const auto refusal = [&](const PerExampleOptions& options) {
    return message_of([&] { PerExampleTrainer(SquaredError{}, Sgd{}, options); });
  };
  CHECK(refusal({.schedule = {}}) == "PerExampleTrainer: schedule must be a function, got none");
  CHECK(refusal({.negatives = {.per_positive = -1}}) == "NegativeSampling: per_positive must not be negative, got -1");
  CHECK(refusal({.negatives = {.per_positive = 1, .in_batch = true}}) ==
        "PerExampleTrainer: negatives must not depend on the batch or the model, got in_batch or hardest_of");
  CHECK(refusal({.l2 = {.embeddings = -1}}) == "L2: a weight must be finite and not negative, got -1");
  CHECK_THROWS_AS(PerExampleTrainer(SquaredError{}, Sgd{.learning_rate = 0}), std::invalid_argument);

  PerExampleTrainer trainer(SquaredError{}, Sgd{});
  Factors few_users(3, 6), good(4, 6);
  const auto before = bits_of(few_users);
  CHECK(message_of([&] { trainer.epoch(few_users, data, Serial{}); }) ==
        "PerExampleTrainer: the model must cover the data's 4 users and 6 items, got a model of 3 and 6");
  CHECK(message_of([&] { trainer.epoch(good, Interactions({}, {.users = 4, .items = 6}), Serial{}); }) ==
        "PerExampleTrainer: the data must have at least one interaction, got none");
  CHECK(bits_of(few_users) == before);
  CHECK(trainer.epochs() == 0);
  CHECK(trainer.epoch(good, data, Serial{}).epoch == 1);

  Factors larger(5, 6), smaller(4, 6, {.deviation = 1});
  PerExampleTrainer other(SquaredError{}, Sgd{});
  other.epoch(larger, data, Serial{});  // its state is of another shape now: models may grow, but not shrink
  const auto smaller_before = bits_of(smaller);
  CHECK_THROWS_AS(other.epoch(smaller, data, Serial{}), std::logic_error);
  CHECK(bits_of(smaller) == smaller_before);
  CHECK(smaller.global_mean() == 0);
  CHECK(other.epochs() == 1);
}

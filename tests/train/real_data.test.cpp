// SPDX-License-Identifier: MIT
// MovieLens 100K, fold u1: a short training must learn more than biases.
#include <kindred/data/movielens.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/bias.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

using namespace kindred;

TEST_CASE("a collaborative model learns more than biases from MovieLens 100K", "[train]") {
  const auto base = data_file("ml-100k/u1.base"), held_out = data_file("ml-100k/u1.test");
  if (!base || !held_out) return;
  IdMap users, items;
  read_movielens(*held_out, {}, users, items);  // the ids of both files
  const Interactions train = read_movielens(*base, {}, users, items);
  const Interactions test = read_movielens(*held_out, {}, users, items);
  REQUIRE(train.size() == 80'000);
  REQUIRE(test.size() == 20'000);
  const double bias = rmse(BiasModel(train), test);

  // Per example and by batches: about 0.925 and 0.921, where biases give 0.955.
  const L2 l2{.embeddings = 1.2, .biases = 0.4, .frequency_power = 0.5};
  const CollaborativeOptions options{.deviation = 0.2};
  const auto check = [&](auto trainer) {
    CollaborativeModel<float, 16> model(users.size(), items.size(), options);
    const FitReport report = fit(model, train, trainer, {.epochs = 10});
    const double collaborative = rmse(model, test);
    CAPTURE(bias, collaborative, report.epochs.front().loss, report.epochs.back().loss);
    CHECK(report.epochs.back().loss < 0.95 * report.epochs.front().loss);
    CHECK(collaborative < bias - 0.02);
  };
  const Schedule schedule = linear_schedule(10);
  check(PerExampleTrainer(SquaredError{}, RowwiseAdagrad{.learning_rate = 0.1}, {.l2 = l2, .schedule = schedule}));
  check(GradientTrainer(SquaredError{}, RowwiseAdagrad{.learning_rate = 0.4}, {.batch = 32, .l2 = l2, .schedule = schedule}));
}

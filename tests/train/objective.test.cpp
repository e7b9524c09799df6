// SPDX-License-Identifier: MIT
#include <kindred/loss/grouped.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/multi_head.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/multi_objective_trainer.hpp>

#include "support/catch.hpp"
#include "support/training_bits.hpp"

#include <set>

using namespace kindred;
using bits_check::AnyExecutor;

TEST_CASE("The rarer objective draws negatives of its own, ahead or in groups", "[train]") {
  const Interactions ratings = made_up_ratings({.users = 60, .items = 40, .rows = 900, .weights = true});
  const Interactions done = made_up_ratings({.users = 60, .items = 40, .rows = 130, .seed = 8});
  const auto check = [&](const auto& loss, int hardest) {
    MultiHeadModel<float, 8, 2> model(60, 40);
    MultiObjectiveTrainer trainer(Adam{.learning_rate = 0.02}, {.batch = 64}, Objective{"rating", SquaredError{}},
                                  Objective{"done", loss, 1, NegativeSampling{.per_positive = 3, .hardest_of = hardest}});
    const FitReport report = fit(model, std::tie(ratings, done), trainer, {.epochs = 5}, AnyExecutor(0));
    CHECK(report.epochs.back().objectives.at(1) < report.epochs.front().objectives.at(1));
  };
  check(Logistic{}, 1);
  check(Grouped{Logistic{}}, 2);
}

TEST_CASE("Several objectives: the same bits for any number of threads", "[train]") {
  const Interactions ratings = made_up_ratings({.users = 1400, .items = 90, .rows = 6000, .weights = true});
  const Interactions done = made_up_ratings({.users = 1400, .items = 90, .rows = 500, .seed = 8});
  const std::vector<AnyExecutor> executors{AnyExecutor(0), AnyExecutor(1), AnyExecutor(2), AnyExecutor(7)};
  std::set<std::uint64_t> different;
  for (const std::uint64_t seed : {1U, 2U}) {
    for (const AnyExecutor& executor : executors) {
      MultiHeadModel<float, 8, 2> model(1400, 90);
      MultiObjectiveTrainer trainer(Adam{.learning_rate = 0.02}, {.batch = 2048, .l2 = {.embeddings = 0.01}, .seed = seed},
                                    Objective{"rating", SquaredError{}},
                                    Objective{"done", Logistic{}, 0.5, NegativeSampling{.per_positive = 2}});
      for (int epoch = 0; epoch < 2; ++epoch) trainer.epoch(model, std::tie(ratings, done), executor);
      different.insert(bits_of(model));
    }
  }
  CHECK(different.size() == 2);
}

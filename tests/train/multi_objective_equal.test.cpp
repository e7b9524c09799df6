// SPDX-License-Identifier: MIT
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/multi_head.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/multi_objective_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;
using Catch::Matchers::WithinAbs;

TEMPLATE_TEST_CASE("One objective with a head of ones is what GradientTrainer trains", "[train]", SquaredError, Bpr) {
  const Interactions data = made_up_ratings({.users = 60, .items = 40, .rows = 640, .weights = true});
  NegativeSampling negatives;
  if constexpr (std::is_same_v<TestType, Bpr>) negatives.per_positive = 2;
  GradientOptions options{.batch = 320, .l2 = {.embeddings = 0.05, .biases = 0.02, .frequency_power = 0.5}, .clip_norm = 0.05};
  MultiHeadModel<double, 4, 1> several(60, 40, {.factors = false});
  MultiObjectiveTrainer trainer(Adam{.learning_rate = 0.02}, options, Objective{"only", TestType{}, 1, negatives});
  fit(several, std::tie(data), trainer, {.epochs = 3});

  CollaborativeModel<double, 4> one(60, 40);
  options.negatives = negatives;
  GradientTrainer single(TestType{}, Adam{.learning_rate = 0.02}, options);
  fit(one, data, single, {.epochs = 3});
  for (const Index u : {0, 17, 59}) {
    for (const Index i : {0, 3, 39}) {
      CHECK_THAT(several.head(0).score(UserId(u), ItemId(i)), WithinAbs(one.score(UserId(u), ItemId(i)), 1e-9));
    }
  }
}

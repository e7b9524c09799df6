// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/optimizer/weight_decay.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/steps.hpp"

using namespace kindred;
using testing::update_rule_laws;

// w = (1, -2) (1 - 0.1 0.5) - 0.1 (0.5, -1) = (0.9, -1.8),  then (0.855, -1.71) - 0.1 (0.25, 0.5) = (0.83, -1.76)
TEST_CASE("two steps with decoupled weight decay", "[optimizer]") {
  const WithWeightDecay rule{Sgd{.learning_rate = 0.1}, 0.5};
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}}), numbers({0.9, -1.8}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}, {0.25, 0.5}}), numbers({0.83, -1.76}), 1e-9));
  // Half the rate: (1, -2) (1 - 0.05 0.5) - 0.05 (0.5, -1).
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}}, {0.5}), numbers({0.95, -1.9}), 1e-9));
}

TEST_CASE("Adam with weight decay is AdamW", "[optimizer]") {
  CHECK(near(moved(WithWeightDecay{Adam{.learning_rate = 0.1}, 0.3}, {1, -2}, {{0.5, -1}, {3, 1}, {-1, 2}}),
             moved(AdamW{.learning_rate = 0.1, .weight_decay = 0.3}, {1, -2}, {{0.5, -1}, {3, 1}, {-1, 2}}), 1e-15));
}

TEST_CASE("weight decay 0 changes nothing", "[optimizer]") {
  CHECK(near(moved(WithWeightDecay{Adagrad{.learning_rate = 0.1}, 0.0}, {1, -2}, {{0.5, -1}, {3, 1}}),
             moved(Adagrad{.learning_rate = 0.1}, {1, -2}, {{0.5, -1}, {3, 1}}), 0));
}

TEST_CASE("rows without a gradient do not decay", "[optimizer]") {
  EmbeddingTable<double, 1> table(2);
  table.row(0) = 1;
  table.row(1) = 1;
  Optimizer optimizer(WithWeightDecay{Sgd{.learning_rate = 0.1}, 0.5});
  auto gradients = gradients_like(table);
  std::get<0>(gradients).add(1, Eigen::Array<double, 1, 1>(0));
  optimizer.step(table, gradients, Serial{});
  CHECK(table.row(0)(0) == 1);
  CHECK(table.row(1)(0) == 0.95);
}

TEMPLATE_TEST_CASE_SIG("the laws of update rules hold with weight decay", "[optimizer]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 16), (double, Dynamic)) {
  STATIC_REQUIRE(UpdateRule<WithWeightDecay<Adagrad>, Scalar>);
  STATIC_REQUIRE(UpdateRule<WithWeightDecay<WithWeightDecay<Sgd>>, Scalar>);
  CHECK(update_rule_laws<Scalar, Cols>(WithWeightDecay{Adagrad{}, 0.1}, {.decays = true}) == no_law);
}

TEST_CASE("weight decay passes its rule's complaints on", "[optimizer]") {
  CHECK_THROWS_AS(Optimizer(WithWeightDecay{Sgd{}, -1.0}), std::invalid_argument);
  CHECK(complaint(WithWeightDecay{Sgd{}, -1.0}) == "WithWeightDecay: weight_decay must not be negative, got -1");
  CHECK(complaint(WithWeightDecay{Adagrad{.epsilon = 0}, 0.1}) == "Adagrad: epsilon must be positive, got 0");
  CHECK(complaint(WithWeightDecay{Sgd{.learning_rate = -1}, 0.1}).find("learning_rate must be positive") != std::string::npos);
}

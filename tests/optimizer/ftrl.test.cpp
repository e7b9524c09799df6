// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/steps.hpp"

using namespace kindred;
using testing::update_rule_laws;

// The steps here are 0.1 to 1 in size; the tolerance is 1e-9. With alpha = beta = l1 = 1 and l2 = 0.5, and start = (1, -2):
// n = (9, 16),   z = (3, -4),  w = start - (2 / (4 + 0.5), -3 / (5 + 0.5)) = (1 - 4/9, -2 + 6/11)
// n = (25, 25),  sigma = (1 + 5) - (1 + 3, 1 + 4) = (2, 1),
//   z = (3, -4) + (4, 3) - (2, 1) (-4/9, 6/11) = (7 + 8/9, -1 - 6/11),  w = start - (6 + 8/9, -6/11) / (6 + 0.5)
TEST_CASE("two steps of Ftrl", "[optimizer]") {
  const Ftrl rule{.learning_rate = 1, .beta = 1, .l1 = 1, .l2 = 0.5};
  CHECK(near(moved(rule, {1, -2}, {{3, -4}}), numbers({1 - 4 / 9.0, -2 + 6 / 11.0}), 1e-9));
  const auto two = numbers({1 - (6 + 8 / 9.0) / 6.5, -2 + 6 / 11.0 / 6.5});
  CHECK(near(moved(rule, {1, -2}, {{3, -4}, {4, 3}}), two, 1e-9));
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{3, -4}, {4, 3}}), two, 1e-9));
}

// As above with half the rate in the second step: sigma = (1 + 5) / 0.5 - (4, 5) = (8, 7), z = (7 + 32/9, -1 - 42/11),
//   w = start - (6 + 32/9, -42/11) / (6 / 0.5 + 0.5)
TEST_CASE("a step of Ftrl at another rate", "[optimizer]") {
  const Ftrl rule{.learning_rate = 1, .beta = 1, .l1 = 1, .l2 = 0.5};
  CHECK(near(moved(rule, {1, -2}, {{3, -4}, {4, 3}}, {1, 0.5}), numbers({1 - (6 + 32 / 9.0) / 12.5, -2 + 42 / 11.0 / 12.5}),
             1e-9));
}

TEST_CASE("the L1 penalty of Ftrl keeps small moves at exactly zero", "[optimizer]") {
  const Ftrl rule{.learning_rate = 1, .l1 = 1};
  CHECK(near(moved(rule, {0.25, 0.25}, {{0.9, 1.1}, {0.1, 0}}), numbers({0.25, 0.25 - 0.1 / (1 + 1.1)}), 1e-12));
}

TEST_CASE("without penalties Ftrl is Adagrad with epsilon = beta, also under a schedule", "[optimizer]") {
  const std::vector<std::vector<double>> gradients{{3, -4}, {-1, 2}, {0.5, 0}, {2, 2}, {-3, 1}};
  const Ftrl ftrl{.learning_rate = 0.3, .beta = 0.7};
  const Adagrad adagrad{.learning_rate = 0.3, .epsilon = 0.7};
  CHECK(near(moved(ftrl, {1, -2}, gradients), moved(adagrad, {1, -2}, gradients), 1e-12));
  for (const std::vector<double>& rates : {std::vector<double>{1, 0.5, 0.25, 0.1, 0.01}, {0.1, 0.5, 1, 2, 3}}) {
    CHECK(near(moved(ftrl, {1, -2}, gradients, rates), moved(adagrad, {1, -2}, gradients, rates), 1e-12));
  }
}

TEMPLATE_TEST_CASE_SIG("the laws of update rules hold for Ftrl", "[optimizer]", ((class Scalar, int Cols), Scalar, Cols),
                       (float, 16), (float, Dynamic), (double, 3)) {
  CHECK(update_rule_laws<Scalar, Cols>(Ftrl{}) == no_law);
  CHECK(update_rule_laws<Scalar, Cols>(Ftrl{.l1 = 0.001, .l2 = 0.1}, {.decays = true}) == no_law);
}

TEST_CASE("constants of Ftrl out of range are errors", "[optimizer]") {
  CHECK_THROWS_AS(Optimizer(Ftrl{.beta = 0}), std::invalid_argument);
  CHECK(complaint(Ftrl{.beta = 0}) == "Ftrl: beta must be positive, got 0");
  CHECK(complaint(Ftrl{.l1 = -1}) == "Ftrl: l1 and l2 must not be negative, got -1 and 0");
  CHECK(complaint(Ftrl{.l2 = -2}) == "Ftrl: l1 and l2 must not be negative, got 0 and -2");
}

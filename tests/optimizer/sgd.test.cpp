// SPDX-License-Identifier: MIT
#include <kindred/optimizer/sgd.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/steps.hpp"

#include <limits>

using namespace kindred;
using testing::update_rule_laws;

// The steps here are 0.02 to 0.1 in size; the tolerance is 1e-9.

// w = (1, -2) - 0.1 (0.5, -1) = (0.95, -1.9),  - 0.1 (0.25, 0.5) = (0.925, -1.95)
TEST_CASE("two steps of Sgd", "[optimizer]") {
  const Sgd rule{.learning_rate = 0.1};
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}}), numbers({0.95, -1.9}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}, {0.25, 0.5}}), numbers({0.925, -1.95}), 1e-9));
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{0.5, -1}, {0.25, 0.5}}, {1, 0.5}), numbers({0.9375, -1.925}), 1e-9));
}

// v = (0.5, -1),                          w = (1, -2) - 0.1 v = (0.95, -1.9)
// v = 0.9 (0.5, -1) + (0.25, 0.5) = (0.7, -0.4),  w = (0.88, -1.86)
TEST_CASE("two steps of Momentum", "[optimizer]") {
  const Momentum rule{.learning_rate = 0.1, .momentum = 0.9};
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}}), numbers({0.95, -1.9}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}, {0.25, 0.5}}), numbers({0.88, -1.86}), 1e-9));
  // The learning rate is outside of v: a factor of 0.5 in the second step halves that step, 0.1 (0.7, -0.4).
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{0.5, -1}, {0.25, 0.5}}, {1, 0.5}), numbers({0.915, -1.88}), 1e-9));
}

// v = (0.5, -1),    g + 0.9 v = (0.95, -1.9),                        w = (0.905, -1.81)
// v = (0.7, -0.4),  g + 0.9 v = (0.25 + 0.63, 0.5 - 0.36) = (0.88, 0.14),  w = (0.817, -1.824)
TEST_CASE("two steps of Nesterov", "[optimizer]") {
  const Nesterov rule{.learning_rate = 0.1, .momentum = 0.9};
  CHECK(near(moved(rule, {1, -2}, {{0.5, -1}}), numbers({0.905, -1.81}), 1e-9));
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{0.5, -1}, {0.25, 0.5}}), numbers({0.817, -1.824}), 1e-9));
}

TEST_CASE("momentum 0 is plain descent", "[optimizer]") {
  const auto plain = moved(Sgd{.learning_rate = 0.1}, {1, -2}, {{0.5, -1}, {0.25, 0.5}});
  CHECK(near(moved(Momentum{.learning_rate = 0.1, .momentum = 0}, {1, -2}, {{0.5, -1}, {0.25, 0.5}}), plain, 0));
  CHECK(near(moved(Nesterov{.learning_rate = 0.1, .momentum = 0}, {1, -2}, {{0.5, -1}, {0.25, 0.5}}), plain, 1e-15));
}

TEMPLATE_TEST_CASE_SIG("the laws of update rules hold for Sgd and its momentum", "[optimizer]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 16), (float, Dynamic), (double, 3)) {
  CHECK(update_rule_laws<Scalar, Cols>(Sgd{}) == no_law);
  CHECK(update_rule_laws<Scalar, Cols>(Momentum{}, {.coasts = true}) == no_law);
  CHECK(update_rule_laws<Scalar, Cols>(Nesterov{}, {.coasts = true}) == no_law);
}

TEST_CASE("a momentum outside of [0, 1) is an error", "[optimizer]") {
  CHECK_THROWS_AS(Optimizer(Momentum{.momentum = 1}), std::invalid_argument);
  CHECK(complaint(Momentum{.momentum = 1}) == "Momentum: momentum must be in [0, 1), got 1");
  CHECK(complaint(Momentum{.momentum = -0.1}) == "Momentum: momentum must be in [0, 1), got -0.1");
  CHECK(complaint(Momentum{.momentum = std::numeric_limits<double>::quiet_NaN()}).find("momentum must be in [0, 1)") !=
        std::string::npos);
  CHECK(complaint(Nesterov{.momentum = 1.5}) == "Nesterov: momentum must be in [0, 1), got 1.5");
  CHECK(complaint(Momentum{.momentum = 0}) == "(nothing was thrown)");
}

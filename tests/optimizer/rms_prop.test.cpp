// SPDX-License-Identifier: MIT
#include <kindred/optimizer/rms_prop.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/steps.hpp"

using namespace kindred;
using testing::update_rule_laws;

// mean_square = 0.25 (4, 16) = (1, 4),                 w = (1, -2) - 0.1 (2 / (1 + 0.5), -4 / (2 + 0.5))
// mean_square = 0.75 (1, 4) + 0.25 (1, 4) = (1, 4),    w -= 0.1 (1 / 1.5, 2 / 2.5)
// The steps are 0.07 to 0.16 in size.
TEST_CASE("two steps of RmsProp", "[optimizer]") {
  const RmsProp rule{.learning_rate = 0.1, .rho = 0.75, .epsilon = 0.5};
  CHECK(near(moved(rule, {1, -2}, {{2, -4}}), numbers({1 - 0.2 / 1.5, -1.84}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{2, -4}, {1, 2}}), numbers({0.8, -1.92}), 1e-9));
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{2, -4}, {1, 2}}), numbers({0.8, -1.92}), 1e-9));
}

TEMPLATE_TEST_CASE_SIG("the laws of update rules hold for RmsProp", "[optimizer]", ((class Scalar, int Cols), Scalar, Cols),
                       (float, 16), (float, Dynamic), (double, 1)) {
  CHECK(update_rule_laws<Scalar, Cols>(RmsProp{}) == no_law);
}

TEST_CASE("constants of RmsProp out of range are errors", "[optimizer]") {
  CHECK_THROWS_AS(Optimizer(RmsProp{.rho = 1}), std::invalid_argument);
  CHECK(complaint(RmsProp{.rho = 1}) == "RmsProp: rho must be in [0, 1), got 1");
  CHECK(complaint(RmsProp{.rho = -0.5}) == "RmsProp: rho must be in [0, 1), got -0.5");
  CHECK(complaint(RmsProp{.epsilon = 0}) == "RmsProp: epsilon must be positive, got 0");
  CHECK(complaint(RmsProp{.rho = 0}) == "(nothing was thrown)");
}

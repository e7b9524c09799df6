// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/steps.hpp"

using namespace kindred;
using testing::update_rule_laws;

// The steps here are 0.01 to 0.12 in size; the tolerance is 1e-9. epsilon is 1, so that its place in the formula shows.

// sum = (9, 16),   w = (1, -2) - 0.1 (3 / (3 + 1), -4 / (4 + 1)) = (0.925, -1.92)
// sum = (25, 25),  w -= 0.1 (4 / 6, 3 / 6)
TEST_CASE("two steps of Adagrad", "[optimizer]") {
  const Adagrad rule{.learning_rate = 0.1, .epsilon = 1};
  CHECK(near(moved(rule, {1, -2}, {{3, -4}}), numbers({0.925, -1.92}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{3, -4}, {4, 3}}), numbers({0.925 - 0.4 / 6, -1.97}), 1e-9));
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{3, -4}, {4, 3}}), numbers({0.925 - 0.4 / 6, -1.97}), 1e-9));
}

// sum = (1 + 25 + 49) / 3 = 25,          w = (1, -2, 0) - 0.1 (1, 5, 7) / (5 + 1)
// sum = 25 + (144 + 144 + 144) / 3 = 169,  w -= 0.1 (12, 12, -12) / (13 + 1)
// Three numbers, so that a mean over the padded row would be another.
TEST_CASE("two steps of RowwiseAdagrad", "[optimizer]") {
  const RowwiseAdagrad rule{.learning_rate = 0.1, .epsilon = 1};
  const double a = 0.1 / 6, b = 1.2 / 14;
  CHECK(near(moved(rule, {1, -2, 0}, {{1, 5, 7}}), numbers({1 - a, -2 - 5 * a, -7 * a}), 1e-9));
  CHECK(near(moved(rule, {1, -2, 0}, {{1, 5, 7}, {12, 12, -12}}), numbers({1 - a - b, -2 - 5 * a - b, -7 * a + b}), 1e-9));
  CHECK(near(moved<double, 3>(rule, {1, -2, 0}, {{1, 5, 7}, {12, 12, -12}}), numbers({1 - a - b, -2 - 5 * a - b, -7 * a + b}),
             1e-9));
}

TEST_CASE("in a row of one number RowwiseAdagrad is Adagrad", "[optimizer]") {
  CHECK(near(moved<double, 1>(RowwiseAdagrad{.learning_rate = 0.1}, {2}, {{3}, {-1}}),
             moved<double, 1>(Adagrad{.learning_rate = 0.1}, {2}, {{3}, {-1}}), 1e-15));
}

TEST_CASE("the first step of Adagrad is the learning rate, for any size of gradient", "[optimizer]") {
  CHECK(near(moved(Adagrad{.learning_rate = 0.1}, {0, 0, 0}, {{1e-3, -1, 1e6}}), numbers({-0.1, 0.1, -0.1}), 1e-7));
}

TEMPLATE_TEST_CASE_SIG("the laws of update rules hold for Adagrad and RowwiseAdagrad", "[optimizer]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 16), (float, Dynamic), (double, 3)) {
  CHECK(update_rule_laws<Scalar, Cols>(Adagrad{}) == no_law);
  CHECK(update_rule_laws<Scalar, Cols>(RowwiseAdagrad{}) == no_law);
}

TEST_CASE("an epsilon of Adagrad that is not positive is an error", "[optimizer]") {
  CHECK_THROWS_AS(Optimizer(Adagrad{.epsilon = 0}), std::invalid_argument);
  CHECK(complaint(Adagrad{.epsilon = 0}) == "Adagrad: epsilon must be positive, got 0");
  CHECK(complaint(RowwiseAdagrad{.epsilon = -1}) == "RowwiseAdagrad: epsilon must be positive, got -1");
}

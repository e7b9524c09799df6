// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adam.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/steps.hpp"

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinRel;
using testing::update_rule_laws;

// The steps here are 0.06 to 0.09 in size; the tolerance is 1e-9. The constants are far from the defaults, so that each one shows.

// m = 0.5 (2, -4) = (1, -2),     m / (1 - 0.5) = (2, -4);     v = 0.25 (4, 16) = (1, 4),  v / (1 - 0.75) = (4, 16)
//   w = (1, -2) - 0.1 (2 / (2 + 0.5), -4 / (4 + 0.5)) = (0.92, -1.91111)
// m = 0.5 m + 0.5 (1, -2) = (1, -2),  m / (1 - 0.25) = (4, -8) / 3;  v = 0.75 v + 0.25 (1, 4) = (1, 4),  v / (1 - 0.5625) = (16, 64) / 7
//   w -= 0.1 (4 / 3 / (4 / sqrt(7) + 0.5), -8 / 3 / (8 / sqrt(7) + 0.5))
TEST_CASE("two steps of Adam", "[optimizer]") {
  const Adam rule{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.5};
  const double a = 0.1 * 4 / 3 / (4 / std::sqrt(7.0) + 0.5), b = 0.1 * 8 / 3 / (8 / std::sqrt(7.0) + 0.5);
  CHECK(near(moved(rule, {1, -2}, {{2, -4}}), numbers({0.92, -2 + 0.4 / 4.5}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{2, -4}, {1, -2}}), numbers({0.92 - a, -2 + 0.4 / 4.5 + b}), 1e-9));
  CHECK(near(moved<double, 2>(rule, {1, -2}, {{2, -4}, {1, -2}}), numbers({0.92 - a, -2 + 0.4 / 4.5 + b}), 1e-9));
}

// As above, but w is multiplied by 1 - 0.1 0.5 = 0.95 before each step.
TEST_CASE("two steps of AdamW", "[optimizer]") {
  const AdamW rule{.learning_rate = 0.1, .weight_decay = 0.5, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.5};
  const double a = 0.1 * 4 / 3 / (4 / std::sqrt(7.0) + 0.5), b = 0.1 * 8 / 3 / (8 / std::sqrt(7.0) + 0.5);
  CHECK(near(moved(rule, {1, -2}, {{2, -4}}), numbers({0.95 - 0.08, -1.9 + 0.4 / 4.5}), 1e-9));
  CHECK(near(moved(rule, {1, -2}, {{2, -4}, {1, -2}}), numbers({0.95 * 0.87 - a, 0.95 * (-1.9 + 0.4 / 4.5) + b}), 1e-9));
}

// The decay follows the schedule too: with half the rate, w (1 - 0.05 0.5) - 0.05 (2 / 2.5, -4 / 4.5).
TEST_CASE("the weight decay of AdamW is a part of the learning rate", "[optimizer]") {
  const AdamW rule{.learning_rate = 0.1, .weight_decay = 0.5, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.5};
  CHECK(near(moved(rule, {1, -2}, {{2, -4}}, {0.5}), numbers({0.975 - 0.04, -1.95 + 0.2 / 4.5}), 1e-9));
}

// Without the correction of m the first step would be 0.1 of this, without that of v 32 times it, without both 3.2 times.
TEMPLATE_TEST_CASE("the first steps of Adam are the learning rate in size, to one part in a million", "[optimizer]", float,
                   double) {
  const Adam rule{.learning_rate = 0.01};
  const auto one = moved<TestType>(rule, {0, 0, 0}, {{1, -30, 1000}});
  CHECK_THAT(one(0), WithinRel(-0.01, 1e-6));
  CHECK_THAT(one(1), WithinRel(0.01, 1e-6));
  CHECK_THAT(one(2), WithinRel(-0.01, 1e-6));
  // While the gradient stays the same so does the step.
  const auto ten = moved<TestType>(rule, {0}, std::vector<std::vector<double>>(10, {4}));
  CHECK_THAT(ten(0), WithinRel(-0.1, 1e-6));
}

TEST_CASE("the step of Adam does not depend on how many parameters the model has", "[optimizer]") {
  struct Two {
    Weights<double> layer{3, 1};
    EmbeddingTable<double> first{3, 1}, second{3, 1};
    auto parameters() { return std::tie(layer, first, second); }
    static std::array<std::string, 3> names() { return {"layer", "first", "second"}; }
  } model;
  Optimizer optimizer(Adam{.learning_rate = 0.01});
  const Eigen::Array<double, 1, 1> g(5);
  auto gradients = gradients_like(model);
  for (int t = 1; t <= 3; ++t) {
    std::apply([&](auto&... gradient) { ((gradient.clear(), gradient.add(2, g)), ...); }, gradients);
    optimizer.step(model, gradients, Serial{});
    CHECK(optimizer.steps() == t);
    CHECK_THAT(model.layer.row(2)(0), WithinRel(-0.01 * t, 1e-6));
    CHECK_THAT(model.first.row(2)(0), WithinRel(-0.01 * t, 1e-6));
    CHECK_THAT(model.second.row(2)(0), WithinRel(-0.01 * t, 1e-6));
    CHECK(model.layer.row(0)(0) == 0);
  }
}

// The counter is the optimizer's: a row first touched at t = 5000 (m = 0.1 g, v = 0.001 g^2, corrections 1 and 0.99328) takes a
// step of 0.1 / sqrt(0.001 / 0.99328) = 3.152 learning rates.
TEST_CASE("a row seen late by Adam takes a larger first step, as the documentation says", "[optimizer]") {
  EmbeddingTable<double, 1> table(2);
  Optimizer optimizer(Adam{.learning_rate = 0.01});
  auto gradients = gradients_like(table);
  optimizer.prepare(table);
  optimizer.advance(4999);
  std::get<0>(gradients).add(1, Eigen::Array<double, 1, 1>(5));
  optimizer.step(table, gradients, Serial{});
  CHECK(optimizer.steps() == 5000);
  CHECK_THAT(table.row(1)(0), WithinRel(-0.1 * 0.01 / std::sqrt(0.001 / (1 - std::pow(0.999, 5000))), 1e-6));
  CHECK_THAT(table.row(1)(0), WithinRel(-0.03152, 1e-3));
}

TEST_CASE("the bias corrections of Adam are those of the formula to the last bit", "[optimizer]") {
  for (const double beta : {0.0, 0.5, 0.9, 0.99, 0.999, 0.99999}) {
    for (const double edge : {33 / (1 - beta), 38 / (1 - beta), 60 / (1 - beta)}) {
      for (const double t : {1.0, 2.0, std::floor(edge), std::floor(edge) + 1, std::floor(2 * edge)}) {
        CHECK(detail::one_less_power(beta, t) == 1 - std::pow(beta, t));
      }
    }
  }
}

TEMPLATE_TEST_CASE_SIG("the laws of update rules hold for Adam and AdamW", "[optimizer]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 16), (float, Dynamic), (double, 3)) {
  CHECK(update_rule_laws<Scalar, Cols>(Adam{}, {.coasts = true}) == no_law);
  CHECK(update_rule_laws<Scalar, Cols>(AdamW{}, {.coasts = true, .decays = true}) == no_law);
}

TEST_CASE("constants of Adam out of range are errors", "[optimizer]") {
  CHECK_THROWS_AS(Optimizer(Adam{.beta1 = 1}), std::invalid_argument);
  CHECK(complaint(Adam{.beta1 = 1}) == "Adam: beta1 must be in [0, 1), got 1");
  CHECK(complaint(Adam{.beta2 = 1}) == "Adam: beta2 must be in [0, 1), got 1");
  CHECK(complaint(Adam{.beta1 = -0.1}) == "Adam: beta1 must be in [0, 1), got -0.1");
  CHECK(complaint(Adam{.beta2 = NAN}).find("Adam: beta2 must be in [0, 1)") == 0);
  CHECK(complaint(Adam{.epsilon = 0}) == "Adam: epsilon must be positive, got 0");
  CHECK(complaint(AdamW{.weight_decay = -1}) == "AdamW: weight_decay must not be negative, got -1");
  CHECK(complaint(AdamW{.beta1 = 2}) == "Adam: beta1 must be in [0, 1), got 2");
}

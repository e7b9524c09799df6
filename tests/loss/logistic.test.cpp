// SPDX-License-Identifier: MIT
#include <kindred/loss/logistic.hpp>
#include <kindred/testing/gradient_check.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>

using namespace kindred;

TEST_CASE("the logistic loss by hand", "[loss]") {
  const Logistic loss;
  const double logit = std::log(3.0);  // p = 3/4
  CHECK_THAT(loss.value(logit, 1.0), Catch::Matchers::WithinRel(-std::log(0.75), 1e-12));
  CHECK_THAT(loss.value(logit, 0.0), Catch::Matchers::WithinRel(-std::log(0.25), 1e-12));
  CHECK_THAT(loss.value(logit, 0.5), Catch::Matchers::WithinRel(-0.5 * std::log(0.75) - 0.5 * std::log(0.25), 1e-12));
  CHECK_THAT(loss.slope(logit, 1.0), Catch::Matchers::WithinRel(-0.25, 1e-12));
  CHECK_THAT(loss.slope(logit, 0.0), Catch::Matchers::WithinRel(0.75, 1e-12));
}

TEST_CASE("the slope of the logistic loss is exact", "[loss]") {
  const auto check = testing::check_loss(Logistic{}, {0, 0.25, 1});
  INFO(check);
  CHECK(check.max_relative_error < 1e-6);
}

TEMPLATE_TEST_CASE("logits of any size overflow nothing", "[loss]", float, double) {
  const Logistic loss;
  for (const TestType big : {TestType(100), TestType(1e4), TestType(1e30)}) {
    CHECK(loss.value(big, TestType(0)) == big);
    CHECK(loss.value(-big, TestType(0)) < TestType(1e-30));
    CHECK(loss.slope(big, TestType(0)) == 1);
    CHECK(loss.slope(-big, TestType(1)) == -1);
  }
  CHECK(std::isnan(loss.value(std::numeric_limits<TestType>::quiet_NaN(), TestType(1))));
}

TEST_CASE("labels of the logistic loss are probabilities", "[loss]") {
  CHECK(Logistic::accepts(0));
  CHECK(Logistic::accepts(1));
  CHECK(Logistic::accepts(0.3));
  CHECK(!Logistic::accepts(-0.1));
  CHECK(!Logistic::accepts(5));
}

TEST_CASE("the prior of the logistic loss is the logit of the mean label, finite for one class", "[loss]") {
  CHECK_THAT(Logistic::prior(0.2), Catch::Matchers::WithinRel(std::log(0.25), 1e-12));
  CHECK(std::isfinite(Logistic::prior(0)));
  CHECK(std::isfinite(Logistic::prior(1)));
  CHECK(Logistic::prior(1) > 13);
}

// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/testing/gradient_check.hpp>

#include "support/catch.hpp"

using namespace kindred;

TEMPLATE_TEST_CASE("the squared error and its slope", "[loss]", float, double) {
  const SquaredError loss;
  CHECK(loss.value(TestType(4.5), TestType(3)) == TestType(2.25));
  CHECK(loss.slope(TestType(4.5), TestType(3)) == 3);
  CHECK(loss.slope(TestType(2), TestType(3)) == -2);
  CHECK(loss.value(TestType(3), TestType(3)) == 0);
  STATIC_REQUIRE(std::is_same_v<decltype(loss.value(TestType(1), TestType(1))), TestType>);
}

// A positive predicted as 0.8 costs 0.2^2, a sampled negative 0.8^2.
TEST_CASE("with labels 1 and 0 it is the loss of implicit feedback", "[loss]") {
  const SquaredError loss;
  CHECK(loss.value(0.75, 1.0) == 0.0625);
  CHECK(loss.value(0.75, 0.0) == 0.5625);
}

TEST_CASE("the slope of the squared error is exact", "[loss]") {
  const auto check = testing::check_loss(SquaredError{}, {0, 1, -3, 5});
  INFO(check);
  CHECK(check.max_relative_error < 1e-6);
}

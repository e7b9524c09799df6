// SPDX-License-Identifier: MIT
#include <kindred/optimizer/schedule.hpp>

#include "support/catch.hpp"

#include <limits>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("the constant schedule is 1 at all times", "[optimizer]") {
  CHECK(constant_schedule()(0) == 1);
  CHECK(constant_schedule()(1e6) == 1);
}

TEST_CASE("the linear schedule falls to its floor and stays", "[optimizer]") {
  const Schedule schedule = linear_schedule(10, 0.2);
  CHECK(schedule(0) == 1);
  CHECK_THAT(schedule(2.5), WithinAbs(0.8, 1e-12));
  CHECK_THAT(schedule(10), WithinAbs(0.2, 1e-12));
  CHECK_THAT(schedule(99), WithinAbs(0.2, 1e-12));
  CHECK(linear_schedule(10)(10) == 0);
}

TEST_CASE("the step schedule falls once every so many epochs", "[optimizer]") {
  const Schedule schedule = step_schedule(5, 0.5);
  CHECK(schedule(0) == 1);
  CHECK(schedule(4.99) == 1);
  CHECK(schedule(5) == 0.5);
  CHECK(schedule(9.99) == 0.5);
  CHECK(schedule(15) == 0.125);
}

TEST_CASE("the exponential schedule falls all the time", "[optimizer]") {
  const Schedule schedule = exponential_schedule(0.25);
  CHECK(schedule(0) == 1);
  CHECK_THAT(schedule(0.5), WithinAbs(0.5, 1e-12));
  CHECK_THAT(schedule(2), WithinAbs(0.0625, 1e-12));
}

// floor 0.2, 8 epochs: at a quarter 0.2 + 0.8 (1 + sqrt(1/2)) / 2, at a half 0.2 + 0.4.
TEST_CASE("the cosine schedule falls to its floor and stays", "[optimizer]") {
  const Schedule schedule = cosine_schedule(8, 0.2);
  CHECK_THAT(schedule(0), WithinAbs(1, 1e-12));
  CHECK_THAT(schedule(2), WithinAbs(0.2 + 0.4 * (1 + std::sqrt(0.5)), 1e-12));
  CHECK_THAT(schedule(4), WithinAbs(0.6, 1e-12));
  CHECK_THAT(schedule(8), WithinAbs(0.2, 1e-12));
  CHECK_THAT(schedule(12), WithinAbs(0.2, 1e-12));
  CHECK_THAT(cosine_schedule(8)(8), WithinAbs(0, 1e-12));
}

TEST_CASE("warm-up rises from 0 and then hands on the time since", "[optimizer]") {
  const Schedule plain = warm_up_schedule(2);
  CHECK(plain(0) == 0);
  CHECK(plain(0.5) == 0.25);
  CHECK(plain(2) == 1);
  CHECK(plain(50) == 1);
  const Schedule then = warm_up_schedule(2, step_schedule(5, 0.5));
  CHECK(then(1) == 0.5);
  CHECK(then(2) == 1);
  CHECK(then(6.99) == 1);
  CHECK(then(7) == 0.5);
}

TEST_CASE("a schedule of impossible constants is an error that says so", "[optimizer]") {
  CHECK_THROWS_AS(step_schedule(0, 0.5), std::invalid_argument);
  CHECK(message_of([] { step_schedule(0, 0.5); }) == "step_schedule: every and factor must be positive, got 0 and 0.5");
  CHECK(message_of([] { step_schedule(5, 0); }) == "step_schedule: every and factor must be positive, got 5 and 0");
  CHECK(message_of([] { exponential_schedule(0); }) == "exponential_schedule: rate must be positive, got 0");
  CHECK(message_of([] { cosine_schedule(-1); }) == "cosine_schedule: epochs must be positive, got -1");
  CHECK(message_of([] { cosine_schedule(5, 1.5); }) == "cosine_schedule: floor must be in [0, 1], got 1.5");
  CHECK(message_of([] { linear_schedule(0); }) == "linear_schedule: epochs must be positive, got 0");
  CHECK(message_of([] { linear_schedule(5, -1); }) == "linear_schedule: floor must be in [0, 1], got -1");
  CHECK(message_of([] { warm_up_schedule(0); }) == "warm_up_schedule: epochs must be positive, got 0");
  CHECK(message_of([] { warm_up_schedule(1, {}); }) == "warm_up_schedule: then must be a function, got none");
  CHECK_THROWS_AS(exponential_schedule(not_a_number), std::invalid_argument);
  CHECK_THROWS_AS(step_schedule(not_a_number, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(cosine_schedule(not_a_number), std::invalid_argument);
  CHECK_THROWS_AS(cosine_schedule(5, not_a_number), std::invalid_argument);
  CHECK_THROWS_AS(linear_schedule(not_a_number), std::invalid_argument);
  CHECK_THROWS_AS(warm_up_schedule(not_a_number), std::invalid_argument);
}

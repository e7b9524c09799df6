// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/error.hpp>

#include <type_traits>

using namespace kindred;

TEST_CASE("a requirement that holds does nothing", "[core]") { CHECK_NOTHROW(detail::require(true, "never ", 1)); }

TEST_CASE("a requirement that fails throws invalid_argument with its parts joined", "[core]") {
  CHECK_THROWS_AS(detail::require(false, "x"), std::invalid_argument);
  CHECK(message_of([] {
          detail::require(false, "TopK: k must be at least ", 1, ", got ", -2L, " or ", 0.5, ' ', std::string("s"));
        }) == "TopK: k must be at least 1, got -2 or 0.5 s");
}

TEST_CASE("errors of files and of training are runtime errors of their own", "[core]") {
  STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, ParseError>);
  STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, DivergenceError>);
  STATIC_REQUIRE(!std::is_base_of_v<ParseError, DivergenceError>);
  CHECK(message_of([] { throw ParseError("ratings.csv:17: expected 4 fields, got 3"); }) ==
        "ratings.csv:17: expected 4 fields, got 3");
}

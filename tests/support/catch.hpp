// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Catch2, version 3 or 2, whichever is installed. Tests include this and nothing of Catch2's own.
///
/// Only what both versions have in common is used: CHECK_THAT with Catch::Matchers::WithinRel and WithinAbs,
/// TEMPLATE_TEST_CASE(_SIG), STATIC_REQUIRE, GENERATE, SECTION, CHECK_THROWS_AS. A message of an exception is checked by
/// comparing the string that `message_of` returns.

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <exception>
#include <string>

/// What the exception says that `f()` throws; "(nothing was thrown)" if none.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "(nothing was thrown)";
}

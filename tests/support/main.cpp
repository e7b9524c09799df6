// SPDX-License-Identifier: MIT
// The main function for Catch2 2.x, compiled once for all tests; Catch2 3.x brings its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

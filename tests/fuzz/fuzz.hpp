// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the fuzz targets share. A target is a header, <name>.hpp, with
///
///     bool fuzz_<name>(std::string_view input);   // whether the input was read
///
/// a word in CMakeLists.txt, and seeds in seeds/<name>/. Input that a reader refuses as its documentation says is fine; any other
/// exception, and everything the sanitizers see, ends the program. fuzz/seeds.test.cpp runs the seeds with every compiler.

#include <kindred/core/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

/// Ends the program, whatever catches exceptions around it, unless the condition holds.
inline void fuzz_require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: must hold: %s\n", what);
  std::abort();
}

/// Whether f() reads its input. False if it refuses it with a ParseError that names the file 'f'.
template <class F>
bool fuzz_reads(F&& f) {
  try {
    f();
    return true;
  } catch (const kindred::ParseError& error) {
    fuzz_require(std::string_view(error.what()).starts_with("f:"), "a message begins with the file's name");
    return false;
  }
}

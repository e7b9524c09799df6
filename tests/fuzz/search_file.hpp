// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The file of a search. An input that does not begin with a head is put behind the right one.

#include "fuzz/fuzz.hpp"

#include <kindred/metric/search_file.hpp>

#include <string>
#include <string_view>

inline bool fuzz_search_file(std::string_view input) {
  using namespace kindred;
  static const SearchSpace space{{"rate", LogUniform{1e-3, 1}}, {"dim", Choice{8, 16}}, {"epochs", Integer{1, 9}}};
  static const SearchHead head{.space = to_string(space), .seed = 3, .budgets = {1, 4}, .about = "seeds"};
  std::string text;
  if (!input.starts_with("kindred")) {
    for (const std::string& line : head.lines()) text += line + "\n";
  }
  text += input;
  return fuzz_reads([&] {
    for (const SearchTrial& trial : read_search_file(TextFile::from_text("f", text), head, space)) {
      fuzz_require(trial.trial >= 0 && trial.configuration == space.draw(head.seed, trial.trial), "a trial is of the search");
      fuzz_require(!std::isinf(trial.figure), "a figure is finite, or NaN");
    }
  });
}

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files of interactions: every reader, with every format, delimiter and quoting, tries the same input.

#include "fuzz/fuzz.hpp"

#include <kindred/data/adjacency.hpp>
#include <kindred/data/delimited_table.hpp>
#include <kindred/data/movielens.hpp>
#include <kindred/data/read_delimited.hpp>
#include <kindred/data/read_interactions.hpp>

#include <array>
#include <cmath>
#include <string_view>

inline void fuzz_check(const kindred::Dataset& data) {
  const kindred::Interactions& rows = data.interactions;
  fuzz_require(rows.size() > 0 && rows.users() == data.users.size() && rows.items() == data.items.size(),
               "there are as many users and items as ids");
  for (kindred::Index k = 0; k < rows.size(); ++k) {
    fuzz_require(rows.user(k).index() < rows.users() && rows.item(k).index() < rows.items(), "ids are below their counts");
    fuzz_require(std::isfinite(rows.value(k)), "values are finite");
    fuzz_require(rows.contains(rows.user(k), rows.item(k)), "the index has every row");
  }
}

inline bool fuzz_interactions(std::string_view input) {
  using namespace kindred;
  bool any = false;
  (void)fuzz_reads([&] {
    const TextFile file = TextFile::from_text("f", input);
    const auto read = [&](auto&& f) { any |= fuzz_reads([&] { fuzz_check(f()); }); };
    read([&] { return read_interactions(file); });
    read([&] { return read_movielens(file, {.duplicates = Duplicates::sum}); });
    read([&] { return read_adjacency(file, {.duplicates = Duplicates::keep_last}); });
    for (const auto& entry : interaction_formats) {
      read([&] { return read_interactions(file, {.format = entry.second, .duplicates = Duplicates::keep_last}); });
    }
    // Each of these for one in five lengths: all at once would take ten times as long.
    constexpr std::array delimiters{"", ",", "\t", "::", "|"};
    const char* const delimiter = delimiters[input.size() % delimiters.size()];
    for (const Quoting quoting : {Quoting::rfc4180, Quoting::lenient, Quoting::none}) {
      const bool header = quoting != Quoting::lenient;
      read([&] {
        return read_delimited(
            file, {.delimiter = delimiter, .quoting = quoting, .has_header = header, .duplicates = Duplicates::sum});
      });
      any |= fuzz_reads([&] {
        const DelimitedTable table(TextFile::from_text("f", input), {.delimiter = delimiter, .quoting = quoting});
        for (Index row = 0; row < table.rows(); ++row) {
          for (Index col = 0; col < table.cols(); ++col) {
            fuzz_require(table.text(row, col).size() <= input.size() && table.line(row) > 0, "a field is part of the file");
          }
        }
      });
    }
    read([&] { return read_delimited(file, {.columns = {.user = "user", .item = "item", .value = "2", .time = "time"}}); });
    // Ids are numbered on from those there are, or the maps stay as they were.
    IdMap users, items;
    users.add("u");
    items.add("i");
    const bool onto = fuzz_reads([&] { (void)read_interactions(file, {}, users, items); });
    fuzz_require(onto || (users.size() == 1 && items.size() == 1), "the maps are as they were if the file is refused");
  });
  return any;
}

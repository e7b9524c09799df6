// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files of test items with given negatives.

#include "fuzz/fuzz.hpp"

#include <kindred/data/given_candidates.hpp>

#include <string_view>

inline bool fuzz_given_candidates(std::string_view input) {
  using namespace kindred;
  IdMap users, items;
  items.add("i");
  const bool read = fuzz_reads([&] {
    for (const GivenCandidates& given : read_given_candidates(TextFile::from_text("f", input), users, items)) {
      fuzz_require(given.user.index() < users.size() && given.item.index() < items.size(), "ids are in the maps");
      fuzz_require(!given.negatives.empty(), "there are negatives");
      for (const ItemId item : given.negatives) fuzz_require(item.index() < items.size(), "negatives are in the map");
    }
  });
  fuzz_require(read || (users.size() == 0 && items.size() == 1), "the maps are as they were if the file is refused");
  return read;
}

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files of features, and what is learned of them. If the first line begins with `id=`, it is the specification of the table below it.

#include "fuzz/fuzz.hpp"

#include <kindred/data/feature_space.hpp>
#include <kindred/data/read_features.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <vector>

inline void fuzz_learn(const kindred::FeatureRecords& records) {
  const std::vector<bool> training(static_cast<std::size_t>(records.rows()), true);
  for (const kindred::Index buckets : {0, 8}) {
    const kindred::FeatureSpace space(records, training, {.set_power = 0.5, .text_buckets = buckets});
    const kindred::Features features = space.transform(records);
    fuzz_require(features.rows() == records.rows() && features.sparse_dim() == space.size(),
                 "a row of features for each record");
    for (kindred::Index row = 0; row < features.rows(); ++row) {
      for (const kindred::FeatureWeight& entry : features.sparse(row)) {
        fuzz_require(entry.feature < space.size() && std::isfinite(entry.weight), "features are numbered, weights are finite");
      }
    }
    for (kindred::Index k = 0; k < space.size(); ++k) fuzz_require(!space.name(k).empty(), "a feature has a name");
  }
}

inline bool fuzz_features(std::string_view input) {
  using namespace kindred;
  return fuzz_reads([&] {
    if (!input.starts_with("id=")) {
      IdMap ids;
      return fuzz_learn(read_features(TextFile::from_text("f", input), ids, {.unknown = UnknownIds::add}));
    }
    const std::string_view first = input.substr(0, input.find('\n'));
    FeatureSpec spec;
    try {
      spec = parse_feature_spec(first);
    } catch (const std::invalid_argument&) {
      throw ParseError("f: no specification");
    }
    const auto file = TextFile::from_text("f", input.substr(std::min(input.size(), first.size() + 1)));
    IdMap known;
    known.add("a");
    (void)fuzz_reads([&] { fuzz_learn(read_features(file, spec, known)); });
    fuzz_require(known.size() == 1, "unknown ids are skipped");
    IdMap ids;
    fuzz_learn(read_features(file, spec, ids, {.unknown = UnknownIds::add}));
  });
}

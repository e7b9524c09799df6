// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is learned of one column of descriptions: its values or words and how rare they are, or its mean and deviation.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/feature_records.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/words.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

struct FeatureSpaceOptions {
  Index min_count = 1;     ///< values, members and words that fewer training entities have are left out
  double set_power = 0;    ///< a member of a set of n weighs n^-set_power: 0: 1; 0.5: every set has length 1; 1: they sum to 1
  Index text_buckets = 0;  ///< 0: a feature for each word; n: words are hashed into n features, for a vocabulary without end
};

/// A column with what was learned of it. A FeatureSpace is nothing but these, so that a file can keep it.
struct LearnedColumn {
  FeatureColumn column{};
  std::vector<std::string> values{};  ///< of category, set and text: a feature for each, in ascending order; none if `hashed`
  std::vector<double> idf{};          ///< of text: for each feature; 0 for a bucket that has no word
  bool hashed = false;                ///< of text: features are buckets of words
  double set_power = 0;               ///< of a set: as in FeatureSpaceOptions
  double mean = 0, deviation = 0;     ///< of numbers; deviation 0: all are the same, or there is none, and there is no feature

  Index features() const {
    if (column.kind == FeatureKind::number) return deviation > 0 ? 1 : 0;
    return static_cast<Index>(hashed ? idf.size() : values.size());
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("column", self.column);
    field("values", self.values);
    field("idf", self.idf);
    field("hashed", self.hashed);
    field("set_power", self.set_power);
    field("mean", self.mean);
    field("deviation", self.deviation);
  }

  friend bool operator==(const LearnedColumn&, const LearnedColumn&) = default;
};

namespace detail {

/// Calls f(value) for what a cell holds: its category, each member of its set, or each word. Values may repeat.
template <class F>
void for_each_value(const FeatureColumn& column, std::string_view cell, F&& f) {
  if (column.kind == FeatureKind::text) {
    for_each_word(cell, f);
  } else if (column.kind == FeatureKind::set) {
    for_each_member(cell, column.separator, f);
  } else if (!cell.empty()) {
    f(cell);
  }
}

/// The bucket of a word, from 0 to buckets - 1: FNV-1a with 64 bits, the same on every machine.
inline Index bucket_of(std::string_view word, std::size_t buckets) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return static_cast<Index>(hash % buckets);
}

/// The feature of a value within its column; -1 if it has none. O(log of the number of values).
inline Index feature_of(const LearnedColumn& learned, std::string_view value) {
  if (learned.hashed) {
    const Index bucket = bucket_of(value, learned.idf.size());
    return learned.idf[static_cast<std::size_t>(bucket)] > 0 ? bucket : -1;
  }
  const auto place = std::lower_bound(learned.values.begin(), learned.values.end(), value);
  return place != learned.values.end() && *place == value ? place - learned.values.begin() : -1;
}

/// How many training entities have a value (with buckets: a word of a bucket), each counted once.
struct ValueCounts {
  IdMap values{};  // empty with buckets
  std::vector<Index> entities{};
  Index with_any = 0;
};

inline ValueCounts count_values(const FeatureRecords& records, Index col, std::span<const Index> rows, Index buckets) {
  const FeatureColumn& column = records.columns()[static_cast<std::size_t>(col)];
  ValueCounts counts{.entities = std::vector<Index>(static_cast<std::size_t>(buckets))};
  std::vector<Index> counted_for(counts.entities.size(), -1);
  for (const Index row : rows) {
    counts.with_any += !records.text(row, col).empty();
    for_each_value(column, records.text(row, col), [&](std::string_view value) {
      const auto k =
          static_cast<std::size_t>(buckets > 0 ? bucket_of(value, counts.entities.size()) : counts.values.add(value));
      if (k == counts.entities.size()) {
        counts.entities.push_back(0);
        counted_for.push_back(-1);
      }
      if (counted_for[k] != row) ++counts.entities[k];
      counted_for[k] = row;
    });
  }
  return counts;
}

inline void learn_values(const FeatureRecords& records, Index col, std::span<const Index> rows,
                         const FeatureSpaceOptions& options, LearnedColumn& out) {
  const bool text = out.column.kind == FeatureKind::text;
  out.hashed = text && options.text_buckets > 0;
  if (out.column.kind == FeatureKind::set) out.set_power = options.set_power;
  const ValueCounts counts = count_values(records, col, rows, out.hashed ? options.text_buckets : 0);
  std::vector<Index> kept(counts.entities.size());  // values (buckets) by number
  std::iota(kept.begin(), kept.end(), Index{0});
  const auto rare = [&](Index k) { return counts.entities[static_cast<std::size_t>(k)] < options.min_count; };
  if (!out.hashed) {
    kept.erase(std::remove_if(kept.begin(), kept.end(), rare), kept.end());
    std::sort(kept.begin(), kept.end(), [&](Index a, Index b) { return counts.values.text(a) < counts.values.text(b); });
    for (const Index k : kept) out.values.push_back(counts.values.text(k));
  }
  for (const Index k : kept) {
    const auto all = static_cast<double>(1 + counts.with_any);
    const auto with_it = static_cast<double>(1 + counts.entities[static_cast<std::size_t>(k)]);
    if (text) out.idf.push_back(rare(k) ? 0 : std::log(all / with_it) + 1);
  }
}

inline void learn_scale(const FeatureRecords& records, Index col, std::span<const Index> rows, LearnedColumn& out) {
  std::vector<double> numbers;
  for (const Index row : rows) {
    if (const auto number = records.number(row, col)) numbers.push_back(*number);
  }
  if (numbers.empty()) return;
  const auto n = static_cast<double>(numbers.size());
  out.mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / n;
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  if (*least == *most) return;  // asked of the numbers, for the mean is rounded and the sum below need not be 0
  double squares = 0;
  for (const double x : numbers) squares += (x - out.mean) * (x - out.mean);
  out.deviation = std::sqrt(squares / n);
}

inline LearnedColumn learn_column(const FeatureRecords& records, Index col, std::span<const Index> rows,
                                  const FeatureSpaceOptions& options) {
  LearnedColumn out{.column = records.columns()[static_cast<std::size_t>(col)]};
  if (out.column.kind == FeatureKind::number) {
    learn_scale(records, col, rows, out);
  } else {
    learn_values(records, col, rows, options, out);
  }
  return out;
}

/// Refuses what cannot have been learned; for columns that come from elsewhere.
inline void check(const LearnedColumn& learned) {
  const auto must = [&](bool holds, const char* what) {
    require(holds, "LearnedColumn: ", shown(learned.column.name), ": ", what);
  };
  const bool text = learned.column.kind == FeatureKind::text, number = learned.column.kind == FeatureKind::number;
  const auto not_ascending = [](const std::string& a, const std::string& b) { return a >= b; };
  must(std::adjacent_find(learned.values.begin(), learned.values.end(), not_ascending) == learned.values.end(),
       "values must ascend");
  const auto usable = [&](double x) { return std::isfinite(x) && (x > 0 || (x == 0 && learned.hashed)); };
  must(std::all_of(learned.idf.begin(), learned.idf.end(), usable),
       "idf must be finite and positive, or 0 for an empty bucket");
  must(std::isfinite(learned.mean) && std::isfinite(learned.deviation) && learned.deviation >= 0,
       "mean and deviation must be finite, and the deviation not negative");
  must(std::isfinite(learned.set_power) && learned.set_power >= 0, "set_power must be finite and not negative");
  must(!learned.hashed || (text && learned.values.empty() && !learned.idf.empty()),
       "buckets are for text, have an idf each and no values");
  must(learned.hashed || learned.idf.size() == (text ? learned.values.size() : 0),
       "text must have an idf for each value, and other columns none");
  must(!number || learned.values.empty(), "numbers must have no values");
}

}  // namespace detail
}  // namespace kindred

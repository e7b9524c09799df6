// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// From descriptions in text to numbers: which values, words and scales there are is learned of the training entities alone.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/feature_records.hpp>
#include <kindred/data/features.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/learned_column.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// Which items (users) have a row: the training entities, if the interactions are those to train on.
template <class Rep>
std::vector<bool> items_with_rows(const BasicInteractions<Rep>& interactions) {
  std::vector<bool> has(static_cast<std::size_t>(interactions.items()));
  for (Index k = 0; k < interactions.size(); ++k) has[static_cast<std::size_t>(interactions.item(k).index())] = true;
  return has;
}
template <class Rep>
std::vector<bool> users_with_rows(const BasicInteractions<Rep>& interactions) {
  std::vector<bool> has(static_cast<std::size_t>(interactions.users()));
  for (Index k = 0; k < interactions.size(); ++k) has[static_cast<std::size_t>(interactions.user(k).index())] = true;
  return has;
}

/// Turns records into features, column after column:
///
///   category  a feature for each value, with weight 1;
///   set       a feature for each member, with weight 1, or n^-set_power where n members are known;
///   number    one feature, (x - mean) / deviation over the training entities; none if all of these have the same number;
///   text      a feature for each word (or bucket of words), weighted tf * idf, then scaled to length 1: tf is how often the
///             entity has the word, and idf = ln((1 + N) / (1 + df)) + 1 if df of the N training entities with a text have it.
///
/// A missing value, and a value or word that no training entity has, give no feature: the entity is known by its others, if it
/// has any.
///
///   const FeatureSpace space(records, items_with_rows(train));
///   const Features features = space.transform(records);
///
/// Cost:   to learn and to transform: O(length of the texts + values * log(values)).
/// Throws: std::invalid_argument for options out of range; from `transform` for records without one of the columns.
/// Source: idf as scikit-learn smooths it, after Sparck Jones 1972; n^-0.5 for sets: Koren 2008, eq. 15.
class FeatureSpace {
 public:
  FeatureSpace() = default;

  /// Learns from the entities that are true in `training`; the others, and those beyond its end, change nothing.
  FeatureSpace(const FeatureRecords& records, const std::vector<bool>& training, const FeatureSpaceOptions& options = {}) {
    detail::require(options.min_count >= 1, "FeatureSpaceOptions: min_count must be at least 1, got ", options.min_count);
    detail::require(std::isfinite(options.set_power) && options.set_power >= 0,
                    "FeatureSpaceOptions: set_power must be finite and not negative, got ", options.set_power);
    detail::require(options.text_buckets >= 0, "FeatureSpaceOptions: text_buckets must not be negative, got ",
                    options.text_buckets);
    std::vector<Index> rows;
    for (Index row = 0; row < records.rows() && row < std::ssize(training); ++row) {
      if (training[static_cast<std::size_t>(row)] && records.has(row)) rows.push_back(row);
    }
    for (Index col = 0; col < std::ssize(records.columns()); ++col) {
      columns_.push_back(detail::learn_column(records, col, rows, options));
    }
    number_features();
  }

  /// The space that was learned before, of its columns(). Throws: std::invalid_argument for what cannot have been learned.
  explicit FeatureSpace(std::vector<LearnedColumn> columns) : columns_(std::move(columns)) { loaded(); }

  /// See core/access.hpp.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("columns", self.columns_);
  }
  void loaded() {
    for (const LearnedColumn& learned : columns_) detail::check(learned);
    begin_ = {0};
    number_features();
  }

  /// The features of these entities, row by row. Columns are found by name and kind; others may be there too.
  Features transform(const FeatureRecords& records) const {
    std::vector<Index> sources;
    for (const LearnedColumn& learned : columns_) sources.push_back(find(records, learned.column));
    Features out(size());
    std::vector<FeatureWeight> entries;
    for (Index row = 0; row < records.rows(); ++row) {
      entries.clear();
      for (std::size_t k = 0; k < columns_.size(); ++k) append(records, row, sources[k], k, entries);
      out.add_row(entries);
    }
    return out;
  }

  /// How many features there are: the sparse_dim() of what `transform` returns.
  Index size() const { return begin_.back(); }

  /// What a feature means: "genres=Comedy", "year", "description:red", "description:#17" (a bucket). Throws: std::out_of_range.
  std::string name(Index feature) const {
    const std::size_t k = column_of(feature);
    const LearnedColumn& learned = columns_[k];
    const auto place = static_cast<std::size_t>(feature - begin_[k]);
    if (learned.column.kind == FeatureKind::number) return learned.column.name;
    if (learned.hashed) return learned.column.name + ":#" + std::to_string(place);
    return learned.column.name + (learned.column.kind == FeatureKind::text ? ':' : '=') + learned.values[place];
  }

  /// What was learned. The features of column k are numbered from begin(k) to begin(k + 1), the latter left out.
  const std::vector<LearnedColumn>& columns() const { return columns_; }
  Index begin(Index column) const {
    detail::require_id("FeatureSpace: column", column, static_cast<Index>(begin_.size()));
    return begin_[static_cast<std::size_t>(column)];
  }

  /// The kind of the column that a feature is of. Throws: std::out_of_range.
  FeatureKind kind(Index feature) const { return columns_[column_of(feature)].column.kind; }

  friend bool operator==(const FeatureSpace&, const FeatureSpace&) = default;

 private:
  std::size_t column_of(Index feature) const {
    detail::require_id("FeatureSpace: feature", feature, size());
    return static_cast<std::size_t>(std::upper_bound(begin_.begin(), begin_.end(), feature) - begin_.begin()) - 1;
  }
  void number_features() {
    for (const LearnedColumn& learned : columns_) begin_.push_back(begin_.back() + learned.features());
  }

  static Index find(const FeatureRecords& records, const FeatureColumn& column) {
    const auto& all = records.columns();
    const auto same = [&](const FeatureColumn& other) { return other.name == column.name && other.kind == column.kind; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    detail::require(found != all.end(), "FeatureSpace: records must have the column ", detail::shown(column.name), " of kind ",
                    name_of(column.kind), ", got ", all.size(), " others");
    return found - all.begin();
  }

  /// Adds the features of one cell, in ascending order and each once.
  void append(const FeatureRecords& records, Index row, Index col, std::size_t k, std::vector<FeatureWeight>& entries) const {
    const LearnedColumn& learned = columns_[k];
    if (learned.features() == 0) return;
    if (learned.column.kind == FeatureKind::number) {
      constexpr double most = std::numeric_limits<float>::max();
      const auto x = records.number(row, col);
      if (!x) return;
      const double scaled = std::clamp((*x - learned.mean) / learned.deviation, -most, most);
      return entries.push_back({begin_[k], static_cast<float>(scaled)});
    }
    std::vector<Index> found;  // its features, as often as they come
    detail::for_each_value(records.columns()[static_cast<std::size_t>(col)], records.text(row, col),
                           [&](std::string_view value) {
                             if (const Index feature = detail::feature_of(learned, value); feature >= 0)
                               found.push_back(feature);
                           });
    std::sort(found.begin(), found.end());
    const std::size_t first = entries.size();
    for (auto at = found.begin(); at != found.end();) {
      const auto next = std::upper_bound(at, found.end(), *at);
      const bool text = learned.column.kind == FeatureKind::text;
      const double weight = text ? static_cast<double>(next - at) * learned.idf[static_cast<std::size_t>(*at)] : 1;
      entries.push_back({begin_[k] + *at, static_cast<float>(weight)});
      at = next;
    }
    scale(learned, std::span(entries).subspan(first));
  }

  static void scale(const LearnedColumn& learned, std::span<FeatureWeight> entries) {
    double divisor = std::pow(static_cast<double>(entries.size()), learned.set_power);
    if (learned.column.kind == FeatureKind::text) {
      double squares = 0;
      for (const FeatureWeight& entry : entries) squares += double{entry.weight} * double{entry.weight};
      divisor = std::sqrt(squares);
    }
    for (FeatureWeight& entry : entries) entry.weight = static_cast<float>(double{entry.weight} / divisor);
  }

  std::vector<LearnedColumn> columns_;
  std::vector<Index> begin_{0};  // the first feature of each column, and their number
};

/// The features without the numbers, for comparing entities by cosine: there a high price would be a direction, shared by all that is
/// dear. If there are only numbers they stay.
inline Features without_numbers(const Features& features, const FeatureSpace& space) {
  std::vector<bool> keep;
  for (Index f = 0; f < space.size(); ++f) keep.push_back(space.kind(f) != FeatureKind::number);
  if (std::find(keep.begin(), keep.end(), true) == keep.end()) return features;
  return select_features(features, [&](Index f) { return keep[static_cast<std::size_t>(f)]; });
}

}  // namespace kindred

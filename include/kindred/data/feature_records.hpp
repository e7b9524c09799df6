// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Descriptions of entities as a table has them, in text, before anything is learned of them. `FeatureSpace` makes numbers of
/// them.

#include <kindred/core/types.hpp>
#include <kindred/data/feature_spec.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

/// Calls f(member) for each member of a set, without the spaces around it; members may repeat. An empty cell is the empty set.
template <class F>
void for_each_member(std::string_view cell, std::string_view separator, F&& f) {
  for (bool more = !cell.empty(); more;) {
    const std::size_t end = cell.find(separator);
    std::string_view member = cell.substr(0, end);
    member.remove_prefix(std::min(member.find_first_not_of(' '), member.size()));
    member = member.substr(0, member.find_last_not_of(' ') + 1);
    f(member);
    more = end != std::string_view::npos;
    if (more) cell.remove_prefix(end + separator.size());
  }
}

/// What is wrong with a cell: "expected a finite number in column 'year', got 'x'". Empty if it is as its column's kind asks.
inline std::string complaint(const FeatureColumn& column, std::string_view cell) {
  if (cell.empty()) return {};
  std::string expected;
  if (column.kind == FeatureKind::number) {
    float number{};
    expected = read_number(cell, number);
  } else if (column.kind == FeatureKind::set) {
    bool hole = false;
    for_each_member(cell, column.separator, [&](std::string_view member) { hole = hole || member.empty(); });
    if (hole) expected = concat("a member on both sides of every ", shown(column.separator));
  }
  if (expected.empty()) return {};
  return concat("expected ", expected, " in column ", shown(column.name), ", got ", shown(cell));
}

}  // namespace detail

/// What is known of entities 0 ... rows() - 1: a text for each column, or no record at all. An empty text is a missing value.
///
///   FeatureRecords items({{"genres", FeatureKind::set, "|"}, {"year", FeatureKind::number}});
///   items.set(0, {"Comedy|Drama", "1995"});
///   items.set(3, {"", "2001"});  // entities 1 and 2 have no record
///
/// Members of a set are taken without the spaces around them. Numbers are those of parse_number<float>, read as doubles.
///
/// Memory: a std::string a cell.
/// Throws: std::invalid_argument for columns that are not named, that come twice as one kind, or sets without a separator; from
///         `set` for the wrong number of cells, what is no finite number in a column of numbers, an empty member of a set.
///         Nothing is changed then.
class FeatureRecords {
 public:
  FeatureRecords() = default;
  explicit FeatureRecords(std::vector<FeatureColumn> columns, Index rows = 0) : columns_(std::move(columns)) {
    detail::require(rows >= 0, "FeatureRecords: rows must not be negative, got ", rows);
    for (auto column = columns_.begin(); column != columns_.end(); ++column) {
      const auto same = [&](const FeatureColumn& other) { return other.name == column->name && other.kind == column->kind; };
      detail::require(!column->name.empty(), "FeatureRecords: a column must have a name, got ''");
      detail::require(std::none_of(columns_.begin(), column, same), "FeatureRecords: columns must differ in name or kind, got ",
                      detail::shown(column->name), " twice as ", name_of(column->kind));
      detail::require(column->kind != FeatureKind::set || !column->separator.empty(),
                      "FeatureRecords: a set must have a separator, got none for ", detail::shown(column->name));
    }
    resize(rows);
  }

  /// The record of this row, instead of any that it had. There are as many rows as needed for it then.
  void set(Index row, std::vector<std::string> cells) {
    detail::require(row >= 0, "FeatureRecords: row must not be negative, got ", row);
    detail::require(cells.size() == columns_.size(), "FeatureRecords: row ", row, ": must have ", columns_.size(),
                    " cells, got ", cells.size());
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const std::string wrong = detail::complaint(columns_[k], cells[k]);
      detail::require(wrong.empty(), "FeatureRecords: row ", row, ": ", wrong);
    }
    if (row >= rows()) resize(row + 1);
    records_[static_cast<std::size_t>(row)] = std::move(cells);
    has_[static_cast<std::size_t>(row)] = true;
  }

  /// Forgets rows at the end, or adds some without a record.
  void resize(Index rows) {
    records_.resize(static_cast<std::size_t>(rows));
    has_.resize(static_cast<std::size_t>(rows));
  }

  Index rows() const { return static_cast<Index>(records_.size()); }
  const std::vector<FeatureColumn>& columns() const { return columns_; }

  /// Whether the row has a record, be all of it missing values. Throws: std::out_of_range.
  bool has(Index row) const { return has_[checked(row)]; }

  /// The cell's text, which is empty for a missing value and where there is no record. Throws: std::out_of_range.
  std::string_view text(Index row, Index col) const {
    const std::vector<std::string>& texts = cells(row);
    detail::require_id("FeatureRecords: col", col, static_cast<Index>(columns_.size()));
    return texts.empty() ? std::string_view() : std::string_view(texts[static_cast<std::size_t>(col)]);
  }

  /// All cells of the row; none where there is no record. Throws: std::out_of_range.
  const std::vector<std::string>& cells(Index row) const { return records_[checked(row)]; }

  /// The number in the cell; none if it is missing. The column must be one of numbers.
  std::optional<double> number(Index row, Index col) const {
    const std::string_view cell = text(row, col);
    KINDRED_ASSERT(columns_[static_cast<std::size_t>(col)].kind == FeatureKind::number);
    double number = 0;
    return !cell.empty() && detail::read_number(cell, number).empty() ? std::optional(number) : std::nullopt;
  }

  friend bool operator==(const FeatureRecords&, const FeatureRecords&) = default;

 private:
  std::size_t checked(Index row) const {
    detail::require_id("FeatureRecords: row", row, rows());
    return static_cast<std::size_t>(row);
  }

  std::vector<FeatureColumn> columns_;
  std::vector<std::vector<std::string>> records_;  // of each row its cells, or none
  std::vector<bool> has_;
};

}  // namespace kindred

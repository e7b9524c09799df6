// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// All rows of a delimited file in memory, for tables that are small against the interactions: items, users and their features.

#include <kindred/core/types.hpp>
#include <kindred/data/delimited.hpp>
#include <kindred/data/text.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// A table of text: rows from 0, without the header line; columns from 0, found by `column`.
///
/// A header without rows is a table of no rows.
///
/// Memory: the file, 16 bytes a field and 8 a row. Throws: as DelimitedReader.
class DelimitedTable {
 public:
  explicit DelimitedTable(TextFile file, const DelimitedFormat& format = {}) : file_(std::move(file)) {
    DelimitedReader reader(file_, format);
    while (reader.next()) {
      lines_.push_back(reader.line());
      for (const std::string_view field : reader.fields()) fields_.push_back(keep(field));
    }
    columns_ = reader.columns();
  }

  Index rows() const { return static_cast<Index>(lines_.size()); }
  Index cols() const { return columns_.count; }

  /// The field; valid for the life of the table.
  std::string_view text(Index row, Index col) const {
    KINDRED_ASSERT(row >= 0 && row < rows() && col >= 0 && col < cols());
    return fields_[static_cast<std::size_t>(row * cols() + col)];
  }

  /// The field as a number. Throws: ParseError, see parse_number.
  template <class Number>
  Number number(Index row, Index col) const {
    return parse_number<Number>(file_, line(row), columns_.describe(col), text(row, col));
  }

  /// The column, from 0, that is asked for by name or by position from 1. Throws: ParseError that lists what there is.
  Index column(std::string_view name) const { return columns_.find(name); }
  const DelimitedColumns& columns() const { return columns_; }

  /// The line on which the row begins, from 1.
  Index line(Index row) const {
    KINDRED_ASSERT(row >= 0 && row < rows());
    return lines_[static_cast<std::size_t>(row)];
  }
  const TextFile& file() const { return file_; }

 private:
  /// The reader's fields are in the file, but for those with doubled quotes, which last only as long as their row.
  std::string_view keep(std::string_view field) {
    const std::string_view all = file_.text();
    const bool in_file =
        std::less_equal<>()(all.data(), field.data()) && std::less_equal<>()(field.data(), all.data() + all.size());
    return in_file ? field : std::string_view(unescaped_.emplace_back(field));
  }

  TextFile file_;
  DelimitedColumns columns_;
  std::vector<std::string_view> fields_;
  std::vector<Index> lines_;
  std::deque<std::string> unescaped_;  // a deque: views of its strings stay valid
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The plain rows of delimited text, as nearly all are: the expected number of fields, no quotes. Where their fields begin and end is found
/// for many rows at once, 64 bytes at a time and without a branch for each, so that a column of them can be read after the other.

#include <kindred/data/text_column.hpp>
#include <kindred/kernel/bit_places.hpp>
#include <kindred/kernel/find_byte.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kindred::detail {

/// Memory: 4 KB.
class PlainRows {
 public:
  PlainRows() = default;
  /// Rows with a quote in them are not plain if `quotes`.
  PlainRows(std::string_view delimiter, bool quotes)
      : length_(delimiter.size()), first_(delimiter[0]), last_(delimiter.back()), quotes_(quotes) {}

  /// Finds the rows of `fields` fields that follow one another from `at` on, up to one that is not plain, that may begin at `stop` or behind, or
  /// that ends among the last bytes before `end`. A carriage return must stand before a line feed only.
  void find(const char* at, const char* stop, const char* end, std::size_t fields) {
    text_ = at;
    fields_ = fields;
    rows_ = 0;
    if (fields == 0 || length_ > 2) return;
    const Found found = find_separators(stop, end);
    const std::size_t whole = found.separators / fields;
    bool all_plain = found.line_ends == whole && !found.overlap;
    for (std::size_t r = 1; r <= whole; ++r) all_plain &= begin_of(r)[-1] == '\n';
    while (rows_ < std::min(whole, TextColumn::most) && (all_plain || plain(rows_))) ++rows_;
    while (rows_ > 0 && begin_of(rows_ - 1) >= stop) --rows_;
  }

  std::size_t size() const { return rows_; }

  /// Where row r begins; r may be size(), for the row behind them.
  const char* begin_of(std::size_t r) const { return text_ + begins_[r * fields_]; }

  std::string_view field(std::size_t r, std::size_t k) const {
    const std::uint32_t* const begin = &begins_[r * fields_ + k];
    const char* const at = text_ + begin[0];
    const char* end = text_ + begin[1];
    if (k + 1 < fields_) return {at, static_cast<std::size_t>(end - at) - length_};
    --end;
    return {at, static_cast<std::size_t>(end - at) - (end != at && end[-1] == '\r' ? 1 : 0)};
  }

  /// Field k of all of them.
  void column(std::size_t k, TextColumn& to) const {
    to.size = rows_;
    for (std::size_t r = 0; r < rows_; ++r) to.set(r, field(r, k));
  }

 private:
  static constexpr std::size_t block = 64, most_separators = 1024;
  static constexpr std::ptrdiff_t page = 4096;

  struct Found {
    std::size_t separators = 0, line_ends = 0;
    bool overlap = false;  // whether two delimiters have a byte in common, as those in ":::"
  };

  /// Writes down what stands behind each separator.
  Found find_separators(const char* stop, const char* end) {
    Found found;
    std::uint64_t first_before = 0, before = 0;  // 1 if the byte before the block is the first, the last of the delimiter
    const char* at = text_;
    const char first = first_, last = last_;
    const bool two = length_ == 2, quoted = quotes_;
    constexpr std::ptrdiff_t needed = block + TextColumn::readable, far = std::ptrdiff_t{1} << 30;
    for (; found.separators < most_separators && at < stop && end - at >= needed && at - text_ < far; at += block) {
      __builtin_prefetch(end - at > page ? at + page : at);  // what the processor does by itself ends with a page
      std::uint64_t delimiters = find_byte(at, last), line_ends = find_byte(at, '\n');
      if (two) {
        const std::uint64_t firsts = find_byte(at, first);
        delimiters &= firsts << 1 | first_before;
        first_before = firsts >> 63;
        found.overlap |= (delimiters & (delimiters << 1 | before)) != 0;
        before = delimiters >> 63;
      }
      const std::uint64_t quotes = quoted ? find_byte(at, '"') : 0;
      const std::uint64_t plain = (quotes & (~quotes + 1)) - 1;  // before the first quote; all if there is none
      write_places((delimiters | line_ends) & plain, static_cast<std::uint32_t>(at - text_) + 1,
                   &begins_[1 + found.separators]);
      found.separators += static_cast<std::size_t>(std::popcount((delimiters | line_ends) & plain));
      found.line_ends += static_cast<std::size_t>(std::popcount(line_ends & plain));
      if (quotes != 0) break;
    }
    return found;
  }

  /// Whether row r ends with its last field, and no two of its delimiters have a byte in common (as those in ":::").
  bool plain(std::size_t r) const {
    const std::uint32_t* const begins = &begins_[r * fields_];
    bool good = text_[begins[fields_] - 1] == '\n';
    for (std::size_t k = 1; k < fields_; ++k) {
      good = good && text_[begins[k] - 1] != '\n' && begins[k] - begins[k - 1] >= length_;
    }
    return good;
  }

  std::size_t length_ = 1;
  char first_ = ',', last_ = ',';
  bool quotes_ = false;
  const char* text_ = nullptr;
  std::size_t fields_ = 0, rows_ = 0;
  std::array<std::uint32_t, 1 + most_separators + block> begins_{};  // from text_ on: of the field 0, 1 ... of all rows
};

}  // namespace kindred::detail

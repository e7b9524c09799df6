// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How delimited text (csv, tsv, `::`, `|`) is written, and what its columns are called.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace kindred {

/// What a quote at the very beginning of a field means. Anywhere else a quote is an ordinary character.
enum class Quoting {
  rfc4180,  ///< the field ends at the next quote that is not doubled; it may hold delimiters and line ends. Text after it: an error
  lenient,  ///< the same if the field's end or the line's follows that quote; with other text the field is kept as it is
            ///< (`"Weird Al" Yankovic`). An error if lines that are whole rows on their own would be swallowed.
  none,     ///< nothing: quotes are ordinary characters
};

struct DelimitedFormat {
  std::string delimiter{};  ///< one or more characters; empty: a tab if the first line has one, else a comma
  /// Default: lenient for a tab, none for a delimiter of several characters, rfc4180 for any other.
  std::optional<Quoting> quoting{};
  bool has_header = true;  ///< whether the first row names the columns
};

/// The columns of a delimited file: how many, and their names if there is a header line.
struct DelimitedColumns {
  std::string file{};                ///< for messages
  std::vector<std::string> names{};  ///< empty without a header line
  Index count = 0;

  /// The column, from 0, that is asked for by name or, if none has that name, by position from 1.
  /// Throws: ParseError that lists the columns there are; also if several have the name, or if a number is both the name of one
  ///         column and the position of another.
  Index find(std::string_view name) const {
    const auto same = std::count(names.begin(), names.end(), name);
    if (same > 1) fail("expected one column named ", detail::shown(name), ", got ", same, " among ", list());
    const Index named = same == 1 ? std::find(names.begin(), names.end(), name) - names.begin() : -1;
    Index position = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), position);
    const bool number = !name.empty() && stop == name.data() + name.size();
    const bool inside = number && error == std::errc{} && position >= 1 && position <= count;
    if (named >= 0 && inside && named != position - 1) {
      fail("expected ", name, " to be the name or the position of a column, got both among ", list());
    }
    if (named >= 0) return named;
    if (inside) return position - 1;
    if (number) fail("expected a column from 1 to ", count, ", got ", name);
    if (names.empty()) fail("expected the number of a column, for there is no header line, got ", detail::shown(name));
    fail("expected a column named ", detail::shown(name), ", got ", list());
  }

  /// "column 'rating'", or "column 3" if it has no name.
  std::string describe(Index column) const {
    const auto k = static_cast<std::size_t>(column);
    return "column " + (k < names.size() && !names[k].empty() ? detail::shown(names[k]) : std::to_string(column + 1));
  }

  /// The names as a message lists them: 'user', 'item'.
  std::string list() const {
    constexpr std::size_t most = 30;
    std::string out;
    for (std::size_t k = 0; k < std::min(names.size(), most); ++k) out += (k == 0 ? "" : ", ") + detail::shown(names[k]);
    return names.size() > most ? out + detail::concat(" and ", names.size() - most, " more") : out;
  }

  /// Throws: ParseError about the header line.
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw ParseError(detail::concat(file, ":1: ", parts...));
  }
};

}  // namespace kindred

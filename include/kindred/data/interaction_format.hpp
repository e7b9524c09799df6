// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The formats of interaction files, and how to tell them from a file's first line.

#include <kindred/data/read_delimited.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

enum class InteractionFormat {
  movielens_100k,  ///< `u.data`: user, item, rating, time; tabs, no header
  movielens_1m,    ///< `ratings.dat`: user::item::rating::time, no header
  csv,             ///< commas, a header line, quotes as in RFC 4180; MovieLens latest-small and 20M, 25M, 32M
  tsv,             ///< the same with tabs; quotes as Quoting::lenient has them
  adjacency,       ///< a line per user: the user, then its items, separated by spaces
};

/// Every format with its name, in lower case: "movielens-100k".
inline constexpr std::array<std::pair<std::string_view, InteractionFormat>, 5> interaction_formats{{
    {"movielens-100k", InteractionFormat::movielens_100k},
    {"movielens-1m", InteractionFormat::movielens_1m},
    {"csv", InteractionFormat::csv},
    {"tsv", InteractionFormat::tsv},
    {"adjacency", InteractionFormat::adjacency},
}};

inline std::string_view name_of(InteractionFormat format) {
  for (const auto& [name, named] : interaction_formats) {
    if (named == format) return name;
  }
  return "unknown";
}

/// The format, told from the first line: with a tab, movielens_100k if the third field or a later one is a number (or all are), else
/// tsv; with `::` and no comma, movielens_1m; with a comma, csv; else adjacency.
///
/// Throws: ParseError for an empty file, and if there is none of these but a semicolon or a bar: that is some other format.
inline InteractionFormat detect_format(const TextFile& file) {
  std::string_view line;
  if (!LineReader(file).next(line)) file.fail(1, "expected a row, got an empty file");
  const auto has = [&](std::string_view part) { return line.find(part) != std::string_view::npos; };
  if (has("\t")) {
    std::vector<std::string_view> fields;
    for (std::size_t at = 0; at <= line.size(); at += fields.back().size() + 1) {
      fields.push_back(line.substr(at, line.find('\t', at) - at));
    }
    const auto number = [](std::string_view field) { return detail::looks_like_number(field); };
    const auto third = fields.begin() + std::min<std::ptrdiff_t>(2, std::ssize(fields));
    const bool data = std::any_of(third, fields.end(), number) || std::all_of(fields.begin(), fields.end(), number);
    return data ? InteractionFormat::movielens_100k : InteractionFormat::tsv;
  }
  if (has("::") && !has(",")) return InteractionFormat::movielens_1m;
  if (has(",")) return InteractionFormat::csv;
  if (has(";") || has("|")) {
    file.fail(1, "expected fields separated by tabs, commas, '::' or (a user's items) spaces, got ", detail::shown(line));
  }
  return InteractionFormat::adjacency;
}

}  // namespace kindred

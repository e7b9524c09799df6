// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The item and user files of MovieLens: 100K (`u.item`, `u.user`), 1M and 10M (`movies.dat`, `users.dat`), latest-small, 20M,
/// 25M and 32M (`movies.csv`), and how to tell them from a file's first line.
///
/// Of an item its genres and its year are read, of a user the age, gender and occupation: nothing whose encoding would matter.
/// Source: the README files of the data sets; Harper & Konstan, ACM TiiS 5(4), 2015.

#include <kindred/data/delimited.hpp>
#include <kindred/data/feature_rows.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

enum class FeatureFormat {
  table,                 ///< csv or tsv with a header line
  movielens_100k_items,  ///< `u.item`: id|title|date|video date|url|19 flags, one a genre
  movielens_100k_users,  ///< `u.user`: id|age|gender|occupation|zip code
  movielens_1m_items,    ///< `movies.dat`: id::title (year)::genres
  movielens_1m_users,    ///< `users.dat`: id::gender::age group::occupation::zip code
  movielens_csv_items,   ///< `movies.csv`: movieId,title,genres and a header line; the year is in the title
};

/// Every format with its name, in lower case.
inline constexpr std::array<std::pair<std::string_view, FeatureFormat>, 6> feature_formats{{
    {"table", FeatureFormat::table},
    {"movielens-100k items", FeatureFormat::movielens_100k_items},
    {"movielens-100k users", FeatureFormat::movielens_100k_users},
    {"movielens-1m items", FeatureFormat::movielens_1m_items},
    {"movielens-1m users", FeatureFormat::movielens_1m_users},
    {"movielens-csv items", FeatureFormat::movielens_csv_items},
}};

inline std::string_view name_of(FeatureFormat format) {
  const auto same = [&](const auto& entry) { return entry.second == format; };
  return std::find_if(feature_formats.begin(), feature_formats.end(), same)->first;
}

inline bool has_users(FeatureFormat format) {
  return format == FeatureFormat::movielens_100k_users || format == FeatureFormat::movielens_1m_users;
}
inline bool has_items(FeatureFormat format) { return format != FeatureFormat::table && !has_users(format); }

namespace detail {

/// The genres of MovieLens 100K in the order of their flags (`u.genre`).
inline constexpr std::array<std::string_view, 19> movielens_100k_genres{
    "unknown",   "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime",    "Documentary", "Drama",  "Fantasy",
    "Film-Noir", "Horror", "Musical",   "Mystery",   "Romance",    "Sci-Fi", "Thriller", "War",         "Western"};

inline DelimitedFormat movielens_feature_format(FeatureFormat format) {
  if (format == FeatureFormat::movielens_csv_items) return {.delimiter = ","};
  const bool old = format == FeatureFormat::movielens_100k_items || format == FeatureFormat::movielens_100k_users;
  return {.delimiter = old ? "|" : "::", .quoting = Quoting::none, .has_header = false};
}

inline std::vector<FeatureColumn> movielens_feature_columns(FeatureFormat format) {
  if (has_items(format)) {
    return {{.name = "genres", .kind = FeatureKind::set, .separator = "|"}, {.name = "year", .kind = FeatureKind::number}};
  }
  // Those of 1M are codes of groups: 1 is "under 18", and 56 "56 or more".
  const auto age = format == FeatureFormat::movielens_100k_users ? FeatureKind::number : FeatureKind::category;
  return {{.name = "age", .kind = age}, {.name = "gender"}, {.name = "occupation"}};
}

/// The year of "01-Jan-1995".
inline std::string year_of_date(std::string_view date) { return std::string(date.substr(date.rfind('-') + 1)); }

/// The year of "Heat (1995)"; empty for a title that does not end so.
inline std::string year_of_title(std::string_view title) {
  title = title.substr(0, title.find_last_not_of(' ') + 1);
  if (title.size() < 6 || !title.ends_with(')') || title[title.size() - 6] != '(') return {};
  const std::string year(title.substr(title.size() - 5, 4));
  return std::all_of(year.begin(), year.end(), [](char c) { return c >= '0' && c <= '9'; }) ? year : std::string();
}

/// The names of the genres whose flag is 1, as a set with '|'.
inline std::string genres_of_flags(const TextFile& file, Index line, std::span<const std::string_view> flags) {
  std::string genres;
  for (std::size_t k = 0; k < flags.size(); ++k) {
    if (flags[k] != "0" && flags[k] != "1") {
      file.fail(line, "expected 0 or 1 in column ", k + 6, " (", movielens_100k_genres[k], "), got ", shown(flags[k]));
    }
    if (flags[k] == "1") genres.append(genres.empty() ? "" : "|").append(movielens_100k_genres[k]);
  }
  return genres;
}

inline std::vector<std::string> movielens_cells(const DelimitedReader& reader, FeatureFormat format) {
  const std::span<const std::string_view> fields = reader.fields();
  const auto text = [&](std::size_t k) { return std::string(fields[k]); };
  switch (format) {
    case FeatureFormat::movielens_100k_items:
      return {genres_of_flags(reader.file(), reader.line(), fields.subspan(5)), year_of_date(fields[2])};
    case FeatureFormat::movielens_100k_users:
      return {text(1), text(2), text(3)};
    case FeatureFormat::movielens_1m_users:
      return {text(2), text(1), text(3)};
    default:
      return {fields[2] == "(no genres listed)" ? std::string() : text(2), year_of_title(fields[1])};
  }
}

/// Reads every row of a MovieLens file; `format` is not `table`.
inline FeatureRows collect_movielens_features(const TextFile& file, FeatureFormat format) {
  FeatureRows rows(file, movielens_feature_columns(format));
  DelimitedReader reader(file, movielens_feature_format(format));
  while (reader.next()) rows.add(reader.line(), reader.fields()[0], movielens_cells(reader, format));
  return rows;
}

}  // namespace detail

/// The format, told from the first line: one of MovieLens if the line has its delimiter, its number of fields and, for users, its
/// M or F, or if it is the header of `movies.csv`; else `table`. Throws: ParseError for an empty file.
inline FeatureFormat detect_feature_format(const TextFile& file) {
  std::string_view line;
  if (!LineReader(file).next(line)) file.fail(1, "expected a row, got an empty file");
  if (line == "movieId,title,genres") return FeatureFormat::movielens_csv_items;
  const auto split = [&](std::string_view delimiter) {
    std::vector<std::string_view> fields;
    std::size_t at = 0;
    for (std::size_t end = 0; end != std::string_view::npos; at = end + delimiter.size()) {
      end = line.find(delimiter, at);
      fields.push_back(line.substr(at, end - at));
    }
    return fields;
  };
  const auto gender = [](std::string_view field) { return field == "M" || field == "F"; };
  const auto bars = split("|"), colons = split("::");
  if (bars.size() == 5 + detail::movielens_100k_genres.size()) return FeatureFormat::movielens_100k_items;
  if (bars.size() == 5 && gender(bars[2])) return FeatureFormat::movielens_100k_users;
  if (colons.size() == 3) return FeatureFormat::movielens_1m_items;
  if (colons.size() == 5 && gender(colons[1])) return FeatureFormat::movielens_1m_users;
  return FeatureFormat::table;
}

}  // namespace kindred

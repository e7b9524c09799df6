// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The ratings of MovieLens: 100K (`u.data`, `u1.base`), 1M and 10M (`ratings.dat`), latest-small, 20M, 25M and 32M (`ratings.csv`).
///
/// Source: the README files of the data sets; Harper & Konstan, ACM TiiS 5(4), 2015.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/interaction_format.hpp>
#include <kindred/data/interaction_rows.hpp>
#include <kindred/data/read_delimited.hpp>
#include <kindred/data/text.hpp>

#include <optional>

namespace kindred {

struct MovieLensOptions {
  std::optional<InteractionFormat> format{};  ///< movielens_100k, movielens_1m or csv; default: told from the file
  Duplicates duplicates = Duplicates::error;
};

namespace detail {

/// The two formats without a header line. `columns`: as in DelimitedOptions, all four by default.
template <Executor E>
void collect_movielens_plain(const TextFile& file, InteractionFormat format, const InteractionFields& columns,
                             const Parts<E>& parts, InteractionRows& rows) {
  const DelimitedOptions options{.columns = columns,
                                 .delimiter = format == InteractionFormat::movielens_1m ? "::" : "\t",
                                 .quoting = Quoting::none,
                                 .has_header = false};
  DelimitedReader reader(file, {.delimiter = options.delimiter, .quoting = options.quoting, .has_header = false});
  reader.next();
  if (reader.columns().count != 4) file.fail(1, "expected 4 fields, got ", reader.columns().count);
  collect_delimited(file, options, parts, rows);
}

template <Executor E>
void collect_movielens(const TextFile& file, const MovieLensOptions& options, const Parts<E>& parts, InteractionRows& rows) {
  const InteractionFormat format = options.format ? *options.format : detect_format(file);
  if (format == InteractionFormat::movielens_100k || format == InteractionFormat::movielens_1m) {
    return collect_movielens_plain(file, format, {}, parts, rows);
  }
  if (options.format) {
    require(format == InteractionFormat::csv, "MovieLensOptions: format must be movielens_100k, movielens_1m or csv, got ",
            name_of(format));
  }
  if (format != InteractionFormat::csv) file.fail(1, "expected a MovieLens file (tabs, '::' or csv), got ", name_of(format));
  const InteractionFields columns{.user = "userId", .item = "movieId", .value = "rating", .time = "timestamp"};
  collect_delimited(file, {.columns = columns, .delimiter = ","}, parts, rows);
}

}  // namespace detail

/// Reads MovieLens ratings with their times, in the order of the file. Which MovieLens it is, is told from the first line.
///
/// Throws: ParseError, which names the line, as read_delimited; also if it is no MovieLens file. std::invalid_argument for
///         options.format of another format.
template <Executor E = Serial>
Dataset read_movielens(const TextFile& file, const MovieLensOptions& options = {}, const E& executor = {}) {
  return detail::read_dataset(file, options.duplicates, executor, [&](const auto& parts, detail::InteractionRows& rows) {
    detail::collect_movielens(file, options, parts, rows);
  });
}

/// The same, with ids numbered on from those in the maps. If it throws, the maps are as they were.
template <Executor E = Serial>
Interactions read_movielens(const TextFile& file, const MovieLensOptions& options, IdMap& users, IdMap& items,
                            const E& executor = {}) {
  return detail::read_onto(
      file, options.duplicates, users, items, executor,
      [&](const auto& parts, detail::InteractionRows& rows) { detail::collect_movielens(file, options, parts, rows); });
}

}  // namespace kindred

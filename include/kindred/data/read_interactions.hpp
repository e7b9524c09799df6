// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Interactions from a file of any format the library knows, and from a training file with its test file.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/data/adjacency.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interaction_format.hpp>
#include <kindred/data/interaction_rows.hpp>
#include <kindred/data/movielens.hpp>
#include <kindred/data/read_delimited.hpp>
#include <kindred/data/text.hpp>

#include <optional>
#include <utility>

namespace kindred {

struct InteractionFileOptions {
  std::optional<InteractionFormat> format{};  ///< default: told from the file, see detect_format
  InteractionFields columns{};                ///< not for adjacency; see there for the default
  std::optional<Quoting> quoting{};           ///< for csv (default rfc4180) and tsv (default lenient)
  Duplicates duplicates = Duplicates::error;
};

/// A training file and a test file with the same ids: `train` and `test` have the same numbers of users and items.
struct TrainTestDataset {
  Interactions train, test;
  IdMap users{}, items{};
};

namespace detail {

template <Executor E>
void collect_interactions(const TextFile& file, const InteractionFileOptions& options, const Parts<E>& parts,
                          InteractionRows& rows) {
  const InteractionFormat format = options.format ? *options.format : detect_format(file);
  switch (format) {
    case InteractionFormat::movielens_100k:
    case InteractionFormat::movielens_1m:
      return collect_movielens_plain(file, format, options.columns, parts, rows);
    case InteractionFormat::csv:
    case InteractionFormat::tsv:
      return collect_delimited(
          file,
          {.columns = options.columns, .delimiter = format == InteractionFormat::csv ? "," : "\t", .quoting = options.quoting},
          parts, rows);
    case InteractionFormat::adjacency:
      require(options.columns == InteractionFields{}, "InteractionFileOptions: columns must be empty for an adjacency file");
      return collect_adjacency(file, parts, rows);
  }
}

}  // namespace detail

/// Reads interactions from a file of any InteractionFormat.
///
/// To say which format was found, ask first:
///   const TextFile file(path);
///   const InteractionFormat format = detect_format(file);
///   const Dataset data = read_interactions(file, {.format = format});
///
/// Throws: ParseError, which names the line, as the reader of the format; std::invalid_argument for columns of an adjacency file.
template <Executor E = Serial>
Dataset read_interactions(const TextFile& file, const InteractionFileOptions& options = {}, const E& executor = {}) {
  return detail::read_dataset(file, options.duplicates, executor, [&](const auto& parts, detail::InteractionRows& rows) {
    detail::collect_interactions(file, options, parts, rows);
  });
}

/// The same, with ids numbered on from those in the maps. If it throws, the maps are as they were.
template <Executor E = Serial>
Interactions read_interactions(const TextFile& file, const InteractionFileOptions& options, IdMap& users, IdMap& items,
                               const E& executor = {}) {
  return detail::read_onto(
      file, options.duplicates, users, items, executor,
      [&](const auto& parts, detail::InteractionRows& rows) { detail::collect_interactions(file, options, parts, rows); });
}

/// Reads a training file and a test file of one format (that of the training file, if it is not given). A test row may have a user
/// or an item that no training row has: they come after those of the training file. Duplicates are looked for within each file.
///
/// Throws: as read_interactions.
template <Executor E = Serial>
TrainTestDataset read_train_test(const TextFile& train_file, const TextFile& test_file, InteractionFileOptions options = {},
                                 const E& executor = {}) {
  if (!options.format) options.format = detect_format(train_file);
  IdMap users, items;
  detail::InteractionRows train(train_file, users, items), test(test_file, users, items);
  detail::collect_interactions(train_file, options, detail::Parts(train_file, executor), train);
  detail::collect_interactions(test_file, options, detail::Parts(test_file, executor), test);
  Interactions train_rows = train.build(options.duplicates, executor), test_rows = test.build(options.duplicates, executor);
  return {.train = std::move(train_rows), .test = std::move(test_rows), .users = std::move(users), .items = std::move(items)};
}

}  // namespace kindred

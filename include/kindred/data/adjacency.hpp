// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Adjacency lists: a line per user, with the user and then its items.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/interaction_rows.hpp>
#include <kindred/data/row_writer.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace kindred {

struct AdjacencyOptions {
  Duplicates duplicates = Duplicates::error;
};

namespace detail {

/// Takes the first word off `line`, where spaces and tabs separate words; empty if there is none.
inline std::string_view next_word(std::string_view& line) {
  constexpr std::string_view separators = " \t";
  line.remove_prefix(std::min(line.find_first_not_of(separators), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(separators));
  line.remove_prefix(word.size());
  return word;
}

/// How the lines of an adjacency file are read.
class AdjacencyRows {
 public:
  explicit AdjacencyRows(const TextFile& file) : file_(&file) {}

  LinePlace begin() const { return {}; }
  bool has_values() const { return false; }
  bool has_times() const { return false; }

  /// Before each item stands a separator.
  std::size_t most_rows(std::size_t begin, std::size_t end) const {
    const std::string_view lines = file_->text().substr(begin, end - begin);
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](char c) { return c == ' ' || c == '\t'; }));
  }

  /// Reads the lines that begin before `end`. Returns where the next one begins.
  LinePlace read(const LinePlace& from, std::size_t end, RowWriter& rows) const {
    LineReader reader(*file_, from);
    std::string_view line;
    while (reader.place().offset < end && reader.next(line)) {
      const std::string_view user = next_word(line);
      if (user.empty()) file_->fail(reader.line(), "expected a user and its items, got an empty line");
      rows.set_user(reader.line(), user);
      for (auto item = next_word(line); !item.empty(); item = next_word(line)) rows.add_item(reader.line(), item);
    }
    return reader.place();
  }

 private:
  const TextFile* file_;
};

template <Executor E>
void collect_adjacency(const TextFile& file, const Parts<E>& parts, InteractionRows& rows) {
  rows.read(AdjacencyRows(file), parts);
}

}  // namespace detail

/// Reads a line per user: the user, then its items, separated by spaces. There are no values and no times.
///
/// A user without items is counted and has no rows; a user on two lines has the items of both.
///
/// Throws: ParseError, which names the line, for an empty line before the last user, an item twice (unless told otherwise), and a
///         file without interactions.
template <Executor E = Serial>
Dataset read_adjacency(const TextFile& file, const AdjacencyOptions& options = {}, const E& executor = {}) {
  return detail::read_dataset(file, options.duplicates, executor, [&](const auto& parts, detail::InteractionRows& rows) {
    detail::collect_adjacency(file, parts, rows);
  });
}

/// The same, with ids numbered on from those in the maps. If it throws, the maps are as they were.
template <Executor E = Serial>
Interactions read_adjacency(const TextFile& file, const AdjacencyOptions& options, IdMap& users, IdMap& items,
                            const E& executor = {}) {
  return detail::read_onto(
      file, options.duplicates, users, items, executor,
      [&](const auto& parts, detail::InteractionRows& rows) { detail::collect_adjacency(file, parts, rows); });
}

}  // namespace kindred

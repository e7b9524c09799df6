// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the readers of interaction files share: a file is read in parts at once, each straight to its place in the columns, and errors name
/// the line.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/row_writer.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred::detail {

/// Who reads the parts of a file, and about how many bytes a part has.
template <Executor E>
struct Parts {
  Parts(const TextFile& file, const E& by)
      : executor(by), bytes(file.text().size() / static_cast<std::size_t>(by.concurrency() > 1 ? by.concurrency() : 1) + 1) {
    if (by.concurrency() > 1) bytes = std::max(bytes, std::size_t{1} << 18);
  }
  Parts(const E& by, std::size_t part_bytes) : executor(by), bytes(part_bytes) {}

  const E& executor;
  std::size_t bytes;
};

/// Rows of one file. New ids are added to `users` and `items`, which must outlive this, as must the file.
class InteractionRows {
 public:
  InteractionRows(const TextFile& file, IdMap& users, IdMap& items) : file_(&file), users_(&users), items_(&items) {}

  /// Reads all rows of the file, in parts at once. Of the source:
  ///   begin()                  where the first row begins
  ///   has_values(), has_times()
  ///   most_rows(begin, end)    no fewer than the rows that begin in these bytes, or in their rear
  ///   read(place, end, writer) reads the rows that begin before `end`, and returns where the next one begins
  ///
  /// A part begins after a line feed, which may be inside a quoted field. So where one part ended is held against where the next one began:
  /// if they differ, or if the next found an error, it is read again from there. Hence all ids, rows and errors are those of a single reader.
  template <class Source, Executor E>
  void read(const Source& source, const Parts<E>& parts) {
    std::vector<Piece> pieces = cut(source.begin().offset, parts.bytes);
    const auto for_each_piece = [&](const auto& f) {
      parts.executor.for_each(std::ssize(pieces), [&](Index k) { f(pieces[static_cast<std::size_t>(k)], k == 0); });
    };
    for_each_piece([&](Piece& piece, bool) { piece.room = source.most_rows(piece.from, piece.to); });
    std::size_t rows = 0;
    for (Piece& piece : pieces) piece.row = std::exchange(rows, rows + piece.room);
    resize(rows, source.has_values(), source.has_times());

    const auto read = [&](Piece& piece, bool first, const LinePlace& from) {
      piece.users = piece.items = IdMap();
      piece.writer.emplace(*file_, first ? *users_ : piece.users, first ? *items_ : piece.items, columns_, piece.row,
                           piece.row + piece.room);
      piece.end = source.read(from, piece.to, *piece.writer);
    };
    for_each_piece([&](Piece& piece, bool first) {
      try {
        read(piece, first, first ? source.begin() : LinePlace{.offset = piece.from, .line = 1});
      } catch (const ParseError&) {
        if (first) throw;
        piece.writer.reset();
      }
    });
    LinePlace at = source.begin();
    std::size_t kept = 0;
    for (Piece& piece : pieces) {
      const bool first = &piece == pieces.data();
      if (at.offset >= piece.to) {  // a quoted field that began before this part ends behind it
        piece.writer.reset();
        continue;
      }
      const bool good = piece.writer && at.offset == piece.from;
      if (!good) read(piece, false, at);
      const Index lines_before = good && !first ? at.line - 1 : 0;
      at = {.offset = piece.end.offset, .line = piece.end.line + lines_before};
      for (const RowWriter::Mark& mark : piece.writer->lines()) {
        lines_.push_back({.row = mark.row + static_cast<Index>(kept), .line = mark.line + lines_before});
      }
      kept += piece.writer->size();
    }
    number_alike(pieces, parts.executor);
    if (kept < rows) close_gaps(pieces);
  }

  /// The interactions, with as many users and items as the maps have now. Once only.
  template <Executor E>
  Interactions build(Duplicates duplicates, const E& executor) {
    if (columns_.users.empty()) {
      const std::string_view text = file_->text();
      const Index lines = text.empty() ? 0 : count_line_feeds(text) + 1;
      file_->fail(lines + 1, "expected an interaction, got the end of the file");
    }
    const Index ids = std::max(users_->size(), items_->size());
    if (static_cast<std::uintmax_t>(ids) - 1 > std::numeric_limits<Rep>::max()) {
      file_->fail(1, "expected at most ", std::uintmax_t{std::numeric_limits<Rep>::max()} + 1, " users or items, got ", ids);
    }
    try {
      return Interactions::from(std::move(columns_),
                                {.users = users_->size(), .items = items_->size(), .duplicates = duplicates}, executor);
    } catch (const DuplicateRowError& e) {
      file_->fail(line_of(e.row), "expected a user and an item once together, got ", shown(users_->text(e.user)), " and ",
                  shown(items_->text(e.item)), " also on line ", line_of(e.earlier));
    } catch (const std::invalid_argument& e) {
      throw ParseError(concat(file_->name(), ": ", e.what()));
    }
  }

 private:
  using Rep = Interactions::rep_type;

  /// A part of the file: bytes `from` to `to`, and the rows from `row` on, with ids numbered by themselves unless it is the first.
  struct Piece {
    std::size_t from = 0, to = 0, row = 0, room = 0;
    IdMap users{}, items{};
    std::optional<RowWriter> writer{};  // none: no rows
    LinePlace end{};
    std::vector<Rep> user_numbers{}, item_numbers{};  // by its own ids
  };

  std::vector<Piece> cut(std::size_t begin, std::size_t bytes) const {
    const std::string_view text = file_->text();
    std::vector<Piece> pieces;
    while (begin < text.size()) {
      const std::size_t line_end = text.find('\n', begin + bytes - 1);
      const std::size_t end = line_end == std::string_view::npos ? text.size() : line_end + 1;
      pieces.emplace_back().from = std::exchange(begin, end);
      pieces.back().to = end;
    }
    return pieces;
  }

  void resize(std::size_t rows, bool values, bool times) {
    columns_.users.resize(rows);
    columns_.items.resize(rows);
    columns_.values.resize(values ? rows : 0);
    columns_.times.resize(times ? rows : 0);
  }

  static std::vector<Rep> renumber(const IdMap& from, IdMap& to) {
    std::vector<Rep> out(static_cast<std::size_t>(from.size()));
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<Rep>(to.add(from.text(static_cast<Index>(k))));
    return out;
  }

  /// Gives the ids of all parts the numbers of the first.
  template <Executor E>
  void number_alike(std::vector<Piece>& pieces, const E& executor) {
    for (std::size_t k = 1; k < pieces.size(); ++k) {
      if (!pieces[k].writer) continue;
      pieces[k].user_numbers = renumber(pieces[k].users, *users_);
      pieces[k].item_numbers = renumber(pieces[k].items, *items_);
    }
    executor.for_each(std::ssize(pieces), [&](Index k) {
      const Piece& piece = pieces[static_cast<std::size_t>(k)];
      if (k == 0 || !piece.writer) return;
      for (std::size_t row = piece.row; row < piece.row + piece.writer->size(); ++row) {
        columns_.users[row] = piece.user_numbers[columns_.users[row]];
        columns_.items[row] = piece.item_numbers[columns_.items[row]];
      }
    });
  }

  /// Moves the rows of all parts together, where there was room for more than there are.
  void close_gaps(const std::vector<Piece>& pieces) {
    for_each_column(columns_, [&](auto& column) {
      if (column.empty()) return;
      auto to = column.begin();
      for (const Piece& piece : pieces) {
        const auto from = column.begin() + static_cast<std::ptrdiff_t>(piece.row);
        if (piece.writer) to = std::copy_n(from, piece.writer->size(), to);
      }
      column.erase(to, column.end());
    });
  }

  Index line_of(Index row) const {
    const auto mark = std::ranges::upper_bound(lines_, row, {}, &RowWriter::Mark::row) - 1;
    return mark->line + row - mark->row;
  }

  const TextFile* file_;
  IdMap* users_;
  IdMap* items_;
  Interactions::LargeColumns columns_{};
  std::vector<RowWriter::Mark> lines_;
};

/// Interactions of one file whose ids are numbered on from those in the maps. `collect(parts, rows)` reads the file.
/// If anything throws, the maps are as they were.
template <Executor E, class Collect>
Interactions read_onto(const TextFile& file, Duplicates duplicates, IdMap& users, IdMap& items, const E& executor,
                       const Collect& collect) {
  IdMap all_users = users, all_items = items;
  InteractionRows rows(file, all_users, all_items);
  collect(Parts(file, executor), rows);
  Interactions result = rows.build(duplicates, executor);
  std::swap(users, all_users);
  std::swap(items, all_items);
  return result;
}

template <Executor E, class Collect>
Dataset read_dataset(const TextFile& file, Duplicates duplicates, const E& executor, const Collect& collect) {
  IdMap users, items;
  Interactions interactions = read_onto(file, duplicates, users, items, executor, collect);
  return {.interactions = std::move(interactions), .users = std::move(users), .items = std::move(items)};
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the readers of interaction files share: text rows become numbers, and errors name the line.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/core/large_pages.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred::detail {

/// Rows of one file, as they are read. New ids are added to `users` and `items`, which must outlive this, as must the file.
class InteractionRows {
 public:
  InteractionRows(const TextFile& file, IdMap& users, IdMap& items) : file_(&file), users_(&users), items_(&items) {}

  /// Room for as many rows as the text has lines. `values`, `times`: whether add_value and add_time will be called for each.
  void reserve(std::string_view text, bool values, bool times) {
    reserve(columns_.users.size() + static_cast<std::size_t>(count_line_feeds(text)) + 1, values, times);
  }

  /// The user of the rows that follow. `readable`: see IdMap::add.
  void set_user(Index line, std::string_view text, std::size_t readable = 0) {
    if (text.empty()) file_->fail(line, "expected a user id, got an empty field");
    user_ = users_->add(text, readable);
  }

  void add_item(Index line, std::string_view text, std::size_t readable = 0) {
    if (text.empty()) file_->fail(line, "expected an item id, got an empty field");
    if (lines_.empty() || line != next_line_) lines_.push_back({.row = size(), .line = line});
    next_line_ = line + 1;
    columns_.users.push_back(static_cast<Rep>(user_));  // that they all fit is checked in build()
    columns_.items.push_back(static_cast<Rep>(items_->add(text, readable)));
  }

  void add_value(float value) { columns_.values.push_back(value); }
  void add_time(std::int64_t time) { columns_.times.push_back(time); }

  Index size() const { return std::ssize(columns_.users); }

  /// Puts the rows of `others`, whose ids have maps of their own, behind these. `first_lines[k]` is the line that others[k] took for the
  /// first.
  template <Executor E>
  void append(std::span<InteractionRows* const> others, std::span<const Index> first_lines, const E& executor) {
    struct Place {
      std::size_t begin;
      std::vector<Rep> users, items;  // the numbers of its ids here
    };
    const auto renumber = [](const IdMap& from, IdMap& to) {
      std::vector<Rep> out(static_cast<std::size_t>(from.size()));
      for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<Rep>(to.add(from.text(static_cast<Index>(k))));
      return out;
    };
    std::vector<Place> places;
    auto rows = static_cast<std::size_t>(size());
    for (std::size_t k = 0; k < others.size(); ++k) {
      places.push_back({rows, renumber(*others[k]->users_, *users_), renumber(*others[k]->items_, *items_)});
      for (const Mark& mark : others[k]->lines_) {
        lines_.push_back({.row = mark.row + static_cast<Index>(rows), .line = mark.line + first_lines[k] - 1});
      }
      rows += static_cast<std::size_t>(others[k]->size());
    }
    const bool values = !columns_.values.empty(), times = !columns_.times.empty();
    reserve(rows, values, times);
    columns_.users.resize(rows);
    columns_.items.resize(rows);
    if (values) columns_.values.resize(rows);
    if (times) columns_.times.resize(rows);
    executor.for_each(std::ssize(others), [&](Index k) {
      const Place& place = places[static_cast<std::size_t>(k)];
      const Interactions::Columns from = std::move(others[static_cast<std::size_t>(k)]->columns_);  // freed when it is copied
      for (std::size_t row = 0; row < from.users.size(); ++row) {
        columns_.users[place.begin + row] = place.users[from.users[row]];
        columns_.items[place.begin + row] = place.items[from.items[row]];
      }
      if (values) std::copy(from.values.begin(), from.values.end(), columns_.values.data() + place.begin);
      if (times) std::copy(from.times.begin(), from.times.end(), columns_.times.data() + place.begin);
    });
  }

  /// The interactions, with as many users and items as the maps have now. Once only.
  template <Executor E>
  Interactions build(Duplicates duplicates, const E& executor) {
    if (size() == 0) {
      const std::string_view text = file_->text();
      const Index lines = text.empty() ? 0 : count_line_feeds(text) + 1;
      file_->fail(lines + 1, "expected an interaction, got the end of the file");
    }
    const Index ids = std::max(users_->size(), items_->size());
    if (static_cast<std::uintmax_t>(ids) - 1 > std::numeric_limits<Rep>::max()) {
      file_->fail(1, "expected at most ", std::uintmax_t{std::numeric_limits<Rep>::max()} + 1, " users or items, got ", ids);
    }
    try {
      return Interactions(std::move(columns_), {.users = users_->size(), .items = items_->size(), .duplicates = duplicates},
                          executor);
    } catch (const DuplicateRowError& e) {
      file_->fail(line_of(e.row), "expected a user and an item once together, got ", shown(users_->text(e.user)), " and ",
                  shown(items_->text(e.item)), " also on line ", line_of(e.earlier));
    } catch (const std::invalid_argument& e) {
      throw ParseError(concat(file_->name(), ": ", e.what()));
    }
  }

 private:
  using Rep = Interactions::rep_type;

  /// The rows from `row` on are on the lines from `line` on, one each, up to the row of the next such mark.
  struct Mark {
    Index row, line;
  };

  void reserve(std::size_t rows, bool values, bool times) {
    reserve_in_large_pages(columns_.users, rows);
    reserve_in_large_pages(columns_.items, rows);
    if (values) reserve_in_large_pages(columns_.values, rows);
    if (times) reserve_in_large_pages(columns_.times, rows);
  }

  Index line_of(Index row) const {
    const auto mark = std::ranges::upper_bound(lines_, row, {}, &Mark::row) - 1;
    return mark->line + row - mark->row;
  }

  const TextFile* file_;
  IdMap* users_;
  IdMap* items_;
  Interactions::Columns columns_{};
  std::vector<Mark> lines_;
  Index user_ = -1, next_line_ = 0;
};

/// Who reads the parts of a file, and about how many bytes a part has.
template <Executor E>
struct Parts {
  Parts(const TextFile& file, const E& by)
      : executor(by),
        bytes(file.text().size() / static_cast<std::size_t>(by.concurrency() > 1 ? 4 * by.concurrency() : 1) + 1) {
    if (by.concurrency() > 1) bytes = std::max(bytes, std::size_t{1} << 18);
  }
  Parts(const E& by, std::size_t part_bytes) : executor(by), bytes(part_bytes) {}

  const E& executor;
  std::size_t bytes;
};

/// Reads all rows of a file, in parts at once. `source.read(place, end, rows)` reads the rows that begin before `end`, and returns where the
/// next one begins.
///
/// A part begins after a line feed, which may be inside a quoted field. So where one part ended is held against where the next one began:
/// if they differ, or if the next found an error, it is read again from there. Hence all ids, rows and errors are those of a single reader.
template <class Source, Executor E>
void read_rows(const TextFile& file, const Source& source, const Parts<E>& parts, InteractionRows& rows) {
  struct Piece {
    IdMap users{}, items{};
    std::optional<InteractionRows> rows{};
    LinePlace end{};
  };
  const std::string_view text = file.text();
  std::vector<std::size_t> cuts{source.begin().offset};
  while (cuts.back() < text.size()) {
    const std::size_t line_end = text.find('\n', cuts.back() + parts.bytes - 1);
    cuts.push_back(line_end == std::string_view::npos ? text.size() : line_end + 1);
  }
  if (cuts.size() < 2) return;
  LinePlace at = source.begin();
  std::vector<Piece> others(cuts.size() - 2);  // all but the first
  const auto read = [&](std::size_t k, const LinePlace& from) {
    Piece& part = others[k - 1];
    part.users = part.items = IdMap();
    part.rows.emplace(file, part.users, part.items);
    part.end = source.read(from, cuts[k + 1], *part.rows);
  };
  parts.executor.for_each(std::ssize(cuts) - 1, [&](Index part) {
    const auto k = static_cast<std::size_t>(part);
    try {
      if (k == 0) at = source.read(at, cuts[1], rows);
      if (k > 0) read(k, {.offset = cuts[k], .line = 1});
    } catch (const ParseError&) {
      if (k == 0) throw;
      others[k - 1].rows.reset();
    }
  });
  std::vector<InteractionRows*> read_well;
  std::vector<Index> first_lines;
  for (std::size_t k = 1; k + 1 < cuts.size(); ++k) {
    if (at.offset >= cuts[k + 1]) continue;  // a quoted field that began before this part ends behind it
    Piece& part = others[k - 1];
    const bool good = part.rows && at.offset == cuts[k];
    if (!good) read(k, at);
    first_lines.push_back(good ? at.line : 1);
    at = {.offset = part.end.offset, .line = part.end.line + first_lines.back() - 1};
    read_well.push_back(&*part.rows);
  }
  if (!read_well.empty()) rows.append(read_well, first_lines, parts.executor);
}

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

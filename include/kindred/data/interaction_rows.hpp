// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the readers of interaction files share: text rows become numbers, and errors name the line.

#include <kindred/core/types.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred::detail {

/// The rows of one file, as they are read. New ids are added to `users` and `items`, which must outlive this, as must the file.
class InteractionRows {
 public:
  InteractionRows(const TextFile& file, IdMap& users, IdMap& items) : file_(&file), users_(&users), items_(&items) {}

  /// Room for as many rows as the file has lines. `values`, `times`: whether add_value and add_time will be called for each.
  void reserve(bool values, bool times) {
    const auto lines = static_cast<std::size_t>(count_lines());
    columns_.users.reserve(lines);
    columns_.items.reserve(lines);
    lines_.reserve(lines);
    if (values) columns_.values.reserve(lines);
    if (times) columns_.times.reserve(lines);
  }

  /// The user of the rows that follow. Files are often sorted by user: then this is one comparison.
  void set_user(Index line, std::string_view text) {
    if (user_ >= 0 && users_->text(user_) == text) return;
    if (text.empty()) file_->fail(line, "expected a user id, got an empty field");
    user_ = users_->add(text);
  }

  void add_item(Index line, std::string_view text) {
    if (text.empty()) file_->fail(line, "expected an item id, got an empty field");
    columns_.users.push_back(static_cast<Rep>(user_));  // that they all fit is checked in build()
    columns_.items.push_back(static_cast<Rep>(items_->add(text)));
    lines_.push_back(line);
  }

  void add_value(float value) { columns_.values.push_back(value); }
  void add_time(std::int64_t time) { columns_.times.push_back(time); }

  /// The interactions, with as many users and items as the maps have now. Once only.
  Interactions build(Duplicates duplicates) {
    if (lines_.empty()) file_->fail(count_lines() + 1, "expected an interaction, got the end of the file");
    const Index ids = std::max(users_->size(), items_->size());
    if (static_cast<std::uintmax_t>(ids) - 1 > std::numeric_limits<Rep>::max()) {
      file_->fail(1, "expected at most ", std::uintmax_t{std::numeric_limits<Rep>::max()} + 1, " users or items, got ", ids);
    }
    try {
      return Interactions(std::move(columns_), {.users = users_->size(), .items = items_->size(), .duplicates = duplicates});
    } catch (const DuplicateRowError& e) {
      file_->fail(line_of(e.row), "expected a user and an item once together, got ", shown(users_->text(e.user)), " and ",
                  shown(items_->text(e.item)), " also on line ", line_of(e.earlier));
    } catch (const std::invalid_argument& e) {
      throw ParseError(concat(file_->name(), ": ", e.what()));
    }
  }

 private:
  using Rep = Interactions::rep_type;

  Index count_lines() const {
    const std::string_view text = file_->text();
    return text.empty() ? 0 : std::count(text.begin(), text.end(), '\n') + 1;
  }

  Index line_of(Index row) const { return lines_[static_cast<std::size_t>(row)]; }

  const TextFile* file_;
  IdMap* users_;
  IdMap* items_;
  Interactions::Columns columns_{};
  std::vector<Index> lines_;
  Index user_ = -1;
};

/// Interactions of one file whose ids are numbered on from those in the maps. `collect(rows)` reads the file.
/// If anything throws, the maps are as they were.
template <class Collect>
Interactions read_onto(const TextFile& file, Duplicates duplicates, IdMap& users, IdMap& items, Collect&& collect) {
  IdMap all_users = users, all_items = items;
  InteractionRows rows(file, all_users, all_items);
  collect(rows);
  Interactions result = rows.build(duplicates);
  std::swap(users, all_users);
  std::swap(items, all_items);
  return result;
}

template <class Collect>
Dataset read_dataset(const TextFile& file, Duplicates duplicates, Collect&& collect) {
  IdMap users, items;
  Interactions interactions = read_onto(file, duplicates, users, items, collect);
  return {.interactions = std::move(interactions), .users = std::move(users), .items = std::move(items)};
}

}  // namespace kindred::detail

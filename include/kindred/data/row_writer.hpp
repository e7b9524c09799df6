// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Rows of an interaction file on their way into columns: text becomes numbers, and each row's line is remembered.

#include <kindred/core/types.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/text.hpp>
#include <kindred/data/text_column.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kindred::detail {

/// Writes the rows of a part of a file to their place in the columns, which have room for them. New ids are added to `users` and `items`,
/// which must outlive this, as must file and columns.
class RowWriter {
 public:
  using Rep = Interactions::rep_type;

  /// The rows from `row` on are on the lines from `line` on, one each, up to the row of the next such mark.
  struct Mark {
    Index row, line;
  };

  /// Rows `begin` to `end` of the columns are for this part.
  RowWriter(const TextFile& file, IdMap& users, IdMap& items, Interactions::LargeColumns& columns, std::size_t begin,
            std::size_t end)
      : file_(&file), users_(&users), items_(&items), columns_(&columns), begin_(begin), next_(begin), end_(end) {}

  /// The user of the rows that follow.
  void set_user(Index line, std::string_view text) {
    if (text.empty()) file_->fail(line, "expected a user id, got an empty field");
    user_ = static_cast<Rep>(users_->add(text));  // that they all fit is checked in InteractionRows::build()
  }

  void add_item(Index line, std::string_view text) {
    if (text.empty()) file_->fail(line, "expected an item id, got an empty field");
    begin_rows(line, 1);
    columns_->users[next_] = user_;
    columns_->items[next_++] = static_cast<Rep>(items_->add(text));
  }

  void set_value(float value) { columns_->values[next_ - 1] = value; }
  void set_time(std::int64_t time) { columns_->times[next_ - 1] = time; }

  /// Adds rows that stand on the lines from `line` on. `values`, `times`: nullptr for none. Returns false, and adds none, if an id is empty.
  bool add_rows(Index line, const TextColumn& users, const TextColumn& items, const float* values, const std::int64_t* times) {
    if (users.any_empty() || items.any_empty()) return false;
    begin_rows(line, users.size);
    users_->add(users, columns_->users.data() + next_);
    items_->add(items, columns_->items.data() + next_);
    if (values != nullptr) std::copy_n(values, users.size, columns_->values.data() + next_);
    if (times != nullptr) std::copy_n(times, users.size, columns_->times.data() + next_);
    next_ += users.size;
    return true;
  }

  std::size_t size() const { return next_ - begin_; }

  /// Row 0 is the first of this part.
  const std::vector<Mark>& lines() const { return lines_; }

 private:
  /// The next `count` rows stand on the lines from `line` on.
  void begin_rows(Index line, std::size_t count) {
    KINDRED_ASSERT(end_ - next_ >= count);
    if (lines_.empty() || line != next_line_) lines_.push_back({.row = static_cast<Index>(size()), .line = line});
    next_line_ = line + static_cast<Index>(count);
  }

  const TextFile* file_;
  IdMap* users_;
  IdMap* items_;
  Interactions::LargeColumns* columns_;
  std::size_t begin_, next_, end_;
  std::vector<Mark> lines_;
  Rep user_ = 0;
  Index next_line_ = 0;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which of a batch's pairs touch each row of a table: lists that begin at a place of the row, instead of a sort.

#include <kindred/core/types.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace kindred::detail {

/// The different ids of a batch, numbered 0, 1, ... as they come, each with the list of its places, which ascend.
///
///     for (std::uint32_t place = lists.first(number); place != RowLists::end; place = lists.after(place)) ...
///
/// Cost: two passes over the ids, each without branches. Memory: 4 bytes a row of the table and 20 a place, kept from batch to batch.
class RowLists {
 public:
  static constexpr std::uint32_t end = std::numeric_limits<std::uint32_t>::max();

  /// Makes room for so many ids.
  void reserve(std::size_t most) {
    after_.reserve(most);
    numbers_.reserve(most);
    firsts_.reserve(most);
    rows_.reserve(most);
  }

  /// Lists ids, which are below `rows`.
  void build(std::span<const Index> ids, Index rows) {
    const std::size_t n = ids.size();
    KINDRED_ASSERT(n < end);
    if (const std::size_t known = heads_.size(); known < static_cast<std::size_t>(rows)) {
      heads_.resize(static_cast<std::size_t>(rows));
      std::fill(heads_.begin() + static_cast<std::ptrdiff_t>(known), heads_.end(), end);
    }
    after_.resize(n);
    numbers_.resize(n);
    firsts_.resize(n);
    rows_.resize(n);
    for (std::size_t k = n; k-- > 0;) {
      std::uint32_t& head = heads_[static_cast<std::size_t>(ids[k])];
      after_[k] = head;
      head = static_cast<std::uint32_t>(k);
    }
    std::size_t count = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const std::uint32_t head = heads_[static_cast<std::size_t>(ids[k])];
      rows_[count] = ids[k];
      firsts_[count] = head;
      numbers_[k] = static_cast<std::uint32_t>(count);  // stays if this is the first
      numbers_[k] = numbers_[head];
      count += head == k ? 1 : 0;
    }
    rows_.resize(count);
    for (const Index row : rows_) heads_[static_cast<std::size_t>(row)] = end;
  }

  /// The id of each number.
  std::span<const Index> rows() const { return rows_; }
  /// Where it is for the first time.
  std::uint32_t first(Index number) const { return firsts_[static_cast<std::size_t>(number)]; }
  /// Where the id of this place is next, or `end`.
  std::uint32_t after(std::uint32_t place) const { return after_[place]; }
  /// The number of the id of this place.
  Index number(std::uint32_t place) const { return static_cast<Index>(numbers_[place]); }

 private:
  std::vector<std::uint32_t> heads_;  ///< of each row of the table: its first place while lists are made, `end` at other times
  std::vector<std::uint32_t> after_, numbers_, firsts_;
  std::vector<Index> rows_;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The lists of many users in one piece of memory.

#include <kindred/core/types.hpp>
#include <kindred/kernel/best_k.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace kindred {

/// One list of at most `k` items for each of many users, in one piece of memory that is reused.
template <class Rep = std::uint32_t, class Scalar = float>
class BasicTopLists {
 public:
  using value_type = BasicScored<Rep, Scalar>;

  /// Makes `users` empty lists with room for k items each.
  void reset(Index users, Index k) {
    room_ = k;
    places_.resize(static_cast<std::size_t>(users * k));
    counts_.assign(static_cast<std::size_t>(users), 0);
  }

  Index size() const { return static_cast<Index>(counts_.size()); }
  /// The list of user number `row`, best first.
  std::span<const value_type> operator[](Index row) const {
    KINDRED_ASSERT(row >= 0 && row < size());
    return std::span<const value_type>(places_).subspan(static_cast<std::size_t>(row * room_),
                                                        static_cast<std::size_t>(counts_[static_cast<std::size_t>(row)]));
  }

  /// The memory of a list, and how much of it is filled.
  std::span<value_type> room(Index row) {
    return std::span<value_type>(places_).subspan(static_cast<std::size_t>(row * room_), static_cast<std::size_t>(room_));
  }
  void set_count(Index row, Index count) { counts_[static_cast<std::size_t>(row)] = count; }

 private:
  Index room_ = 0;
  std::vector<value_type> places_;
  std::vector<Index> counts_;
};
using TopLists = BasicTopLists<>;

}  // namespace kindred

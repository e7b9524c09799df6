// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A set of items as one bit each: which items may be recommended. Shared by all users of a call.

#include <kindred/core/types.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace kindred {

/// Which of the items 0 ... size() - 1 are in.
///
/// Cost: one bit an item; `reset` reuses the memory.
class ItemMask {
 public:
  ItemMask() = default;
  explicit ItemMask(Index items, bool in = true) { reset(items, in); }

  /// All items in, or none.
  void reset(Index items, bool in) {
    size_ = items;
    words_.resize(static_cast<std::size_t>((items + bits - 1) / bits));
    std::fill(words_.begin(), words_.end(), in ? ~std::uint64_t{0} : 0);
    if (in && items % bits != 0) words_.back() = below(items % bits);
  }

  void set(Index item, bool in) {
    KINDRED_ASSERT(item >= 0 && item < size_);
    const std::uint64_t bit = std::uint64_t{1} << (item % bits);
    std::uint64_t& word = words_[static_cast<std::size_t>(item / bits)];
    word = in ? word | bit : word & ~bit;
  }

  bool operator[](Index item) const {
    KINDRED_ASSERT(item >= 0 && item < size_);
    return (words_[static_cast<std::size_t>(item / bits)] >> (item % bits) & 1) != 0;
  }

  /// Whether any item of [begin, end) is in.
  bool any(Index begin, Index end) const {
    while (begin < end) {
      const Index stop = std::min(end, (begin / bits + 1) * bits), shift = begin % bits;
      if ((words_[static_cast<std::size_t>(begin / bits)] >> shift & below(stop - begin)) != 0) return true;
      begin = stop;
    }
    return false;
  }

  /// How many items are in, of how many.
  Index count() const {
    Index sum = 0;
    for (const std::uint64_t word : words_) sum += std::popcount(word);
    return sum;
  }
  Index size() const { return size_; }

  /// Adds the items that are in `other`, which must be as large.
  ItemMask& operator|=(const ItemMask& other) {
    KINDRED_ASSERT(size_ == other.size_);
    for (std::size_t k = 0; k < words_.size(); ++k) words_[k] |= other.words_[k];
    return *this;
  }

 private:
  static constexpr Index bits = 64;
  static constexpr std::uint64_t below(Index n) { return n >= bits ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1; }

  Index size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace kindred

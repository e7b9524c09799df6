// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k of many scored items: the order of all lists, and a heap for items that come in ascending order.

#include <kindred/core/types.hpp>
#include <kindred/kernel/above.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace kindred {

/// An item and its score.
template <class Rep, class Scalar>
struct BasicScored {
  BasicItemId<Rep> item{};
  Scalar score{};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("item", self.item);
    field("score", self.score);
  }

  friend bool operator==(const BasicScored&, const BasicScored&) = default;
};
using Scored = BasicScored<std::uint32_t, float>;

/// The order of all lists: score descending, equal scores by item id ascending.
template <class Rep, class Scalar>
bool ranks_before(const BasicScored<Rep, Scalar>& a, const BasicScored<Rep, Scalar>& b) {
  return (a.score > b.score) | ((a.score == b.score) & (a.item < b.item));  // no branches: they would be guessed wrong
}

namespace detail {

/// The best of the items offered so far, a heap with the worst on top, in memory of the caller's. Items are offered in ascending order, so an
/// item that only equals the worst comes after it and is no better.
template <class Rep, class Scalar>
class BestK {
 public:
  BestK() = default;
  explicit BestK(std::span<BasicScored<Rep, Scalar>> places) : places_(places) {
    if (places_.empty()) limit_ = std::numeric_limits<Scalar>::infinity();
  }

  /// An item must score more than this. NaN while there is room, and everything is "not at most" NaN.
  Scalar limit() const { return limit_; }

  void offer(Index item, Scalar score) {
    const BasicScored<Rep, Scalar> entry{BasicItemId<Rep>(item), score};
    if (count_ < places_.size()) {
      places_[count_++] = entry;
      std::push_heap(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(count_), ranks_before<Rep, Scalar>);
    } else {
      replace_worst(entry);
    }
    if (count_ == places_.size()) limit_ = places_.front().score;
  }

  /// Offers items first, first + 1, ... that score this (two packets, of which `count` count), those that pass the filter. In ascending order.
  template <class Keep>
  EIGEN_ALWAYS_INLINE void offer_tile(const TilePacket<Scalar>& low, const TilePacket<Scalar>& high, Index first, Index count,
                                      const Keep& keep) {
    const std::uint64_t better = above(low, high, limit_) & first_bits(count);
    if (better != 0) [[unlikely]]
      offer_bits(better, low, high, first, keep);
  }

  static std::uint64_t first_bits(Index count) { return (std::uint64_t{1} << count) - 1; }

  /// Sorts, best first; returns how many there are.
  Index finish() {
    std::sort_heap(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(count_), ranks_before<Rep, Scalar>);
    return static_cast<Index>(count_);
  }

 private:
  template <class Keep>
  EIGEN_DONT_INLINE void offer_bits(std::uint64_t better, const TilePacket<Scalar>& low, const TilePacket<Scalar>& high,
                                    Index first, const Keep& keep) {
    for (; better != 0; better &= better - 1) {
      const Index k = std::countr_zero(better);
      const Scalar score = k < tile_packet<Scalar> ? low[k] : high[k - tile_packet<Scalar>];
      if (!(score <= limit_) && !std::isnan(score) && keep(first + k)) offer(first + k, score);
    }
  }

  /// Puts the entry in the place of the worst, and lets it sink to where it belongs.
  void replace_worst(const BasicScored<Rep, Scalar>& entry) {
    std::size_t hole = 0;
    for (std::size_t child = 1; child < count_; child = 2 * hole + 1) {
      if (child + 1 < count_) child += ranks_before(places_[child], places_[child + 1]) ? 1 : 0;
      if (!ranks_before(entry, places_[child])) break;
      places_[hole] = places_[child];
      hole = child;
    }
    places_[hole] = entry;
  }

  std::span<BasicScored<Rep, Scalar>> places_;
  std::size_t count_ = 0;
  Scalar limit_ = std::numeric_limits<Scalar>::quiet_NaN();
};

}  // namespace detail
}  // namespace kindred

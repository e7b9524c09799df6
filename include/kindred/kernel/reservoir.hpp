// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k of candidates whose scores are known within bounds: what cannot be among them is dropped, what is left is scored exactly.

#include <kindred/kernel/above.hpp>
#include <kindred/kernel/best_k.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>

namespace kindred::detail {

/// An item at some place of the tiles, whose score is from `lower` to `upper`; both are the score if it is `exact`.
template <class Scalar>
struct Candidate {
  Scalar lower, upper;
  std::uint32_t place;
  bool exact;
};

/// Candidates in any order, in memory of the caller's. With L the k-th largest lower bound so far, an item whose upper bound is below L is
/// not among the best k, for k others score at least L. When there is no more room, L is found anew and such candidates are dropped; if that
/// makes too little room, the others are scored exactly and cut to k.
///
/// Cost: for each cut a few passes over the bounds, without branches that are hard to guess: far less than a heap from a k of about 20 on.
template <class Scalar>
class Reservoir {
 public:
  using Entry = Candidate<Scalar>;

  /// Whole pairs of packets.
  static Index room(Index k) {
    constexpr Index whole = 2 * tile_packet<Scalar>;
    return (2 * k + 64 + whole - 1) / whole * whole;
  }

  Reservoir() = default;
  /// @param entries  room(k) of them
  /// @param lower    room(k) numbers, aligned for packets
  Reservoir(Entry* entries, Scalar* lower, Index k) : entries_(entries), lower_(lower), k_(k) {}

  /// What scores less than this is not among the best k. Minus infinity at first.
  Scalar limit() const { return limit_; }

  /// @param score_exactly  takes a span of entries and sets the bounds of those that are not exact to their scores
  /// @param before         the order of exact entries
  template <class ScoreExactly, class Before>
  void add(const Entry& entry, const ScoreExactly& score_exactly, const Before& before) {
    entries_[count_++] = entry;
    if (count_ == room(k_)) cut(score_exactly, before);
  }

  /// The best, in order; the span is of the reservoir's own memory.
  template <class ScoreExactly, class Before>
  std::span<const Entry> finish(const ScoreExactly& score_exactly, const Before& before) {
    if (count_ > k_) drop();
    score_exactly(all());
    const Index count = std::min(k_, count_);
    if (count < count_) std::nth_element(entries_, entries_ + count, entries_ + count_, before);
    std::sort(entries_, entries_ + count, before);
    return {entries_, static_cast<std::size_t>(count)};
  }

 private:
  std::span<Entry> all() { return {entries_, static_cast<std::size_t>(count_)}; }

  /// Finds the limit anew and drops what is below it.
  void drop() {
    limit_ = std::max(limit_, kth_lower());
    Index kept = 0;
    for (Index n = 0; n < count_; ++n) {
      const Entry entry = entries_[n];
      entries_[kept] = entry;
      kept += entry.upper >= limit_ ? 1 : 0;
    }
    count_ = kept;
  }

  /// A number that k of the lower bounds are above, or the least of them; nearly the largest such. By halving the range of floating-point
  /// numbers between the least and the largest, counting each time.
  Scalar kth_lower() {
    constexpr Index packet = tile_packet<Scalar>;
    using Packet = ConstTilePacketMap<Scalar>;
    constexpr int steps = 20;  // leaves a few thousandths of a percent
    for (Index n = 0; n < count_; ++n) lower_[n] = entries_[n].lower;
    const Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>> some(lower_, count_);
    Rank low = rank(some.minCoeff()), high = rank(some.maxCoeff());
    std::fill(lower_ + count_, lower_ + (count_ + 2 * packet - 1) / (2 * packet) * (2 * packet),
              -std::numeric_limits<Scalar>::infinity());
    for (int step = 0; step < steps && low < high; ++step) {
      const Rank middle = std::midpoint(low, high);  // rounded towards `low`
      const Scalar x = unrank(middle);
      Index above_it = 0;
      for (Index n = 0; n < count_; n += 2 * packet) {
        const TilePacket<Scalar> a = Packet(lower_ + n), b = Packet(lower_ + n + packet);
        above_it += std::popcount(above(a, b, x));
      }
      if (above_it < k_) {
        high = middle;
      } else if (low == middle) {
        break;
      } else {
        low = middle;
      }
    }
    return unrank(low);
  }

  /// A whole number for each floating-point number, in the same order.
  using Rank = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
  static Rank rank(Scalar x) {
    const auto bits = std::bit_cast<Rank>(x);
    return bits >= 0 ? bits : std::numeric_limits<Rank>::min() - bits;
  }
  static Scalar unrank(Rank r) { return std::bit_cast<Scalar>(r >= 0 ? r : std::numeric_limits<Rank>::min() - r); }

  template <class ScoreExactly, class Before>
  EIGEN_DONT_INLINE void cut(const ScoreExactly& score_exactly, const Before& before) {
    drop();
    if (count_ <= room(k_) - (room(k_) - k_) / 4) return;
    score_exactly(all());
    std::nth_element(entries_, entries_ + (k_ - 1), entries_ + count_, before);
    count_ = k_;
    limit_ = std::max(limit_, entries_[k_ - 1].lower);
  }

  Entry* entries_ = nullptr;
  Scalar* lower_ = nullptr;
  Index k_ = 0, count_ = 0;
  Scalar limit_ = -std::numeric_limits<Scalar>::infinity();
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k of candidates whose scores are known within bounds: what cannot be among them is dropped, what is left is scored exactly.

#include <kindred/core/types.hpp>
#include <kindred/kernel/above.hpp>
#include <kindred/kernel/kth_largest.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace kindred::detail {

/// An item whose score is from `lower` to `upper`.
template <class Scalar>
struct Candidate {
  /// The place of one whose score is known: both bounds are the score.
  static constexpr std::uint32_t known = std::numeric_limits<std::uint32_t>::max();

  Scalar lower, upper;
  std::uint32_t item;
  std::uint32_t place;  ///< of its row, which the score is computed from

  void set_score(Scalar score) {
    lower = upper = score;
    place = known;
  }
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

  /// @param score_exactly  takes a span of entries and sets the scores of those that have a place; none of them may be NaN
  template <class ScoreExactly>
  void add(const Entry& entry, const ScoreExactly& score_exactly) {
    entries_[count_++] = entry;
    if (count_ == room(k_)) cut(score_exactly);
  }

  /// Finds the limit anew, before there is no more room.
  void tighten() {
    if (count_ > k_) drop();
  }

  /// What may be among the best, in any order.
  std::span<const Entry> entries() const { return {entries_, static_cast<std::size_t>(count_)}; }

  /// The best, in order; the span is of the reservoir's own memory.
  template <class ScoreExactly>
  std::span<const Entry> finish(const ScoreExactly& score_exactly) {
    if (count_ > k_) drop();
    score_exactly(all());
    const Index count = std::min(k_, count_);
    if (count_ <= most_counted && count_ + count <= room(k_)) return rank(count);
    if (count < count_) std::nth_element(entries_, entries_ + count, entries_ + count_, ranks_before);
    std::sort(entries_, entries_ + count, ranks_before);
    return {entries_, static_cast<std::size_t>(count)};
  }

 private:
  /// The order of all lists, for scores that are known.
  static constexpr auto ranks_before = [](const Entry& a, const Entry& b) {
    return (a.lower > b.lower) | ((a.lower == b.lower) & (a.item < b.item));
  };

  std::span<Entry> all() { return {entries_, static_cast<std::size_t>(count_)}; }

  /// Finds the limit anew and drops what is below it.
  void drop() {
    for (Index n = 0; n < count_; ++n) lower_[n] = entries_[n].lower;
    limit_ = std::max(limit_, kth_largest(lower_, count_, k_, limit_));
    Index kept = 0;
    for (Index n = 0; n < count_; ++n) {
      const Entry entry = entries_[n];
      entries_[kept] = entry;
      kept += entry.upper >= limit_ ? 1 : 0;
    }
    count_ = kept;
  }

  /// The best `count` in order, behind the entries: each goes to the place that is the number of those above it. That takes less than to sort
  /// them, which guesses half of its branches wrong. Equal ones come to the same place, and stand there by item.
  std::span<const Entry> rank(Index count) {
    for (Index n = 0; n < count_; ++n) lower_[n] = entries_[n].lower;
    fill_up(lower_, count_);
    Entry* const best = entries_ + count_;
    for (Index n = 0; n < count; ++n) best[n].lower = std::numeric_limits<Scalar>::quiet_NaN();  // nothing is there
    for (Index n = 0; n < count_; ++n) {
      Entry entry = entries_[n];
      Index place = count_above(lower_, count_, entry.lower);
      for (; place < count && best[place].lower == entry.lower; ++place) {
        if (entry.item < best[place].item) std::swap(entry, best[place]);
      }
      if (place < count) best[place] = entry;
    }
    return {best, static_cast<std::size_t>(count)};
  }

  template <class ScoreExactly>
  EIGEN_DONT_INLINE void cut(const ScoreExactly& score_exactly) {
    drop();
    if (count_ <= room(k_) - (room(k_) - k_) / 4) return;
    score_exactly(all());
    std::nth_element(entries_, entries_ + (k_ - 1), entries_ + count_, ranks_before);
    count_ = k_;
    limit_ = std::max(limit_, entries_[k_ - 1].lower);
  }

  static constexpr Index most_counted = 256;  // the cost of counting grows with the square

  Entry* entries_ = nullptr;
  Scalar* lower_ = nullptr;
  Index k_ = 0, count_ = 0;
  Scalar limit_ = -std::numeric_limits<Scalar>::infinity();
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k of candidates whose scores are known within bounds: what cannot be among them is dropped, what is left is scored exactly.

#include <kindred/kernel/best_k.hpp>
#include <kindred/kernel/kth_largest.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

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

  /// Finds the limit anew, before there is no more room.
  void tighten() {
    if (count_ > k_) drop();
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

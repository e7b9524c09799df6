// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k items of a user, exactly, with the filter inside the loop: a filtered item is never returned, not even to fill up to k.
///
/// The order is: higher score first, equal scores by lower item id. A NaN score is never returned. Scores are compared a tile at a
/// time with the worst of the user's best k; only a tile with something better is looked at item by item, and only what is better
/// meets the filter.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

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
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

/// The filter that lets every item pass, and the list of seen items that is always empty.
struct KeepAll {
  bool operator()(Index) const { return true; }
};
template <class Rep>
struct NothingSeen {
  std::span<const BasicItemId<Rep>> operator()(Index) const { return {}; }
};

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

namespace detail {

/// The best of the items offered so far, a heap with the worst on top, in memory of the caller's. Items are offered in ascending
/// order, so an item that only equals the worst comes after it and is no better.
template <class Rep, class Scalar>
class BestK {
 public:
  BestK() = default;
  explicit BestK(std::span<BasicScored<Rep, Scalar>> places) : places_(places) {
    if (places_.empty()) limit_ = std::numeric_limits<Scalar>::infinity();
  }

  /// An item must score more than this. NaN while there is room, and everything is "not at most" NaN.
  Scalar limit() const { return limit_; }

  /// Whether some of these scores, in two packets, may be better than the worst: if not, none is. NaN may be, and hides no other.
  template <class Low, class High>
  bool may_take(const Eigen::ArrayBase<Low>& low, const Eigen::ArrayBase<High>& high) const {
    // A sum of what exceeds the limit, for sums of packets are fast where maxima that keep NaN are not (Eigen 3.4 with AVX-512).
    const auto zero = Scalar{0};
    return std::isnan(limit_) || !(((low.derived() - limit_).max(zero) + (high.derived() - limit_).max(zero)).sum() == 0);
  }

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

  /// Offers items first, first + 1, ... with these scores (at most 64), those that pass the filter.
  template <class Keep>
  void offer_all(const Scalar* scores, Index first, Index count, Keep&& keep) {
    KINDRED_ASSERT(count <= 64);
    std::uint64_t better = 0;  // one bit an item: without branches, for few are better
    for (Index k = 0; k < count; ++k) better |= static_cast<std::uint64_t>(!(scores[k] <= limit_)) << k;
    for (; better != 0; better &= better - 1) {
      const Index k = std::countr_zero(better);
      if (!(scores[k] <= limit_) && !std::isnan(scores[k]) && keep(first + k)) offer(first + k, scores[k]);
    }
  }

  /// Sorts, best first; returns how many there are.
  Index finish() {
    std::sort_heap(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(count_), ranks_before<Rep, Scalar>);
    return static_cast<Index>(count_);
  }

 private:
  /// Puts the entry in the place of the worst, and lets it sink to where it belongs.
  void replace_worst(const BasicScored<Rep, Scalar>& entry) {
    std::size_t hole = 0;
    for (std::size_t child = 1; child < count_; child = 2 * hole + 1) {
      if (child + 1 < count_ && ranks_before(places_[child], places_[child + 1])) ++child;
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

/// Whether an item is in an ascending list, for items asked in ascending order.
template <class Rep>
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(std::span<const BasicItemId<Rep>> ids) : ids_(ids) {}
  bool contains(Index item) {
    while (next_ < ids_.size() && ids_[next_].index() < item) ++next_;
    return next_ < ids_.size() && ids_[next_].index() == item;
  }

 private:
  std::span<const BasicItemId<Rep>> ids_;
  std::size_t next_ = 0;
};

/// The lists of at most `user_block` users, whose vectors begin at users, users + stride, ..., to rows first, first + 1, ... of `lists`.
template <class Scalar, class Rep, class Seen, class Keep>
void top_k_block(const Scalar* users, Index stride, Index count, const ItemTiles<Scalar>& items, const Seen& seen,
                 const ItemMask* allowed, const Keep& keep, BasicTopLists<Rep, Scalar>& lists, Index first) {
  constexpr Index packet = tile_packet<Scalar>, width = ItemTiles<Scalar>::width;
  std::array<BestK<Rep, Scalar>, user_block> best;
  std::array<Cursor<Rep>, user_block> cursor;
  for (Index u = 0; u < count; ++u) {
    best[static_cast<std::size_t>(u)] = BestK<Rep, Scalar>(lists.room(first + u));
    cursor[static_cast<std::size_t>(u)] = Cursor<Rep>(seen(first + u));
  }
  for (Index t = 0; t < items.tiles(); ++t) {
    const Index begin = t * width, end = begin + items.count(t);
    if (allowed != nullptr && !allowed->any(begin, end)) continue;
    score_tile_for(items, t, users, stride, count, [&](Index u, const auto& low, const auto& high) {
      auto& mine = best[static_cast<std::size_t>(u)];
      if (!mine.may_take(low, high)) return;
      alignas(TilePacket<Scalar>) std::array<Scalar, static_cast<std::size_t>(width)> scores;
      TilePacketMap<Scalar>{scores.data()} = low;
      TilePacketMap<Scalar>{scores.data() + packet} = high;
      mine.offer_all(scores.data(), begin, end - begin, [&](Index item) {
        return (allowed == nullptr || (*allowed)[item]) && !cursor[static_cast<std::size_t>(u)].contains(item) && keep(item);
      });
    });
  }
  for (Index u = 0; u < count; ++u) lists.set_count(first + u, best[static_cast<std::size_t>(u)].finish());
}

}  // namespace detail

/// The best out.size() of the items 0 ... scores.size() - 1 for which keep(item) holds, best first. Returns how many there are.
///
/// `keep` is any predicate on an Index; it is asked in ascending order, and only about items that could enter the list.
/// Cost: one pass over the scores, about k log(n / k) entries into a heap of k. Allocates nothing.
template <class Scalar, class Rep, class Keep = KeepAll>
Index top_k_of_scores(std::span<const Scalar> scores, std::span<BasicScored<Rep, Scalar>> out, Keep&& keep = {}) {
  constexpr Index width = ItemTiles<Scalar>::width;
  const auto n = static_cast<Index>(scores.size());
  detail::BestK<Rep, Scalar> best(out.subspan(0, std::min(out.size(), scores.size())));
  Index first = 0;
  for (; first + width <= n; first += width) {
    const Eigen::Map<const Eigen::Array<Scalar, width, 1>> tile(scores.data() + first);
    if (!best.may_take(tile.template head<width / 2>(), tile.template tail<width / 2>())) continue;
    best.offer_all(tile.data(), first, width, keep);
  }
  best.offer_all(scores.data() + first, first, n - first, keep);
  return best.finish();
}

/// The best k items of every user: lists[r] is that of users.row(r), by dot products with the items.
///
/// @param seen     seen(r): the items to leave out for user r, a span of item ids in ascending order
/// @param allowed  only these items, for all users; nullptr: all
/// @param keep     any other predicate on an item's Index; may be called from several threads at once
///
/// Shapes: users n x at least items.dim(), row-major with contiguous rows. Lists have fewer than k items where too few remain.
/// Cost: 2 n items dim floating-point operations. Allocates nothing once `lists` has been as large before.
/// Repeatable: the same bits for any executor; a user's list does not depend on who else is asked for.
/// Throws: std::invalid_argument if k < 0.
template <class Users, class Scalar, class Rep, class Seen = NothingSeen<Rep>, class Keep = KeepAll, Executor E = Serial>
void top_k(const Eigen::MatrixBase<Users>& users, const ItemTiles<Scalar>& items, Index k, BasicTopLists<Rep, Scalar>& lists,
           const Seen& seen = {}, const ItemMask* allowed = nullptr, const Keep& keep = {}, const E& executor = {}) {
  static_assert(Users::IsRowMajor, "top_k: users must be a row-major matrix");
  detail::require(k >= 0, "top_k: k must not be negative, got ", k);
  KINDRED_ASSERT(users.cols() >= items.dim() && (allowed == nullptr || allowed->size() == items.items()));
  lists.reset(users.rows(), std::min(k, items.items()));
  const Index stride = users.derived().outerStride();
  for_each_range(executor, users.rows(), detail::user_block, [&](Index begin, Index end) {
    detail::top_k_block(users.derived().data() + begin * stride, stride, end - begin, items, seen, allowed, keep, lists, begin);
  });
}

}  // namespace kindred

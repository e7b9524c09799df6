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
#include <kindred/kernel/above.hpp>
#include <kindred/kernel/best_k.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/ranked_items.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace kindred {

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
  constexpr Index width = ItemTiles<Scalar>::width;
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
      best[static_cast<std::size_t>(u)].offer_tile(low, high, begin, end - begin, [&](Index item) {
        return (allowed == nullptr || (*allowed)[item]) && !cursor[static_cast<std::size_t>(u)].contains(item) && keep(item);
      });
    });
  }
  for (Index u = 0; u < count; ++u) lists.set_count(first + u, best[static_cast<std::size_t>(u)].finish());
}

/// The same for items by descending length. A user is done when no later item can be as good as his worst: the last of those that are not
/// done takes his place.
template <class Scalar, class Rep, class Seen, class Keep>
void top_k_block(const Scalar* users, Index stride, Index count, const RankedItems<Scalar>& items, const Seen& seen,
                 const Keep& keep, BasicTopLists<Rep, Scalar>& lists, Index first) {
  constexpr Index width = ItemTiles<Scalar>::width, packet = tile_packet<Scalar>, check = 8;  // tiles between two looks
  const ItemTiles<Scalar>& tiles = items.tiles();
  const Index dim = tiles.dim(), k = static_cast<Index>(lists.room(first).size());
  if (k == 0) return;
  struct User {
    Reservoir<Rep, Scalar> best;
    double length = 0;
    Index row = 0;
  };
  std::array<User, user_block> some;
  const auto whole_tiles = [](Index n) { return (n + tile_users - 1) / tile_users * tile_users; };
  RowMatrix<Scalar> vectors = RowMatrix<Scalar>::Zero(whole_tiles(count), padded<Scalar>(dim));
  std::vector<BasicScored<Rep, Scalar>> places(static_cast<std::size_t>(count * Reservoir<Rep, Scalar>::room(k)));
  ItemMask seen_by(count * items.items(), false);
  for (Index u = 0; u < count; ++u) {
    vectors.row(u).head(dim) = Eigen::Map<const Eigen::Matrix<Scalar, 1, Eigen::Dynamic>>(users + u * stride, dim);
    some[static_cast<std::size_t>(u)] = {
        {places.data() + u * Reservoir<Rep, Scalar>::room(k), k}, RankedItems<Scalar>::length_of(vectors.row(u).head(dim)), u};
    for (const auto item : seen(first + u)) {
      if (item.index() < items.items()) seen_by.set(u * items.items() + item.index(), true);
    }
  }
  Index left = count;
  for (Index t = 0; t < tiles.tiles() && left > 0; ++t) {
    for (Index u = t % check == 0 ? left : 0; u-- > 0;) {
      User& user = some[static_cast<std::size_t>(u)];
      if (!items.below(t, user.length, user.best.worst())) continue;
      --left;
      std::swap(user, some[static_cast<std::size_t>(left)]);
      vectors.row(u).swap(vectors.row(left));
    }
    const Index begin = t * width, here = tiles.count(t);
    const auto collect = [&](User& user, std::uint64_t better, const auto& tile_low, const auto& tile_high) {
      for (; better != 0; better &= better - 1) {
        const Index p = std::countr_zero(better), item = items.id(begin + p);
        const Scalar score = p < packet ? tile_low[p] : tile_high[p - packet];
        if (std::isnan(score) || seen_by[user.row * items.items() + item] || !keep(item)) continue;
        user.best.add({BasicItemId<Rep>(item), score});
      }
    };
    const auto take = [&](Index u, const auto& low, const auto& high) {
      if (u >= left) return;
      User& user = some[static_cast<std::size_t>(u)];
      const std::uint64_t better = above(low, high, user.best.limit()) & BestK<Rep, Scalar>::first_bits(here);
      if (better != 0) [[unlikely]] {
        const TilePacket<Scalar> kept_low = low, kept_high = high;
        collect(user, better, kept_low, kept_high);
      }
    };
    score_tile_for(tiles, t, vectors.data(), vectors.cols(), whole_tiles(left), take);
  }
  for (User& user : std::span(some).first(static_cast<std::size_t>(count))) {
    lists.set_count(first + user.row, user.best.finish(lists.room(first + user.row)));
  }
}

}  // namespace detail

/// The best out.size() of the items 0 ... scores.size() - 1 for which keep(item) holds, best first. Returns how many there are.
///
/// `keep` is any predicate on an Index; it is asked in ascending order, and only about items that could enter the list.
/// Cost: one pass over the scores, about k log(n / k) entries into a heap of k. Allocates nothing.
template <class Scalar, class Rep, class Keep = KeepAll>
Index top_k_of_scores(std::span<const Scalar> scores, std::span<BasicScored<Rep, Scalar>> out, Keep&& keep = {}) {
  constexpr Index packet = detail::tile_packet<Scalar>, width = 2 * packet;
  using Packet = detail::TilePacket<Scalar>;
  const auto n = static_cast<Index>(scores.size());
  detail::BestK<Rep, Scalar> best(out.subspan(0, std::min(out.size(), scores.size())));
  Index first = 0;
  for (; first + width <= n; first += width) {
    const Packet low = Eigen::Map<const Packet>(scores.data() + first);
    const Packet high = Eigen::Map<const Packet>(scores.data() + first + packet);
    best.offer_tile(low, high, first, width, keep);
  }
  if (first < n) {
    Eigen::Array<Scalar, static_cast<int>(width), 1> rest;
    std::copy(scores.begin() + first, scores.end(), rest.data());
    std::fill(rest.data() + (n - first), rest.data() + width, Scalar{0});
    const Packet low = rest.template head<packet>(), high = rest.template tail<packet>();
    best.offer_tile(low, high, first, n - first, keep);
  }
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

/// The same for items that were laid out by length: the same lists, to the bit. Skips what cannot be in a list, and is never much slower.
///
/// Allocates its memory for each block of users: count x items bits for what they have seen.
template <class Users, class Scalar, class Rep, class Seen = NothingSeen<Rep>, class Keep = KeepAll, Executor E = Serial>
void top_k(const Eigen::MatrixBase<Users>& users, const RankedItems<Scalar>& items, Index k, BasicTopLists<Rep, Scalar>& lists,
           const Seen& seen = {}, const Keep& keep = {}, const E& executor = {}) {
  static_assert(Users::IsRowMajor, "top_k: users must be a row-major matrix");
  detail::require(k >= 0, "top_k: k must not be negative, got ", k);
  KINDRED_ASSERT(users.cols() >= items.tiles().dim());
  lists.reset(users.rows(), std::min(k, items.items()));
  const Index stride = users.derived().outerStride();
  for_each_range(executor, users.rows(), detail::user_block, [&](Index begin, Index end) {
    detail::top_k_block(users.derived().data() + begin * stride, stride, end - begin, items, seen, keep, lists, begin);
  });
}

}  // namespace kindred

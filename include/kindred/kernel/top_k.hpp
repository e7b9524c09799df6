// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k items of a user, exactly, with the filter inside the loop: a filtered item is never returned, not even to fill up to k.
///
/// The order is: higher score first, equal scores by lower item id. A NaN score is never returned. Scores are compared a tile at a
/// time with the worst of the user's best k; only a tile with something better is looked at item by item, and only what may be better
/// meets the filter. For scores that are there already: top_k_of_scores.hpp.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/ranked_items.hpp>
#include <kindred/kernel/top_k_block.hpp>
#include <kindred/kernel/top_k_of_scores.hpp>
#include <kindred/kernel/top_lists.hpp>
#include <kindred/kernel/user_block.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <span>

namespace kindred {

/// The list of seen items that is always empty.
template <class Rep>
struct NothingSeen {
  std::span<const BasicItemId<Rep>> operator()(Index) const { return {}; }
};

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

}  // namespace detail

/// The best k items of every user: lists[r] is that of users.row(r), by dot products with the items.
///
/// @param seen     seen(r): the items to leave out for user r, a span of item ids
/// @param keep     any other predicate on an item's Index; may be called from several threads at once, and about any item that could enter
///                 the list, in any order
///
/// Shapes: users n x at least items.dim(), row-major with contiguous rows. Lists have fewer than k items where too few remain.
/// Cost: at most 2 n items dim floating-point operations, for vectors of similar length; a quarter of that time where items are screened.
/// Memory: that of `TopKBlock` for each thread.
/// Repeatable: the same bits for any executor, and with or without screening; a user's list does not depend on who else is asked for.
/// Throws: std::invalid_argument if k < 0.
template <class Users, class Scalar, class Rep, class Seen = NothingSeen<Rep>, class Keep = KeepAll, Executor E = Serial>
void top_k(const Eigen::MatrixBase<Users>& users, const RankedItems<Scalar>& items, Index k, BasicTopLists<Rep, Scalar>& lists,
           const Seen& seen = {}, const Keep& keep = {}, const E& executor = {}) {
  static_assert(Users::IsRowMajor, "top_k: users must be a row-major matrix");
  detail::require(k >= 0, "top_k: k must not be negative, got ", k);
  KINDRED_ASSERT(users.cols() >= items.dim());
  lists.reset(users.rows(), std::min(k, items.items()));
  const Index stride = users.derived().outerStride();
  using Block = detail::TopKBlock<Scalar, Rep>;
  detail::for_each_user_block<Block>(executor, users.rows(), [&](Block& block, Index begin, Index end) {
    block.run(users.derived().data() + begin * stride, stride, end - begin, items, seen, keep, lists, begin);
  });
}

}  // namespace kindred

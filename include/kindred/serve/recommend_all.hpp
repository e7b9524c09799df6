// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best items for many users at once: a matrix product with the filter inside its loop, in parallel.

#include <kindred/core/executor.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/detail/block_scorer.hpp>
#include <kindred/kernel/user_block.hpp>
#include <kindred/serve/recommend.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <vector>

namespace kindred {

/// What to recommend to each user of a batch. An item is recommended only if it passes everything here.
template <class Rep>
struct BasicRecommendAllOptions {
  Index count = 10;                                          ///< at most this many items for each user
  const BasicInteractions<Rep>* exclude_seen = nullptr;      ///< if given, a user does not get the items of his own rows there
  std::optional<std::span<const BasicItemId<Rep>>> allow{};  ///< if given, only these; given but empty: nothing
  std::span<const BasicItemId<Rep>> deny{};                  ///< not these
  std::function<bool(BasicItemId<Rep>)> predicate{};  ///< if given, must return true; may be called from many threads at once
};
using RecommendAllOptions = BasicRecommendAllOptions<std::uint32_t>;

namespace detail {

/// Puts the model's own scores in place of those of the vectors, and the list in their order: the two may differ by a per-user
/// increasing map, and in the last bits.
template <class M, class Rep>
void rescore(const M& model, BasicUserId<Rep> user, BasicTopLists<Rep, typename M::Scalar>& lists, Index row) {
  const auto list = lists.room(row).first(lists[row].size());
  for (auto& entry : list) entry.score = model.score(user, entry.item);
  const auto end = std::remove_if(list.begin(), list.end(), [](const auto& entry) { return std::isnan(entry.score); });
  std::sort(list.begin(), end, ranks_before<Rep, typename M::Scalar>);
  lists.set_count(row, static_cast<Index>(end - list.begin()));
}

}  // namespace detail

/// lists[r] is what to recommend to users[r], best first: as `recommend` would, up to rounding in the order of near ties.
///
/// @param users  any contiguous range of user ids, in any order; a user may occur twice
///
/// Cost: at most 2 users items dim floating-point operations for a `VectorModel`, fewer where vectors differ in length; one `score_items` a user for any other model.
/// Repeatable: the same bits for any executor.
/// Throws: std::out_of_range for a user, or an item in a list, that the model does not have, and for a user that `exclude_seen` does
///         not have; std::invalid_argument for a negative count, or if `exclude_seen` has items that the model does not have.
template <class M, std::ranges::contiguous_range Users, Executor E = Serial,
          class Rep = typename std::ranges::range_value_t<Users>::rep_type>
  requires Model<M, Rep> && std::same_as<std::ranges::range_value_t<Users>, BasicUserId<Rep>>
BasicTopLists<Rep, typename M::Scalar> recommend_all(const M& model, const Users& users,
                                                     const BasicRecommendAllOptions<Rep>& options = {},
                                                     const E& executor = {}) {
  const std::span<const BasicUserId<Rep>> ids(users);
  const Index items = model.items();
  const BasicInteractions<Rep>* seen = options.exclude_seen;
  detail::require(options.count >= 0, "recommend_all: count must not be negative, got ", options.count);
  detail::require(seen == nullptr || seen->items() <= items, "recommend_all: exclude_seen must have at most the model's ",
                  items, " items, got ", seen == nullptr ? 0 : seen->items());
  for (const auto user : ids) {
    detail::require_id("recommend_all: a user", user.index(), static_cast<Index>(model.users()));
    if (seen != nullptr) detail::require_id("recommend_all: a user, to be in exclude_seen,", user.index(), seen->users());
  }
  ItemMask allowed;
  const bool masked = options.allow || !options.deny.empty();
  if (masked) detail::fill_mask<Rep>("recommend_all: an item in a list", allowed, items, options.allow, options.deny);

  BasicTopLists<Rep, typename M::Scalar> lists;
  lists.reset(static_cast<Index>(ids.size()), std::min(options.count, items));
  if (options.count == 0 || ids.empty()) return lists;
  const detail::BlockScorer<M, Rep> scorer(model, detail::BlockOf::lists, masked ? &allowed : nullptr);
  const auto keep = [&](Index item) { return !options.predicate || options.predicate(BasicItemId<Rep>(item)); };
  const auto seen_by = [&](Index row) {
    return seen == nullptr ? std::span<const BasicItemId<Rep>>{} : seen->items_of(ids[static_cast<std::size_t>(row)]);
  };
  using Memory = typename detail::BlockScorer<M, Rep>::Memory;
  detail::for_each_user_block<Memory>(executor, lists.size(), [&](Memory& memory, Index begin, Index end) {
    std::vector<Index> block;
    for (Index row = begin; row < end; ++row) block.push_back(ids[static_cast<std::size_t>(row)].index());
    scorer.top_k(block, seen_by, keep, lists, begin, memory);
    if constexpr (VectorModel<M, Rep>) {
      for (Index row = begin; row < end; ++row) detail::rescore(model, ids[static_cast<std::size_t>(row)], lists, row);
    }
  });
  return lists;
}

/// lists[u] is what to recommend to user u, for every user of the model.
template <class M, class Rep = std::uint32_t, Executor E = Serial>
  requires Model<M, Rep>
BasicTopLists<Rep, typename M::Scalar> recommend_all(const M& model, const BasicRecommendAllOptions<Rep>& options = {},
                                                     const E& executor = {}) {
  std::vector<BasicUserId<Rep>> users;
  users.reserve(static_cast<std::size_t>(model.users()));
  for (Index u = 0; u < model.users(); ++u) users.emplace_back(u);
  return recommend_all(model, users, options, executor);
}

}  // namespace kindred

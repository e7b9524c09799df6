// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best items for one user, without those the caller leaves out. For many users at once: serve/recommend_all.hpp.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/top_k_of_scores.hpp>
#include <kindred/model/model.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <vector>

namespace kindred {

/// What to recommend. An item is recommended only if it passes everything here; the lists may be in any order and repeat items.
template <class Rep>
struct BasicRecommendOptions {
  Index count = 10;                                          ///< at most this many items
  std::span<const BasicItemId<Rep>> exclude{};               ///< not these: what the user has already, for example
  std::optional<std::span<const BasicItemId<Rep>>> allow{};  ///< if given, only these; given but empty: nothing
  std::span<const BasicItemId<Rep>> deny{};                  ///< nor these: what nobody may get, for example
  std::function<bool(BasicItemId<Rep>)> predicate{};         ///< if given, must return true for the item
};
using RecommendOptions = BasicRecommendOptions<std::uint32_t>;

/// A user by himself, who need not be in any model: what `FoldIn` makes of a history (serve/fold_in.hpp). `score_items(out)` writes a score
/// for each item, as `Model::score_items` does; the same holds for them.
template <class U>
concept UserScorer = std::floating_point<typename U::Scalar> && requires(const U user, std::span<typename U::Scalar> out) {
  { user.items() } -> std::convertible_to<Index>;
  user.score_items(out);
};

/// Memory that `recommend_into` uses again and again. One per thread.
template <class Scalar = float>
struct RecommendWorkspace {
  std::vector<Scalar> scores{};
  ItemMask allowed{};
};

namespace detail {

/// The items that an allow list (if there is one) and some lists of unwanted items leave. The lists are checked first.
template <class Rep, class... Unwanted>
void fill_mask(const char* what, ItemMask& mask, Index items, const std::optional<std::span<const BasicItemId<Rep>>>& allow,
               const Unwanted&... unwanted) {
  const auto check = [&](std::span<const BasicItemId<Rep>> ids) {
    for (const auto id : ids) require_id(what, id.index(), items);
  };
  if (allow) check(*allow);
  (check(unwanted), ...);
  mask.reset(items, !allow);
  const auto set = [&](std::span<const BasicItemId<Rep>> ids, bool in) {
    for (const auto id : ids) mask.set(id.index(), in);
  };
  if (allow) set(*allow, true);
  (set(unwanted, false), ...);
}

/// The best of what `score_all` writes.
template <class Rep, class Scalar, class ScoreAll>
Index recommend_by(Index items, const ScoreAll& score_all, const BasicRecommendOptions<Rep>& options,
                   RecommendWorkspace<Scalar>& workspace, std::span<BasicScored<Rep, Scalar>> out) {
  require(options.count >= 0, "recommend: count must not be negative, got ", options.count);
  const auto count = static_cast<std::size_t>(std::min(options.count, items));
  require(out.size() >= count, "recommend: out must have room for ", count, " items, got ", out.size());
  fill_mask<Rep>("recommend: an item in a list", workspace.allowed, items, options.allow, options.deny, options.exclude);
  if (count == 0) return 0;
  workspace.scores.resize(static_cast<std::size_t>(items));
  score_all(std::span<Scalar>(workspace.scores));
  return top_k_of_scores(std::span<const Scalar>(workspace.scores), out.first(count), [&](Index item) {
    return workspace.allowed[item] && (!options.predicate || options.predicate(BasicItemId<Rep>(item)));
  });
}

}  // namespace detail

/// Writes the recommendations for one user to the caller's memory, best first; returns how many there are.
///
/// Equal scores are ordered by item id. There are fewer than `count` where too few items remain, or have a score that is not NaN.
/// Cost: one `score_items` and one pass over the scores. Allocates nothing once the workspace has been used for a model of this
///       size, if the model's `score_items` does not.
/// Throws: std::out_of_range for a user, or an item in a list, that the model does not have; std::invalid_argument for a negative
///         count, or if `out` has room for fewer than min(count, items). Exceptions of the predicate pass through.
template <class M, class Rep>
  requires Model<M, Rep>
Index recommend_into(const M& model, BasicUserId<Rep> user, const BasicRecommendOptions<Rep>& options,
                     RecommendWorkspace<typename M::Scalar>& workspace, std::span<BasicScored<Rep, typename M::Scalar>> out) {
  using Scalar = typename M::Scalar;
  detail::require_id("recommend: the user", user.index(), static_cast<Index>(model.users()));
  return detail::recommend_by<Rep, Scalar>(
      model.items(), [&](std::span<Scalar> scores) { model.score_items(user, scores); }, options, workspace, out);
}

/// The same for a user by himself.
template <UserScorer U, class Rep = std::uint32_t>
Index recommend_into(const U& user, const BasicRecommendOptions<Rep>& options,
                     RecommendWorkspace<typename U::Scalar>& workspace, std::span<BasicScored<Rep, typename U::Scalar>> out) {
  using Scalar = typename U::Scalar;
  return detail::recommend_by<Rep, Scalar>(
      user.items(), [&](std::span<Scalar> scores) { user.score_items(scores); }, options, workspace, out);
}

/// The recommendations for one user, best first.
/// ```cpp
/// for (auto [item, score] : recommend(model, user, {.count = 10, .exclude = train.items_of(user)})) ...
/// ```
/// Cost, errors: as `recommend_into`, which also allocates nothing.
template <class M, class Rep>
  requires Model<M, Rep>
std::vector<BasicScored<Rep, typename M::Scalar>> recommend(const M& model, BasicUserId<Rep> user,
                                                            const BasicRecommendOptions<Rep>& options = {}) {
  detail::require(options.count >= 0, "recommend: count must not be negative, got ", options.count);
  RecommendWorkspace<typename M::Scalar> workspace;
  std::vector<BasicScored<Rep, typename M::Scalar>> out(
      static_cast<std::size_t>(std::min(options.count, static_cast<Index>(model.items()))));
  out.resize(static_cast<std::size_t>(
      recommend_into(model, user, options, workspace, std::span<BasicScored<Rep, typename M::Scalar>>(out))));
  return out;
}

/// The same for a user by himself.
template <UserScorer U, class Rep = std::uint32_t>
std::vector<BasicScored<Rep, typename U::Scalar>> recommend(const U& user, const BasicRecommendOptions<Rep>& options = {}) {
  using Scalar = typename U::Scalar;
  detail::require(options.count >= 0, "recommend: count must not be negative, got ", options.count);
  RecommendWorkspace<Scalar> workspace;
  std::vector<BasicScored<Rep, Scalar>> out(
      static_cast<std::size_t>(std::min(options.count, static_cast<Index>(user.items()))));
  out.resize(static_cast<std::size_t>(recommend_into(user, options, workspace, std::span<BasicScored<Rep, Scalar>>(out))));
  return out;
}

/// The same of scores that are there already, one for each item.
/// ```cpp
/// for (auto [item, score] : recommend_from_scores(scores, {.exclude = history})) ...
/// ```
/// Cost: one pass over the scores. Throws: as `recommend`.
template <std::ranges::contiguous_range Scores, class Rep = std::uint32_t, class Scalar = std::ranges::range_value_t<Scores>>
  requires std::floating_point<Scalar>
std::vector<BasicScored<Rep, Scalar>> recommend_from_scores(const Scores& scores,
                                                            const BasicRecommendOptions<Rep>& options = {}) {
  const std::span<const Scalar> all(scores);
  const auto items = static_cast<Index>(all.size());
  detail::require(options.count >= 0, "recommend: count must not be negative, got ", options.count);
  ItemMask allowed;
  detail::fill_mask<Rep>("recommend: an item in a list", allowed, items, options.allow, options.deny, options.exclude);
  std::vector<BasicScored<Rep, Scalar>> out(static_cast<std::size_t>(std::min(options.count, items)));
  out.resize(static_cast<std::size_t>(top_k_of_scores(all, std::span<BasicScored<Rep, Scalar>>(out), [&](Index item) {
    return allowed[item] && (!options.predicate || options.predicate(BasicItemId<Rep>(item)));
  })));
  return out;
}

}  // namespace kindred

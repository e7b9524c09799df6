// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Lists whose items are less alike: maximal marginal relevance, a re-ranker with one knob between the best and the most different items.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/top_k.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <ranges>
#include <span>
#include <vector>

namespace kindred {

struct DiversifyOptions {
  double lambda = 0.7;  ///< from 0, as different as can be, to 1, the list as it is
  Index count = 10;     ///< at most this many of the list
};

namespace detail {

template <class T>
struct ScoredParts;
template <class Rep, class S>
struct ScoredParts<BasicScored<Rep, S>> {
  using Item = BasicItemId<Rep>;
};

}  // namespace detail

/// Takes `count` items of a list, one after the other: each time the one with the most
///   lambda * relevance(i) - (1 - lambda) * max over those taken of similarity(i, j),
/// of equal ones the first in the list. relevance = (score - least) / (greatest - least) of the list, so from 0 to 1 whatever the model's
/// scores are; 1 for all if they are equal. The first item taken is the one of the greatest score (with lambda 0, the first in the list).
/// ```cpp
/// const auto alike = item_neighbours(model);  // cosines of embeddings; or a callable (ItemId, ItemId) -> number of your own
/// const auto list = diversify(recommend(model, user, {.count = 50}), alike, {.lambda = 0.7, .count = 10});
/// ```
/// With lambda 1 the first `count` items come in the list's own order. Items keep their scores, which then no longer fall. Give a list
/// several times as long as `count`, or there is little to choose from.
///
/// Cost: O(list count) similarities. Throws: std::invalid_argument for a lambda outside [0, 1], a negative count, a score that is not
/// finite, and a similarity that is NaN.
/// Source: Carbonell & Goldstein, SIGIR 1998. Differs: the relevance is scaled to [0, 1], so that one lambda does for all models.
template <std::ranges::contiguous_range List, class Similarity, class Scored = std::ranges::range_value_t<List>,
          class Item = typename detail::ScoredParts<Scored>::Item>
  requires std::regular_invocable<const Similarity&, Item, Item>
std::vector<Scored> diversify(const List& list, const Similarity& similarity, const DiversifyOptions& options = {}) {
  const std::span<const Scored> items(list);
  const double lambda = options.lambda;
  detail::require(lambda >= 0 && lambda <= 1, "diversify: lambda must be from 0 to 1, got ", lambda);
  detail::require(options.count >= 0, "diversify: count must not be negative, got ", options.count);
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  for (const Scored& entry : items) {
    detail::require(std::isfinite(entry.score), "diversify: scores must be finite, got ", entry.score, " for item ",
                    entry.item.index());
    least = std::min(least, static_cast<double>(entry.score));
    greatest = std::max(greatest, static_cast<double>(entry.score));
  }
  const std::size_t count = std::min(items.size(), static_cast<std::size_t>(options.count));
  if (lambda == 1) return {items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)};

  std::vector<double> relevance, nearest(items.size(), 0);  // the greatest similarity to those taken
  for (const Scored& entry : items) {
    relevance.push_back(greatest > least ? (static_cast<double>(entry.score) / 2 - least / 2) / (greatest / 2 - least / 2) : 1);
  }
  std::vector<bool> taken(items.size(), false);
  std::vector<Scored> out;
  while (out.size() < count) {
    std::size_t best = items.size();
    double most = 0;
    for (std::size_t k = 0; k < items.size(); ++k) {
      if (taken[k]) continue;
      const double value = lambda * relevance[k] - (1 - lambda) * nearest[k];
      if (best == items.size() || value > most) best = k, most = value;
    }
    taken[best] = true;
    for (std::size_t k = 0; k < items.size(); ++k) {
      if (taken[k]) continue;
      const auto alike = static_cast<double>(similarity(items[k].item, items[best].item));
      detail::require(!std::isnan(alike), "diversify: a similarity must be a number, got NaN for items ", items[k].item.index(),
                      " and ", items[best].item.index());
      nearest[k] = out.empty() ? alike : std::max(nearest[k], alike);
    }
    out.push_back(items[best]);
  }
  return out;
}

}  // namespace kindred

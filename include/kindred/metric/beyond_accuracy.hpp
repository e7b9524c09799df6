// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Figures of what is recommended, whether or not it was right: how unexpected it is, how unlike each other the items of a list are, and
/// how evenly the catalogue is used. `evaluate` knows coverage@k, novelty@k and gini@k; diversity needs to know which items are alike.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/top_k.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>
#include <span>
#include <vector>

namespace kindred {

/// The self-information of an item that `having` of `users` users have, in bits: -log2(having / users). 0 for what everyone has, and 1
/// more each time half as many do. An item that nobody has counts as if one user had it.
///
/// novelty@k of a user is the mean over the first k of the list, with the training rows and the users who have any; of all, the mean over
/// the users with a test row whose list is not empty.
/// Throws: std::invalid_argument unless 0 <= having <= users and users >= 1.
/// Source: Zhou et al. 2010 ("Solving the apparent diversity-accuracy dilemma of recommender systems").
inline double self_information(Index having, Index users) {
  detail::require(users >= 1 && having >= 0 && having <= users, "self_information: there must be users, and at most ", users,
                  " have the item, got ", having);
  return having <= 1 ? std::log2(static_cast<double>(users))
                     : std::log2(static_cast<double>(users) / static_cast<double>(having));
}

/// The Gini index of how often each of n items is recommended, x_1 <= ... <= x_n:
///   G = sum over j of (2 j - n - 1) x_j / (n sum of x).
/// 0 if all are equally often, 1 - 1/n if only one is; 0 if none ever is. gini@k: of all candidates, over the first k items of the lists of
/// the users with a test row.
///
/// O(n log n). Throws: std::invalid_argument for no items, and a negative count.
/// Source: Fleder & Hosanagar 2009 use it for sales.
inline double gini_index(std::vector<Index> counts) {
  detail::require(!counts.empty(), "gini_index: there must be at least one item, got none");
  std::sort(counts.begin(), counts.end());
  detail::require(counts.front() >= 0, "gini_index: a count must not be negative, got ", counts.front());
  const auto n = static_cast<double>(counts.size());
  double sum = 0, weighted = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const auto count = static_cast<double>(counts[k]);
    sum += count;
    weighted += (2 * static_cast<double>(k + 1) - n - 1) * count;
  }
  return sum == 0 ? 0 : weighted / (n * sum);
}

/// Intra-list diversity: the mean over all pairs of a list of 1 - similarity(a, b). With a cosine it is from 0, all alike, over 1, nothing in
/// common, to 2. NaN for a list of fewer than two items.
/// ```cpp
/// const auto alike = item_neighbours(model);  // cosines of embeddings; or a callable (ItemId, ItemId) -> number of your own
/// intra_list_diversity(recommend(model, user), alike);
/// ```
/// Cost: O(length^2) similarities. Source: Ziegler et al. 2005.
template <std::ranges::contiguous_range List, class Similarity>
double intra_list_diversity(const List& list, const Similarity& similarity) {
  const std::span items(list);
  if (items.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t a = 0; a < items.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) sum += 1 - static_cast<double>(similarity(items[a].item, items[b].item));
  }
  const auto n = static_cast<double>(items.size());
  return sum / (n * (n - 1) / 2);
}

/// ild@k: the mean over users of the diversity of the first k of their lists, from `recommend_all`; lists of fewer than two do not count,
/// and if all are, NaN. Throws: std::invalid_argument for k < 2.
template <class Rep, class Scalar, class Similarity>
double intra_list_diversity(const BasicTopLists<Rep, Scalar>& lists, Index k, const Similarity& similarity) {
  detail::require(k >= 2, "intra_list_diversity: k must be at least 2, got ", k);
  double sum = 0, count = 0;
  for (Index row = 0; row < lists.size(); ++row) {
    const auto list = lists[row];
    const double diversity = intra_list_diversity(list.first(std::min(list.size(), static_cast<std::size_t>(k))), similarity);
    if (!std::isnan(diversity)) sum += diversity, ++count;
  }
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
}

}  // namespace kindred

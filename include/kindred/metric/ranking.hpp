// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Ranking metrics of one user, as pure functions of where his test items stand in his ranking. Averages over users: `evaluate`.
///
/// `ranks` are the places of the user's test items, ascending, 1 = the best item. A test item that is not in the ranking (it was
/// left out, or stands below the end of the list) has no place in `ranks` but counts in `tests`, the number of his test items.
/// Relevance is binary. In the formulas n = tests, and [.] is 1 or 0.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace kindred {

namespace detail {

inline void require_ranks(const char* where, std::span<const Index> ranks, Index tests, Index k) {
  require(tests >= 1, where, ": the number of test items must be at least 1, got ", tests);
  require(k >= 1, where, ": k must be at least 1, got ", k);
  require(static_cast<Index>(ranks.size()) <= tests, where, ": there must be at most ", tests, " ranks, got ", ranks.size());
  KINDRED_ASSERT(std::is_sorted(ranks.begin(), ranks.end()) && (ranks.empty() || ranks.front() >= 1));
}

inline Index hits(std::span<const Index> ranks, Index k) {
  return static_cast<Index>(std::upper_bound(ranks.begin(), ranks.end(), k) - ranks.begin());
}

}  // namespace detail

/// recall@k = hits in the first k / min(k, n): the share of the test items found, 1 if the list could not do better.
/// (Some texts divide by n alone; then a user with more than k test items cannot reach 1.)
inline double recall_at(std::span<const Index> ranks, Index tests, Index k) {
  detail::require_ranks("recall_at", ranks, tests, k);
  return static_cast<double>(detail::hits(ranks, k)) / static_cast<double>(std::min(k, tests));
}

/// precision@k = hits in the first k / k, also where the list is shorter than k.
inline double precision_at(std::span<const Index> ranks, Index tests, Index k) {
  detail::require_ranks("precision_at", ranks, tests, k);
  return static_cast<double>(detail::hits(ranks, k)) / static_cast<double>(k);
}

/// hr@k (hit rate) = [at least one hit in the first k].
inline double hit_rate_at(std::span<const Index> ranks, Index tests, Index k) {
  detail::require_ranks("hit_rate_at", ranks, tests, k);
  return detail::hits(ranks, k) > 0 ? 1 : 0;
}

/// ndcg@k = sum over ranks r <= k of 1 / log2(r + 1), divided by the same sum for the best possible list, r = 1 ... min(k, n).
/// Source: Jarvelin & Kekalainen 2002, with gain 1 for a test item.
inline double ndcg_at(std::span<const Index> ranks, Index tests, Index k) {
  detail::require_ranks("ndcg_at", ranks, tests, k);
  double gain = 0, ideal = 0;
  for (const Index rank : ranks.first(static_cast<std::size_t>(detail::hits(ranks, k)))) {
    gain += 1 / std::log2(static_cast<double>(rank) + 1);
  }
  for (Index rank = 1; rank <= std::min(k, tests); ++rank) ideal += 1 / std::log2(static_cast<double>(rank) + 1);
  return gain / ideal;
}

/// Average precision at k = sum over the hits in the first k of (hits up to there / rank there) / min(k, n). Its mean over users is
/// map@k. Without a cut, divided by n. (Some texts divide by the number of hits, which does not punish what was missed.)
inline double average_precision_at(std::span<const Index> ranks, Index tests, Index k) {
  detail::require_ranks("average_precision_at", ranks, tests, k);
  double sum = 0;
  for (std::size_t hit = 0; hit < static_cast<std::size_t>(detail::hits(ranks, k)); ++hit) {
    sum += static_cast<double>(hit + 1) / static_cast<double>(ranks[hit]);
  }
  return sum / static_cast<double>(std::min(k, tests));
}

/// Reciprocal rank at k = 1 / (rank of the best test item), 0 if that is not in the first k. Its mean over users is mrr@k.
inline double reciprocal_rank_at(std::span<const Index> ranks, Index tests, Index k) {
  detail::require_ranks("reciprocal_rank_at", ranks, tests, k);
  return ranks.empty() || ranks.front() > k ? 0 : 1 / static_cast<double>(ranks.front());
}

namespace detail {

/// How many numbers are more than `bound`, and how many equal it. NaN is neither.
struct Standing {
  Index above = 0, equal = 0;
};
template <class Scalar>
Standing standing(std::span<const Scalar> scores, Scalar bound) {
  Standing sum;
  while (!scores.empty()) {  // in pieces that a 32-bit counter holds, so that the loop is vectorised
    const auto piece = scores.first(std::min<std::size_t>(scores.size(), 4096));
    std::int32_t above = 0, equal = 0;
    for (const Scalar score : piece) {
      above += score > bound ? 1 : 0;
      equal += score == bound ? 1 : 0;
    }
    sum.above += above;
    sum.equal += equal;
    scores = scores.subspan(piece.size());
  }
  return sum;
}

}  // namespace detail

/// AUC of one user: the share of the pairs (test item, other candidate) in which the test item has the higher score; equal scores
/// count half. `others` are the scores of all candidates that are neither test nor training items.
///
/// NaN is a score below all numbers: a test item with it wins no pair, another candidate with it loses to every number.
/// Cost: O(tests others). Throws: std::invalid_argument if either is empty, for then there are no pairs.
template <class Scalar>
double auc(std::span<const Scalar> tests, std::span<const Scalar> others) {
  detail::require(!tests.empty() && !others.empty(), "auc: there must be test items and others, got ", tests.size(), " and ",
                  others.size());
  double wins = 0;
  for (const Scalar score : tests) {
    if (std::isnan(score)) continue;
    const auto [above, equal] = detail::standing(others, score);
    wins += static_cast<double>(static_cast<Index>(others.size()) - above - equal) + 0.5 * static_cast<double>(equal);
  }
  return wins / (static_cast<double>(tests.size()) * static_cast<double>(others.size()));
}

}  // namespace kindred

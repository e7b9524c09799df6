// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The work inside `evaluate`: a block of users at a time, from best lists where every metric has a cut, from whole rankings where
/// one has not, or against sampled candidates. Include metric/evaluate.hpp.

#include <kindred/core/executor.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/detail/block_scorer.hpp>
#include <kindred/kernel/user_block.hpp>
#include <kindred/metric/evaluation.hpp>
#include <kindred/metric/list_figures.hpp>
#include <kindred/metric/metric.hpp>
#include <kindred/metric/ranking.hpp>
#include <kindred/metric/ranking_value.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/sampled_candidates.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace kindred::detail {

/// The user's relevant test items, ascending.
template <class Rep>
std::vector<BasicItemId<Rep>> relevant_items(const BasicInteractions<Rep>& test, BasicUserId<Rep> user,
                                             const std::optional<double>& min_value) {
  const auto items = test.items_of(user);
  const auto rows = test.rows_of(user);
  std::vector<BasicItemId<Rep>> out;
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (!min_value || static_cast<double>(test.value(rows[k])) >= *min_value) out.push_back(items[k]);
  }
  return out;
}

/// The work of one call of `evaluate`.
template <class M, class Rep>
class Evaluator {
 public:
  using Scalar = typename M::Scalar;
  using Item = BasicItemId<Rep>;
  using Memory = typename BlockScorer<M, Rep>::Memory;
  static constexpr Scalar nothing = std::numeric_limits<Scalar>::quiet_NaN();  // the score of what is not ranked

  Evaluator(const M& model, const BasicInteractions<Rep>& train, const BasicInteractions<Rep>& test,
            const EvaluateOptions& options, BasicEvaluation<Rep>& report)
      : model_(model),
        train_(train),
        test_(test),
        options_(options),
        report_(report),
        candidates_(model.items()),
        lists_(train, model.items(), report) {
    if (options.candidates != Candidates::all) {
      for (Index i = 0; i < candidates_.size(); ++i) {
        const bool trained = i < train.items() && !train.users_of(Item(i)).empty();
        candidates_.set(i, trained || (options.candidates == Candidates::known && known(Item(i))));
      }
    }
    for (const MetricResult& result : report.results) {
      ranking_ = ranking_ || !is_rating(result.metric);
      full_ = full_ || needs_full_ranking(result.metric);
      if (!is_rating(result.metric)) longest_ = std::max(longest_, result.metric.k);
    }
  }

  template <class E>
  void run(const E& executor) {
    const auto users = static_cast<Index>(report_.users.size());
    std::optional<BlockScorer<M, Rep>> scorer;
    if (ranking_ && options_.negatives == 0) scorer.emplace(model_, full_ ? BlockOf::scores : BlockOf::lists, &candidates_);
    for_each_user_block<Memory>(executor, users, [&](Memory& memory, Index begin, Index end) {
      for (Index u = begin; u < end; ++u) rating_errors(u);
      if (!ranking_) return;
      if (options_.negatives > 0) {
        for (Index u = begin; u < end; ++u) among_negatives(u);
      } else if (full_) {
        for (Index u = begin; u < end; u += tile_users) full_rankings(*scorer, u, std::min(end, u + tile_users));
      } else {
        top_lists(*scorer, begin, end, memory);
      }
    });
    for (MetricResult& result : report_.results) {
      if (is_rating(result.metric)) {
        result.value = result.metric.kind == MetricKind::rmse ? rmse(model_, test_, executor) : mae(model_, test_, executor);
      } else if (is_ranking(result.metric)) {
        result.value = mean_of_numbers(result.per_user);
      }
    }
    lists_.finish(candidates_);
  }

 private:
  bool known(Item item) const {
    if constexpr (requires { model_.knows(item); }) {
      return model_.knows(item);
    } else {
      return false;
    }
  }
  BasicUserId<Rep> user(Index u) const { return report_.users[static_cast<std::size_t>(u)]; }
  std::vector<Index> ids(Index begin, Index end) const {
    std::vector<Index> out;
    for (Index u = begin; u < end; ++u) out.push_back(user(u).index());
    return out;
  }
  std::span<const Item> seen(BasicUserId<Rep> who) const {
    return who.index() < train_.users() ? train_.items_of(who) : std::span<const Item>{};
  }
  bool has_seen(BasicUserId<Rep> who, Item item) const {
    const auto items = seen(who);
    return std::binary_search(items.begin(), items.end(), item);
  }

  std::vector<Item> relevant(BasicUserId<Rep> who) const { return relevant_items(test_, who, options_.min_relevant); }

  double& per_user(std::size_t metric, Index u) { return report_.results[metric].per_user[static_cast<std::size_t>(u)]; }

  void rating_errors(Index u) {
    for (std::size_t m = 0; m < report_.results.size(); ++m) {
      if (!is_rating(report_.results[m].metric)) continue;
      const bool squared = report_.results[m].metric.kind == MetricKind::rmse;
      double sum = 0;
      for (const Index row : test_.rows_of(user(u))) {
        const double error =
            static_cast<double>(model_.score(user(u), test_.item(row))) - static_cast<double>(test_.value(row));
        sum += squared ? error * error : std::abs(error);
      }
      const double mean = sum / static_cast<double>(test_.rows_of(user(u)).size());
      per_user(m, u) = squared ? std::sqrt(mean) : mean;
    }
  }

  /// Fills in the user's values: given the places of his `tests` test items, their scores, and those of the other candidates.
  void record(Index u, std::span<const Index> ranks, Index tests, std::span<const Scalar> test_scores = {},
              std::span<const Scalar> others = {}) {
    for (std::size_t m = 0; m < report_.results.size(); ++m) {
      const Metric& metric = report_.results[m].metric;
      if (!is_ranking(metric)) continue;
      if (metric.kind != MetricKind::auc) {
        per_user(m, u) = ranking_value(metric, ranks, tests);
      } else if (!others.empty()) {
        per_user(m, u) = auc(test_scores, others);
      }
    }
  }

  void top_lists(const BlockScorer<M, Rep>& scorer, Index begin, Index end, Memory& memory) {
    BasicTopLists<Rep, Scalar> lists;
    lists.reset(end - begin, std::min(longest_, candidates_.size()));
    scorer.top_k(ids(begin, end), [&](Index row) { return seen(user(begin + row)); }, KeepAll{}, lists, 0, memory);
    lists_.add(lists, begin);
    std::vector<Index> ranks;
    for (Index u = begin; u < end; ++u) {
      const std::vector<Item> tests = relevant(user(u));
      if (tests.empty()) continue;
      ranks.clear();
      const auto list = lists[u - begin];
      for (std::size_t place = 0; place < list.size(); ++place) {
        if (std::binary_search(tests.begin(), tests.end(), list[place].item)) ranks.push_back(static_cast<Index>(place) + 1);
      }
      record(u, ranks, static_cast<Index>(tests.size()));
    }
  }

  void full_rankings(const BlockScorer<M, Rep>& scorer, Index begin, Index end) {
    RowMatrix<Scalar> scores;
    scorer.scores(ids(begin, end), scores);
    BasicTopLists<Rep, Scalar> lists;
    lists.reset(end - begin, std::min(longest_, candidates_.size()));
    std::vector<Index> ranks;
    std::vector<Scalar> test_scores, others;
    for (Index u = begin; u < end; ++u) {
      const std::span<Scalar> row(scores.data() + (u - begin) * scores.cols(), static_cast<std::size_t>(scores.cols()));
      const std::vector<Item> tests = relevant(user(u));
      Cursor<Rep> seen_items(seen(user(u))), test_items(tests);
      others.clear();
      for (Index i = 0; i < candidates_.size(); ++i) {
        Scalar& score = row[static_cast<std::size_t>(i)];
        if (!candidates_[i] || seen_items.contains(i)) {
          score = nothing;
        } else if (!test_items.contains(i)) {
          others.push_back(score);
        }
      }
      lists.set_count(u - begin, top_k_of_scores(std::span<const Scalar>(row), lists.room(u - begin)));
      if (tests.empty()) continue;
      ranks.clear();
      test_scores.clear();
      for (const Item item : tests) {
        const auto place = static_cast<std::size_t>(item.index());
        test_scores.push_back(row[place]);
        if (std::isnan(row[place])) continue;
        const std::span<const Scalar> all(row);
        ranks.push_back(1 + standing(all, row[place]).above + standing(all.first(place), row[place]).equal);
      }
      std::sort(ranks.begin(), ranks.end());
      record(u, ranks, static_cast<Index>(tests.size()), test_scores, others);
    }
    lists_.add(lists, begin);
  }

  void among_negatives(Index u) {
    const auto who = user(u);
    const std::vector<Item> tests = relevant(who);
    if (tests.empty()) return;
    std::vector<BasicScored<Rep, Scalar>> others;
    std::vector<Scalar> other_scores;
    for (const Item item :
         draw_negatives<Rep>(who, options_.negatives, options_.seed, candidates_, seen(who), test_.items_of(who))) {
      others.push_back({item, static_cast<Scalar>(model_.score(who, item))});
      other_scores.push_back(others.back().score);
    }
    std::vector<double> sums(report_.results.size(), 0.0);
    for (const Item item : tests) {
      const bool ranked = candidates_[item.index()] && !has_seen(who, item);
      const BasicScored<Rep, Scalar> mine{item, ranked ? static_cast<Scalar>(model_.score(who, item)) : nothing};
      const Index rank =
          1 + std::count_if(others.begin(), others.end(), [&](const auto& other) { return ranks_before(other, mine); });
      record(u, std::span<const Index>(&rank, std::isnan(mine.score) ? 0U : 1U), 1, std::span<const Scalar>(&mine.score, 1),
             other_scores);
      for (std::size_t m = 0; m < sums.size(); ++m) sums[m] += per_user(m, u);
    }
    for (std::size_t m = 0; m < sums.size(); ++m) {
      if (is_ranking(report_.results[m].metric)) per_user(m, u) = sums[m] / static_cast<double>(tests.size());
    }
  }

  const M& model_;
  const BasicInteractions<Rep>& train_;
  const BasicInteractions<Rep>& test_;
  const EvaluateOptions& options_;
  BasicEvaluation<Rep>& report_;
  ItemMask candidates_;
  ListFigures<Rep> lists_;
  Index longest_ = 0;
  bool ranking_ = false, full_ = false;
};

}  // namespace kindred::detail

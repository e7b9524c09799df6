// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Measures a model on given candidates: each test item is ranked among the negatives that come with it, as in the protocol of neural
/// collaborative filtering (leave-last-out, 99 negatives). The names of the figures say so: "hr@10[99 given]".

#include <kindred/core/executor.hpp>
#include <kindred/data/given_candidates.hpp>
#include <kindred/kernel/top_k.hpp>
#include <kindred/metric/evaluation.hpp>
#include <kindred/metric/ranking.hpp>
#include <kindred/metric/ranking_value.hpp>
#include <kindred/model/model.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// Measures what `metrics` names: ranking metrics, of one test item among its negatives; a user's value is the mean over his test items.
/// ```cpp
/// const auto given = read_given_candidates("ml-1m.test.negative", users, items);
/// evaluate_given(model, given, "hr@10, ndcg@10").at("hr@10[99 given]");
/// ```
/// Equal scores are ordered by item id; a test item with a NaN score is a miss; a negative that is given twice counts once; candidates
/// are ranked whether or not the user has them in training. The name has the number of negatives, "[90-99 given]" if that varies.
/// Such figures say little about the whole catalogue, and may order models otherwise (Krichene & Rendle 2020): prefer `evaluate`, and use
/// this to compare with published numbers.
///
/// Cost: one score a candidate. Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for no candidates, a test item without negatives or among them, no metrics, and a metric that is not of one ranking
/// (rmse, mae, coverage, novelty, gini); std::out_of_range for a user or an item that the model does not have.
/// Source: He et al. 2017, section 4.1.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
BasicEvaluation<Rep> evaluate_given(const M& model, std::span<const BasicGivenCandidates<Rep>> given,
                                    std::span<const Metric> metrics, const E& executor = {}) {
  using Scalar = typename M::Scalar;
  detail::require(!metrics.empty(), "evaluate_given: there must be at least one metric, got none");
  detail::require(!given.empty(), "evaluate_given: there must be at least one test item, got none");
  for (const Metric& metric : metrics) {
    detail::require_valid(metric);
    detail::require(detail::is_ranking(metric), "evaluate_given: a metric must be of the ranking of one test item, got ",
                    to_string(metric));
  }
  std::size_t fewest = given[0].negatives.size(), most = fewest;
  for (const auto& [user, item, negatives] : given) {
    detail::require_id("evaluate_given: a user", user.index(), static_cast<Index>(model.users()));
    detail::require_id("evaluate_given: a test item", item.index(), static_cast<Index>(model.items()));
    detail::require(!negatives.empty(), "evaluate_given: a test item must have negatives, got none for user ", user.index());
    for (const auto negative : negatives) {
      detail::require_id("evaluate_given: a negative", negative.index(), static_cast<Index>(model.items()));
    }
    detail::require(std::find(negatives.begin(), negatives.end(), item) == negatives.end(),
                    "evaluate_given: a test item must not be among its negatives, got item ", item.index());
    fewest = std::min(fewest, negatives.size()), most = std::max(most, negatives.size());
  }

  std::vector<std::size_t> order;  // by user, so that a user's test items are together
  for (std::size_t k = 0; k < given.size(); ++k) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return given[a].user < given[b].user; });
  BasicEvaluation<Rep> report;
  std::vector<std::size_t> first;  // of each user, in `order`
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto user = given[order[k]].user;
    if (report.users.empty() || report.users.back() != user)
      report.users.push_back(user), first.push_back(k), report.test_rows.push_back(0);
    ++report.test_rows.back();
  }
  const std::string counts = (fewest == most ? "" : std::to_string(fewest) + "-") + std::to_string(most);
  for (const Metric& metric : metrics) {
    report.results.push_back({.metric = metric,
                              .name = to_string(metric) + "[" + counts + " given]",
                              .per_user = std::vector<double>(report.users.size(), 0.0)});
  }

  for_each_range(executor, static_cast<Index>(report.users.size()), 64, [&](Index begin, Index end) {
    std::vector<BasicItemId<Rep>> negatives;
    std::vector<Scalar> scores;
    for (auto u = static_cast<std::size_t>(begin); u < static_cast<std::size_t>(end); ++u) {
      for (std::size_t k = first[u]; k < first[u] + static_cast<std::size_t>(report.test_rows[u]); ++k) {
        const auto& test = given[order[k]];
        negatives = test.negatives;
        std::sort(negatives.begin(), negatives.end());
        negatives.erase(std::unique(negatives.begin(), negatives.end()), negatives.end());
        const BasicScored<Rep, Scalar> mine{test.item, static_cast<Scalar>(model.score(test.user, test.item))};
        Index rank = 1;
        scores.clear();
        for (const auto item : negatives) {
          scores.push_back(static_cast<Scalar>(model.score(test.user, item)));
          if (ranks_before(BasicScored<Rep, Scalar>{item, scores.back()}, mine)) ++rank;
        }
        const std::span<const Index> ranks(&rank, std::isnan(mine.score) ? 0U : 1U);
        for (MetricResult& result : report.results) {
          result.per_user[u] += result.metric.kind == MetricKind::auc
                                    ? auc(std::span<const Scalar>(&mine.score, 1), std::span<const Scalar>(scores))
                                    : detail::ranking_value(result.metric, ranks, 1);
        }
      }
      for (MetricResult& result : report.results) result.per_user[u] /= static_cast<double>(report.test_rows[u]);
    }
  });
  for (MetricResult& result : report.results) result.value = detail::mean_of_numbers(result.per_user);
  return report;
}

/// The same, with the metrics as text.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
BasicEvaluation<Rep> evaluate_given(const M& model, const std::vector<BasicGivenCandidates<Rep>>& given,
                                    std::string_view metrics, const E& executor = {}) {
  return evaluate_given(model, std::span<const BasicGivenCandidates<Rep>>(given),
                        std::span<const Metric>(parse_metrics(metrics)), executor);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Measures a model on a test set: every user with a test row is ranked over the whole catalogue without his training items, and the
/// users' figures are averaged.

#include <kindred/core/executor.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/metric/evaluation.hpp>
#include <kindred/metric/evaluator.hpp>
#include <kindred/metric/metric.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/model.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace kindred {

/// Measures what `metrics` names.
/// ```cpp
/// const auto report = evaluate(model, train, test, "recall@20, ndcg@10, rmse");
/// report.at("recall@20");
/// ```
/// Protocol. Ranking metrics: for each user with a relevant test row, all candidates (by default the items with a training row, and new
/// ones that the model knows, see `Candidates`) but the user's own training items are ranked by score, equal scores by item id; a
/// relevant test item that is no candidate, or is a training item of the user, or has a NaN score, is a miss. The figure is the mean
/// over those users. AUC leaves out users for whom no other candidate remains. coverage@k: the share of all candidates that are in the
/// first k of at least one user with a test row; gini@k and novelty@k are of the same lists (metric/beyond_accuracy.hpp). rmse, mae: over all test rows (metric/rating.hpp). With `negatives` = N, each relevant
/// test item is ranked alone among N other candidates drawn once a user, and a user's value is the mean over his test items.
///
/// Cost: as `recommend_all` where every ranking metric has a cut; mrr, map without one, and auc look at every score, O(users items).
/// Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for an empty test set or one without a relevant row, no metrics, a metric with a wrong cut, data
///         with more users or items than the model, a negative number of negatives, and coverage, gini and novelty with sampled negatives.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
BasicEvaluation<Rep> evaluate(const M& model, const BasicInteractions<Rep>& train, const BasicInteractions<Rep>& test,
                              std::span<const Metric> metrics, const EvaluateOptions& options = {}, const E& executor = {}) {
  detail::require(!metrics.empty(), "evaluate: there must be at least one metric, got none");
  detail::require(test.size() > 0, "evaluate: the test set must have at least one row, got none");
  detail::require(options.negatives >= 0, "evaluate: negatives must not be negative, got ", options.negatives);
  detail::require(!options.min_relevant || !std::isnan(*options.min_relevant),
                  "evaluate: min_relevant must be a number, got NaN");
  detail::require_covered("evaluate: training data", model, train);
  detail::require_covered("evaluate: test data", model, test);

  BasicEvaluation<Rep> report;
  Index relevant = 0;
  for (Index u = 0; u < test.users(); ++u) {
    const BasicUserId<Rep> user(u);
    if (test.items_of(user).empty()) continue;
    report.users.push_back(user);
    report.test_rows.push_back(static_cast<Index>(test.items_of(user).size()));
    for (const auto item : detail::relevant_items(test, user, options.min_relevant)) {
      ++relevant;
      if (u < train.users() && item.index() < train.items() && train.contains(user, item)) ++report.in_training;
    }
  }
  for (const Metric& metric : metrics) {
    detail::require_valid(metric);
    detail::require(!detail::is_of_lists(metric) || options.negatives == 0, "evaluate: ", to_string(metric),
                    " must be measured on the whole catalogue, got negatives = ", options.negatives);
    detail::require(relevant > 0 || detail::is_rating(metric), "evaluate: a test row must have a value of at least ",
                    options.min_relevant.value_or(0), " (min_relevant), got none");
    MetricResult result{.metric = metric, .name = to_string(metric)};
    if (options.negatives > 0 && !detail::is_rating(metric)) result.name += detail::concat("[", options.negatives, " sampled]");
    if (metric.kind != MetricKind::coverage && metric.kind != MetricKind::gini) {
      result.per_user.assign(report.users.size(), std::numeric_limits<double>::quiet_NaN());
    }
    report.results.push_back(std::move(result));
  }
  detail::Evaluator<M, Rep>(model, train, test, options, report).run(executor);
  return report;
}

/// The same, with the metrics as text: names separated by commas. Throws: also what `parse_metrics` throws.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
BasicEvaluation<Rep> evaluate(const M& model, const BasicInteractions<Rep>& train, const BasicInteractions<Rep>& test,
                              std::string_view metrics, const EvaluateOptions& options = {}, const E& executor = {}) {
  return evaluate(model, train, test, std::span<const Metric>(parse_metrics(metrics)), options, executor);
}

}  // namespace kindred

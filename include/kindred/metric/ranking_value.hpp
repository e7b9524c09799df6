// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which kind of figure a metric is, the value of a ranking metric for a user whose test items stand at given places, and the mean over the
/// users. Include metric/evaluate.hpp.

#include <kindred/core/types.hpp>
#include <kindred/metric/metric.hpp>
#include <kindred/metric/ranking.hpp>

#include <cmath>
#include <limits>
#include <span>

namespace kindred::detail {

/// Whether the metric is of predicted values, not of an order.
inline bool is_rating(const Metric& metric) { return metric.kind == MetricKind::rmse || metric.kind == MetricKind::mae; }
/// Whether the metric is of what is recommended, not of where test items stand.
inline bool is_of_lists(const Metric& metric) {
  return metric.kind == MetricKind::coverage || metric.kind == MetricKind::novelty || metric.kind == MetricKind::gini;
}
/// Whether the metric is a mean over the users of where their test items stand.
inline bool is_ranking(const Metric& metric) { return !is_rating(metric) && !is_of_lists(metric); }

/// Whether the places of all test items are needed, not only of those in a list.
inline bool needs_full_ranking(const Metric& metric) {
  return metric.kind == MetricKind::auc || (metric.k == 0 && !is_rating(metric));
}

/// The value of a ranking metric but AUC.
inline double ranking_value(const Metric& metric, std::span<const Index> ranks, Index tests) {
  const Index k = metric.k == 0 ? std::numeric_limits<Index>::max() : metric.k;
  switch (metric.kind) {
    case MetricKind::recall:
      return recall_at(ranks, tests, k);
    case MetricKind::precision:
      return precision_at(ranks, tests, k);
    case MetricKind::ndcg:
      return ndcg_at(ranks, tests, k);
    case MetricKind::hr:
      return hit_rate_at(ranks, tests, k);
    case MetricKind::map:
      return average_precision_at(ranks, tests, k);
    default:
      return reciprocal_rank_at(ranks, tests, k);
  }
}

/// The mean of the users' values that are numbers; NaN if none is.
inline double mean_of_numbers(std::span<const double> values) {
  double sum = 0, count = 0;
  for (const double value : values) {
    if (!std::isnan(value)) sum += value, ++count;
  }
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
}

}  // namespace kindred::detail

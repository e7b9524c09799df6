// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How sure a figure of an evaluation is, and whether two models really differ: other users might have come, so users are drawn anew
/// (bootstrap), and of two models' values for a user it might be chance which is whose (permutation).

#include <kindred/core/executor.hpp>
#include <kindred/core/random.hpp>
#include <kindred/metric/evaluation.hpp>
#include <kindred/metric/metric.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

struct BootstrapOptions {
  Index samples = 2000;      ///< of users; and permutations, for a p-value
  double confidence = 0.95;  ///< above 0, below 1
  std::uint64_t seed = 1;
};

/// A figure with a percentile interval.
struct ConfidenceInterval {
  double value = 0, low = 0, high = 0;
  Index users = 0;  ///< who have a value
};

/// How a first model's figure differs from a second's on the same users.
struct PairedComparison {
  double difference = 0, low = 0, high = 0;  ///< first - second, and its interval
  double p_value = 1;                        ///< two-sided: how often chance alone gives a difference as large
  Index users = 0;                           ///< who have a value from both
};

namespace detail {

/// Of each user that has a value, the value and how much it counts; the figure is their weighted mean (rmse: its root).
struct UserValues {
  std::vector<double> values{}, weights{};
  bool root = false;

  Index size() const { return static_cast<Index>(values.size()); }
  double figure(double sum, double weight) const { return root ? std::sqrt(std::max(0.0, sum / weight)) : sum / weight; }
};

template <class Rep>
const MetricResult& result_of(const char* where, const BasicEvaluation<Rep>& evaluation, std::string_view metric) {
  for (const MetricResult& result : evaluation.results) {
    if (result.name != metric) continue;
    require(!result.per_user.empty(), where, ": the metric must have a value for each user, got ", metric);
    return result;
  }
  throw std::invalid_argument(concat(where, ": the metric must be one that was asked for, got '", metric, "'"));
}

/// @param other  if given, only users who have a value there too
template <class Rep>
UserValues user_values(const char* where, const BasicEvaluation<Rep>& evaluation, const MetricResult& result,
                       const MetricResult* other = nullptr) {
  UserValues out;
  out.root = result.metric.kind == MetricKind::rmse;
  const bool by_rows = out.root || result.metric.kind == MetricKind::mae;
  for (std::size_t u = 0; u < result.per_user.size(); ++u) {
    const double value = result.per_user[u];
    if (std::isnan(value) || (other && std::isnan(other->per_user[u]))) continue;
    out.values.push_back(out.root ? value * value : value);
    out.weights.push_back(by_rows ? static_cast<double>(evaluation.test_rows[u]) : 1.0);
  }
  require(!out.values.empty(), where, ": there must be a user with a value of ", result.name, ", got none");
  return out;
}

inline void require_valid(const char* where, const BootstrapOptions& options) {
  require(options.samples >= 1 && options.samples < (Index{1} << 32), where, ": samples must be from 1 to 2^32 - 1, got ",
          options.samples);
  require(options.confidence > 0 && options.confidence < 1, where, ": confidence must be above 0 and below 1, got ",
          options.confidence);
}

/// statistic(random) of each sample, in parallel; `purpose` tells apart what the numbers are for.
template <class E, class Statistic>
std::vector<double> resample(const BootstrapOptions& options, std::uint32_t purpose, const E& executor,
                             const Statistic& statistic) {
  std::vector<double> out(static_cast<std::size_t>(options.samples));
  for_each_range(executor, options.samples, 16, [&](Index begin, Index end) {
    for (Index k = begin; k < end; ++k) {
      out[static_cast<std::size_t>(k)] =
          statistic(Random(options.seed, Stream::bootstrap, static_cast<std::uint32_t>(k), purpose));
    }
  });
  return out;
}

/// The sorted values' quantile, between neighbours in a line.
inline double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// figure of `a`, less that of `b` if there is one, over users drawn with replacement, as many as there are.
inline double resampled_figure(const UserValues& a, const UserValues* b, Random random) {
  double sum_a = 0, sum_b = 0, weight = 0;
  for (Index k = 0; k < a.size(); ++k) {
    const auto u = static_cast<std::size_t>(random.below(a.size()));
    weight += a.weights[u];
    sum_a += a.weights[u] * a.values[u];
    if (b) sum_b += a.weights[u] * b->values[u];
  }
  return a.figure(sum_a, weight) - (b ? b->figure(sum_b, weight) : 0);
}

/// The same over all users, where swap(u) says whether a user's two values change places.
template <class Swap>
double whole_figure(const UserValues& a, const UserValues* b, Swap&& swap) {
  double sum_a = 0, sum_b = 0, weight = 0;
  for (std::size_t u = 0; u < a.values.size(); ++u) {
    const bool swapped = b && swap();
    weight += a.weights[u];
    sum_a += a.weights[u] * (swapped ? b->values[u] : a.values[u]);
    if (b) sum_b += a.weights[u] * (swapped ? a.values[u] : b->values[u]);
  }
  return a.figure(sum_a, weight) - (b ? b->figure(sum_b, weight) : 0);
}

}  // namespace detail

/// The figure of this name with its percentile interval: the middle `confidence` of the figures of `samples` samples of the users, drawn
/// with replacement. For rmse and mae a user counts by his test rows. Users without a value (NaN) are left out.
/// ```cpp
/// const auto report = evaluate(model, train, test, "ndcg@10");
/// const auto [value, low, high, users] = bootstrap_interval(report, "ndcg@10");
/// ```
/// It says how much the figure depends on which users there were; not how much on the training, or on which rows were held out.
///
/// Cost: O(samples users), in parallel. Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for a metric that was not asked for or is no mean over users (coverage@k, gini@k), no user with a value, and
/// options out of range.
/// Source: Efron 1979; Efron & Tibshirani 1993, chapter 13. With fewer than about 30 users the interval is too narrow.
template <class Rep, Executor E = Serial>
ConfidenceInterval bootstrap_interval(const BasicEvaluation<Rep>& evaluation, std::string_view metric,
                                      const BootstrapOptions& options = {}, const E& executor = {}) {
  constexpr const char* where = "bootstrap_interval";
  detail::require_valid(where, options);
  const MetricResult& result = detail::result_of(where, evaluation, metric);
  const detail::UserValues values = detail::user_values(where, evaluation, result);
  std::vector<double> figures = detail::resample(
      options, 0, executor, [&](const Random& random) { return detail::resampled_figure(values, nullptr, random); });
  std::sort(figures.begin(), figures.end());
  const double outside = (1 - options.confidence) / 2;
  return {.value = detail::whole_figure(values, nullptr, [] { return false; }),
          .low = detail::quantile(figures, outside),
          .high = detail::quantile(figures, 1 - outside),
          .users = values.size()};
}

/// Compares two models, evaluated on the same users: the difference of their figures, its percentile interval (the same users for both in
/// each sample), and the p-value of a permutation test, in which each user's two values change places by the toss of a coin:
///   p = (1 + tosses with |difference| at least as large) / (1 + samples).
/// Users without a value (NaN) from either are left out. Paired, it finds differences far smaller than either figure's interval.
///
/// Cost: O(samples users), in parallel. Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for different users or test rows, and as `bootstrap_interval`.
/// Source: Smucker, Allan & Carterette 2007, who compare such tests for retrieval.
template <class Rep, Executor E = Serial>
PairedComparison compare_paired(const BasicEvaluation<Rep>& first, const BasicEvaluation<Rep>& second, std::string_view metric,
                                const BootstrapOptions& options = {}, const E& executor = {}) {
  constexpr const char* where = "compare_paired";
  detail::require_valid(where, options);
  const MetricResult& of_first = detail::result_of(where, first, metric);
  const MetricResult& of_second = detail::result_of(where, second, metric);
  detail::require(first.users == second.users && first.test_rows == second.test_rows, where,
                  ": both evaluations must be of the same users with the same numbers of test rows, got ", first.users.size(),
                  " and ", second.users.size(), " users");
  const detail::UserValues a = detail::user_values(where, first, of_first, &of_second);
  const detail::UserValues b = detail::user_values(where, second, of_second, &of_first);

  std::vector<double> differences =
      detail::resample(options, 0, executor, [&](const Random& random) { return detail::resampled_figure(a, &b, random); });
  std::sort(differences.begin(), differences.end());
  PairedComparison result{.difference = detail::whole_figure(a, &b, [] { return false; }), .users = a.size()};
  const double outside = (1 - options.confidence) / 2;
  result.low = detail::quantile(differences, outside);
  result.high = detail::quantile(differences, 1 - outside);

  const std::vector<double> by_chance = detail::resample(
      options, 1, executor, [&](Random random) { return detail::whole_figure(a, &b, [&] { return random.below(2) == 1; }); });
  const double least = std::abs(result.difference) * (1 - 1e-9);  // the same sum in another order may be a little less
  const auto as_large = std::count_if(by_chance.begin(), by_chance.end(), [&](double d) { return std::abs(d) >= least; });
  result.p_value = (1 + static_cast<double>(as_large)) / (1 + static_cast<double>(options.samples));
  return result;
}

}  // namespace kindred

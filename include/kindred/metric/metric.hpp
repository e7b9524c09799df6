// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The names of the figures: "recall@20" as a value that can be computed with, and back.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

enum class MetricKind { rmse, mae, auc, mrr, map, recall, precision, ndcg, hr, coverage, novelty, gini };

/// What to measure. `k` is the length of the list that is looked at; 0: no cut, the whole ranking (or no ranking at all).
/// How each is defined: metric/ranking.hpp, metric/rating.hpp, and metric/beyond_accuracy.hpp for coverage, novelty and gini.
struct Metric {
  MetricKind kind{};
  Index k = 0;

  friend bool operator==(const Metric&, const Metric&) = default;
};

namespace detail {

enum class Cut { none, optional, required };
struct MetricName {
  std::string_view name;
  MetricKind kind;
  Cut cut;
};
inline constexpr std::array<MetricName, 12> metric_names{{{"rmse", MetricKind::rmse, Cut::none},
                                                          {"mae", MetricKind::mae, Cut::none},
                                                          {"auc", MetricKind::auc, Cut::none},
                                                          {"mrr", MetricKind::mrr, Cut::optional},
                                                          {"map", MetricKind::map, Cut::optional},
                                                          {"recall", MetricKind::recall, Cut::required},
                                                          {"precision", MetricKind::precision, Cut::required},
                                                          {"ndcg", MetricKind::ndcg, Cut::required},
                                                          {"hr", MetricKind::hr, Cut::required},
                                                          {"coverage", MetricKind::coverage, Cut::required},
                                                          {"novelty", MetricKind::novelty, Cut::required},
                                                          {"gini", MetricKind::gini, Cut::required}}};

/// "rmse, mae, auc, mrr, mrr@K, ..."
inline std::string known_metrics() {
  std::string text;
  for (const MetricName& entry : metric_names) {
    const std::string name(entry.name);
    if (entry.cut != Cut::required) text += (text.empty() ? "" : ", ") + name;
    if (entry.cut != Cut::none) text += ", " + name + "@K";
  }
  return text;
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Throws unless the metric has a cut where it must, and none where it cannot.
inline void require_valid(const Metric& metric) {
  const MetricName& entry = metric_names.at(static_cast<std::size_t>(metric.kind));
  require(metric.k >= 0 && (metric.k > 0 ? entry.cut != Cut::none : entry.cut != Cut::required), "metric: ", entry.name,
          entry.cut == Cut::none ? " must have no cut (k = 0)" : " must have a cut of at least 1", ", got ", metric.k);
}

}  // namespace detail

/// "recall@20" -> {recall, 20}. Blanks around it do not matter.
/// Throws: std::invalid_argument, which lists the known names, for any other text and for a K that is not a positive whole number.
inline Metric parse_metric(std::string_view given) {
  const std::string_view text = detail::trimmed(given), name = text.substr(0, text.find('@'));
  for (const detail::MetricName& entry : detail::metric_names) {
    if (entry.name != name) continue;
    if (name.size() == text.size()) {
      if (entry.cut == detail::Cut::required) break;
      return {entry.kind, 0};
    }
    if (entry.cut == detail::Cut::none) break;
    const std::string_view digits = text.substr(name.size() + 1);
    Index k = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), k);
    if (error != std::errc{} || end != digits.data() + digits.size() || k < 1) break;
    return {entry.kind, k};
  }
  throw std::invalid_argument(detail::concat("metric: must be one of ", detail::known_metrics(),
                                             ", with a whole number from 1 for K, got '", given, "'"));
}

/// "recall@20, ndcg@10" -> both, in order. Throws: as parse_metric; also for an empty list or an empty name in it.
inline std::vector<Metric> parse_metrics(std::string_view list) {
  std::vector<Metric> metrics;
  for (;;) {
    const auto comma = list.find(',');
    metrics.push_back(parse_metric(list.substr(0, comma)));
    if (comma == std::string_view::npos) return metrics;
    list.remove_prefix(comma + 1);
  }
}

/// The name that parse_metric reads.
inline std::string to_string(const Metric& metric) {
  const std::string name(detail::metric_names.at(static_cast<std::size_t>(metric.kind)).name);
  return metric.k == 0 ? name : name + "@" + std::to_string(metric.k);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What can be asked of `evaluate`, and what it answers.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/metric/metric.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

/// Which items are ranked.
enum class Candidates {
  trained,  ///< those with a training row; a test item without one is a miss
  known,    ///< those, and new items that the model knows otherwise: those for which model.knows(item) holds, if it has that
  all,      ///< every item of the model, also those that no training row has
};

struct EvaluateOptions {
  Candidates candidates = Candidates::known;
  std::optional<double> min_relevant{};  ///< only test rows with at least this value count for ranking; by default all do
  Index negatives = 0;     ///< 0: rank the whole catalogue. N: rank each test item alone among N sampled other candidates
  std::uint64_t seed = 1;  ///< of the sampled candidates
};

/// One figure. `name` is that of the metric; with sampled candidates it says so ("recall@10[100 sampled]").
struct MetricResult {
  Metric metric{};
  std::string name{};
  double value = 0;
  std::vector<double> per_user{};  ///< beside Evaluation::users; NaN where a user has no value; empty for coverage and gini
};

/// What `evaluate` found.
template <class Rep>
struct BasicEvaluation {
  std::vector<BasicUserId<Rep>> users{};  ///< the users with a test row, ascending
  std::vector<Index> test_rows{};         ///< how many each of them has
  std::vector<MetricResult> results{};    ///< one a metric, in the order asked for
  Index in_training = 0;                  ///< relevant test rows whose user has the item in training too: always misses

  /// The figure with this name. Throws: std::out_of_range if it was not asked for.
  double at(std::string_view name) const {
    for (const MetricResult& result : results) {
      if (result.name == name) return result.value;
    }
    throw std::out_of_range(detail::concat("Evaluation: the metric must be one that was asked for, got '", name, "'"));
  }
};
using Evaluation = BasicEvaluation<std::uint32_t>;

}  // namespace kindred

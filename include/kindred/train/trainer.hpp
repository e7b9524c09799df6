// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The concept of a trainer: one pass over the data, whatever the method, and the report of that pass.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

namespace kindred {

/// What happened in one epoch.
struct EpochReport {
  int epoch = 0;                        ///< 1 for the first
  double loss = 0;                      ///< mean loss over the epoch's examples, each measured before the step that used it
  std::int64_t examples = 0;            ///< how many, negatives included
  double seconds = 0;                   ///< wall time of the pass
  std::optional<double> validation;     ///< the monitored figure, if `fit` was given one
  std::vector<double> objectives = {};  ///< the mean loss of each, of a trainer that has several
};

namespace detail {

/// The report of an epoch that began at `start`; `loss` is the sum over its examples.
inline EpochReport report_of(int epoch, double loss, std::int64_t examples, std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return {.epoch = epoch,
          .loss = loss / static_cast<double>(std::max<std::int64_t>(1, examples)),
          .examples = examples,
          .seconds = seconds.count(),
          .validation = std::nullopt};
}

/// Throws: std::invalid_argument for empty data, or data of more users or items than the model has.
template <class Model, class Data>
void require_covered(const char* trainer, const Model& model, const Data& data) {
  require(data.size() > 0, trainer, ": the data must have at least one interaction, got none");
  require(data.users() <= model.users() && data.items() <= model.items(), trainer, ": the model must cover the data's ",
          data.users(), " users and ", data.items(), " items, got a model of ", model.users(), " and ", model.items());
}

}  // namespace detail

/// A trainer makes one pass over the data and moves the model. Gradient descent and least squares both are one.
/// The law: the same bits for any executor. Example: `GradientTrainer`.
template <class T, class Model, class Data>
concept Trainer = requires(T trainer, Model& model, const Data& data, Serial executor) {
  { trainer.epoch(model, data, executor) } -> std::same_as<EpochReport>;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The concept of a trainer: one pass over the data, whatever the method, and the report of that pass.

#include <kindred/core/executor.hpp>

#include <concepts>
#include <cstdint>
#include <optional>

namespace kindred {

/// What happened in one epoch.
struct EpochReport {
  int epoch = 0;                     ///< 1 for the first
  double loss = 0;                   ///< mean loss over the epoch's examples, each measured before the step that used it
  std::int64_t examples = 0;         ///< how many, negatives included
  double seconds = 0;                ///< wall time of the pass
  std::optional<double> validation;  ///< the monitored figure, if `fit` was given one
};

/// A trainer makes one pass over the data and moves the model. Gradient descent and least squares both are one.
/// The law: the same bits for any executor. Example: `GradientTrainer`.
template <class T, class Model, class Data>
concept Trainer = requires(T trainer, Model& model, const Data& data, Serial executor) {
  { trainer.epoch(model, data, executor) } -> std::same_as<EpochReport>;
};

}  // namespace kindred

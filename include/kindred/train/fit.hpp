// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// `fit`: the only training loop. Epochs, a callback, early stopping at the best epoch, and a guard against divergence.

#include <kindred/core/executor.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/train/trainer.hpp>

#include <cmath>
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

namespace kindred {

enum class Goal { minimize, maximize };

/// Stops when a figure has not improved for a while, and puts the model back to the epoch where it was best.
template <class Model>
struct EarlyStopping {
  std::function<double(const Model&)>
      figure;  ///< measured after each epoch; none: no early stopping. Use validation data, never test data
  Goal goal = Goal::minimize;
  int patience = 3;      ///< stop after so many epochs in a row without an improvement
  double min_delta = 0;  ///< an improvement is more than this
};

template <class Model>
struct FitOptions {
  int epochs = 20;                                           ///< at most
  std::function<bool(const EpochReport&)> after_epoch = {};  ///< called after each epoch; false stops. Show progress here
  EarlyStopping<Model> early_stopping = {};
};

/// Why `fit` ended.
enum class Stop { epochs_done, no_improvement, callback };

struct FitReport {
  std::vector<EpochReport> epochs;
  int best_epoch = 0;  ///< the epoch whose weights the model has now
  Stop stop = Stop::epochs_done;
};

namespace detail {

[[noreturn]] inline void throw_diverged(const EpochReport& epoch) {
  throw DivergenceError(concat("fit: epoch ", epoch.epoch, ": loss and weights must stay finite, got loss ", epoch.loss,
                               "; the model is back to the epoch before. Likely causes: the learning rate is too large, or "
                               "the values or features are not scaled"));
}

}  // namespace detail

/// Trains the model for up to `options.epochs` epochs.
///
/// With early stopping the model ends with the weights of its best epoch, also if the callback stops; the trainer goes on counting.
/// Divergence: an epoch whose loss or weights are not finite throws DivergenceError; model and trainer are then as after the last
/// finite epoch. So they are if the trainer throws. An exception from the callback or the figure passes through; the model keeps the
/// weights of that epoch.
/// Memory: one copy of the model and of the trainer's state, two copies of the model with early stopping.
/// Throws: std::invalid_argument for epochs < 1 or patience < 1 or a NaN figure; what the trainer throws.
template <class Model, class Data, class TrainerType, Executor E = Serial>
  requires Trainer<std::remove_cvref_t<TrainerType>, Model, Data>
FitReport fit(Model& model, const Data& data, TrainerType&& trainer,
              const FitOptions<std::type_identity_t<Model>>& options = {}, const E& executor = {}) {
  const auto& stopping = options.early_stopping;
  detail::require(options.epochs >= 1, "fit: epochs must be at least 1, got ", options.epochs);
  detail::require(stopping.patience >= 1, "fit: patience must be at least 1, got ", stopping.patience);
  detail::require(stopping.min_delta >= 0, "fit: min_delta must not be negative, got ", stopping.min_delta);

  FitReport report;
  std::optional<Model> best;
  double best_figure = 0;
  Model finite_model = model;
  std::remove_cvref_t<TrainerType> finite_trainer = trainer;
  for (int k = 0; k < options.epochs && report.stop == Stop::epochs_done; ++k) {
    if (k > 0) {  // into the same memory
      finite_model = model;
      finite_trainer = trainer;
    }
    EpochReport epoch;
    try {
      epoch = trainer.epoch(model, data, executor);
      if (!std::isfinite(epoch.loss) || !all_finite(model)) detail::throw_diverged(epoch);
    } catch (...) {
      model = std::move(finite_model);
      trainer = std::move(finite_trainer);
      throw;
    }
    if (stopping.figure) {
      const double figure = stopping.figure(model);
      detail::require(!std::isnan(figure), "fit: the figure of early stopping must be a number, got NaN after epoch ",
                      epoch.epoch);
      epoch.validation = figure;
      const double gain = stopping.goal == Goal::minimize ? best_figure - figure : figure - best_figure;
      if (!best || gain > stopping.min_delta) {
        best = model;
        best_figure = figure;
        report.best_epoch = epoch.epoch;
      } else if (epoch.epoch - report.best_epoch >= stopping.patience) {
        report.stop = Stop::no_improvement;
      }
    } else {
      report.best_epoch = epoch.epoch;
    }
    report.epochs.push_back(epoch);
    if (options.after_epoch && !options.after_epoch(epoch)) report.stop = Stop::callback;
  }
  if (best) model = std::move(*best);
  return report;
}

}  // namespace kindred

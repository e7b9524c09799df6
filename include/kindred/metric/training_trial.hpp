// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A trial of `search` that is a model in training: it goes on epoch by epoch, with the state of its trainer.

#include <kindred/train/fit.hpp>

#include <functional>
#include <utility>

namespace kindred {

/// `advance(n)` trains until n epochs have been done in all, and returns figure(model).
///
/// The learning rate's schedule, if there is one, should be for the whole budget: the trainer does not know where it will be stopped.
/// Memory: as `fit`, and keeps the model and the trainer. The data must outlive the trial.
/// Throws: std::invalid_argument unless n is more than before; what `fit` and the figure throw.
template <class Model, class TrainerType, class Data, class Figure>
  requires Trainer<TrainerType, Model, Data> && std::is_invocable_r_v<double, const Figure&, const Model&>
class TrainingTrial {
 public:
  /// @param figure  measured on validation rows, which are not among `train`
  TrainingTrial(Model model, TrainerType trainer, const Data& train, Figure figure)
      : model_(std::move(model)), trainer_(std::move(trainer)), train_(&train), figure_(std::move(figure)) {}
  TrainingTrial(Model, TrainerType, const Data&&, Figure) = delete;  // the data must live on

  double advance(int epochs) {
    detail::require(epochs > done_, "TrainingTrial: epochs must be more than the ", done_, " done, got ", epochs);
    fit(model_, *train_, trainer_, {.epochs = epochs - done_});
    done_ = epochs;
    return std::as_const(figure_)(std::as_const(model_));
  }

  const Model& model() const { return model_; }

 private:
  Model model_;
  TrainerType trainer_;
  const Data* train_;
  Figure figure_;
  int done_ = 0;
};

}  // namespace kindred

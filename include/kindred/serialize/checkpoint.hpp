// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training that goes on another day: a model together with its trainer's state. Five epochs, a checkpoint and five more give the bits of ten.
///
///     kd::save_checkpoint("run.checkpoint", model, trainer);
///     ...
///     kd::GradientTrainer trainer(loss, rule, options);          // the same as before
///     kd::load_checkpoint("run.checkpoint", model, trainer);
///     kd::fit(model, data, trainer, {.epochs = 5});              // epochs 6 to 10
///
/// Kept: the weights, the optimizer's state and step count, and the epoch, which the random streams and schedules follow from. Not kept, for they are
/// code: the loss, the rule's constants, the options, the schedule.

#include <kindred/serialize/model_file.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace kindred {

namespace detail {

/// A model and its trainer as one object with fields; by reference, or by value to read into.
template <class Model, class TrainerType>
struct Checkpoint {
  Model model;
  TrainerType trainer;

  static std::string kind() {
    return "checkpoint(" + std::remove_cvref_t<Model>::kind() + ", " + std::remove_cvref_t<TrainerType>::kind() + ")";
  }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("model", self.model);
    field("trainer", self.trainer);
  }
};

}  // namespace detail

/// Writes both to `path`, as `save` does. Memory: nothing is copied. Throws: as `save`.
template <class Model, class TrainerType>
void save_checkpoint(const std::filesystem::path& path, const Model& model, const TrainerType& trainer) {
  save(path, detail::Checkpoint<const Model&, const TrainerType&>{model, trainer});
}

/// Reads both. The trainer must have been made as the saved one was; its state is replaced.
///
/// Rows of the optimizer's state have the padding of the build that wrote them: a checkpoint is for builds with packets of the same width, as
/// the bits of training are.
/// Throws: as `ModelFile`; ParseError, too, for the state of another rule, or for another padding. Model and trainer are then as they were.
template <class Model, class TrainerType>
void load_checkpoint(const std::filesystem::path& path, Model& model, TrainerType& trainer) {
  detail::Checkpoint<Model, TrainerType> read{Access::make<Model>(), trainer};
  ModelFile::read(path).read_into(read);
  if constexpr (requires { read.trainer.optimizer(); }) {
    try {
      read.trainer.optimizer().require_state_of(read.model);
    } catch (const std::invalid_argument& error) {
      throw ParseError(path.string() + ": " + error.what());
    }
  }
  model = std::move(read.model);
  trainer = std::move(read.trainer);
}

}  // namespace kindred

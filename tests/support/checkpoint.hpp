// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The promise of a checkpoint, as a check of one model and one trainer.

#include <kindred/serialize/checkpoint.hpp>
#include <kindred/train/fit.hpp>

#include "support/catch.hpp"
#include "support/model_files.hpp"
#include "support/training.hpp"

namespace checkpoint_check {

using namespace kindred;

inline Interactions data() { return made_up_ratings({.users = 30, .items = 20, .rows = 200}); }

/// Trains 6 epochs in one go, and 3, a checkpoint read into a fresh model and trainer, and 3: the same bits.
template <class Model, class MakeTrainer>
void check_resumes(const Model& start, const MakeTrainer& make_trainer) {
  const TempFile file("");
  Model whole = start, first = start, second = start;
  auto trainer = make_trainer(), before = make_trainer(), after = make_trainer();
  fit(whole, data(), trainer, {.epochs = 6});
  fit(first, data(), before, {.epochs = 3});
  save_checkpoint(file.path(), first, before);
  load_checkpoint(file.path(), second, after);
  CHECK(after.epochs() == 3);
  CHECK(same_scores(first, second));
  const auto report = fit(second, data(), after, {.epochs = 3});
  CHECK(report.epochs.front().epoch == 4);
  CHECK(same_scores(whole, second));
  CHECK_FALSE(same_scores(first, second));
}

}  // namespace checkpoint_check

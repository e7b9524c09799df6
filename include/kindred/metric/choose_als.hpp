// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Alternating least squares without tuning by hand: the setting of the recipe that validates best on held-out training rows.

#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/train/als_recipe.hpp>

#include <span>

namespace kindred {

/// The place, in recipe.settings, of the setting that validates best on `hold_out_validation`: by the RMSE of ratings, by ndcg@20 of implicit
/// feedback. On MovieLens 100K, Online Retail and Last.fm a setting chosen so had an ndcg@20, on other held-out rows, at least that of one
/// chosen by recall@20.
///
/// Cost: one fit a setting; they run in parallel. Repeatable: the same choice for any executor.
/// Throws: as `fit` and `select`; std::invalid_argument if the data is too small to hold rows out.
template <int Dim = Dynamic, RowSolver Solver = Cholesky, class Rep, Executor E = Serial>
Selection choose_als(const BasicInteractions<Rep>& data, const AlsRecipe& recipe, std::uint64_t seed = 1,
                     const E& executor = {}, Solver solver = {}) {
  const BasicTrainTest<Rep> split = hold_out_validation(data, recipe.als.feedback, seed);
  detail::require(split.train.size() > 0 && split.test.size() > 0,
                  "choose_als: there must be rows to train on and rows to validate with, got ", split.train.size(), " and ",
                  split.test.size());
  const auto figure = [&](const AlsSetting& setting) {
    return validation_figure(fit_als<Dim>(split.train, recipe, setting, executor, {}, solver), split, recipe.als.feedback,
                             "ndcg@20");
  };
  return select(std::span<const AlsSetting>(recipe.settings), validation_goal(recipe.als.feedback), figure, executor);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A recipe of alternating least squares: everything but the one or two numbers that must fit the data, and the values of these to choose
/// from (metric/choose_als.hpp).

#include <kindred/data/value_moments.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/fit.hpp>

#include <cmath>
#include <functional>
#include <vector>

namespace kindred {

/// The numbers that must fit the data: the strength of the regularisation, and what a pair without interaction weighs.
struct AlsSetting {
  double lambda = 0;
  double unobserved = 0;  ///< implicit only
};

/// How a model is made and trained; every field may be changed before use.
///
/// Implicit feedback: every row counts by its weight, whatever its value; regularisation by the frequency (power 1), 10 epochs.
/// Explicit ratings: mean and biases, scores in units of the ratings' standard deviation, power 1, 15 epochs.
struct AlsRecipe {
  CollaborativeOptions model;
  AlsOptions als;
  int epochs = 10;
  std::vector<AlsSetting> settings;  ///< to choose from

  AlsOptions options_with(const AlsSetting& setting) const {
    AlsOptions options = als;
    options.lambda = setting.lambda;
    options.unobserved = setting.unobserved;
    return options;
  }
};

/// The recipe for a set of interactions. Throws: std::invalid_argument for empty data or dim < 1.
///
/// The lambdas of implicit feedback are such that lambda (n_u + unobserved |I|) is the same in each column of the grid for a user of the
/// mean number of rows, so that the two numbers are chosen nearly independently of each other, and of the size of the data.
template <class Rep>
AlsRecipe als_recipe(const BasicInteractions<Rep>& data, Feedback feedback, Index dim = 64, std::uint64_t seed = 1) {
  detail::require(data.size() > 0, "als_recipe: the data must have at least one interaction, got none");
  detail::require(dim >= 1, "als_recipe: dim must be at least 1, got ", dim);
  AlsRecipe recipe;
  recipe.als.feedback = feedback;
  if (feedback == Feedback::implicit) {
    recipe.model = {.dim = dim, .biases = false, .seed = seed};
    const double mean_rows = static_cast<double>(data.size()) / static_cast<double>(std::max<Index>(1, data.users()));
    for (const double unobserved : {0.03, 0.1, 0.3, 1.0}) {
      for (const double strength : {5.0, 8.0, 12.0, 16.0}) {
        recipe.settings.push_back({strength / (mean_rows + unobserved * static_cast<double>(data.items())), unobserved});
      }
    }
  } else {
    recipe.epochs = 15;
    recipe.model = {.dim = dim, .biases = true, .scale = value_moments(data).deviation, .seed = seed};
    for (const double lambda : {0.03, 0.06, 0.1, 0.15, 0.22}) recipe.settings.push_back({lambda, 0});
  }
  return recipe;
}

/// A collaborative model trained by the recipe with this setting. Throws: as `fit`.
template <int Dim, RowSolver Solver = Cholesky, class Rep, Executor E = Serial>
CollaborativeModel<float, Dim> fit_als(const BasicInteractions<Rep>& data, const AlsRecipe& recipe, const AlsSetting& setting,
                                       const E& executor = {}, const std::function<bool(const EpochReport&)>& after_epoch = {},
                                       Solver solver = {}) {
  CollaborativeModel<float, Dim> model(data.users(), data.items(), recipe.model);
  fit(model, data, AlternatingLeastSquares(solver, recipe.options_with(setting)),
      {.epochs = recipe.epochs, .after_epoch = after_epoch}, executor);
  return model;
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#include "models.hpp"
#include "progress.hpp"

#include <kindred/metric/choose_als.hpp>

#include <algorithm>
#include <string>

namespace workbench {

namespace {

/// Chooses a setting, unless there is but one, and fits with it; both by this solver.
template <class Solver>
Outcome run_with(const Solver& solver, const char* name, const Options& options, const Part& part,
                 const kindred::Threads& threads) {
  kindred::AlsRecipe recipe = kindred::als_recipe(part.train, feedback(options), options.dim.value_or(64), options.seed);
  recipe.epochs = options.epochs.value_or(recipe.epochs);
  if (options.l2) {
    for (auto& setting : recipe.settings) setting.lambda = *options.l2;
    const auto same = [](const auto& a, const auto& b) { return a.unobserved == b.unobserved; };
    recipe.settings.erase(std::unique(recipe.settings.begin(), recipe.settings.end(), same), recipe.settings.end());
  }
  Outcome outcome;
  const Stopwatch watch;
  kindred::AlsSetting setting = recipe.settings.front();
  if (recipe.settings.size() > 1) {
    say(options.quiet, "choosing one of " + std::to_string(recipe.settings.size()) + " settings on held-out training rows");
    setting = recipe.settings[kindred::choose_als(part.train, recipe, options.seed, threads, solver).best];
  }
  const auto model = kindred::fit_als<kindred::Dynamic>(
      part.train, recipe, setting, threads, progress(options.quiet, recipe.epochs, part.train.size(), outcome.curve), solver);
  outcome.options = {{"dim", model.dim()},         {"solver", name},
                     {"lambda", setting.lambda},   {"frequency_power", recipe.als.frequency_power},
                     {"epochs", recipe.epochs},    {"biases", recipe.model.biases},
                     {"scale", recipe.model.scale}};
  if (options.implicit()) outcome.options["unobserved"] = setting.unobserved;
  outcome.fold_in.least_squares = recipe.options_with(setting);
  outcome.train_seconds = watch.seconds();
  measure(model, part, options, threads, outcome);
  return outcome;
}

}  // namespace

/// Conjugate gradients rank as well as the exact solver and take about a fifth of its time. Ratings are solved exactly.
Outcome run_als(const Options& options, const Part& part, const kindred::Threads& threads) {
  if (options.implicit()) return run_with(kindred::ConjugateGradient{}, "conjugate-gradient", options, part, threads);
  return run_with(kindred::Cholesky{}, "cholesky", options, part, threads);
}

}  // namespace workbench

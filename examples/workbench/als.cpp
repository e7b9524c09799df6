// SPDX-License-Identifier: MIT
#include "models.hpp"
#include "progress.hpp"

#include <kindred/metric/choose_als.hpp>

namespace workbench {

Outcome run_als(const Options& options, const Part& part, const kindred::Threads& threads) {
  kindred::AlsRecipe recipe = kindred::als_recipe(part.train, feedback(options), options.dim.value_or(64), options.seed);
  recipe.epochs = options.epochs.value_or(recipe.epochs);
  if (options.l2) {
    for (auto& setting : recipe.settings) setting.lambda = *options.l2;
    if (!options.implicit()) recipe.settings.resize(1);
  }
  Outcome outcome;
  const Stopwatch watch;
  kindred::AlsSetting setting = recipe.settings.front();
  if (recipe.settings.size() > 1) {
    say(options.quiet, "choosing one of " + std::to_string(recipe.settings.size()) + " settings on held-out training rows");
    setting = recipe.settings[kindred::choose_als(part.train, recipe, options.seed, threads).best];
  }
  const auto model = kindred::fit_als<kindred::Dynamic>(part.train, recipe, setting, threads,
                                                        progress(options.quiet, recipe.epochs, part.train.size()));
  outcome.options = {{"dim", model.dim()},         {"solver", "cholesky"},
                     {"lambda", setting.lambda},   {"frequency_power", recipe.als.frequency_power},
                     {"epochs", recipe.epochs},    {"biases", recipe.model.biases},
                     {"scale", recipe.model.scale}};
  if (options.implicit()) outcome.options["unobserved"] = setting.unobserved;
  outcome.train_seconds = watch.seconds();
  measure(model, part, options, threads, outcome);
  return outcome;
}

}  // namespace workbench

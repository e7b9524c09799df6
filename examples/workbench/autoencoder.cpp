// SPDX-License-Identifier: MIT
#include "any_rule.hpp"
#include "models.hpp"
#include "progress.hpp"

#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/train/autoencoder_recipe.hpp>

namespace workbench {

/// The autoencoder by items: the column of an item goes in and comes out.
Outcome run_autoencoder(const Options& options, const Part& part, const kindred::Threads& threads) {
  using Model = kindred::AutoencoderModel<kindred::Side::items>;
  const Stopwatch watch;
  std::optional<kindred::TrainTest> split;
  if (options.validation) split = validation_split(part.train, options);
  const kindred::Interactions& train = split ? split->train : part.train;
  kindred::AutoencoderRecipe recipe = kindred::autoencoder_recipe(train, feedback(options), options.seed);
  recipe.epochs = options.epochs.value_or(recipe.epochs);
  recipe.model.dim = options.dim ? options.dim : recipe.model.dim;
  recipe.trainer.batch = options.batch.value_or(recipe.trainer.batch);
  recipe.trainer.schedule = kindred::linear_schedule(recipe.epochs);
  if (options.negatives) recipe.trainer.negatives.per_positive = *options.negatives;
  if (options.l2) recipe.trainer.l2.embeddings = recipe.trainer.l2.features = *options.l2;
  const std::string rule_name = options.optimizer.value_or("adam");
  const bool adam = rule_name == "adam" || rule_name == "adamw";
  const auto rate = adam ? options.learning_rate.value_or(recipe.rule.learning_rate) : options.learning_rate;

  Outcome outcome;
  const AnyRule rule = AnyRule::named(rule_name, rate);
  Model model(train, recipe.model);
  kindred::FitOptions<Model> fitting{.epochs = recipe.epochs,
                                     .after_epoch = progress(options.quiet, recipe.epochs, train.size(), outcome.curve)};
  if (split) {
    fitting.early_stopping = {
        .figure = [&](const Model& now) { return kindred::validation_figure(now, *split, feedback(options)); },
        .goal = kindred::validation_goal(feedback(options))};
  }
  const auto report = kindred::fit(model, train, kindred::ReconstructionTrainer(kindred::SquaredError{}, rule, recipe.trainer),
                                   fitting, threads);
  outcome.train_seconds = watch.seconds();
  outcome.options = {{"by", "items"},
                     {"dim", model.dim()},
                     {"activation", "sigmoid"},
                     {"loss", options.loss},
                     {"optimizer", rule_name},
                     {"learning_rate", rule.learning_rate},
                     {"schedule", "linear"},
                     {"l2", recipe.trainer.l2.embeddings},
                     {"l2_biases", recipe.trainer.l2.biases},
                     {"l2_frequency_power", recipe.trainer.l2.frequency_power},
                     {"epochs", report.best_epoch},
                     {"batch", recipe.trainer.batch},
                     {"negatives", recipe.trainer.negatives.per_positive},
                     {"dropout", recipe.model.dropout},
                     {"input_power", recipe.model.power},
                     {"deviation", recipe.model.deviation},
                     {"scale", recipe.model.scale}};
  measure(model, part, options, threads, outcome);
  return outcome;
}

}  // namespace workbench

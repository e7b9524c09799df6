// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The collaborative model and its neighbourhoods, with any update rule. Each scorer is a translation unit of its own, which keeps the build quick.

#include "models.hpp"
#include "progress.hpp"

#include <kindred/data/split.hpp>
#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/rms_prop.hpp>
#include <kindred/optimizer/sgd.hpp>

namespace workbench {

/// Calls f with the rule that was asked for, at the given learning rate or at one that suits the rule.
template <class F>
auto with_rule(const std::string& name, std::optional<double> rate, const F& f) {
  if (name == "sgd") return f(kindred::Sgd{.learning_rate = rate.value_or(0.01)});
  if (name == "momentum") return f(kindred::Momentum{.learning_rate = rate.value_or(0.001)});
  if (name == "nesterov") return f(kindred::Nesterov{.learning_rate = rate.value_or(0.001)});
  if (name == "adagrad") return f(kindred::Adagrad{.learning_rate = rate.value_or(0.1)});
  if (name == "rmsprop") return f(kindred::RmsProp{.learning_rate = rate.value_or(0.005)});
  if (name == "adam") return f(kindred::Adam{.learning_rate = rate.value_or(0.005)});
  if (name == "adamw") return f(kindred::AdamW{.learning_rate = rate.value_or(0.005)});
  if (name == "ftrl") return f(kindred::Ftrl{.learning_rate = rate.value_or(0.1)});
  return f(kindred::RowwiseAdagrad{.learning_rate = rate.value_or(0.1)});
}

/// Rules whose steps do not need the whole of an example's gradient history run well one example at a time; the moments of the others ask
/// for batches.
inline int default_batch(const std::string& rule) {
  return rule == "rmsprop" || rule == "adam" || rule == "adamw" || rule == "momentum" || rule == "nesterov" ? 256 : 1;
}

/// The training rows without those that --validation keeps for early stopping, and these.
inline kindred::TrainTest validation_split(const kindred::Interactions& data, const Options& options) {
  auto split = kindred::split_random(data, {.test_fraction = options.validation.value(), .seed = options.seed});
  kindred::detail::require(split.train.size() > 0 && split.test.size() > 0,
                           "--validation: must leave rows to train on and rows to validate with, got ", split.train.size(),
                           " and ", split.test.size());
  return split;
}

template <class Scorer>
Outcome run_collaborative_with(const Options& options, const Part& part, const kindred::Threads& threads) {
  using Model = kindred::CollaborativeModel<float, kindred::Dynamic, Scorer>;
  const std::string rule_name = options.optimizer.value_or("rowwise-adagrad");
  kindred::CollaborativeRecipe recipe =
      kindred::collaborative_recipe(part.train, feedback(options), options.dim.value_or(64), options.seed);
  recipe.epochs = options.epochs.value_or(recipe.epochs);
  recipe.trainer.batch = options.batch.value_or(default_batch(rule_name));
  recipe.trainer.schedule = kindred::linear_schedule(recipe.epochs);
  if (options.negatives) recipe.trainer.negatives.per_positive = *options.negatives;
  if (options.l2) recipe.l2 = {*options.l2};

  Outcome outcome;
  return with_rule(rule_name, options.learning_rate, [&](auto rule) {
    const Stopwatch watch;
    const auto make_model = [&] { return Model(part.train.users(), part.train.items(), recipe.model); };
    const auto make_trainer = [&](double weight) {
      kindred::GradientOptions with_weight = recipe.trainer;
      with_weight.l2.embeddings = weight;
      return kindred::GradientTrainer(kindred::SquaredError{}, rule, with_weight);
    };
    double l2 = recipe.l2.front();
    if (recipe.l2.size() > 1) {
      say(options.quiet, "choosing the L2 weight of " + std::to_string(recipe.l2.size()) + " on held-out training rows");
      l2 = recipe.l2[choose_l2(part.train, feedback(options), recipe.l2, make_model, make_trainer, recipe.epochs, options.seed,
                               threads)
                         .best];
    }

    Model model = make_model();
    std::optional<kindred::TrainTest> split;
    kindred::FitOptions<Model> fitting{.epochs = recipe.epochs,
                                       .after_epoch = progress(options.quiet, recipe.epochs, part.train.size())};
    if (options.validation) {
      split = validation_split(part.train, options);
      fitting.early_stopping = {
          .figure = [&](const Model& now) { return kindred::validation_figure(now, *split, feedback(options)); },
          .goal = kindred::validation_goal(feedback(options))};
    }
    const auto report = kindred::fit(model, split ? split->train : part.train, make_trainer(l2), fitting, threads);
    outcome.options = {{"dim", model.dim()},
                       {"scorer", options.scorer},
                       {"loss", options.loss},
                       {"optimizer", rule_name},
                       {"learning_rate", rule.learning_rate},
                       {"schedule", "linear"},
                       {"l2", l2},
                       {"l2_biases", recipe.trainer.l2.biases},
                       {"l2_frequency_power", recipe.trainer.l2.frequency_power},
                       {"epochs", report.best_epoch},
                       {"batch", recipe.trainer.batch},
                       {"negatives", recipe.trainer.negatives.per_positive},
                       {"biases", recipe.model.biases},
                       {"deviation", recipe.model.deviation},
                       {"scale", recipe.model.scale}};
    if (options.model == "neighbourhood") {
      const kindred::Index neighbours = options.neighbours.value_or(50);
      outcome.options["neighbours"] = neighbours;
      const kindred::NeighbourhoodModel<> near(model, part.train, {.neighbours = neighbours, .feedback = feedback(options)},
                                               threads);
      outcome.train_seconds = watch.seconds();
      measure(near, part, options, threads, outcome);
    } else {
      outcome.train_seconds = watch.seconds();
      measure(model, part, options, threads, outcome);
    }
    return outcome;
  });
}

}  // namespace workbench

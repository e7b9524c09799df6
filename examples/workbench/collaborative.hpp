// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The collaborative model and its neighbourhoods, with any loss and update rule. Each scorer is a translation unit of its own, which keeps
/// the build quick.

#include "any_rule.hpp"
#include "either_trainer.hpp"
#include "models.hpp"
#include "progress.hpp"

#include <kindred/data/split.hpp>
#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/metric/search.hpp>
#include <kindred/metric/training_trial.hpp>
#include <kindred/train/ranking_recipe.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace workbench {

using Recipe = kindred::BasicCollaborativeRecipe<EitherTrainer>;

/// What --tune searches, around the values of the recipe; and the option's name for each.
inline kindred::SearchSpace space_around(const Recipe& recipe, double rate, const Options& options) {
  std::vector<kindred::SearchParameter> parameters;
  if (!options.dim) parameters.push_back({"dim", kindred::Choice{8, 16, 32, 64, 128}});
  if (!options.l2) parameters.push_back({"l2", kindred::LogUniform{recipe.l2.front() / 4, recipe.l2.back() * 4}});
  if (!options.learning_rate) parameters.push_back({"learning_rate", kindred::LogUniform{rate / 5, rate * 5}});
  if (options.implicit() && !options.negatives) {
    parameters.push_back({"negatives", kindred::Choice{2, 4, 8, 16, 32}});
  }
  kindred::detail::require(!parameters.empty(), "--tune: must have something to choose, got all of it given");
  return kindred::SearchSpace(std::move(parameters));
}

template <class Scorer>
class CollaborativeRun {
  using Model = kindred::CollaborativeModel<float, kindred::Dynamic, Scorer>;

 public:
  CollaborativeRun(const Options& options, const Part& part, const kindred::Threads& threads)
      : options_(options), part_(part), threads_(threads) {}

  /// The loss by its name, with the margin or temperature that suits the scorer: a cosine ends at 1.
  Outcome run() {
    constexpr bool cosine = !std::is_same_v<Scorer, kindred::DotProduct>;
    if (options_.loss == "logistic") return run(kindred::Logistic{});
    if (options_.loss == "bpr") return run(kindred::Bpr{});
    if (options_.loss == "warp") return run(kindred::Warp{.margin = cosine ? 0.25 : 1});
    if (options_.loss == "softmax") return run(kindred::SampledSoftmax{.temperature = cosine ? 0.1 : 1});
    return run(kindred::SquaredError{});
  }

 private:
  /// What settings are chosen by, for implicit feedback.
  template <class Loss>
  static constexpr std::string_view ranking = std::is_same_v<Loss, kindred::SquaredError> ? "recall@20" : "ndcg@20";

  template <class Loss>
  Recipe recipe_of(const Loss& loss) const {
    const kindred::Index dim = options_.dim.value_or(64);
    int batch = 1;
    const auto of_library = [&] {
      if constexpr (std::is_same_v<Loss, kindred::SquaredError>) {
        return collaborative_recipe(part_.train, feedback(options_), dim, options_.seed);
      } else {
        return recipe_for(loss, part_.train, dim, options_.seed);
      }
    }();
    if constexpr (requires { of_library.trainer.batch; }) batch = of_library.trainer.batch;
    Recipe recipe = of_library.template with<EitherTrainer>();
    recipe.epochs = options_.epochs.value_or(recipe.epochs);
    const int by_rule = options_.optimizer ? default_batch(*options_.optimizer) : batch;
    recipe.trainer.batch = options_.batch.value_or(std::max(by_rule, batch));
    recipe.trainer.schedule = kindred::linear_schedule(recipe.epochs);
    if (options_.negatives) recipe.trainer.negatives.per_positive = *options_.negatives;
    if (options_.l2) recipe.l2 = {*options_.l2};
    return recipe;
  }

  Model make_model(const Recipe& recipe) const { return Model(part_.train.users(), part_.train.items(), recipe.model); }

  template <class Loss>
  Outcome run(const Loss& loss) {
    Recipe recipe = recipe_of(loss);
    const std::string name = options_.optimizer.value_or("rowwise-adagrad");
    const auto rate =
        name == "rowwise-adagrad" ? options_.learning_rate.value_or(recipe.rule.learning_rate) : options_.learning_rate;
    AnyRule rule = AnyRule::named(name, rate);
    const Stopwatch watch;
    double l2 = recipe.l2.front();
    const auto make_trainer = [&](double weight) {
      kindred::GradientOptions with_weight = recipe.trainer;
      with_weight.l2.embeddings = weight;
      return EitherTrainer(loss, rule, with_weight);
    };
    if (options_.tune > 0) {
      tune(loss, recipe, rule, l2);
    } else if (recipe.l2.size() > 1) {
      say(options_.quiet,
          kindred::detail::concat("choosing the L2 weight of ", recipe.l2.size(), " on held-out training rows"));
      l2 = recipe.l2[choose_l2(
                         part_.train, feedback(options_), recipe.l2, [&] { return make_model(recipe); }, make_trainer,
                         recipe.epochs, options_.seed, threads_, ranking<Loss>)
                         .best];
    }

    Outcome outcome;
    Model model = make_model(recipe);
    std::optional<kindred::TrainTest> split;
    kindred::FitOptions<Model> fitting{
        .epochs = recipe.epochs, .after_epoch = progress(options_.quiet, recipe.epochs, part_.train.size(), outcome.curve)};
    if (options_.validation) {
      split = validation_split(part_.train, options_);
      fitting.early_stopping = {
          .figure =
              [&](const Model& now) { return kindred::validation_figure(now, *split, feedback(options_), ranking<Loss>); },
          .goal = kindred::validation_goal(feedback(options_))};
    }
    const auto report = kindred::fit(model, split ? split->train : part_.train, make_trainer(l2), fitting, threads_);
    outcome.options = {{"dim", model.dim()},
                       {"scorer", options_.scorer},
                       {"loss", options_.loss},
                       {"optimizer", name},
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
    recipe.trainer.l2.embeddings = l2;
    outcome.fold_in = fold_in_of(recipe.trainer, recipe.model.scale, part_, options_);
    if constexpr (requires { loss.margin; }) outcome.options["margin"] = loss.margin;
    if constexpr (requires { loss.temperature; }) outcome.options["temperature"] = loss.temperature;
    if (options_.tune > 0) outcome.options["tuned"] = options_.tune;
    finish(model, watch, outcome);
    return outcome;
  }

  void finish(const Model& model, const Stopwatch& watch, Outcome& outcome) const {
    if (options_.model == "neighbourhood") {
      const kindred::Index neighbours = options_.neighbours.value_or(50);
      outcome.options["neighbours"] = neighbours;
      const kindred::NeighbourhoodModel<> near(model, part_.train, {.neighbours = neighbours, .feedback = feedback(options_)},
                                               threads_);
      outcome.train_seconds = watch.seconds();
      measure(near, part_, options_, threads_, outcome);
    } else {
      outcome.train_seconds = watch.seconds();
      measure(model, part_, options_, threads_, outcome);
    }
  }

  /// Sets what was not given to the best of --tune TRIALS by successive halving on held-out training rows.
  template <class Loss>
  void tune(const Loss& loss, Recipe& recipe, AnyRule& rule, double& l2) const {
    const kindred::SearchSpace space = space_around(recipe, rule.learning_rate, options_);
    say(options_.quiet, "searching " + to_string(space) + " on held-out training rows");
    const auto split = kindred::hold_out_validation(part_.train, feedback(options_), options_.seed);
    kindred::detail::require(split.train.size() > 0 && split.test.size() > 0,
                             "--tune: must have rows to train on and rows to validate with, got ", split.train.size(), " and ",
                             split.test.size());
    const auto apply = [&](const kindred::Configuration& drawn, Recipe& to, AnyRule& by) {
      for (const auto& [name, value] : drawn.values()) {
        if (name == "dim") to.model.dim = static_cast<kindred::Index>(value);
        if (name == "l2") to.l2 = {value};
        if (name == "learning_rate") by = AnyRule::named(options_.optimizer.value_or("rowwise-adagrad"), value);
        if (name == "negatives") to.trainer.negatives.per_positive = static_cast<int>(value);
      }
      if (to.model.dim) to.model.deviation = 0.05 * std::sqrt(static_cast<double>(*to.model.dim));
      to.trainer.l2.embeddings = to.l2.front();
    };
    const auto make = [&](const kindred::Configuration& drawn) {
      Recipe of_trial = recipe;
      AnyRule by = rule;
      apply(drawn, of_trial, by);
      const auto figure = [&](const Model& model) {
        return kindred::validation_figure(model, split, feedback(options_), ranking<Loss>);
      };
      return kindred::TrainingTrial(make_model(of_trial), EitherTrainer(loss, by, of_trial.trainer), split.train, figure);
    };
    const auto found = kindred::search(space, kindred::validation_goal(feedback(options_)), make,
                                       {.trials = options_.tune,
                                        .budget = recipe.epochs,
                                        .first_budget = std::max(1, recipe.epochs / 9),
                                        .seed = options_.seed,
                                        .after_trial =
                                            [&](const kindred::SearchTrial& trial) {
                                              say(options_.quiet, kindred::detail::concat("trial ", trial.trial, ", epoch ",
                                                                                          trial.budget, ": ", trial.figure));
                                            }},
                                       threads_);
    apply(found.best().configuration, recipe, rule);
    l2 = recipe.l2.front();
  }

  const Options& options_;
  const Part& part_;
  const kindred::Threads& threads_;
};

}  // namespace workbench

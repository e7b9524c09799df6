// SPDX-License-Identifier: MIT
// The content model and the hybrid of explicit feedback.
#include "models.hpp"
#include "progress.hpp"

#include <cmath>

#include <kindred/metric/choose_rating_hybrid.hpp>

namespace workbench {

namespace {

using FeaturesPtr = std::shared_ptr<const kindred::Features>;

/// The features of each side; where no file was given, each id that has training rows is a feature of its own.
std::pair<FeaturesPtr, FeaturesPtr> features_of(const Options& options, const Part& part) {
  kindred::detail::require(part.user_features || part.item_features, "--model: '", options.model,
                           "' must have --item-features or --user-features for explicit feedback, got neither");
  const auto or_ids = [](const FeaturesPtr& features, const std::vector<bool>& known) {
    return features ? features : std::make_shared<const kindred::Features>(kindred::identity_features(known));
  };
  return {or_ids(part.user_features, users_with_rows(part.train)), or_ids(part.item_features, items_with_rows(part.train))};
}

kindred::ContentRecipe content_recipe(const Options& options) {
  kindred::ContentRecipe recipe;
  recipe.dim = options.dim.value_or(64);
  recipe.batch = options.batch.value_or(recipe.batch);
  recipe.learning_rate = options.learning_rate.value_or(recipe.learning_rate);
  recipe.seed = options.seed;
  return recipe;
}

/// The weights of L2 stand here as for other models, not in units of the ratings' variance.
nlohmann::ordered_json described(const kindred::ContentRecipe& recipe, double variance) {
  return {{"dim", *recipe.dim},
          {"optimizer", "rowwise-adagrad"},
          {"learning_rate", recipe.learning_rate},
          {"schedule", "linear"},
          {"batch", recipe.batch},
          {"content_epochs", recipe.epochs},
          {"content_l2", variance * recipe.strength * recipe.l2},
          {"content_l2_biases", variance * recipe.strength * recipe.bias_l2},
          {"l2_frequency_power", recipe.frequency_power}};
}

}  // namespace

Outcome run_rating_content(const Options& options, const Part& part, const kindred::Threads& threads) {
  Outcome outcome;
  const Stopwatch watch;
  kindred::ContentRecipe recipe = content_recipe(options);
  recipe.epochs = options.epochs.value_or(recipe.epochs);
  const double variance = value_moments(part.train).variance();
  if (options.l2) recipe.l2 = *options.l2 / variance;
  recipe.after_epoch = progress(options.quiet, recipe.epochs, part.train.size(), outcome.curve);
  const auto [users, items] = features_of(options, part);
  const auto model = kindred::fit_content(part.train, users, items, recipe, threads);
  outcome.train_seconds = watch.seconds();
  outcome.options = described(recipe, variance);
  measure(model, part, options, threads, outcome);
  return outcome;
}

Outcome run_rating_hybrid(const Options& options, const Part& part, const kindred::Threads& threads) {
  Outcome outcome;
  const Stopwatch watch;
  kindred::RatingHybridRecipe recipe{.content = content_recipe(options)};
  recipe.epochs = options.epochs.value_or(recipe.epochs);
  recipe.batch = recipe.content.batch;
  recipe.learning_rate = recipe.content.learning_rate;
  const auto [users, items] = features_of(options, part);
  const double variance = value_moments(part.train).variance();
  if (options.l2) {
    recipe.l2 = *options.l2 / variance;
  } else {
    say(options.quiet, "choosing the strength of L2 on held-out training rows");
    recipe = choose_rating_hybrid(part.train, users, items, recipe, threads);
  }
  recipe.content.after_epoch = progress(options.quiet, recipe.content.epochs, part.train.size(), outcome.curve);
  recipe.after_epoch = progress(options.quiet, recipe.epochs, part.train.size(), outcome.curve);
  const auto model = kindred::fit_rating_hybrid(part.train, users, items, recipe, threads);
  outcome.parts = {"features", "ids and features"};
  outcome.fold_in.least_squares = kindred::ridge_of({.embeddings = variance * recipe.strength * recipe.l2,
                                                     .biases = variance * recipe.bias_l2,
                                                     .frequency_power = recipe.content.frequency_power},
                                                    std::sqrt(variance));
  outcome.train_seconds = watch.seconds();
  outcome.options = described(recipe.content, variance);
  outcome.options.update({{"epochs", recipe.epochs},
                          {"l2", variance * recipe.strength * recipe.l2},
                          {"l2_features", variance * recipe.strength * recipe.feature_l2},
                          {"l2_biases", variance * recipe.bias_l2}});
  measure(model, part, options, threads, outcome);
  return outcome;
}

}  // namespace workbench

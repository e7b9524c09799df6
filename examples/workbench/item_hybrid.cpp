// SPDX-License-Identifier: MIT
// The content model and the hybrid of implicit feedback.
#include "either_trainer.hpp"
#include "models.hpp"
#include "progress.hpp"

#include <kindred/metric/choose_item_hybrid.hpp>

namespace workbench {

namespace {

kindred::Features item_features(const Part& part) {
  if (part.item_features) return without_numbers(*part.item_features, *part.item_space);
  kindred::Features none(0);
  for (kindred::Index i = 0; i < part.train.items(); ++i) none.add_row({});
  return none;
}

}  // namespace

Outcome run_item_content(const Options& options, const Part& part, const kindred::Threads& threads) {
  kindred::detail::require(part.item_features != nullptr,
                           "--model: 'content' must have --item-features for implicit feedback, got none");
  Outcome outcome;
  const Stopwatch watch;
  kindred::ContentKnnOptions knn;
  if (options.neighbours) knn.neighbours = *options.neighbours;
  outcome.fold_in.history = knn.history;
  const kindred::ItemKnn model(part.train, item_features(part), knn, threads);
  outcome.train_seconds = watch.seconds();
  outcome.options = {{"neighbours", knn.neighbours}, {"similarity", "cosine of item features"}};
  measure(model, part, options, threads, outcome);
  return outcome;
}

Outcome run_item_hybrid(const Options& options, const Part& part, const kindred::Threads& threads) {
  Outcome outcome;
  const Stopwatch watch;
  kindred::BasicItemHybridRecipe<EitherTrainer> recipe{
      .collaborative = collaborative_recipe(part.train, kindred::Feedback::implicit, options.dim.value_or(64), options.seed)
                           .with<EitherTrainer>()};
  recipe.collaborative.epochs = options.epochs.value_or(recipe.collaborative.epochs);
  recipe.collaborative.trainer.schedule = kindred::linear_schedule(recipe.collaborative.epochs);
  recipe.collaborative.rule.learning_rate = options.learning_rate.value_or(recipe.collaborative.rule.learning_rate);
  recipe.collaborative.trainer.batch = options.batch.value_or(1);
  if (options.negatives) recipe.collaborative.trainer.negatives.per_positive = *options.negatives;
  if (options.l2) recipe.collaborative.l2 = {recipe.l2 = *options.l2};
  if (options.neighbours) recipe.neighbours = *options.neighbours;
  const kindred::Features features = item_features(part);
  say(options.quiet, "choosing L2, the ageing of histories and the parts' weights on held-out training rows");
  recipe = choose_item_hybrid(part.train, features, recipe, threads);
  auto collaborative = kindred::fit_collaborative<kindred::Dynamic>(
      part.train, recipe.collaborative, recipe.l2, threads,
      progress(options.quiet, recipe.collaborative.epochs, part.train.size(), outcome.curve));
  const auto model = make_item_hybrid(part.train, features, std::move(collaborative), recipe, threads);
  outcome.parts = {"neighbours", "collaborative", "content", "popularity"};
  outcome.train_seconds = watch.seconds();
  recipe.collaborative.trainer.l2.embeddings = recipe.l2;
  outcome.fold_in = fold_in_of(recipe.collaborative.trainer, recipe.collaborative.model.scale, part, options);
  outcome.fold_in.history = recipe.knn().history;
  outcome.options = {{"dim", recipe.collaborative.model.dim.value()},
                     {"optimizer", "rowwise-adagrad"},
                     {"learning_rate", recipe.collaborative.rule.learning_rate},
                     {"schedule", "linear"},
                     {"l2", recipe.l2},
                     {"epochs", recipe.collaborative.epochs},
                     {"batch", recipe.collaborative.trainer.batch},
                     {"negatives", recipe.collaborative.trainer.negatives.per_positive},
                     {"neighbours", recipe.neighbours},
                     {"stand_ins", recipe.stand_ins},
                     {"decay", recipe.decay},
                     {"weight_neighbours", 1.0},
                     {"weight_collaborative", recipe.collaborative_weight},
                     {"weight_content", recipe.content_weight}};
  measure(model, part, options, threads, outcome);
  return outcome;
}

}  // namespace workbench

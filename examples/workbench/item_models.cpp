// SPDX-License-Identifier: MIT
#include "models.hpp"

#include <kindred/model/ease.hpp>
#include <kindred/model/item_knn.hpp>

namespace workbench {

Outcome run_ease(const Options& options, const Part& part, const kindred::Threads& threads) {
  kindred::EaseOptions ease;
  if (options.l2) ease.lambda = *options.l2;
  Outcome outcome;
  outcome.options = {{"lambda", ease.lambda}, {"history_power", ease.history.power}, {"history_decay", ease.history.decay}};
  const Stopwatch watch;
  outcome.fold_in.history = ease.history;
  const kindred::Ease model(part.train, ease, threads);
  outcome.train_seconds = watch.seconds();
  measure(model, part, options, threads, outcome);
  return outcome;
}

Outcome run_item_knn(const Options& options, const Part& part, const kindred::Threads& threads) {
  kindred::ItemKnnOptions knn;
  if (options.neighbours) knn.neighbours = *options.neighbours;
  Outcome outcome;
  outcome.options = {{"neighbours", knn.neighbours},
                     {"neighbours_of", "history"},
                     {"weighting", "tf-idf"},
                     {"history_power", knn.history.power},
                     {"history_decay", knn.history.decay}};
  const Stopwatch watch;
  outcome.fold_in.history = knn.history;
  const kindred::ItemKnn model(part.train, knn, threads);
  outcome.train_seconds = watch.seconds();
  measure(model, part, options, threads, outcome);
  return outcome;
}

}  // namespace workbench

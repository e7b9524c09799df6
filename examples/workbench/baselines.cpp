// SPDX-License-Identifier: MIT
#include "models.hpp"

#include <kindred/metric/choose_bias.hpp>
#include <kindred/model/popularity.hpp>

namespace workbench {

Outcome run_baseline(const Options& options, const Part& part, const kindred::Threads& threads) {
  Outcome outcome;
  const Stopwatch watch;
  if (options.model == "popularity") {
    const kindred::Popularity model(part.train);
    outcome.train_seconds = watch.seconds();
    measure(model, part, options, threads, outcome);
  } else {
    const kindred::BiasOptions damping = kindred::choose_bias_damping(part.train, options.seed, threads);
    const kindred::BiasModel model(part.train, damping);
    outcome.train_seconds = watch.seconds();
    outcome.fold_in.user_damping = damping.user_damping;
    outcome.options["user_damping"] = damping.user_damping;
    outcome.options["item_damping"] = damping.item_damping;
    measure(model, part, options, threads, outcome);
  }
  return outcome;
}

}  // namespace workbench

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Trains the model that was asked for on one part of the data and measures it.

#include "data.hpp"
#include "options.hpp"

#include <kindred/data/split.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/serve/recommend.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace workbench {

using Figures = std::vector<std::pair<std::string, double>>;

/// An item that is recommended, with the share of each part of a hybrid.
struct Recommended {
  kindred::Scored entry;
  std::vector<kindred::Share<float>> shares = {};
};

struct Outcome {
  Figures metrics;
  std::vector<std::pair<std::string, Figures>> cells;
  std::vector<Recommended> recommended = {};
  std::vector<std::string> parts = {};                                ///< the names of a hybrid's parts
  nlohmann::ordered_json options = nlohmann::ordered_json::object();  ///< those in force, chosen for the data too
  double train_seconds = 0, evaluate_seconds = 0;
};

inline kindred::Feedback feedback(const Options& options) {
  return options.implicit() ? kindred::Feedback::implicit : kindred::Feedback::explicit_ratings;
}

/// The metrics that were asked for, or those that suit the feedback.
inline std::string metrics(const Options& options) {
  if (!options.metrics.empty()) return options.metrics;
  return options.implicit() ? "recall@20,ndcg@20,coverage@20" : "rmse,mae";
}

/// The training rows without those that --validation keeps for early stopping, and these.
inline kindred::TrainTest validation_split(const kindred::Interactions& data, const Options& options) {
  auto split = kindred::split_random(data, {.test_fraction = options.validation.value(), .seed = options.seed});
  kindred::detail::require(split.train.size() > 0 && split.test.size() > 0,
                           "--validation: must leave rows to train on and rows to validate with, got ", split.train.size(),
                           " and ", split.test.size());
  return split;
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <class M>
Figures figures(const M& model, const Part& part, const kindred::Interactions& test, const Options& options,
                const kindred::Threads& threads) {
  const auto report = kindred::evaluate(model, part.train, test, metrics(options),
                                        {.negatives = options.candidates, .seed = options.seed}, threads);
  Figures values;
  for (const auto& result : report.results) values.emplace_back(result.name, result.value);
  return values;
}

/// What a trained model recommends to the user who was asked for.
template <class M>
void recommend_to_user(const M& model, const Part& part, const Options& options, Outcome& outcome) {
  for (const auto& [item, score] :
       kindred::recommend(model, part.user, {.count = options.count, .exclude = part.train.items_of(part.user)})) {
    Recommended& one = outcome.recommended.emplace_back();
    one.entry = {item, static_cast<float>(score)};
    if constexpr (requires { model.breakdown(part.user, kindred::ItemId(0)); }) {
      for (const auto& share : model.breakdown(part.user, item)) one.shares.push_back(share);
    }
  }
}

/// Measures a trained model on the test rows and on each cell; or recommends, if that was asked for.
template <class M>
void measure(const M& model, const Part& part, const Options& options, const kindred::Threads& threads, Outcome& outcome) {
  if (options.recommending) return recommend_to_user(model, part, options, outcome);
  const Stopwatch watch;
  outcome.metrics = figures(model, part, part.test, options, threads);
  for (const auto& [name, rows] : part.cells) {
    if (rows.size() > 0) outcome.cells.emplace_back(name, figures(model, part, rows, options, threads));
  }
  outcome.evaluate_seconds = watch.seconds();
}

Outcome run_als(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_baseline(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_autoencoder(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_collaborative(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_collaborative_cosine(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_ease(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_item_knn(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_item_content(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_item_hybrid(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_rating_content(const Options& options, const Part& part, const kindred::Threads& threads);
Outcome run_rating_hybrid(const Options& options, const Part& part, const kindred::Threads& threads);

}  // namespace workbench

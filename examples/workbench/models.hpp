// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Trains the model that was asked for on one part of the data and measures it.

#include "data.hpp"
#include "options.hpp"
#include "picture.hpp"
#include "progress.hpp"

#include <kindred/data/split.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/serialize/model_file.hpp>
#include <kindred/serve/fold_in.hpp>
#include <kindred/train/gradient_options.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace workbench {

using Figures = std::vector<std::pair<std::string, double>>;

struct Outcome {
  Figures metrics;
  std::vector<std::pair<std::string, Figures>> cells;
  std::vector<std::string> parts = {};                                ///< the names of a hybrid's parts
  std::shared_ptr<Curve> curve = std::make_shared<Curve>();           ///< of the last training
  Picture picture = {};                                               ///< for --report
  kindred::FoldInOptions fold_in = {};                                ///< how users who were not there are made of a history
  nlohmann::ordered_json options = nlohmann::ordered_json::object();  ///< those in force, chosen for the data too
  double train_seconds = 0, evaluate_seconds = 0;
};

inline kindred::Feedback feedback(const Options& options) {
  return options.implicit() ? kindred::Feedback::implicit : kindred::Feedback::explicit_ratings;
}

/// The least squares that make a new user of a history for a model that gradients trained: of ratings the same objective, of implicit
/// feedback that of squared errors with the sampled negatives as a weight on every pair (a stand-in for the ranking losses).
inline kindred::FoldInOptions fold_in_of(const kindred::GradientOptions& trainer, double scale, const Part& part,
                                         const Options& options) {
  kindred::FoldInOptions fold{.least_squares = kindred::ridge_of(trainer.l2, scale)};
  if (!options.implicit()) return fold;
  const auto negatives = static_cast<double>(trainer.negatives.per_positive);
  const double pairs = static_cast<double>(part.train.users()) * static_cast<double>(part.train.items());
  fold.least_squares.feedback = kindred::Feedback::implicit;
  fold.least_squares.unobserved = negatives * static_cast<double>(part.train.size()) / pairs;
  // Its frequency counts the pairs without a row too, `negatives` times as many as rows, on average; that of gradients does not.
  fold.least_squares.lambda *= std::pow(1 + negatives, -fold.least_squares.frequency_power);
  return fold;
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

/// The notes that `recommend --load` reads, beside what a model file has anyway.
std::map<std::string, std::string> notes_of(const Part& part, const Options& options, const Outcome& outcome);

template <class M>
void save_model(const M& model, const Part& part, const Options& options, const Outcome& outcome) {
  kindred::SaveOptions saving{.users = part.users.get(), .items = part.items.get(), .notes = notes_of(part, options, outcome)};
  saving.user_features = part.user_space.get();
  saving.item_features = part.item_space.get();
  if (options.precision == "f16") saving.tables = kindred::DType::f16;
  if (options.precision == "bf16") saving.tables = kindred::DType::bf16;
  kindred::save(options.save, model, saving);
}

/// Saves a trained model, if that was asked for, and measures it on the test rows and on each cell, if there are any.
template <class M>
void measure(const M& model, const Part& part, const Options& options, const kindred::Threads& threads, Outcome& outcome) {
  if (!options.save.empty()) save_model(model, part, options, outcome);
  if (options.command == Command::train) return;
  if (!options.report.empty()) outcome.picture = picture_of(model, part.train);
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

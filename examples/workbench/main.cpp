// SPDX-License-Identifier: MIT
/// kindred-workbench: tries the models on a person's own interactions, without writing C++.
///
///     kindred-workbench evaluate --interactions ratings.csv --split random:0.2 --model collaborative --json figures.json
///     kindred-workbench train --interactions ratings.csv --model collaborative --save model.kindred
///     kindred-workbench recommend --load model.kindred --user 17

#include "data.hpp"
#include "models.hpp"
#include "options.hpp"
#include "output.hpp"
#include "recommend.hpp"
#include "report.hpp"

#include <kindred/version.hpp>

#include <cstdio>
#include <iostream>

namespace workbench {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Figures& figures) {
  Json object = Json::object();
  for (const auto& [name, value] : figures) object[name] = value;
  return object;
}

/// The mean of each figure over the parts.
Figures means(const std::vector<Outcome>& outcomes) {
  Figures sums = outcomes.front().metrics;
  for (std::size_t part = 1; part < outcomes.size(); ++part) {
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k].second += outcomes[part].metrics[k].second;
  }
  for (auto& [name, sum] : sums) sum /= static_cast<double>(outcomes.size());
  return sums;
}

Json report(const Options& options, const Data& data, const std::vector<Outcome>& outcomes, double read_seconds) {
  Json json = {{"kindred", KINDRED_VERSION},
               {"data",
                {{"users", data.users->size()},
                 {"items", data.items->size()},
                 {"train", data.parts.front().train.size()},
                 {"test", data.parts.front().test.size()}}},
               {"model", options.model}};
  json["options"] = {{"format", data.format},
                     {"feedback", options.feedback},
                     {"split", options.test.empty() ? options.split : "given"},
                     {"seed", options.seed},
                     {"threads", options.threads}};
  const Part& part = data.parts.front();
  if (part.item_features) json["data"]["item_features"] = part.item_features->sparse_dim();
  if (part.user_features) json["data"]["user_features"] = part.user_features->sparse_dim();
  if (!options.item_columns.empty()) json["options"]["item_columns"] = options.item_columns;
  if (!options.user_columns.empty()) json["options"]["user_columns"] = options.user_columns;
  if (options.min_value) json["options"]["min_value"] = *options.min_value;
  if (options.validation) json["options"]["validation"] = *options.validation;
  if (options.candidates > 0) json["options"]["candidates"] = options.candidates;
  json["options"].update(outcomes.front().options);
  json["metrics"] = json_of(means(outcomes));
  if (outcomes.size() > 1) {
    for (const Outcome& outcome : outcomes) json["folds"].push_back(json_of(outcome.metrics));
  }
  for (const auto& [name, figures] : outcomes.front().cells) json["cells"][name] = json_of(figures);
  double train = 0, evaluate = 0;
  for (const Outcome& outcome : outcomes) {
    train += outcome.train_seconds;
    evaluate += outcome.evaluate_seconds;
  }
  json["seconds"] = {{"read", read_seconds}, {"train", train}, {"evaluate", evaluate}};
  return json;
}

void print(const Json& json) {
  std::printf("%s on %lld users, %lld items, %lld rows to train, %lld to test\n", json["model"].get<std::string>().c_str(),
              json["data"]["users"].get<long long>(), json["data"]["items"].get<long long>(),
              json["data"]["train"].get<long long>(), json["data"]["test"].get<long long>());
  for (const char* kind : {"item_features", "user_features"}) {
    if (json["data"].contains(kind)) std::printf("  %-20s %lld\n", kind, json["data"][kind].get<long long>());
  }
  for (const auto& [name, value] : json["options"].items()) std::printf("  %-20s %s\n", name.c_str(), value.dump().c_str());
  std::printf("\n%-24s %10s", "metric", json.contains("folds") ? "mean" : "value");
  const auto columns = json.contains("folds") ? json["folds"] : json.value("cells", Json::array());
  for (const auto& [name, figures] : columns.items()) {
    std::printf(" %10s", (json.contains("folds") ? "fold " + std::to_string(std::stoi(name) + 1) : name).c_str());
  }
  std::printf("\n");
  for (const auto& [metric, value] : json["metrics"].items()) {
    std::printf("%-24s %10.5f", metric.c_str(), value.get<double>());
    for (const auto& figures : columns) std::printf(" %10.5f", figures[metric].get<double>());
    std::printf("\n");
  }
  std::printf("\n%.2f s to read, %.2f s to train, %.2f s to evaluate\n", json["seconds"]["read"].get<double>(),
              json["seconds"]["train"].get<double>(), json["seconds"]["evaluate"].get<double>());
}

Outcome run(const Options& options, const Part& part, const kindred::Threads& threads) {
  if (options.model == "popularity" || options.model == "bias") return run_baseline(options, part, threads);
  if (options.model == "als") return run_als(options, part, threads);
  if (options.model == "ease") return run_ease(options, part, threads);
  if (options.model == "item-knn") return run_item_knn(options, part, threads);
  if (options.model == "autoencoder") return run_autoencoder(options, part, threads);
  if (options.model == "content") {
    return options.implicit() ? run_item_content(options, part, threads) : run_rating_content(options, part, threads);
  }
  if (options.model == "hybrid") {
    return options.implicit() ? run_item_hybrid(options, part, threads) : run_rating_hybrid(options, part, threads);
  }
  return options.scorer == "cosine" ? run_collaborative_cosine(options, part, threads)
                                    : run_collaborative(options, part, threads);
}

void evaluate(const Options& options) {
  kindred::parse_metrics(metrics(options));
  const kindred::Threads threads(options.threads);
  const Stopwatch reading;
  const Data data = load(options, threads);
  const double read_seconds = reading.seconds();
  if (!options.quiet && options.format == "auto") std::printf("format: %s\n", data.format.c_str());
  std::vector<Outcome> outcomes;
  for (const Part& part : data.parts) {
    outcomes.push_back(run(options, part, threads));
  }
  const Json json = report(options, data, outcomes, read_seconds);
  if (!options.json.empty()) write(options.json, json);
  if (!options.report.empty()) write_text(options.report, html_report(json, data, outcomes.front()));
  if (!options.quiet) print(json);
}

/// Trains on all rows; what trains it saves it.
void train(const Options& options) {
  const kindred::Threads threads(options.threads);
  const Stopwatch watch;
  const Data data = load(options, threads);
  if (!options.quiet && options.format == "auto") std::printf("format: %s\n", data.format.c_str());
  const Outcome outcome = run(options, data.parts.front(), threads);
  const Json json = {
      {"kindred", KINDRED_VERSION},
      {"data", {{"users", data.users->size()}, {"items", data.items->size()}, {"train", data.parts.front().train.size()}}},
      {"model", options.model},
      {"options", outcome.options},
      {"saved", options.save}};
  if (!options.json.empty()) write(options.json, json);
  if (options.quiet) return;
  std::printf("%s on %lld users, %lld items, %lld rows, saved as %s in %.2f s\n", options.model.c_str(),
              static_cast<long long>(data.users->size()), static_cast<long long>(data.items->size()),
              static_cast<long long>(data.parts.front().train.size()), options.save.c_str(), watch.seconds());
  for (const auto& [name, value] : outcome.options.items()) std::printf("  %-20s %s\n", name.c_str(), value.dump().c_str());
}

}  // namespace

}  // namespace workbench

int main(int argc, char** argv) {
  workbench::Options options;
  if (const auto status = workbench::parse(argc, argv, options)) return *status;
  try {
    switch (options.command) {
      case workbench::Command::evaluate:
        workbench::evaluate(options);
        break;
      case workbench::Command::train:
        workbench::train(options);
        break;
      case workbench::Command::recommend:
        workbench::recommend(options);
        break;
      case workbench::Command::similar:
        workbench::similar(options);
        break;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return 0;
}

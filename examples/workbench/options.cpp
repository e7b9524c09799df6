// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <kindred/data/text.hpp>
#include <kindred/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

namespace workbench {

namespace {

/// CLI11's own checks of bounds let NaN pass, and print the largest number there is with its 309 digits.
CLI::Validator number_above_zero(bool or_zero) {
  const std::string what = or_zero ? "a number of at least 0" : "a number above 0";
  return CLI::Validator(
      [=](const std::string& text) {
        double number = 0;
        const bool holds =
            CLI::detail::lexical_cast(text, number) && std::isfinite(number) && (number > 0 || (or_zero && number == 0));
        return holds ? std::string() : "must be " + what + ", got " + kindred::detail::shown(text);
      },
      or_zero ? ">= 0" : "> 0");
}

void add_features(CLI::App& app, const std::string& what, std::string& file, std::string& columns) {
  auto* features =
      app.add_option("--" + what + "-features", file,
                     "What is known of each " + what + ": a table with a header line, or the " + what + " file of MovieLens")
          ->group("Data");
  app.add_option(
         "--" + what + "-columns", columns,
         "id=NAME,NAME=category,NAME=set(|),NAME=number,NAME=text: the table's columns to use, by header name or position "
         "from 1")
      ->needs(features)
      ->group("Data");
}

void add_data(CLI::App& app, Options& options) {
  app.add_option("--interactions", options.interactions, "File of user, item[, value[, time]]")->required()->group("Data");
  app.add_option("--format", options.format, "Told from the file by default, and printed")
      ->check(CLI::IsMember({"auto", "movielens-100k", "movielens-1m", "csv", "tsv", "adjacency"}))
      ->capture_default_str()
      ->group("Data");
  app.add_option("--columns", options.columns, "user=NAME,item=NAME,value=NAME,time=NAME, by header name or position from 1")
      ->group("Data");
  app.add_option("--feedback", options.feedback, "explicit: value is a rating to predict; implicit: a row is a positive")
      ->check(CLI::IsMember({"explicit", "implicit"}))
      ->capture_default_str()
      ->group("Data");
  app.add_option("--min-value", options.min_value, "implicit: keep rows with at least this value")->group("Data");
  app.add_option("--duplicates", options.duplicates,
                 "A (user, item) pair that comes twice in a file: an error, keep-last or sum")
      ->check(CLI::IsMember({"error", "keep-last", "sum"}))
      ->capture_default_str()
      ->group("Data");
  add_features(app, "item", options.item_features, options.item_columns);
  add_features(app, "user", options.user_features, options.user_columns);
}

void add_split(CLI::App& app, Options& options) {
  auto* test = app.add_option("--test", options.test, "File of test rows, in the same format")->group("Split");
  app.add_option(
         "--split", options.split,
         "random:F, last:N or last:F (of each user's rows by time), time:F (train on the earliest F), folds:K, cold-items:F, "
         "cold-users:F, ladder:F")
      ->excludes(test)
      ->group("Split");
}

void add_model(CLI::App& app, Options& options) {
  app.add_option("--model", options.model, "Which model")
      ->check(CLI::IsMember({"popularity", "bias", "als", "autoencoder", "collaborative", "content", "hybrid", "neighbourhood",
                             "ease", "item-knn"}))
      ->capture_default_str()
      ->group("Model");
  app.add_option("--loss", options.loss, "What training minimises; all but squared need implicit feedback")
      ->check(CLI::IsMember({"squared", "logistic", "bpr", "warp", "softmax"}))
      ->capture_default_str()
      ->group("Model");
  app.add_option("--scorer", options.scorer, "How two embeddings become a score")
      ->check(CLI::IsMember({"dot", "cosine"}))
      ->capture_default_str()
      ->group("Model");
  app.add_option("--dim", options.dim, "Embedding size (default 64; autoencoder 100, implicit 200)")
      ->check(CLI::Range(1, 4096))
      ->group("Model");
  app.add_option(
         "--neighbours", options.neighbours,
         "neighbourhood: how many alike users (default 50); item-knn, and content and hybrid if implicit: how many alike items "
         "(default 20)")
      ->check(CLI::Range(1, 1000000))
      ->group("Model");
}

void add_training(CLI::App& app, Options& options) {
  app.add_option("--optimizer", options.optimizer, "Update rule (default rowwise-adagrad; autoencoder: adam)")
      ->check(CLI::IsMember({"sgd", "momentum", "nesterov", "adagrad", "rowwise-adagrad", "rmsprop", "adam", "adamw", "ftrl"}))
      ->group("Training");
  app.add_option("--learning-rate", options.learning_rate, "Of the rule (default: the rule's)")
      ->check(number_above_zero(false))
      ->group("Training");
  app.add_option("--l2", options.l2,
                 "L2 weight of the embeddings (default: chosen on held-out training rows; content and autoencoder: of the "
                 "recipe; als: its lambda, chosen; ease: its lambda, 300)")
      ->check(number_above_zero(true))
      ->group("Training");
  app.add_option("--epochs", options.epochs,
                 "Passes over the data (default 20, implicit 15; warp 80, bpr 40, logistic and softmax 20; als 15, implicit "
                 "10; content 10; autoencoder 60, "
                 "implicit 40)")
      ->check(CLI::Range(1, 100000))
      ->group("Training");
  app.add_option("--batch", options.batch,
                 "Rows in a step; 1: per example (default 1; 128 for the ranking losses; 256 for the adaptive rules of "
                 "networks, and for content and "
                 "hybrid of ratings; autoencoder: 64 items, implicit 16)")
      ->check(CLI::Range(1, 100000000))
      ->group("Training");
  app.add_option("--negatives", options.negatives,
                 "implicit: sampled negatives for each positive (default 16; logistic 8, bpr 4, softmax 32, warp at most 10; "
                 "autoencoder 8)")
      ->check(CLI::Range(1, 10000))
      ->group("Training");
  app.add_option("--threads", options.threads, "The figures do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group("Training");
  app.add_option("--seed", options.seed, "Of everything random")->capture_default_str()->group("Training");
  app.add_option("--validation", options.validation, "Early stopping on this fraction of the training rows")
      ->check(CLI::Range(0.001, 0.9))
      ->group("Training");
  app.add_option("--tune", options.tune,
                 "Searches so many settings of what is not given (dim, L2, learning rate, negatives) on held-out training rows")
      ->check(CLI::Range(1, 100000))
      ->group("Training");
  app.add_flag("--quiet", options.quiet, "No progress, no table")->group("Training");
}

void add_load(CLI::App& app, Options& options) {
  app.add_option("--load", options.load, "A model that evaluate or train saved")->required()->group("Model");
  app.add_option("--count", options.count, "How many")->check(CLI::Range(1, 1000000))->capture_default_str()->group("Output");
}

void add_recommend(CLI::App& app, Options& options) {
  auto* whom = app.add_option_group("Whom", "One of them");
  whom->add_option("--user", options.user, "A user of the model");
  whom->add_option("--users-from", options.users_from, "A file of users of the model, one a line");
  whom->add_option("--history", options.history,
                   "Items of the model that someone has, separated by commas: a user who need not be in it")
      ->delimiter(',');
  whom->require_option(1);
  app.add_option("--exclude-seen", options.exclude_seen,
                 "A file of interactions: a user does not get the items of his own rows there")
      ->group("Filters");
  app.add_option("--format", options.format, "Of that file")
      ->check(CLI::IsMember({"auto", "movielens-100k", "movielens-1m", "csv", "tsv", "adjacency"}))
      ->capture_default_str()
      ->group("Filters");
  app.add_option("--columns", options.columns, "Of that file: user=NAME,item=NAME")->group("Filters");
  app.add_option("--allow", options.allow, "A file of items, one a line: only these")->group("Filters");
  app.add_option("--deny", options.deny, "A file of items, one a line: not these")->group("Filters");
  app.add_flag("--explain", options.explain, "hybrid: show what each part gave to each score")->group("Output");
}

void add_similar(CLI::App& app, Options& options) {
  auto* to = app.add_option_group("To", "One of them");
  to->add_option("--item", options.item, "Items most like this one");
  to->add_option("--user", options.user, "Users most like this one");
  to->require_option(1);
}

void add_save(CLI::App& app, Options& options, bool required) {
  app.add_option("--save", options.save, "Write the trained model to this file, for recommend and similar")
      ->required(required)
      ->group("Output");
  app.add_option("--save-precision", options.precision,
                 "Of embedding tables in the file: full, or f16 or bf16 for half the size")
      ->check(CLI::IsMember({"full", "f16", "bf16"}))
      ->capture_default_str()
      ->group("Output");
}

void add_measures(CLI::App& app, Options& options) {
  app.add_option(
         "--metrics", options.metrics,
         "Of rmse, mae, auc, mrr, map@K, recall@K, precision@K, ndcg@K, hr@K, coverage@K, novelty@K, gini@K, separated by "
         "commas "
         "(default: rmse,mae; "
         "implicit: recall@20,ndcg@20,coverage@20)")
      ->group("Output");
  app.add_option("--report", options.report,
                 "Write one HTML page: figures, learning curve, a picture of the items, sample recommendations")
      ->group("Output");
  app.add_option("--candidates", options.candidates,
                 "Rank each test item among so many sampled others instead of the whole catalogue")
      ->check(CLI::Range(1, 100000000))
      ->group("Output");
}

void add_output(CLI::App& app, Options& options) {
  app.add_option("--json", options.json, "Write the figures and every option in force to this file")->group("Output");
}

/// The options of models and training that the model uses.
std::vector<std::string> used_options(const Options& options) {
  const std::string& model = options.model;
  if (model == "ease") return {"--l2"};
  if (model == "item-knn" || (model == "content" && options.implicit())) return {"--neighbours"};
  if (model == "popularity" || model == "bias") return {};
  if (model == "als") return {"--dim", "--l2", "--epochs"};
  std::vector<std::string> used = {"--loss",          "--scorer", "--optimizer", "--dim",
                                   "--learning-rate", "--l2",     "--epochs",    "--batch"};
  if (model != "content") used.emplace_back("--negatives");
  if (model != "content" && model != "hybrid") used.emplace_back("--validation");
  if (model == "collaborative" || model == "neighbourhood") used.emplace_back("--tune");
  if (model == "neighbourhood" || (model == "hybrid" && options.implicit())) used.emplace_back("--neighbours");
  return used;
}

/// Refuses what would change nothing, and the values of --scorer and --optimizer that a model does not have.
void refuse_unused(const CLI::App& app, const Options& options) {
  const std::vector<std::string> used = used_options(options);
  const std::string of_model =
      "--model " + options.model +
      (options.model == "content" || options.model == "hybrid" ? " for " + options.feedback + " feedback" : "");
  for (const char* option : {"--loss", "--scorer", "--dim", "--neighbours", "--optimizer", "--learning-rate", "--l2",
                             "--epochs", "--batch", "--negatives", "--validation", "--tune"}) {
    if (app.count(option) > 0 && std::find(used.begin(), used.end(), option) == used.end()) {
      throw CLI::ValidationError(option, "is not used by " + of_model);
    }
  }
  const bool any_scorer = options.model == "collaborative" || options.model == "neighbourhood";
  if (options.loss != "squared" && !any_scorer) {
    throw CLI::ValidationError("--loss", "must be squared for " + of_model + ", got " + options.loss);
  }
  if (options.scorer != "dot" && !any_scorer) {
    throw CLI::ValidationError("--scorer", "must be dot for " + of_model + ", got " + options.scorer);
  }
  const std::string optimizer = options.optimizer.value_or("rowwise-adagrad");
  if (optimizer != "rowwise-adagrad" && (options.model == "content" || options.model == "hybrid")) {
    throw CLI::ValidationError("--optimizer", "must be rowwise-adagrad for " + of_model + ", got " + optimizer);
  }
}

}  // namespace

std::optional<int> parse(int argc, char** argv, Options& options) {
  CLI::App app("Tries kindred's models on your own interactions.", "kindred-workbench");
  app.set_version_flag("--version", KINDRED_VERSION);
  app.require_subcommand(1);
  CLI::App& evaluate =
      *app.add_subcommand("evaluate", "Trains a model on one part of the interactions and measures it on the other");
  CLI::App& train = *app.add_subcommand("train", "Trains a model on all interactions and saves it");
  CLI::App& recommend = *app.add_subcommand("recommend", "Recommends items to users, by a saved model");
  CLI::App& similar = *app.add_subcommand("similar", "The items or users most like one, by a saved model");
  add_data(evaluate, options);
  add_split(evaluate, options);
  add_data(train, options);
  for (CLI::App* command : {&evaluate, &train}) {
    add_model(*command, options);
    add_training(*command, options);
    add_save(*command, options, command == &train);
  }
  add_measures(evaluate, options);
  for (CLI::App* command : {&recommend, &similar}) {
    add_load(*command, options);
    command->add_flag("--quiet", options.quiet, "No table")->group("Output");
  }
  add_recommend(recommend, options);
  add_similar(similar, options);
  for (CLI::App* command : {&evaluate, &train, &recommend, &similar}) add_output(*command, options);
  try {
    app.parse(argc, argv);
    options.command = train.parsed()       ? Command::train
                      : recommend.parsed() ? Command::recommend
                      : similar.parsed()   ? Command::similar
                                           : Command::evaluate;
    if (recommend.parsed() || similar.parsed()) return std::nullopt;
    if (evaluate.parsed() && options.test.empty() && options.split.empty()) throw CLI::RequiredError("--test or --split");
    if (!options.save.empty() && options.split.starts_with("folds")) {
      throw CLI::ValidationError("--save", "needs one training, got " + options.split);
    }
    if (options.min_value && !options.implicit()) {
      throw CLI::ValidationError("--min-value", "needs --feedback implicit, got explicit");
    }
    if ((options.model == "ease" || options.model == "item-knn") && !options.implicit()) {
      throw CLI::ValidationError("--model", options.model + " needs --feedback implicit, got explicit");
    }
    if (options.loss != "squared" && !options.implicit()) {
      throw CLI::ValidationError("--loss", options.loss + " needs --feedback implicit, got explicit");
    }
    if (options.negatives && !options.implicit()) {
      throw CLI::ValidationError("--negatives", "needs --feedback implicit, got explicit");
    }
    refuse_unused(train.parsed() ? train : evaluate, options);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "kindred-workbench: " << error.what() << '\n';
    return 2;
  }
  return std::nullopt;
}

}  // namespace workbench

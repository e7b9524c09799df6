// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a person can say to kindred-workbench, and how it is read from the command line.

#include <kindred/core/executor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace workbench {

enum class Command { evaluate, train, recommend, similar };

/// Fields without a value were not given: the model's defaults for the data decide, and stand in the output.
struct Options {
  Command command = Command::evaluate;
  // data
  std::string interactions, test, format = "auto", columns, feedback = "explicit", duplicates = "error";
  std::string item_features, user_features, item_columns, user_columns;
  std::optional<double> min_value;
  // split
  std::string split;
  // model
  std::string model = "collaborative", loss = "squared", scorer = "dot";
  std::optional<kindred::Index> dim, neighbours;
  // training
  std::optional<std::string> optimizer;
  std::optional<double> learning_rate, l2, validation;
  std::optional<int> epochs, batch, negatives;
  kindred::Index tune = 0;  ///< trials; 0: none
  int threads = kindred::Threads::default_threads();
  std::uint64_t seed = 1;
  bool quiet = false;
  // recommend, similar
  std::string load, user, item, users_from, exclude_seen, allow, deny;
  std::vector<std::string> history;
  kindred::Index count = 10;
  bool explain = false;
  // output
  std::string metrics, json, report, save, precision = "full";
  kindred::Index candidates = 0;

  bool implicit() const { return feedback == "implicit"; }
};

/// Reads the command line. Returns an exit status if the program should end now: 0 after --help, 2 after an error, which is one line on
/// standard error.
std::optional<int> parse(int argc, char** argv, Options& options);

}  // namespace workbench

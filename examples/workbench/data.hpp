// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// From files and a split to the interactions that a model is trained on and measured with.

#include "options.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/data/feature_space.hpp>
#include <kindred/data/features.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/read_interactions.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace workbench {

/// One training and its tests. `cells` are parts of `test` with a name of their own (of the ladder), often none.
/// The features are learned of the items (users) with a training row, and null if no file of them was given.
struct Part {
  kindred::Interactions train, test;
  std::vector<std::pair<std::string, kindred::Interactions>> cells = {};
  std::shared_ptr<const kindred::Features> item_features = {}, user_features = {};
  std::shared_ptr<const kindred::FeatureSpace> item_space = {}, user_space = {};  ///< what each feature means
  std::shared_ptr<const kindred::IdMap> users = {}, items = {};                   ///< those of the data
};

struct Data {
  std::shared_ptr<const kindred::IdMap> users, items;
  std::string format;
  std::vector<Part> parts;  ///< one, or one for each fold; to train one with all rows to train on
};

/// Reads and splits; to train, items and users that only the files of features have are there too. Throws: kindred::ParseError and std::invalid_argument for what is wrong with a file or the split.
Data load(const Options& options, const kindred::Threads& threads);

/// How the files of interactions are to be read.
kindred::InteractionFileOptions file_options(const Options& options);

}  // namespace workbench

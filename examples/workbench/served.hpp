// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A model from a file, whatever its kind, behind one interface: who asks need not know which it is.

#include <kindred/serialize/model_file.hpp>
#include <kindred/serve/fold_in.hpp>
#include <kindred/serve/recommend.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace workbench {

/// What one part of a hybrid gave to a score.
struct PartShare {
  double score = 0;
  bool known = false;
};

class Served {
 public:
  using Scored = std::vector<std::pair<kindred::Index, double>>;  ///< of items or users, best first

  virtual ~Served() = default;

  virtual kindred::Index items() const = 0;
  virtual Scored recommend(kindred::UserId user, const kindred::RecommendOptions& options) const = 0;
  /// To someone who has these items, who need not be a user of the model.
  virtual Scored recommend(const kindred::History& history, const kindred::FoldInOptions& fold_in,
                           const kindred::RecommendOptions& options) const = 0;
  /// Nothing, unless the model is a hybrid.
  virtual std::vector<PartShare> shares(kindred::UserId user, kindred::ItemId item) const = 0;
  /// No value if the model places no items (users) in a space.
  virtual std::optional<Scored> similar_items(kindred::ItemId item, kindred::Index count) const = 0;
  virtual std::optional<Scored> similar_users(kindred::UserId user, kindred::Index count) const = 0;
};

/// The model in the file. Throws: kindred::ParseError if it is of no kind that the workbench trains.
std::unique_ptr<Served> open(const kindred::ModelFile& file, const std::string& path);

}  // namespace workbench

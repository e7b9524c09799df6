// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// New items in a model that knows items by their ids: they are scored as the known items whose features are nearest.

#include <kindred/core/executor.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/model/feature_neighbours.hpp>
#include <kindred/model/model.hpp>
#include <kindred/scorer/scorer.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kindred {

struct ImputeOptions {
  Index neighbours = 3;  ///< known items whose mean a new one gets
};

/// The scores of `base`, but for items without training rows (new items), which have those of the known items N(i) nearest by
/// content:
///   score(u, i) = sum over j in N(i) of s_ij base(u, j) / sum of s_ij,   s_ij the cosine of the items' features.
///
/// In a sum of models (`HybridModel`) known items have points from the parts that know ids. With this a new item has its own,
/// instead of none. A new item whose features are like no known item's stays as the base says.
/// Models `Model`, and `VectorModel` if the base's vectors give its scores: the vector of a new item is then the same mean.
/// Wrap a trained model: training goes on in the base. `score_items` allocates nothing if the base's does not.
/// Cost: to build, `feature_neighbours`; then the base's, and O(new items * neighbours) to score all items.
/// Throws: std::invalid_argument for neighbours < 1 and for features or training data of other items; as the base for unknown
/// ids.
template <class Base>
class ImputedModel {
 public:
  using Scalar = typename Base::Scalar;

  /// @param train  what the base was trained on: an item without a row there is new.
  template <class Rep, Executor E = Serial>
  ImputedModel(Base base, const BasicInteractions<Rep>& train, const Features& item_features, const ImputeOptions& options = {},
               const E& executor = {})
      : base_(std::move(base)) {
    detail::require(options.neighbours >= 1, "ImputedModel: neighbours must be at least 1, got ", options.neighbours);
    detail::require(train.items() == items() && item_features.rows() == items(),
                    "ImputedModel: the training data and the features must have the base's ", items(), " items, got ",
                    train.items(), " and ", item_features.rows());
    const auto known = [&train](Index i) { return !train.users_of(BasicItemId<Rep>(i)).empty(); };
    for (Index i = 0; i < items(); ++i) trained_.push_back(known(i));
    const NeighbourLists nearest = feature_neighbours(item_features, options.neighbours, known, executor);
    for (Index i = 0; i < items(); ++i) {
      shares_.add(known(i) ? std::span<const Scored>() : nearest[i]);
      if (!shares_[i].empty()) imputed_.push_back(i);
    }
  }

  Index users() const { return base_.users(); }
  Index items() const { return base_.items(); }

  template <class Rep>
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    detail::require_id("ImputedModel: item", item.index(), items());
    if (shares_[item.index()].empty()) return base_.score(user, item);
    return mean(item.index(), Scalar{0}, [&](Index other) { return base_.score(user, BasicItemId<Rep>(other)); });
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    base_.score_items(user, out);
    for (const Index item : imputed_) {  // neighbours are known items, so they keep their scores
      out[static_cast<std::size_t>(item)] =
          mean(item, Scalar{0}, [&](Index other) { return out[static_cast<std::size_t>(other)]; });
    }
  }

  /// The known items that a new one is scored by, with their similarities; empty for a known item, and for one like no known
  /// item.
  template <class Rep>
  std::span<const Scored> stand_ins(BasicItemId<Rep> item) const {
    return shares_[item.index()];
  }

  /// Whether the item has training rows or stand-ins, or the base knows it; whether the base knows the user.
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    if (!stand_ins(item).empty() || trained_[static_cast<std::size_t>(item.index())]) return true;
    if constexpr (requires { base_.knows(item); }) return base_.knows(item);
    return false;
  }
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    if constexpr (requires { base_.knows(user); }) return base_.knows(user);
    return true;
  }

  Index vector_dim() const
    requires VectorModel<Base> && (!detail::ranks_only<Base>)
  {
    return base_.vector_dim();
  }
  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const
    requires VectorModel<Base> && (!detail::ranks_only<Base>)
  {
    base_.user_vectors(ids, out);
  }
  void item_vectors(RowMatrix<Scalar>& out) const
    requires VectorModel<Base> && (!detail::ranks_only<Base>)
  {
    base_.item_vectors(out);
    for (const Index item : imputed_) {
      out.row(item) = mean(item, Eigen::Matrix<Scalar, 1, Eigen::Dynamic>::Zero(out.cols()).eval(),
                           [&](Index other) { return out.row(other); });
    }
  }

  /// See core/access.hpp.
  static std::string kind() { return "imputed(" + Base::kind() + ")"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("base", self.base_);
    field("trained", self.trained_);
    field("shares", self.shares_);
  }
  void loaded() {
    detail::require(static_cast<Index>(trained_.size()) == items() && shares_.size() == items(),
                    "ImputedModel: there must be a list and a mark for each of the base's ", items(), " items, got ",
                    shares_.size(), " and ", trained_.size());
    imputed_.clear();
    for (Index i = 0; i < items(); ++i) {
      if (!shares_[i].empty()) imputed_.push_back(i);
    }
  }

  Base& base() { return base_; }
  const Base& base() const { return base_; }

 private:
  friend class Access;
  ImputedModel() : base_(Access::make<Base>()) {}

  /// The mean of what(j) over the neighbours j, weighted by similarity.
  template <class Value, class What>
  Value mean(Index item, Value sum, const What& what) const {
    Scalar total = 0;
    for (const Scored& near : shares_[item]) {
      sum += static_cast<Scalar>(near.score) * what(near.item.index());
      total += static_cast<Scalar>(near.score);
    }
    return sum / total;
  }

  Base base_;
  std::vector<bool> trained_;
  NeighbourLists shares_;
  std::vector<Index> imputed_;  // the items whose list is not empty
};

}  // namespace kindred

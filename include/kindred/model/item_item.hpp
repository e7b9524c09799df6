// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What item-item models share: a user is the items it has, and each of them speaks for others.

#include <kindred/data/history.hpp>
#include <kindred/model/model.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace kindred {

/// A matrix B of how much having item j speaks for item i: `at(j, i)`, `add_row(j, weight, out)` (out += weight * row j), and
/// `known(i)`, whether anything could ever speak for i.
template <class W>
concept ItemWeights = requires(const W weights, Index item, float weight, std::span<float> out) {
  { weights.items() } -> std::convertible_to<Index>;
  { weights.at(item, item) } -> std::convertible_to<float>;
  { weights.known(item) } -> std::convertible_to<bool>;
  weights.add_row(item, weight, out);
};

/// score(u, i) = sum over the items j that u has of w_uj B_ji, with the weights w of `HistoryOptions`. Base of `ItemKnn` and
/// `Ease`.
///
/// Models `Model`. A user without items scores every item 0. Items that the user has are scored like others.
/// Copies are cheap and share both matrices. `score_items` allocates nothing.
/// Memory: 16 bytes an interaction, and B. Throws: std::invalid_argument for histories of other items; std::out_of_range for
/// an unknown id.
template <ItemWeights Weights>
class ItemItemModel {
 public:
  using Scalar = float;

  /// @param histories  users x items: what each user has, from `interaction_features`.
  ItemItemModel(Weights weights, Features histories) : weights_(std::make_shared<const Weights>(std::move(weights))) {
    set_histories(std::move(histories));
  }

  Index users() const { return histories_->rows(); }
  Index items() const { return weights_->items(); }

  template <class Rep>
  float score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    detail::require_id("ItemItemModel: user", user.index(), users());
    detail::require_id("ItemItemModel: item", item.index(), items());
    float sum = 0;
    for (const auto& [other, weight] : histories_->sparse(user.index())) sum += weight * weights_->at(other, item.index());
    return sum;
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<float> out) const {
    detail::require_id("ItemItemModel: user", user.index(), users());
    score_items(histories_->sparse(user.index()), out);
  }

  /// The same for someone who has these items, with these weights: a new user needs no training.
  void score_items(std::span<const FeatureWeight> history, std::span<float> out) const {
    detail::require(static_cast<Index>(out.size()) == items(), "ItemItemModel::score_items: out must have ", items(),
                    " places, got ", out.size());
    for (const auto& [other, weight] : history) detail::require_id("ItemItemModel: item", other, items());
    std::fill(out.begin(), out.end(), 0.0F);
    for (const auto& [other, weight] : history) weights_->add_row(other, weight, out);
  }

  /// Whether the user has items; whether there are items that speak for this one.
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    detail::require_id("ItemItemModel: user", user.index(), users());
    return !histories_->sparse(user.index()).empty();
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    detail::require_id("ItemItemModel: item", item.index(), items());
    return weights_->known(item.index());
  }

  /// See core/access.hpp.
  static std::string kind() { return "item-item(" + Weights::kind() + ")"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("weights", self.weights_);
    field("histories", self.histories_);
  }
  void loaded() const {
    detail::require(weights_ != nullptr && histories_ != nullptr && histories_->sparse_dim() == items(),
                    "ItemItemModel: there must be weights, and histories of the same items");
  }

  const Weights& weights() const { return *weights_; }
  const Features& histories() const { return *histories_; }

  /// Other users from now on, or the same with more items. Copies made before keep the old ones.
  void set_histories(Features histories) {
    detail::require(histories.sparse_dim() == items(), "ItemItemModel: the histories must be of ", items(), " items, got ",
                    histories.sparse_dim());
    histories_ = std::make_shared<const Features>(std::move(histories));
  }

 protected:
  friend class Access;
  ItemItemModel() = default;

 private:
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<const Features> histories_;
};

}  // namespace kindred

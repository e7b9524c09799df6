// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Nearest neighbours of items: what the user has recommends what is like it, by who bought it or by content. The baseline
/// that is hardest to beat on small data.

#include <kindred/model/feature_neighbours.hpp>
#include <kindred/model/item_item.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// Whose list of nearest items counts: that of the item the user has, or that of the item to be scored.
enum class NeighboursOf { history, target };

/// How much a user with n_u of the N items says about how alike they are; x is the row's value, or 1.
enum class ItemWeighting {
  none,    ///< x
  tf_idf,  ///< x (ln((1 + N) / (1 + n_u)) + 1): someone who has a lot says less
  bm25,    ///< x (k1 + 1) / (x + k1 (1 - b + b n_u / mean of n)): and large values saturate
};

struct ItemKnnOptions {
  Index neighbours = 20;
  NeighboursOf neighbours_of = NeighboursOf::history;
  ItemWeighting weighting = ItemWeighting::tf_idf;
  bool use_values = false;    ///< for the similarities; the histories have their own
  double k1 = 1.2, b = 0.75;  ///< of bm25
  HistoryOptions history = {};
};

struct ContentKnnOptions {
  Index neighbours = 20;
  /// By the target's list every item, new or old, has as many neighbours, hence the same chance. By the history's, new items
  /// compete for places in the lists of others.
  NeighboursOf neighbours_of = NeighboursOf::target;
  HistoryOptions history = {};
};

/// A sparse matrix of similarities s_ji: each item's nearest, and nothing else.
class NeighbourWeights {
 public:
  NeighbourWeights(NeighbourLists lists, NeighboursOf neighbours_of)
      : lists_(std::move(lists)), of_target_(neighbours_of == NeighboursOf::target) {
    loaded();
  }

  static std::string kind() { return "neighbours"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("lists", self.lists_);
    field("of_target", self.of_target_);
  }
  void loaded() {
    by_history_ = of_target_ ? lists_.transposed() : NeighbourLists();
    known_.assign(static_cast<std::size_t>(items()), false);
    for (Index i = 0; i < items(); ++i) {
      for (const Scored& entry : lists_[i]) known_[static_cast<std::size_t>(of_target_ ? i : entry.item.index())] = true;
    }
  }

  Index items() const { return lists_.size(); }
  bool known(Index item) const { return known_[static_cast<std::size_t>(item)]; }
  const NeighbourLists& lists() const { return lists_; }

  float at(Index j, Index i) const {
    const Index other = of_target_ ? j : i;
    for (const Scored& entry : lists_[of_target_ ? i : j]) {
      if (entry.item.index() == other) return entry.score;
    }
    return 0;
  }
  void add_row(Index j, float weight, std::span<float> out) const {
    for (const Scored& entry : (of_target_ ? by_history_ : lists_)[j]) {
      out[static_cast<std::size_t>(entry.item.index())] += weight * entry.score;
    }
  }

 private:
  friend class Access;
  NeighbourWeights() = default;

  NeighbourLists lists_, by_history_;
  bool of_target_ = false;
  std::vector<bool> known_;
};

namespace detail {

/// The columns of the interactions as features of the items, one for each user, weighted.
template <class Rep>
Features item_columns(const BasicInteractions<Rep>& data, const ItemKnnOptions& options) {
  Index active = 0;
  for (Index u = 0; u < data.users(); ++u) active += data.items_of(BasicUserId<Rep>(u)).empty() ? 0 : 1;
  const double items = static_cast<double>(data.items()),
               mean = static_cast<double>(data.size()) / static_cast<double>(std::max<Index>(1, active));
  const auto weight = [&](Index row) {
    const double x = options.use_values ? double{data.value(row)} : 1.0;
    const auto n = static_cast<double>(data.items_of(data.user(row)).size());
    if (options.weighting == ItemWeighting::none) return x;
    if (options.weighting == ItemWeighting::tf_idf) return x * (std::log((1 + items) / (1 + n)) + 1);
    require(x >= 0, "ItemKnn: values must not be negative for bm25, got ", x, " in row ", row);
    return x > 0 ? x * (options.k1 + 1) / (x + options.k1 * (1 - options.b + options.b * n / mean)) : 0;
  };
  Features columns(data.users());
  std::vector<FeatureWeight> entries;
  for (Index i = 0; i < data.items(); ++i) {
    entries.clear();
    for (const Index row : data.rows_of(BasicItemId<Rep>(i))) {
      entries.push_back({data.user(row).index(), static_cast<float>(weight(row))});
    }
    columns.add_row(entries);
  }
  return columns;
}

}  // namespace detail

/// score(u, i) = sum over the items j that u has of w_uj s_ji, where s_ji is the similarity of items j and i if i is one of
/// the `neighbours` most like j (or, by `NeighboursOf::target`, j of those most like i), else 0. Similarities are cosines: of
/// the columns of the interactions (who has the item), or of the items' features.
///
/// Cost: the sum over users of (items of the user)^2 to build, in parallel; features as `feature_neighbours`. To score all
/// items: O(items + items of the user * neighbours).
/// Memory: 8 bytes a neighbour (16 by target), 16 an interaction; never items x items.
/// Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for neighbours < 1, k1 or b out of range, negative values for bm25, features of other items,
/// and as `history_weights`; std::out_of_range for an unknown id.
/// Source: Sarwar et al. 2001; Deshpande & Karypis 2004, who also cut the list of the item that the user has.
class ItemKnn : public ItemItemModel<NeighbourWeights> {
 public:
  /// By interactions: items are alike if the same users have them. An item without interactions scores 0 for everyone.
  template <class Rep, Executor E = Serial>
  explicit ItemKnn(const BasicInteractions<Rep>& data, const ItemKnnOptions& options = {}, const E& executor = {})
      : ItemItemModel(NeighbourWeights(lists(data, options, executor), options.neighbours_of),
                      interaction_features(data, Side::users, options.history)) {}

  /// By content: items are alike if their features are, so that items without interactions are scored. Neighbours in a
  /// target's list are items with interactions, for nobody has the others.
  template <class Rep, Executor E = Serial>
  ItemKnn(const BasicInteractions<Rep>& data, const Features& item_features, const ContentKnnOptions& options = {},
          const E& executor = {})
      : ItemItemModel(NeighbourWeights(lists(data, item_features, options, executor), options.neighbours_of),
                      interaction_features(data, Side::users, options.history)) {}

  /// The item's list: its nearest items with their similarities, best first.
  template <class Rep>
  std::span<const Scored> neighbours(BasicItemId<Rep> item) const {
    return weights().lists()[item.index()];
  }

 private:
  friend class Access;
  ItemKnn() = default;

  template <class Rep, Executor E>
  static NeighbourLists lists(const BasicInteractions<Rep>& data, const ItemKnnOptions& options, const E& executor) {
    check(options.neighbours);
    detail::require(std::isfinite(options.k1) && options.k1 >= 0 && options.b >= 0 && options.b <= 1,
                    "ItemKnn: k1 must not be negative, and b be from 0 to 1, got ", options.k1, " and ", options.b);
    return feature_neighbours(detail::item_columns(data, options), options.neighbours, KeepAll{}, executor);
  }
  template <class Rep, Executor E>
  static NeighbourLists lists(const BasicInteractions<Rep>& data, const Features& features, const ContentKnnOptions& options,
                              const E& executor) {
    check(options.neighbours);
    detail::require(features.rows() == data.items(), "ItemKnn: there must be features for ", data.items(), " items, got ",
                    features.rows());
    const auto candidate = [&](Index i) {
      return options.neighbours_of == NeighboursOf::history || !data.users_of(BasicItemId<Rep>(i)).empty();
    };
    return feature_neighbours(features, options.neighbours, candidate, executor);
  }
  static void check(Index neighbours) {
    detail::require(neighbours >= 1, "ItemKnn: neighbours must be at least 1, got ", neighbours);
  }
};

}  // namespace kindred

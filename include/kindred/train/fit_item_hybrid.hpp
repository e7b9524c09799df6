// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The hybrid for implicit feedback: items like those the user has, by who has them and by content, and a collaborative model; new items
/// by content, new users by popularity.

#include <kindred/model/hybrid.hpp>
#include <kindred/model/imputed.hpp>
#include <kindred/model/item_knn.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/train/collaborative_recipe.hpp>

namespace kindred {

/// The parts: 0 nearest items by who has them, 1 the collaborative model, 2 nearest items by content, 3 popularity, with a weight so small
/// that it decides only where the others say nothing. To parts 0, 1 and 3 a new item is the known item nearest by content.
template <int Dim = Dynamic>
using ItemHybrid =
    HybridModel<ImputedModel<ItemKnn>, ImputedModel<CollaborativeModel<float, Dim>>, ItemKnn, ImputedModel<Popularity>>;

/// How an item hybrid is made. `choose_item_hybrid` chooses decay, weights and the L2 weight for the data.
template <template <class Loss, class Rule> class TrainerType>
struct BasicItemHybridRecipe {
  BasicCollaborativeRecipe<TrainerType> collaborative;
  double l2 = 0.16;
  Index neighbours = 20;
  Index stand_ins = 1;  ///< of a new item, see `ImputedModel`
  double decay = 0;     ///< of histories, see `HistoryOptions`
  double collaborative_weight = 0.5, content_weight = 0.5;

  ItemKnnOptions knn() const { return {.neighbours = neighbours, .history = {.decay = decay}}; }
  ContentKnnOptions content() const { return {.neighbours = neighbours, .history = {.decay = decay}}; }

  /// The weights of the parts; `largest` is the number of users who have the most popular item.
  std::array<double, 4> weights(double largest) const {
    return {1, collaborative_weight, content_weight, 1e-3 / std::max(1.0, largest)};
  }
};

using ItemHybridRecipe = BasicItemHybridRecipe<PerExampleTrainer>;

/// The hybrid of a collaborative model that is trained already.
template <int Dim, class Rep, template <class, class> class TrainerType, Executor E = Serial>
ItemHybrid<Dim> make_item_hybrid(const BasicInteractions<Rep>& data, const Features& item_features,
                                 CollaborativeModel<float, Dim> collaborative, const BasicItemHybridRecipe<TrainerType>& recipe,
                                 const E& executor = {}) {
  Index largest = 0;
  for (Index i = 0; i < data.items(); ++i) {
    largest = std::max(largest, static_cast<Index>(data.users_of(BasicItemId<Rep>(i)).size()));
  }
  const ImputeOptions impute{.neighbours = recipe.stand_ins};
  return ItemHybrid<Dim>(
      recipe.weights(static_cast<double>(largest)),
      ImputedModel<ItemKnn>(ItemKnn(data, recipe.knn(), executor), data, item_features, impute, executor),
      ImputedModel<CollaborativeModel<float, Dim>>(std::move(collaborative), data, item_features, impute, executor),
      ItemKnn(data, item_features, recipe.content(), executor),
      ImputedModel<Popularity>(Popularity(data), data, item_features, impute, executor));
}

/// Trains the collaborative part and finds the neighbours.
///
/// @param item_features  of all items, also new ones; without any entries the content part is silent and new items are unknown. Numbers beside
///   words or categories are better left out (`select_features`): a cosine takes a high price for a direction.
/// Cost: that of the collaborative model, and of `feature_neighbours` for each kind of neighbour.
/// Throws: as `fit`, `ItemKnn` and `ImputedModel`.
/// When not to use it: for ratings (fit_rating_hybrid.hpp); scoring costs O(items) a user and part, without a matrix product.
template <int Dim = Dynamic, class Rep, template <class, class> class TrainerType, Executor E = Serial>
ItemHybrid<Dim> fit_item_hybrid(const BasicInteractions<Rep>& data, const Features& item_features,
                                const BasicItemHybridRecipe<TrainerType>& recipe, const E& executor = {}) {
  return make_item_hybrid<Dim>(data, item_features, fit_collaborative<Dim>(data, recipe.collaborative, recipe.l2, executor),
                               recipe, executor);
}

}  // namespace kindred

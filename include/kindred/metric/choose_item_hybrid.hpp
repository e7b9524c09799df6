// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The settings of an item hybrid that must fit the data, chosen on held-out training rows: how fast histories age, the L2 weight of the
/// collaborative part, and how much each part says.

#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/train/fit_item_hybrid.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kindred {

namespace detail {

/// Of the test rows those of at most `count` users, evenly taken.
template <class Rep>
BasicInteractions<Rep> rows_of_some_users(const BasicInteractions<Rep>& data, Index count) {
  std::vector<Index> active, rows;
  for (Index u = 0; u < data.users(); ++u) {
    if (!data.items_of(BasicUserId<Rep>(u)).empty()) active.push_back(u);
  }
  const auto all = static_cast<Index>(active.size()), wanted = std::min(all, count);
  for (Index k = 0; k < wanted; ++k) {
    const auto of_user = data.rows_of(BasicUserId<Rep>(active[static_cast<std::size_t>(k * all / wanted)]));
    rows.insert(rows.end(), of_user.begin(), of_user.end());
  }
  return data.select(rows);
}

inline bool has_entries(const Features& features) {
  for (Index e = 0; e < features.rows(); ++e) {
    if (!features.sparse(e).empty() || !features.dense(e).empty()) return true;
  }
  return false;
}

/// The first place with the largest product; if all of one are 0, with the largest of the other.
inline std::size_t best_for_both(std::span<const double> warm, std::span<const double> cold) {
  const auto none = [](std::span<const double> figures) {
    return std::all_of(figures.begin(), figures.end(), [](double figure) { return figure == 0; });
  };
  const bool no_warm = none(warm), no_cold = none(cold);
  const auto figure = [&](std::size_t k) { return (no_warm ? 1 : warm[k]) * (no_cold ? 1 : cold[k]); };
  std::size_t best = 0;
  for (std::size_t k = 1; k < warm.size(); ++k) {
    if (figure(k) > figure(best)) best = k;
  }
  return best;
}

}  // namespace detail

/// Chooses by recall@20 on held-out rows (`hold_out_validation`) of at most 2,000 users, one thing after the other: the decay for the
/// nearest items by who has them, of 0 and 0.1, 0.2, 0.4, 0.8 of the time the data spans; the L2 weight of the recipe's; then the weights
/// of the collaborative part, of 0.25, 0.5, 1, 2, 4, and of the content part, of these but 4. These two must serve known items and new ones, so
/// the product of two figures decides: on the held-out rows, and on those of a fifth of the items kept out wholly. If one is 0
/// whatever the weights, the other alone.
///
/// Cost: eight fits of the collaborative model, and 45 evaluations. Repeatable: the same choice for any executor.
/// Throws: as `choose_l2`.
template <int Dim = Dynamic, class Rep, template <class, class> class TrainerType, Executor E = Serial>
BasicItemHybridRecipe<TrainerType> choose_item_hybrid(const BasicInteractions<Rep>& data, const Features& item_features,
                                                      BasicItemHybridRecipe<TrainerType> recipe, const E& executor = {}) {
  auto split = hold_out_validation(data, Feedback::implicit, recipe.collaborative.trainer.seed);
  detail::require(split.train.size() > 0 && split.test.size() > 0,
                  "choose_item_hybrid: there must be rows to train on and rows to validate with, got ", split.train.size(),
                  " and ", split.test.size());
  split.test = detail::rows_of_some_users(split.test, 2000);
  const auto recall = [&](const auto& model) {
    return evaluate(model, split.train, split.test, "recall@20", {}, executor).at("recall@20");
  };
  if (data.has_times()) {
    std::int64_t first = data.time(0), last = first;
    for (Index k = 0; k < data.size(); ++k) first = std::min(first, data.time(k)), last = std::max(last, data.time(k));
    std::vector<double> decays{0};
    if (last > first) {
      const double span = static_cast<double>(last) - static_cast<double>(first);  // int64 could overflow
      for (const double share : {0.1, 0.2, 0.4, 0.8}) decays.push_back(share * span);
    }
    const ItemKnn knn(split.train, recipe.knn(), executor);
    recipe.decay = decays[select(std::span<const double>(decays), Goal::maximize, [&](double decay) {
                            ItemKnn aged = knn;
                            aged.set_histories(interaction_features(split.train, Side::users, {.decay = decay}));
                            return recall(aged);
                          }).best];
  }
  if (recipe.collaborative.l2.size() > 1) {
    recipe.l2 = recipe.collaborative.l2[choose_l2<float, Dim>(data, Feedback::implicit, recipe.collaborative, executor).best];
  }

  std::vector<std::array<double, 2>> weights;
  for (const double collaborative : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    for (const double content : {0.25, 0.5, 1.0, 2.0}) weights.push_back({collaborative, content});
  }
  const auto figures = [&](const BasicTrainTest<Rep>& rows) {
    const auto model = fit_item_hybrid<Dim>(rows.train, item_features, recipe, executor);
    std::vector<double> values;
    for (const auto& [collaborative, content] : weights) {
      auto weighted = model;
      weighted.set_weights({model.weights()[0], collaborative, content, model.weights()[3]});
      values.push_back(evaluate(weighted, rows.train, rows.test, "recall@20", {}, executor).at("recall@20"));
    }
    return values;
  };
  const std::vector<double> warm = figures(split);
  std::vector<double> cold(warm.size(), 1.0);
  auto new_items = split_cold_items(data, {.test_fraction = 0.2, .seed = recipe.collaborative.trainer.seed});
  if (detail::has_entries(item_features) && new_items.train.size() > 0 && new_items.test.size() > 0) {
    new_items.test = detail::rows_of_some_users(new_items.test, 2000);
    cold = figures(new_items);
  }
  const std::size_t best = detail::best_for_both(warm, cold);
  recipe.collaborative_weight = weights[best][0];
  recipe.content_weight = weights[best][1];
  return recipe;
}

}  // namespace kindred

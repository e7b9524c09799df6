// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What must fit the data in a rating hybrid, the strength of L2 in its two stages, chosen on held-out training rows.

#include <kindred/data/split.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/select.hpp>
#include <kindred/train/fit_rating_hybrid.hpp>

#include <vector>

namespace kindred {

/// Chooses the strength of the content model's L2, of 1, 5, 25, by its RMSE alone on held-out rows (a random tenth); then, with that, the
/// strength of the second stage, of 0.7, 1, 1.7, 3, by the RMSE of the hybrid.
///
/// Cost: three fits of the content model, and four of the second stage; these run in parallel. Repeatable: the same choice for any executor.
/// Throws: as `fit` and `select`; std::invalid_argument if the data is too small to hold rows out.
template <class Scalar = float, int Dim = Dynamic, class Rep, Executor E = Serial>
RatingHybridRecipe choose_rating_hybrid(const BasicInteractions<Rep>& data, const std::shared_ptr<const Features>& users,
                                        const std::shared_ptr<const Features>& items, RatingHybridRecipe recipe = {},
                                        const E& executor = {}) {
  const auto split = split_random(data, {.test_fraction = 0.1, .seed = recipe.content.seed});
  detail::require(split.train.size() > 0 && split.test.size() > 0,
                  "choose_rating_hybrid: there must be rows to train on and rows to validate with, got ", split.train.size(),
                  " and ", split.test.size());
  RatingHybridRecipe silent = recipe;
  silent.after_epoch = silent.content.after_epoch = {};
  const auto content_with = [&](double strength) {
    ContentRecipe content = silent.content;
    content.strength = strength;
    return fit_content<Scalar, Dim>(split.train, users, items, content, executor);
  };
  const std::vector<double> of_content{1, 5, 25}, of_both{0.7, 1, 1.7, 3};
  recipe.content.strength = of_content[select(
                                           std::span<const double>(of_content), Goal::minimize,
                                           [&](double strength) { return rmse(content_with(strength), split.test); }, executor)
                                           .best];
  const auto content = content_with(recipe.content.strength);
  const auto figure = [&](double strength) {
    RatingHybridRecipe with_strength = silent;
    with_strength.strength = strength;
    return rmse(fit_rating_hybrid(split.train, content, with_strength, executor), split.test);
  };
  recipe.strength = of_both[select(std::span<const double>(of_both), Goal::minimize, figure, executor).best];
  return recipe;
}

}  // namespace kindred

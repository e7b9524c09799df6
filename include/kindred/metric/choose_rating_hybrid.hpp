// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The one number of a rating hybrid that must fit the data, the strength of its L2, chosen on held-out training rows.

#include <kindred/data/split.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/select.hpp>
#include <kindred/train/fit_rating_hybrid.hpp>

#include <array>

namespace kindred {

/// The strengths that are tried.
inline constexpr std::array<double, 4> rating_hybrid_strengths{0.7, 1, 1.7, 3};

/// Trains the recipe at each of `strengths` on 90 % of the rows and measures the RMSE on the others.
///
/// Cost: one fit of the content model and one of the second stage for each strength; these run in parallel. Repeatable: the same choice for
/// any executor. Throws: as `fit` and `select`; std::invalid_argument if the data is too small to hold rows out.
template <class Scalar = float, int Dim = Dynamic, class Rep, Executor E = Serial>
Selection choose_rating_hybrid(const BasicInteractions<Rep>& data, std::shared_ptr<const Features> users,
                               std::shared_ptr<const Features> items, const RatingHybridRecipe& recipe = {},
                               std::span<const double> strengths = rating_hybrid_strengths, const E& executor = {}) {
  const auto split = split_random(data, {.test_fraction = 0.1, .seed = recipe.content.seed});
  detail::require(split.train.size() > 0 && split.test.size() > 0,
                  "choose_rating_hybrid: there must be rows to train on and rows to validate with, got ", split.train.size(),
                  " and ", split.test.size());
  const auto content = fit_content<Scalar, Dim>(split.train, std::move(users), std::move(items), recipe.content, executor);
  const auto figure = [&](double strength) {
    RatingHybridRecipe with_strength = recipe;
    with_strength.strength = strength;
    with_strength.after_epoch = {};
    return rmse(fit_rating_hybrid(split.train, content, with_strength, executor), split.test);
  };
  return select(strengths, Goal::minimize, figure, executor);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A content model for ratings, trained by a recipe that needs no tuning.

#include <kindred/data/value_moments.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/content.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace kindred {

/// How a content model is made and trained: minibatches by RowwiseAdagrad, the learning rate falling in a line to 0. The defaults were
/// chosen on held-out training rows of ML-100K; less data may need more `strength` (metric/choose_rating_hybrid.hpp).
struct ContentRecipe {
  std::optional<Index> dim = {};  ///< by default the fixed `Dim`, or 64 where that is dynamic
  int epochs = 10, batch = 256;
  double learning_rate = 0.1;
  double deviation = 0.2;        ///< of the embeddings at the start, times sqrt(dim)
  double l2 = 3, bias_l2 = 1;    ///< of the features' embeddings and biases, in units of the ratings' variance
  double strength = 1;           ///< multiplies l2 and bias_l2
  double frequency_power = 0.5;  ///< see `L2`
  std::uint64_t seed = 1;
  std::function<bool(const EpochReport&)> after_epoch = {};  ///< see `FitOptions`
};

/// An untrained content model by the recipe.
template <class Scalar = float, int Dim = Dynamic>
LinearContentModel<Scalar, Dim> make_content(std::shared_ptr<const Features> users, std::shared_ptr<const Features> items,
                                             double scale, const ContentRecipe& recipe) {
  const auto bag = [&](const auto& features, std::uint32_t salt) {
    return FeatureBag<Scalar, Dim>(features,
                                   {.dim = recipe.dim, .deviation = recipe.deviation, .seed = recipe.seed, .salt = salt});
  };
  const auto bias = [](const auto& features) { return FeatureBag<Scalar, 1>(features, {.deviation = 0}); };
  return {bag(users, 2), bag(items, 3), bias(users), bias(items), ContentOptions{.scale = scale}};
}

/// The content model of ratings: pred = mean + scale (f_u . g_i + c_u + c_i), all four sums over features.
///
/// For a side of which nothing is known pass `identity_features` of the ids that have rows: a user is then a vector of its own, of tastes in
/// the items' features.
/// Throws: as `fit`; std::invalid_argument for features of fewer entities than the data has.
template <class Scalar = float, int Dim = Dynamic, class Rep, Executor E = Serial>
LinearContentModel<Scalar, Dim> fit_content(const BasicInteractions<Rep>& data, std::shared_ptr<const Features> users,
                                            std::shared_ptr<const Features> items, const ContentRecipe& recipe = {},
                                            const E& executor = {}) {
  const ValueMoments moments = value_moments(data);
  auto model = make_content<Scalar, Dim>(std::move(users), std::move(items), moments.deviation, recipe);
  const L2 l2{.features = recipe.strength * recipe.l2 * moments.variance(),
              .biases = recipe.strength * recipe.bias_l2 * moments.variance(),
              .frequency_power = recipe.frequency_power};
  fit(model, data,
      GradientTrainer(SquaredError{}, RowwiseAdagrad{.learning_rate = recipe.learning_rate},
                      {.batch = recipe.batch, .l2 = l2, .schedule = linear_schedule(recipe.epochs), .seed = recipe.seed}),
      {.epochs = recipe.epochs, .after_epoch = recipe.after_epoch}, executor);
  return model;
}

}  // namespace kindred

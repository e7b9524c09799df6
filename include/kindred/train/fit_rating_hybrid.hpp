// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The hybrid for ratings that holds where all is warm and where all is new: the features first, then ids and features on what the
/// features alone leave.

#include <kindred/encoder/combine.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/train/fit_content.hpp>

namespace kindred {

/// An entity as a vector of its own plus its features'.
template <class Scalar = float, int Dim = Dynamic>
using IdAndFeatures = SumEncoder<EmbeddingTable<Scalar, Dim>, FeatureBag<Scalar, Dim>>;

/// Collaborative and content at once: (p_u + f_u) . (q_i + g_i) + b_u + b_i. Source: Kula 2015 (LightFM), eq. 1-3.
template <class Scalar = float, int Dim = Dynamic>
using IdAndFeatureModel = TwoTower<IdAndFeatures<Scalar, Dim>, IdAndFeatures<Scalar, Dim>>;

/// Part 0 knows features alone; part 1 is trained on what it leaves.
template <class Scalar = float, int Dim = Dynamic>
using RatingHybrid = HybridModel<LinearContentModel<Scalar, Dim>, IdAndFeatureModel<Scalar, Dim>>;

/// How the second stage is made and trained, in the terms of `ContentRecipe`. The defaults were chosen on held-out training rows of ML-100K;
/// `strength`, and that of the content model, must fit the data and are chosen by metric/choose_rating_hybrid.hpp.
struct RatingHybridRecipe {
  ContentRecipe content;
  int epochs = 20, batch = 256;
  double learning_rate = 0.1;
  double deviation = 0.4;
  double l2 = 1.2, feature_l2 = 7;  ///< of the vectors of ids and of features, in units of the ratings' variance
  double bias_l2 = 1;
  double strength = 1;  ///< multiplies l2 and feature_l2
  double frequency_power = 0.5;
  std::function<bool(const EpochReport&)> after_epoch = {};  ///< of the second stage
};

/// Trains the second stage on what `content`, already trained, leaves; see `fit_rating_hybrid`.
template <class Scalar, int Dim, class Rep, Executor E = Serial>
RatingHybrid<Scalar, Dim> fit_rating_hybrid(const BasicInteractions<Rep>& data, LinearContentModel<Scalar, Dim> content,
                                            const RatingHybridRecipe& recipe, const E& executor = {}) {
  const Index dim = content.dim();
  const std::uint64_t seed = recipe.content.seed;
  const auto encoder = [&](const FeatureBag<Scalar, Dim>& of_content, std::uint32_t salt) {
    EmbeddingTable<Scalar, Dim> ids(of_content.rows(), dim);
    fill_normal(ids, recipe.deviation / std::sqrt(static_cast<double>(dim)), seed, salt);
    FeatureBag<Scalar, Dim> bag(of_content.shared_features(),
                                {.dim = dim, .deviation = recipe.deviation, .seed = seed, .salt = salt + 4});
    return IdAndFeatures<Scalar, Dim>(std::move(ids), std::move(bag));
  };
  const ValueMoments moments = value_moments(data);
  IdAndFeatureModel<Scalar, Dim> both(encoder(content.user_encoder(), 0), encoder(content.item_encoder(), 1), true, {},
                                      moments.deviation);
  RatingHybrid<Scalar, Dim> model(std::move(content), std::move(both));
  model.template train_only<1>();
  const L2 l2{.embeddings = recipe.strength * recipe.l2 * moments.variance(),
              .features = recipe.strength * recipe.feature_l2 * moments.variance(),
              .biases = recipe.bias_l2 * moments.variance(),
              .frequency_power = recipe.frequency_power};
  fit(model, data,
      GradientTrainer(SquaredError{}, RowwiseAdagrad{.learning_rate = recipe.learning_rate},
                      {.batch = recipe.batch, .l2 = l2, .schedule = linear_schedule(recipe.epochs), .seed = seed}),
      {.epochs = recipe.epochs, .after_epoch = recipe.after_epoch}, executor);
  return model;
}

/// Trains the hybrid in two stages: the content model alone, then the second part, with the first frozen.
///
/// A joint fit of ids and features with one penalty is worse than the mean for pairs where both are new: ids that are rarely seen take
/// what the features should explain. After the first stage there is none of that left to take.
/// Cost: of ML-100K at Dim 64 some seconds. Throws: as `fit_content`.
/// When not to use it: for implicit feedback; sums of item-item models are better there.
template <class Scalar = float, int Dim = Dynamic, class Rep, Executor E = Serial>
RatingHybrid<Scalar, Dim> fit_rating_hybrid(const BasicInteractions<Rep>& data, std::shared_ptr<const Features> users,
                                            std::shared_ptr<const Features> items, const RatingHybridRecipe& recipe = {},
                                            const E& executor = {}) {
  return fit_rating_hybrid(data, fit_content<Scalar, Dim>(data, std::move(users), std::move(items), recipe.content, executor),
                           recipe, executor);
}

}  // namespace kindred

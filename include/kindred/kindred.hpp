// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// All of kindred. Where compile time matters, include the headers you use instead: each stands alone.

#include <kindred/version.hpp>

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/core/random.hpp>
#include <kindred/core/types.hpp>

#include <kindred/data/adjacency.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/delimited.hpp>
#include <kindred/data/delimited_table.hpp>
#include <kindred/data/feature_records.hpp>
#include <kindred/data/feature_rows.hpp>
#include <kindred/data/feature_space.hpp>
#include <kindred/data/feature_spec.hpp>
#include <kindred/data/features.hpp>
#include <kindred/data/given_candidates.hpp>
#include <kindred/data/held_out_users.hpp>
#include <kindred/data/history.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/interaction_format.hpp>
#include <kindred/data/interaction_rows.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/learned_column.hpp>
#include <kindred/data/movielens.hpp>
#include <kindred/data/movielens_features.hpp>
#include <kindred/data/negatives.hpp>
#include <kindred/data/read_delimited.hpp>
#include <kindred/data/read_features.hpp>
#include <kindred/data/read_interactions.hpp>
#include <kindred/data/split.hpp>
#include <kindred/data/text.hpp>
#include <kindred/data/value_moments.hpp>
#include <kindred/data/words.hpp>

#include <kindred/parameter/embedding_table.hpp>
#include <kindred/parameter/gradient.hpp>
#include <kindred/parameter/initialize.hpp>
#include <kindred/parameter/parameter.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/parameter/row.hpp>

#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/clip.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/rms_prop.hpp>
#include <kindred/optimizer/rule.hpp>
#include <kindred/optimizer/schedule.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/optimizer/split_rule.hpp>
#include <kindred/optimizer/weight_decay.hpp>

#include <kindred/kernel/cosine_neighbours.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/normal_equations.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/kernel/top_k.hpp>

#include <kindred/encoder/activated.hpp>
#include <kindred/encoder/activation.hpp>
#include <kindred/encoder/combine.hpp>
#include <kindred/encoder/dense_features.hpp>
#include <kindred/encoder/encoder.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/encoder/history.hpp>
#include <kindred/encoder/interaction_bag.hpp>
#include <kindred/encoder/mlp.hpp>

#include <kindred/scorer/cosine.hpp>
#include <kindred/scorer/dot_product.hpp>
#include <kindred/scorer/scorer.hpp>

#include <kindred/loss/bpr.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/loss.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/softplus.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>

#include <kindred/model/autoencoder.hpp>
#include <kindred/model/bias.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/content.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/model/feature_neighbours.hpp>
#include <kindred/model/fold_in.hpp>
#include <kindred/model/history_inputs.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/model/imputed.hpp>
#include <kindred/model/item_item.hpp>
#include <kindred/model/item_knn.hpp>
#include <kindred/model/model.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/model/two_tower.hpp>

#include <kindred/train/als_options.hpp>
#include <kindred/train/als_prior.hpp>
#include <kindred/train/als_recipe.hpp>
#include <kindred/train/als_side.hpp>
#include <kindred/train/als_solvers.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/autoencoder_recipe.hpp>
#include <kindred/train/collaborative_recipe.hpp>
#include <kindred/train/example.hpp>
#include <kindred/train/example_grid.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/fit_content.hpp>
#include <kindred/train/fit_item_hybrid.hpp>
#include <kindred/train/fit_rating_hybrid.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/negative_source.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/ranking.hpp>
#include <kindred/train/ranking_recipe.hpp>
#include <kindred/train/reconstruction.hpp>
#include <kindred/train/reconstruction_trainer.hpp>
#include <kindred/train/trainer.hpp>

#include <kindred/metric/beyond_accuracy.hpp>
#include <kindred/metric/bootstrap.hpp>
#include <kindred/metric/choose_als.hpp>
#include <kindred/metric/choose_bias.hpp>
#include <kindred/metric/choose_collaborative.hpp>
#include <kindred/metric/choose_item_hybrid.hpp>
#include <kindred/metric/choose_rating_hybrid.hpp>
#include <kindred/metric/cross_validate.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/metric/evaluate_given.hpp>
#include <kindred/metric/evaluate_held_out.hpp>
#include <kindred/metric/evaluation.hpp>
#include <kindred/metric/evaluator.hpp>
#include <kindred/metric/list_figures.hpp>
#include <kindred/metric/metric.hpp>
#include <kindred/metric/ranking.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/search.hpp>
#include <kindred/metric/search_file.hpp>
#include <kindred/metric/search_space.hpp>
#include <kindred/metric/select.hpp>
#include <kindred/metric/training_trial.hpp>

#include <kindred/serve/diversify.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/serve/recommend_all.hpp>
#include <kindred/serve/similar.hpp>

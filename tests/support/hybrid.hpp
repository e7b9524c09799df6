// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// For tests of hybrids: a collaborative model and a content model with a layer, of 5 users and 4 items.

#include "support/features.hpp"
#include "support/training.hpp"

#include <kindred/encoder/combine.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/content.hpp>
#include <kindred/model/hybrid.hpp>

using Collaborative = kindred::CollaborativeModel<double, 3>;
using Content =
    kindred::ContentModel<kindred::EmbeddingTable<double>, kindred::Mlp<kindred::FeatureBag<double>, 2, kindred::Tanh>>;
using Hybrid = kindred::HybridModel<Collaborative, Content>;

inline Content content() {
  kindred::EmbeddingTable<double> users(5, 2);
  kindred::fill_normal(users, 1, 3, 7);
  return Content(std::move(users), kindred::Mlp<kindred::FeatureBag<double>, 2, kindred::Tanh>(
                                       kindred::FeatureBag<double>(small_features(), {.dim = 4, .deviation = 1}), {3, 2}));
}
inline Hybrid hybrid() { return Hybrid({1.0, 0.5}, Collaborative(5, 4, {.deviation = 1}), content()); }

inline kindred::Interactions ratings() { return made_up_ratings({.users = 5, .items = 4, .rows = 16}); }

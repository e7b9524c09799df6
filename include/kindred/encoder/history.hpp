// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The encoder of an entity as the interactions it has. Its interactions become its features (data/history.hpp), and a
/// `FeatureBag` over them is the encoder: a user is then the (weighted) mean of vectors of its items, learned or made of the
/// items' features, and a new user needs no training.

#include <kindred/data/history.hpp>
#include <kindred/encoder/feature_bag.hpp>

namespace kindred {

/// The encoder of a history: a `FeatureBag` over what `interaction_features` or `content_history_features` makes.
template <class Scalar = float, int Dim = Dynamic>
using HistoryEncoder = FeatureBag<Scalar, Dim>;

}  // namespace kindred

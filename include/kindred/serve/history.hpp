// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a server knows of a user whom the model does not have, and how such users are folded in (serve/fold_in.hpp).

#include <kindred/core/types.hpp>
#include <kindred/data/features.hpp>
#include <kindred/data/history.hpp>
#include <kindred/train/als_options.hpp>

#include <cstdint>
#include <span>

namespace kindred {

/// What a user has: items in any order, each once, with values (ratings, counts), weights and times; those left empty are 1, 1 and 0.
/// Beside them what else is known about the user, for models with user features. Nothing is copied.
template <class Rep>
struct BasicHistory {
  std::span<const BasicItemId<Rep>> items{};
  std::span<const float> values{}, weights{};
  std::span<const std::int64_t> times{};
  const Features* features = nullptr;  ///< in the columns trained with; null: nothing is known
  Index feature_row = 0;               ///< the user's row there
};
using History = BasicHistory<std::uint32_t>;

/// How users are folded in; a model reads the part it needs, a hybrid gives the same to all its parts.
struct FoldInOptions {
  AlsOptions least_squares = {};  ///< models with a vector for each user: the objective; of explicit or implicit feedback
  HistoryOptions history = {};    ///< item-item models: those that the model was made with
  double user_damping = 5;        ///< `BiasModel`: that of its `BiasOptions`
};

}  // namespace kindred

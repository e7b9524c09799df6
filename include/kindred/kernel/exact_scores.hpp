// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The scores of candidates, wherever their rows are, in the bits that a tile of all scores gives them.

#include <kindred/core/types.hpp>
#include <kindred/kernel/lanes.hpp>
#include <kindred/kernel/reservoir.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace kindred::detail {

/// Scores candidates a tile at a time. Memory: one tile of vectors, used again.
template <class Scalar>
class ExactScores {
 public:
  /// Sets the scores of those candidates that have a place to their dot products with `user`. `items` has `dim()` and `row(place)`.
  template <class Items>
  void operator()(const Scalar* user, const Items& items, std::span<Candidate<Scalar>> candidates) {
    const Index dim = items.dim();
    tile_.resize(dim * width);
    Index count = 0;
    for (Candidate<Scalar>& candidate : candidates) {
      if (candidate.place == Candidate<Scalar>::known) continue;
      prefetch(items.row(candidate.place), dim);
      some_[static_cast<std::size_t>(count++)] = &candidate;
      if (count == width) score(user, items, std::exchange(count, 0));
    }
    if (count > 0) score(user, items, count);
  }

 private:
  static constexpr Index width = ItemTiles<Scalar>::width, four = 4;
  static_assert(width % four == 0, "rows are turned four at a time");

  /// Scores the first `count` of `some_`.
  template <class Items>
  void score(const Scalar* user, const Items& items, Index count) {
    const Index dim = items.dim();
    for (Index j = 0; j < count; j += four) {
      std::array<const Scalar*, four> rows;  // those that are not there are the last
      for (Index k = 0; k < four; ++k)
        rows[static_cast<std::size_t>(k)] = items.row(some_[static_cast<std::size_t>(std::min(j + k, count - 1))]->place);
      Scalar* const to = tile_.data() + j;
      Index d = 0;
      for (; d + four <= dim; d += four) {
        const auto columns = columns_of<four, Scalar>([&](auto k) { return rows[k] + d; });
        for (Index k = 0; k < four; ++k)
          Eigen::Map<Lanes<Scalar, four>>(to + (d + k) * width) = columns[static_cast<std::size_t>(k)];
      }
      for (; d < dim; ++d) {
        for (Index k = 0; k < four; ++k) to[d * width + k] = rows[static_cast<std::size_t>(k)][d];
      }
    }
    constexpr Index packet = tile_packet<Scalar>;
    score_tile(std::make_integer_sequence<int, 1>{}, tile_.data(), user, dim, [&](Index, const auto& low, const auto& high) {
      for (Index j = 0; j < count; ++j) some_[static_cast<std::size_t>(j)]->set_score(j < packet ? low[j] : high[j - packet]);
    });
  }

  Eigen::Array<Scalar, Eigen::Dynamic, 1> tile_;
  std::array<Candidate<Scalar>*, static_cast<std::size_t>(width)> some_;  ///< whose rows the tile is made of
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The scores of candidates, wherever their rows are, in the bits that a tile of all scores gives them.

#include <kindred/core/types.hpp>
#include <kindred/kernel/reservoir.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <array>
#include <span>
#include <utility>

namespace kindred::detail {

/// Scores candidates a tile at a time. Memory: one tile of vectors, used again.
template <class Scalar>
class ExactScores {
 public:
  /// Sets the bounds of those candidates that are not exact to their dot products with `user`. `items` has `dim()` and `row(place)`.
  template <class Items>
  void operator()(const Scalar* user, const Items& items, std::span<Candidate<Scalar>> candidates) {
    constexpr Index width = ItemTiles<Scalar>::width, packet = tile_packet<Scalar>;
    const Index dim = items.dim();
    std::array<Candidate<Scalar>*, static_cast<std::size_t>(width)> some;
    Index count = 0;
    tile_.resize(dim * width);
    const auto score = [&] {
      score_tile(std::make_integer_sequence<int, 1>{}, tile_.data(), user, dim, [&](Index, const auto& low, const auto& high) {
        for (Index j = 0; j < count; ++j) {
          Candidate<Scalar>& c = *some[static_cast<std::size_t>(j)];
          c.lower = c.upper = j < packet ? low[j] : high[j - packet];
          c.exact = true;
        }
      });
      count = 0;
    };
    constexpr std::size_t ahead = 8;  // candidates
    for (std::size_t n = 0; n < candidates.size(); ++n) {
      if (n + ahead < candidates.size() && !candidates[n + ahead].exact) prefetch(items.row(candidates[n + ahead].place), dim);
      auto& candidate = candidates[n];
      if (candidate.exact) continue;
      const Scalar* row = items.row(candidate.place);
      Scalar* const to = tile_.data() + count;
      for (Index d = 0; d < dim; ++d) to[d * width] = row[d];
      some[static_cast<std::size_t>(count++)] = &candidate;
      if (count == width) score();
    }
    if (count > 0) score();
  }

 private:
  Eigen::Array<Scalar, Eigen::Dynamic, 1> tile_;
};

}  // namespace kindred::detail

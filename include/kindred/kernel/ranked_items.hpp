// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Item vectors laid out for best lists: longest first, so that the items whose length forbids a place in a list come last, and are not
/// scored at all.

#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/tile.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace kindred {

/// The items that may be recommended, in tiles, by descending length of their vectors.
///
/// By Cauchy and Schwarz no item of a tile or a later one scores more than |user| |its first item|, rounding apart. A vector with a NaN or an
/// infinite coordinate counts as infinitely long.
///
/// Memory: as `ItemTiles`, 8 bytes an item more. Cost: one pass over the vectors and a sort. Const and thread-safe once made.
/// Source: Teflioudi, Gemulla & Mykytiuk, SIGMOD 2015, "LEMP: fast retrieval of large entries in a matrix product" (its length-based bound).
template <class Scalar>
class RankedItems {
 public:
  RankedItems() = default;

  /// @param vectors  items x at least `dim`; columns from `dim` on are not read
  /// @param allowed  only these items; nullptr: all
  template <class Derived>
  RankedItems(const Eigen::MatrixBase<Derived>& vectors, Index dim, const ItemMask* allowed = nullptr)
      : items_(vectors.rows()) {
    KINDRED_ASSERT(allowed == nullptr || allowed->size() == items_);
    std::vector<double> length(static_cast<std::size_t>(items_));
    for (Index i = 0; i < items_; ++i) {
      if (allowed != nullptr && !(*allowed)[i]) continue;
      ids_.push_back(i);
      const double norm = length_of(vectors.derived().row(i).head(dim));
      length[static_cast<std::size_t>(i)] = norm;
    }
    std::stable_sort(ids_.begin(), ids_.end(), [&](Index a, Index b) {
      return length[static_cast<std::size_t>(a)] > length[static_cast<std::size_t>(b)];
    });
    RowMatrix<Scalar> sorted(static_cast<Index>(ids_.size()), dim);
    for (Index p = 0; p < sorted.rows(); ++p) sorted.row(p) = vectors.derived().row(id(p)).head(dim);
    tiles_ = ItemTiles<Scalar>(sorted, dim);
    for (Index t = 0; t < tiles_.tiles(); ++t) {
      bounds_.push_back(length[static_cast<std::size_t>(id(t * ItemTiles<Scalar>::width))] * slack(dim));
    }
  }

  const ItemTiles<Scalar>& tiles() const { return tiles_; }
  /// All items there are; those not allowed are in no tile.
  Index items() const { return items_; }
  /// The item at place p of the tiles.
  Index id(Index p) const { return ids_[static_cast<std::size_t>(p)]; }
  /// The length of a vector; infinite if a coordinate is NaN or infinite.
  template <class Row>
  static double length_of(const Eigen::DenseBase<Row>& row) {
    double most = 0, sum = 0;
    for (Index d = 0; d < row.size(); ++d) {
      const double x = std::abs(static_cast<double>(row(d)));
      if (!std::isfinite(x)) return std::numeric_limits<double>::infinity();
      most = std::max(most, x);
    }
    if (most == 0) return 0;
    for (Index d = 0; d < row.size(); ++d) {  // in units of the largest: squares neither overflow nor vanish
      const double x = static_cast<double>(row(d)) / most;
      sum += x * x;
    }
    return most * std::sqrt(sum);
  }

  /// Whether no item of tile t or later can score as much as `limit` for a user of this length. False for a limit that is NaN.
  bool below(Index t, double user_length, Scalar limit) const {
    constexpr auto vanishing = static_cast<double>(std::numeric_limits<Scalar>::min());  // products below it lose digits
    const double most = user_length * bounds_[static_cast<std::size_t>(t)] + vanishing;
    return most < static_cast<double>(limit) && most < static_cast<double>(std::numeric_limits<Scalar>::max());
  }

 private:
  /// A dot product of n terms, summed in any order, is off by at most about n epsilon |a| |b| (Higham 2002, section 3.1).
  static double slack(Index dim) {
    return 1 + 2 * static_cast<double>(dim + 8) * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  }

  Index items_ = 0;
  std::vector<Index> ids_;
  std::vector<double> bounds_;
  ItemTiles<Scalar> tiles_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The order in which items are looked at for best lists: longest vector first, so that the items whose length forbids a place in a list come
/// last, and are not scored at all.

#include <kindred/core/types.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/parameter/row.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace kindred::detail {

/// The length of a vector; infinite if a coordinate is NaN or infinite.
template <class Row>
double length_of(const Eigen::DenseBase<Row>& row) {
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

/// The items that may be recommended, by descending length of their vectors, cut into tiles.
///
/// By Cauchy and Schwarz no item of a tile or a later one scores more than |user| |its first item|, rounding apart. A vector with a NaN or an
/// infinite coordinate counts as infinitely long.
///
/// Memory: 4 bytes an item and 8 a tile. Cost: one pass over the vectors and a sort.
/// Source: Teflioudi, Gemulla & Mykytiuk, SIGMOD 2015, "LEMP: fast retrieval of large entries in a matrix product" (its length-based bound).
template <class Scalar>
class ItemsByLength {
 public:
  ItemsByLength() = default;

  /// @param vectors  items x at least `dim`; columns from `dim` on are not read
  /// @param allowed  only these items; nullptr: all
  /// Throws: std::invalid_argument for more than 2^32 - 1 items.
  template <class Derived>
  ItemsByLength(const Eigen::MatrixBase<Derived>& vectors, Index dim, const ItemMask* allowed)
      : items_(vectors.rows()), dim_(dim) {
    require(items_ <= most_items, "best lists: there must be at most ", most_items, " items, got ", items_);
    KINDRED_ASSERT(allowed == nullptr || allowed->size() == items_);
    std::vector<double> length(static_cast<std::size_t>(items_));
    for (Index i = 0; i < items_; ++i) {
      if (allowed != nullptr && !(*allowed)[i]) continue;
      ids_.push_back(static_cast<std::uint32_t>(i));
      length[static_cast<std::size_t>(i)] = length_of(vectors.derived().row(i).head(dim));
    }
    std::stable_sort(ids_.begin(), ids_.end(), [&](std::uint32_t a, std::uint32_t b) { return length[a] > length[b]; });
    for (const std::uint32_t id : ids_) longest_.push_back(length[id]);
  }

  /// All items there are; those not allowed are in no tile.
  Index items() const { return items_; }
  Index dim() const { return dim_; }
  /// How many items are in tiles, and the one at place p of them.
  Index places() const { return static_cast<Index>(ids_.size()); }
  std::uint32_t id(Index p) const { return ids_[static_cast<std::size_t>(p)]; }

  Index width() const { return width_; }
  Index tiles() const { return static_cast<Index>(longest_.size()); }
  /// How many items tile t holds.
  Index count(Index t) const { return std::min(width(), places() - t * width()); }
  /// The length of the longest item of tile t.
  double longest(Index t) const { return longest_[static_cast<std::size_t>(t)]; }

  /// The share of |user| |item| that a computed dot product may be off by: at most about dim epsilon, summed in any order (Higham 2002,
  /// section 3.1). What is below `vanishing` loses digits besides.
  double slack() const {
    return 2 * static_cast<double>(dim_ + 8) * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  }
  double vanishing() const { return static_cast<double>(dim_ + 1) * static_cast<double>(std::numeric_limits<Scalar>::min()); }

  /// Whether no item of tile t or later can score as much as `limit` for a user of this length. False for a limit that is NaN.
  bool below(Index t, double user_length, Scalar limit) const {
    const double most = user_length * longest(t) * (1 + slack()) + vanishing();
    return most < static_cast<double>(limit) && most < static_cast<double>(std::numeric_limits<Scalar>::max());
  }

 protected:
  /// Cuts the items into tiles of `width`. Once.
  void cut(Index width) {
    width_ = width;
    std::size_t tiles = 0;
    for (std::size_t p = 0; p < ids_.size(); p += static_cast<std::size_t>(width)) longest_[tiles++] = longest_[p];
    longest_.resize(tiles);
    longest_.shrink_to_fit();
  }

  /// The vectors in this order, padded to packets.
  template <class Derived>
  RowMatrix<Scalar> rows_of(const Eigen::MatrixBase<Derived>& vectors) const {
    RowMatrix<Scalar> rows = RowMatrix<Scalar>::Zero(places(), padded<Scalar>(dim_));
    for (Index p = 0; p < places(); ++p) rows.row(p).head(dim_) = vectors.derived().row(id(p)).head(dim_);
    return rows;
  }

 private:
  static constexpr Index most_items = std::numeric_limits<std::uint32_t>::max();  // which is no place: Candidate::known

  Index items_ = 0, dim_ = 0, width_ = 1;
  std::vector<std::uint32_t> ids_;
  std::vector<double> longest_;  // of each tile; of each item until they are cut
};

}  // namespace kindred::detail

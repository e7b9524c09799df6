// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Item vectors laid out for best lists: longest first, so that the items whose length forbids a place in a list come last, and are not
/// scored at all; of a large catalogue also in 8 bits, so that most items are ruled out at a quarter of the cost.

#include <kindred/kernel/coarse_items.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/tile.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace kindred {

/// Whether items are screened in 8 bits before they are scored. The lists are the same to the bit.
enum class Screening {
  automatic,  ///< where the machine is fast at it and the catalogue is large enough for it to pay
  never,
  always
};

/// The items that may be recommended, by descending length of their vectors, in tiles.
///
/// By Cauchy and Schwarz no item of a tile or a later one scores more than |user| |its first item|, rounding apart. A vector with a NaN or an
/// infinite coordinate counts as infinitely long.
///
/// Memory: as `ItemTiles`, 8 bytes an item more; if screened, rows padded to packets and another dim bytes an item.
/// Cost: one pass over the vectors and a sort. Const and thread-safe once made.
/// Source: Teflioudi, Gemulla & Mykytiuk, SIGMOD 2015, "LEMP: fast retrieval of large entries in a matrix product" (its length-based bound).
template <class Scalar>
class RankedItems {
 public:
  RankedItems() = default;

  /// @param vectors  items x at least `dim`; columns from `dim` on are not read
  /// @param allowed  only these items; nullptr: all
  template <class Derived>
  RankedItems(const Eigen::MatrixBase<Derived>& vectors, Index dim, const ItemMask* allowed = nullptr,
              Screening screening = Screening::automatic)
      : items_(vectors.rows()), dim_(dim) {
    KINDRED_ASSERT(allowed == nullptr || allowed->size() == items_);
    std::vector<double> length(static_cast<std::size_t>(items_));
    for (Index i = 0; i < items_; ++i) {
      if (allowed != nullptr && !(*allowed)[i]) continue;
      ids_.push_back(i);
      length[static_cast<std::size_t>(i)] = length_of(vectors.derived().row(i).head(dim));
    }
    std::stable_sort(ids_.begin(), ids_.end(), [&](Index a, Index b) {
      return length[static_cast<std::size_t>(a)] > length[static_cast<std::size_t>(b)];
    });
    screened_ = screen(screening);
    rows_.setZero(static_cast<Index>(ids_.size()), padded<Scalar>(dim));
    for (Index p = 0; p < rows_.rows(); ++p) rows_.row(p).head(dim) = vectors.derived().row(id(p)).head(dim);
    if (screened_) {
      coarse_ = detail::CoarseItems(rows_.rows(), dim, [this](Index p) { return row(p); });
    } else {
      tiles_ = ItemTiles<Scalar>(rows_, dim);
      rows_.resize(0, 0);
    }
    for (Index p = 0; p < static_cast<Index>(ids_.size()); p += width()) {
      bounds_.push_back(length[static_cast<std::size_t>(id(p))]);
      if (!screened_) continue;
      const detail::CoarseItems::Tile& tile = coarse_.about(p / width());
      const double scale = tile.scale > 0 ? tile.scale : 1;
      units_.push_back(
          {static_cast<float>(1 / scale), static_cast<float>(bounds_.back() / scale), static_cast<float>(tile.error / scale)});
    }
  }

  /// All items there are; those not allowed are in no tile.
  Index items() const { return items_; }
  Index dim() const { return dim_; }
  /// The item at place p of the tiles.
  Index id(Index p) const { return ids_[static_cast<std::size_t>(p)]; }

  Index width() const { return screened_ ? detail::coarse_items : ItemTiles<Scalar>::width; }
  Index tiles() const { return static_cast<Index>(bounds_.size()); }
  /// How many items tile t holds.
  Index count(Index t) const { return std::min(width(), static_cast<Index>(ids_.size()) - t * width()); }
  /// The length of the longest item of tile t.
  double longest(Index t) const { return bounds_[static_cast<std::size_t>(t)]; }

  /// Whether items are there in 8 bits (`coarse`) and in rows (`row`), or in tiles (`exact`).
  bool screened() const { return screened_; }
  const detail::CoarseItems& coarse() const { return coarse_; }
  /// One, the longest item and the error of tile t in units of its scale (of 1 if that is 0), for screening.
  struct Units {
    float one = 1, longest = 0, error = 0;
  };
  const Units& units(Index t) const { return units_[static_cast<std::size_t>(t)]; }
  const Scalar* row(Index p) const { return rows_.data() + p * rows_.cols(); }
  const ItemTiles<Scalar>& exact() const { return tiles_; }

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

 private:
  /// From that many items on screening pays for lists of 100 too; for lists of 10 from 2,000 on (benchmarks/top_k.cpp).
  static constexpr std::size_t enough_items = 8000;

  bool screen(Screening wish) const {
    if (dim_ < 1 || dim_ > detail::most_coarse_dim || ids_.size() > std::numeric_limits<std::uint32_t>::max()) return false;
    if (wish == Screening::automatic) return detail::coarse_is_fast && dim_ >= 16 && ids_.size() >= enough_items;
    return wish == Screening::always;
  }

  Index items_ = 0, dim_ = 0;
  bool screened_ = false;
  std::vector<Index> ids_;
  std::vector<double> bounds_;
  std::vector<Units> units_;
  ItemTiles<Scalar> tiles_;
  RowMatrix<Scalar> rows_;
  detail::CoarseItems coarse_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Item vectors laid out for the best lists of many users: longest first (kernel/by_length.hpp); of a large catalogue also in 8 bits, so that
/// most items are ruled out at a quarter of the cost. For one user after another: kernel/ranked_rows.hpp.

#include <kindred/kernel/by_length.hpp>
#include <kindred/kernel/coarse_items.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/screening.hpp>
#include <kindred/kernel/tile.hpp>

#include <vector>

namespace kindred {

/// The items that may be recommended, by descending length of their vectors, in tiles.
///
/// Memory: as `ItemTiles`, 4 bytes an item more; if screened, rows padded to packets and another dim bytes an item.
/// Cost: one pass over the vectors and a sort. Const and thread-safe once made.
/// Throws: std::invalid_argument for more than 2^32 - 1 items.
template <class Scalar>
class RankedItems : public detail::ItemsByLength<Scalar> {
  using Base = detail::ItemsByLength<Scalar>;

 public:
  RankedItems() = default;

  /// @param vectors  items x at least `dim`; columns from `dim` on are not read
  /// @param allowed  only these items; nullptr: all
  template <class Derived>
  RankedItems(const Eigen::MatrixBase<Derived>& vectors, Index dim, const ItemMask* allowed = nullptr,
              Screening screening = Screening::automatic)
      : Base(vectors, dim, allowed), screened_(screen(screening)) {
    this->cut(screened_ ? detail::coarse_items : ItemTiles<Scalar>::width);
    rows_ = this->rows_of(vectors);
    if (!screened_) {
      tiles_ = ItemTiles<Scalar>(rows_, dim);
      rows_.resize(0, 0);
      return;
    }
    coarse_ = detail::CoarseItems(rows_.rows(), dim, [this](Index p) { return row(p); });
    for (Index t = 0; t < this->tiles(); ++t) {
      const detail::CoarseItems::Tile& tile = coarse_.about(t);
      const double scale = tile.scale > 0 ? tile.scale : 1;
      units_.push_back({static_cast<float>(1 / scale), static_cast<float>(this->longest(t) / scale),
                        static_cast<float>(tile.error / scale)});
    }
  }

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

 private:
  /// From that many items on screening pays for lists of 100 too; for lists of 10 from 2,000 on (benchmarks/top_k.cpp).
  static constexpr Index enough_items = 8000;

  bool screen(Screening wish) const {
    if (this->dim() < 1 || this->dim() > detail::most_coarse_dim) return false;
    if (wish == Screening::automatic) return detail::coarse_is_fast && this->dim() >= 16 && this->places() >= enough_items;
    return wish == Screening::always;
  }

  bool screened_ = false;
  std::vector<Units> units_;
  ItemTiles<Scalar> tiles_;
  RowMatrix<Scalar> rows_;
  detail::CoarseItems coarse_;
};

}  // namespace kindred

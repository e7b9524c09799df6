// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Item vectors laid out for the best lists of one user after another: longest first (kernel/by_length.hpp); of a large catalogue also in 4 bits, so
/// that an eighth of their memory is read and few items are scored. For many users together: kernel/ranked_items.hpp.

#include <kindred/kernel/by_length.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/nibble_items.hpp>
#include <kindred/kernel/screening.hpp>

#include <Eigen/Core>

namespace kindred {

/// The items that may be recommended, by descending length of their vectors, in rows and in tiles of 64.
///
/// Memory: rows padded to packets and 4 bytes an item; if screened, another dim + 4 bytes an item, dim rounded up to 64.
/// Cost: one pass over the vectors and a sort. Const and thread-safe once made.
/// Throws: std::invalid_argument for more than 2^32 - 1 items.
template <class Scalar>
class RankedRows : public detail::ItemsByLength<Scalar> {
  using Base = detail::ItemsByLength<Scalar>;

 public:
  RankedRows() = default;

  /// @param vectors  items x at least `dim`; columns from `dim` on are not read
  /// @param allowed  only these items; nullptr: all
  template <class Derived>
  RankedRows(const Eigen::MatrixBase<Derived>& vectors, Index dim, const ItemMask* allowed = nullptr,
             Screening screening = Screening::automatic)
      : Base(vectors, dim, allowed), screened_(screen(screening)) {
    this->cut(detail::nibble_items);
    rows_ = this->rows_of(vectors);
    if (screened_) nibbles_ = detail::NibbleItems(rows_.rows(), dim, [this](Index p) { return row(p); });
  }

  /// Whether items are there in 4 bits too.
  bool screened() const { return screened_; }
  const detail::NibbleItems& nibbles() const { return nibbles_; }
  const Scalar* row(Index p) const { return rows_.data() + p * rows_.cols(); }
  const RowMatrix<Scalar>& rows() const { return rows_; }

 private:
  /// From about that many items on a list of 10 takes less with screening than with a dot product an item, at Dim 64.
  static constexpr Index enough_items = 1000;

  bool screen(Screening wish) const {
    if (this->dim() < 1 || this->dim() > detail::most_nibble_dim) return false;
    if (wish == Screening::automatic) return detail::coarse_is_fast && this->dim() >= 16 && this->places() >= enough_items;
    return wish == Screening::always;
  }

  bool screened_ = false;
  RowMatrix<Scalar> rows_;
  detail::NibbleItems nibbles_;
};

}  // namespace kindred

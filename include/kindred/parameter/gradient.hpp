// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of a loss with respect to one parameter, kept outside the model: the few rows of an embedding table that a batch
/// touched, or all rows of a layer. The same verbs for both.

#include <kindred/parameter/parameter.hpp>
#include <kindred/parameter/row_order.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace kindred {

/// Rows of gradient, of the shape of `P`.
///
/// A row may be added many times. `compact()` sums the repeats, in the order in which they were added, and sorts by row: only
/// then may an update rule see it, since rules are not linear. `count()`, `id(k)`, `row(k)` enumerate the rows.
/// Cost: add O(cols); compact O(n log rows / 8 + n cols) for n additions, nothing if already compact. Memory: grows, is never given back.
template <class P>
class Gradient {
 public:
  using Scalar = typename P::Scalar;
  static constexpr int fixed_cols = P::fixed_cols;
  static constexpr bool dense = P::touch == Touch::all_rows;

  Gradient() = default;
  explicit Gradient(const P& parameter) : rows_(parameter.rows()), cols_(parameter.cols()), stride_(parameter.stride()) {
    if constexpr (dense) {
      values_.setZero(rows_, stride_);
    }
  }

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }

  /// Adds `g`, 1 x cols, to the gradient of a row.
  template <class Derived>
  void add(Index row, const Eigen::ArrayBase<Derived>& g) {
    KINDRED_ASSERT(g.size() == cols_);
    if constexpr (dense) {
      touched_ = true;
      RowMap<Scalar, fixed_cols>(values_.data() + row * stride_, 1, cols_) += g;
    } else {
      const Index place = push(row);  // first: it may move the values
      RowMap<Scalar, fixed_cols>(values_.data() + place * stride_, 1, cols_) = g;
    }
  }

  /// Appends a zero entry for a row and returns its place, for writing through `padded_row`. Sparse only.
  Index push(Index row)
    requires(!dense)
  {
    KINDRED_ASSERT(row >= 0 && row < rows_);
    const auto place = static_cast<Index>(ids_.size());
    make_room(place + 1);
    compact_ = compact_ && (ids_.empty() || ids_.back() < row);
    ids_.push_back(row);
    repeats_.push_back(counting_ ? 1 : 0);
    padded_row(place).setZero();
    return place;
  }

  /// Appends entries for many rows and returns the place of the first. Their `padded_row`s must be written then: they hold anything.
  Index push(std::span<const Index> rows)
    requires(!dense)
  {
    const auto place = static_cast<Index>(ids_.size());
    make_room(place + static_cast<Index>(rows.size()));
    Index last = ids_.empty() ? -1 : ids_.back();
    for (const Index row : rows) {
      KINDRED_ASSERT(row >= 0 && row < rows_);
      compact_ = compact_ && last < row;
      last = row;
    }
    ids_.insert(ids_.end(), rows.begin(), rows.end());
    repeats_.resize(ids_.size(), counting_ ? 1 : 0);
    return place;
  }

  /// Makes room for so many entries, that pushing them allocates nothing. Sparse only.
  void reserve(Index entries)
    requires(!dense)
  {
    make_room(entries);
    ids_.reserve(static_cast<std::size_t>(entries));
    repeats_.reserve(static_cast<std::size_t>(entries));
  }

  /// Adds all that `later` holds, after what is here.
  void append(const Gradient& later) {
    KINDRED_ASSERT(this != &later && rows_ == later.rows_ && cols_ == later.cols_);
    if constexpr (dense) {
      touched_ = touched_ || later.touched_;
      values_ += later.values_;
    } else {
      const auto place = static_cast<Index>(ids_.size());
      const Index more = later.count();
      if (more == 0) return;
      make_room(place + more);
      compact_ = compact_ && later.compact_ && (ids_.empty() || ids_.back() < later.ids_.front());
      ids_.insert(ids_.end(), later.ids_.begin(), later.ids_.end());
      repeats_.insert(repeats_.end(), later.repeats_.begin(), later.repeats_.end());
      values_.middleRows(place, more) = later.values_.topRows(more);
    }
  }

  /// Sums repeated rows in the order of addition and sorts by row.
  void compact() {
    if constexpr (!dense) {
      if (compact_) return;
      detail::sort_by_row(ids_, rows_, order_);
      if (sums_.rows() < count()) sums_.resize(values_.rows(), stride_);
      summed_.clear();
      for (std::size_t k = 0; k < order_.rows.size(); ++k) {
        auto sum = row_of(sums_, static_cast<Index>(k));
        sum.setZero();
        Index repeats = 0;
        for (const auto& entry : order_.entries(static_cast<Index>(k))) {
          sum += padded_row(entry.place);
          repeats += repeats_[static_cast<std::size_t>(entry.place)];
        }
        summed_.push_back(repeats);
      }
      ids_.swap(order_.rows);
      repeats_.swap(summed_);
      values_.swap(sums_);
      compact_ = true;
    }
  }

  bool is_compact() const { return dense || compact_; }

  /// How many entries there are; after `compact()`, how many different rows. A dense gradient has all rows, or none if nothing was added
  /// to it (the parameter took no part in the step, and must not coast).
  Index count() const { return dense ? (touched_ ? rows_ : 0) : static_cast<Index>(ids_.size()); }

  /// The row of the parameter that entry k belongs to.
  Index id(Index k) const { return dense ? k : ids_[static_cast<std::size_t>(k)]; }

  /// Whether additions from now on count as repeats.
  void count_repeats(bool counting) { counting_ = counting; }

  /// How many counted additions entry k sums. For a dense parameter always 1.
  Index repeats(Index k) const { return dense ? 1 : repeats_[static_cast<std::size_t>(k)]; }

  /// Says that entry k stands for so many counted additions, which the caller has summed. Sparse only.
  void set_repeats(Index k, Index count)
    requires(!dense)
  {
    repeats_[static_cast<std::size_t>(k)] = count;
  }

  /// All rows as one matrix, rows x cols, for adding to. Dense only.
  auto value()
    requires dense
  {
    touched_ = true;
    return values_.leftCols(cols_);
  }

  ConstRowMap<Scalar, fixed_cols> row(Index k) const { return {values_.data() + k * stride_, 1, cols_}; }
  PaddedRowMap<Scalar, fixed_cols> padded_row(Index k) { return row_of(values_, k); }
  ConstPaddedRowMap<Scalar, fixed_cols> padded_row(Index k) const { return {values_.data() + k * stride_, 1, stride_}; }

  /// The rows of all entries with their padding, one behind the other.
  std::span<Scalar> numbers() { return {values_.data(), static_cast<std::size_t>(count() * stride_)}; }

  /// Back to no gradient at all; keeps the memory.
  void clear() {
    if constexpr (dense) {
      values_.setZero();
      touched_ = false;
    } else {
      ids_.clear();
      repeats_.clear();
      compact_ = true;
    }
  }

 private:
  void make_room(Index entries) {
    if (entries > values_.rows()) values_.conservativeResize(std::max<Index>({entries, 2 * values_.rows(), 16}), stride_);
  }

  PaddedRowMap<Scalar, fixed_cols> row_of(RowMatrix<Scalar>& matrix, Index k) const {
    return {matrix.data() + k * stride_, 1, stride_};
  }

  Index rows_ = 0, cols_ = 0, stride_ = 0;
  RowMatrix<Scalar> values_;
  std::vector<Index> ids_, repeats_;
  bool compact_ = true, touched_ = false, counting_ = true;
  RowMatrix<Scalar>
      sums_;  // these and order_.rows are compact()'s second half: swapped with the first, so that nothing is allocated
  std::vector<Index> summed_;
  detail::RowOrder order_;
};

}  // namespace kindred

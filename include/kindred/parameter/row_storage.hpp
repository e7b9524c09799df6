// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Where the rows of a parameter lie: in memory of their own, or in memory that someone else keeps, such as a mapped model file.

#include <kindred/core/large_pages.hpp>
#include <kindred/core/types.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace kindred::detail {

/// rows x cols scalars without values. Rows that are read and written all over a large table miss the table of pages less often.
template <class Scalar>
RowMatrix<Scalar> rows_in_large_pages(Index rows, Index cols) {
  RowMatrix<Scalar> out(rows, cols);
  ask_large_pages(out.data(), static_cast<std::size_t>(out.size()) * sizeof(Scalar));
  return out;
}

/// rows x stride scalars, row-major, the first one aligned for packets. A copy always has memory of its own.
template <class Scalar>
class RowStorage {
 public:
  using Map = Eigen::Map<RowMatrix<Scalar>, Eigen::AlignedMax>;
  using ConstMap = Eigen::Map<const RowMatrix<Scalar>, Eigen::AlignedMax>;

  RowStorage() = default;
  /// Zeros.
  RowStorage(Index rows, Index stride) : own_(rows_in_large_pages<Scalar>(rows, stride)) {
    own_.setZero();
    point_to_own();
  }
  /// Memory that `keeper` keeps alive. Writing to it is for the keeper to allow: a privately mapped file does.
  RowStorage(Scalar* first, Index rows, Index stride, std::shared_ptr<const void> keeper)
      : keeper_(std::move(keeper)), first_(first), rows_(rows), stride_(stride) {}

  RowStorage(const RowStorage& other) : own_(rows_in_large_pages<Scalar>(other.rows_, other.stride_)) {
    own_ = other.matrix();
    point_to_own();
  }
  RowStorage(RowStorage&& other) noexcept { swap(other); }
  RowStorage& operator=(RowStorage&& other) noexcept {
    RowStorage taken(std::move(other));
    swap(taken);
    return *this;
  }
  /// In place if the shapes are equal: nothing is allocated then.
  RowStorage& operator=(const RowStorage& other) {
    if (!keeper_ && rows_ == other.rows_ && stride_ == other.stride_) {
      own_ = other.matrix();
      return *this;
    }
    return *this = RowStorage(other);
  }
  ~RowStorage() = default;

  Index rows() const { return rows_; }
  Index stride() const { return stride_; }
  Scalar* data() { return first_; }
  const Scalar* data() const { return first_; }
  Map matrix() { return {first_, rows_, stride_}; }
  ConstMap matrix() const { return {first_, rows_, stride_}; }

  /// Whether memory of this address can be used as it is.
  static bool aligned(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) % std::max<std::uintptr_t>(1, EIGEN_MAX_ALIGN_BYTES) == 0;
  }

  /// Appends rows of zeros.
  void add_rows(Index count) {
    RowMatrix<Scalar> grown = rows_in_large_pages<Scalar>(rows_ + count, stride_);
    grown.topRows(rows_) = matrix();
    grown.bottomRows(count).setZero();
    own_.swap(grown);
    keeper_.reset();
    point_to_own();
  }

 private:
  void point_to_own() {
    first_ = own_.data();
    rows_ = own_.rows();
    stride_ = own_.cols();
  }
  void swap(RowStorage& other) noexcept {
    own_.swap(other.own_);  // swaps pointers, so that `first_` stays right
    keeper_.swap(other.keeper_);
    std::swap(first_, other.first_);
    std::swap(rows_, other.rows_);
    std::swap(stride_, other.stride_);
  }

  RowMatrix<Scalar> own_;
  std::shared_ptr<const void> keeper_;
  Scalar* first_ = nullptr;
  Index rows_ = 0, stride_ = 0;
};

}  // namespace kindred::detail

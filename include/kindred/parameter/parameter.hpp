// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The storage of everything that is trained: a table of rows. An embedding is one in which few rows are touched in a step
/// (`EmbeddingTable`), a layer of a network is one in which all are (`Weights`).

#include <kindred/parameter/row.hpp>
#include <kindred/parameter/row_storage.hpp>

#include <memory>
#include <utility>

namespace kindred {

/// Which rows of a parameter one training step can change.
enum class Touch { some_rows, all_rows };

/// What a parameter is to the regulariser: each group has its own L2 weight (train/l2.hpp).
enum class ParameterGroup { embeddings, features, biases, layers };

/// A row-major table, rows x cols, each row padded and aligned (see row.hpp). Starts at zero.
///
/// Memory: rows * padded(cols) * sizeof(Scalar) bytes.
/// Throws: std::invalid_argument from the constructor if rows < 0, cols < 1, or cols differs from a fixed `Cols`.
template <class ScalarType, int Cols, Touch touched>
class Parameter {
  static_assert(std::is_floating_point_v<ScalarType>, "Parameter: Scalar must be float or double");
  static_assert(Cols == Dynamic || Cols > 0, "Parameter: the number of columns (Dim) must be positive or kindred::Dynamic");

 public:
  using Scalar = ScalarType;
  static constexpr int fixed_cols = Cols;
  static constexpr Touch touch = touched;
  static constexpr ParameterGroup group = touched == Touch::all_rows ? ParameterGroup::layers
                                          : Cols == 1                ? ParameterGroup::biases
                                                                     : ParameterGroup::embeddings;

  Parameter() = default;
  explicit Parameter(Index rows, Index cols = Cols)
      : data_(checked_rows(rows), padded<Scalar, Cols>(checked_cols(cols))), cols_(cols) {}

  /// Rows that lie elsewhere, rows x padded(cols) from `first` on, which must be aligned (`RowStorage::aligned`) and padded with zeros.
  /// @param keeper  what keeps that memory, for as long as this or what was moved from it lives; copies have memory of their own
  Parameter(Scalar* first, Index rows, Index cols, std::shared_ptr<const void> keeper)
      : data_(first, checked_rows(rows), padded<Scalar, Cols>(checked_cols(cols)), std::move(keeper)), cols_(cols) {}

  Index rows() const { return data_.rows(); }
  Index cols() const { return cols_; }
  /// The distance between rows, in scalars.
  Index stride() const { return data_.stride(); }

  RowMap<Scalar, Cols> row(Index r) { return {pointer(r), 1, cols_}; }
  ConstRowMap<Scalar, Cols> row(Index r) const { return {pointer(r), 1, cols_}; }

  /// The row with its padding. Whoever writes it must leave the padding at zero.
  PaddedRowMap<Scalar, Cols> padded_row(Index r) { return {pointer(r), 1, stride()}; }
  ConstPaddedRowMap<Scalar, Cols> padded_row(Index r) const { return {pointer(r), 1, stride()}; }

  /// All rows as one matrix, rows x cols.
  auto value() { return StridedMap<RowMatrix<Scalar>>(data(), rows(), cols_, Eigen::OuterStride<>(stride())); }
  auto value() const { return StridedMap<const RowMatrix<Scalar>>(data(), rows(), cols_, Eigen::OuterStride<>(stride())); }

  /// All rows with their padding, rows x stride.
  auto padded_value() const { return data_.matrix(); }

  /// Appends `count` rows of zeros; the others keep their numbers, and may move in memory.
  void add_rows(Index count) { data_.add_rows(checked_rows(count)); }

  /// The first scalar of the first row.
  Scalar* data() { return data_.data(); }
  const Scalar* data() const { return data_.data(); }

 private:
  template <class Matrix>
  using StridedMap = Eigen::Map<Matrix, Eigen::AlignedMax, Eigen::OuterStride<>>;

  static Index checked_rows(Index rows) {
    detail::require(rows >= 0, "Parameter: the number of rows must not be negative, got ", rows);
    return rows;
  }
  static Index checked_cols(Index cols) {
    detail::require(cols >= 1, "Parameter: the number of columns (Dim) must be at least 1, got ", cols);
    detail::require(Cols == Dynamic || cols == Cols, "Parameter: the number of columns (Dim) is fixed at ", Cols, ", got ",
                    cols);
    return cols;
  }
  Scalar* pointer(Index r) {
    KINDRED_ASSERT(r >= 0 && r < rows());
    return data_.data() + r * stride();
  }
  const Scalar* pointer(Index r) const {
    KINDRED_ASSERT(r >= 0 && r < rows());
    return data_.data() + r * stride();
  }

  detail::RowStorage<Scalar> data_;
  Index cols_ = Cols == Dynamic ? 0 : Cols;
};

/// The weights of a dense layer, rows x cols: every step moves all rows. A bias vector is one row.
template <class Scalar, int Cols = Dynamic>
class Weights : public Parameter<Scalar, Cols, Touch::all_rows> {
 public:
  using Parameter<Scalar, Cols, Touch::all_rows>::Parameter;
};

}  // namespace kindred

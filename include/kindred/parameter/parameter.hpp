// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The storage of everything that is trained: a table of rows. An embedding is one in which few rows are touched in a step
/// (`EmbeddingTable`), a layer of a network is one in which all are (`Weights`).

#include <kindred/kernel/narrow.hpp>
#include <kindred/parameter/row.hpp>
#include <kindred/parameter/row_storage.hpp>

#include <cmath>
#include <memory>
#include <span>
#include <utility>

namespace kindred {

/// Which rows of a parameter one training step can change.
enum class Touch { some_rows, all_rows };

/// What a parameter is to the regulariser: each group has its own L2 weight (train/l2.hpp).
enum class ParameterGroup { embeddings, features, biases, layers };

namespace detail {

/// The most columns of a `Dynamic` number in a table of 16-bit numbers: a row in float is on the stack then.
inline constexpr int most_wide_cols = 1024;

/// `Cols` numbers of a row, in memory of their own on the stack.
template <class Scalar, int Cols>
using OwnRow = Eigen::Array<Scalar, 1, Cols, Eigen::RowMajor, 1, Cols == Dynamic ? most_wide_cols : Cols>;

}  // namespace detail

/// A row-major table, rows x cols, each row padded and aligned (see row.hpp). Starts at zero.
///
/// `Stored` is what the numbers are in memory: the `Scalar` that is computed with, or for float 16 bits (kernel/narrow.hpp). Rows of 16-bit
/// numbers are read as floats, copies on the stack that cannot be written to; `stored_row` is for writing.
/// Memory: rows * padded(cols) * sizeof(Stored) bytes.
/// Throws: std::invalid_argument from the constructor if rows < 0, cols < 1, cols differs from a fixed `Cols`, or with 16 bits a `Dynamic`
/// cols is above 1024; from the conversion if a finite number does not fit.
template <class ScalarType, int Cols, Touch touched, class StoredType = ScalarType>
class Parameter {
  static_assert(std::is_floating_point_v<ScalarType>,
                "Parameter: Scalar must be float or double; 16-bit numbers are for storage, after Dim: "
                "EmbeddingTable<float, Dim, Eigen::bfloat16>");
  static_assert(std::is_same_v<StoredType, ScalarType> || (std::is_same_v<ScalarType, float> && Narrow<StoredType>),
                "Parameter: numbers must be stored as their Scalar, or those of float as Eigen::half or Eigen::bfloat16");
  static_assert(Cols == Dynamic || Cols > 0, "Parameter: the number of columns (Dim) must be positive or kindred::Dynamic");
  static_assert(std::is_same_v<StoredType, ScalarType> || Cols != 1, "Parameter: a single column must be stored as its Scalar");

 public:
  using Scalar = ScalarType;
  using Stored = StoredType;
  static constexpr int fixed_cols = Cols;
  static constexpr Touch touch = touched;
  static constexpr ParameterGroup group = touched == Touch::all_rows ? ParameterGroup::layers
                                          : Cols == 1                ? ParameterGroup::biases
                                                                     : ParameterGroup::embeddings;
  /// Whether the numbers are stored in fewer bits than they are computed with.
  static constexpr bool narrow = !std::is_same_v<Stored, Scalar>;
  /// Rows as they are read.
  using ConstRow = std::conditional_t<narrow, const detail::OwnRow<Scalar, Cols>, ConstRowMap<Scalar, Cols>>;
  using ConstPaddedRow = std::conditional_t<narrow, const detail::OwnRow<Scalar, detail::padded_cols<Scalar, Cols>>,
                                            ConstPaddedRowMap<Scalar, Cols>>;

  Parameter() = default;
  explicit Parameter(Index rows, Index cols = Cols)
      : data_(checked_rows(rows), padded<Scalar, Cols>(checked_cols(cols))), cols_(cols) {}

  /// Rows that lie elsewhere, rows x padded(cols) from `first` on, which must be aligned (`RowStorage::aligned`) and padded with zeros.
  /// @param keeper  what keeps that memory, for as long as this or what was moved from it lives; copies have memory of their own
  Parameter(Stored* first, Index rows, Index cols, std::shared_ptr<const void> keeper)
      : data_(first, checked_rows(rows), padded<Scalar, Cols>(checked_cols(cols)), std::move(keeper)), cols_(cols) {}

  /// The same numbers stored otherwise: in 16 bits to the nearest, ties to even, and from 16 bits exactly.
  template <class Other>
    requires(!std::same_as<Other, StoredType>)
  explicit Parameter(const Parameter<ScalarType, Cols, touched, Other>& other)
      : Parameter(other.rows(), checked_cols(other.cols())) {
    for (Index r = 0; r < rows(); ++r) {
      const auto from = other.padded_row(r);
      if constexpr (narrow) {
        detail::narrow(from.data(), pointer(r), stride());
        const auto stored = padded_row(r);
        for (Index c = 0; c < cols_; ++c) {
          detail::require(std::isfinite(stored(c)) || !std::isfinite(from(c)),
                          "Parameter: a number must fit the 16 bits it is to be stored in, got ", from(c), " in row ", r);
        }
      } else {
        stored_row(r) = from;
      }
    }
  }

  Index rows() const { return data_.rows(); }
  Index cols() const { return cols_; }
  /// The distance between rows, in numbers; known to the compiler where `Cols` is.
  Index stride() const { return Cols == Dynamic ? data_.stride() : padded<Scalar, Cols>(Cols); }

  auto row(Index r) {
    if constexpr (narrow) {
      return std::as_const(*this).row(r);
    } else {
      return RowMap<Scalar, Cols>(pointer(r), 1, cols_);
    }
  }
  ConstRow row(Index r) const { return read<ConstRow>(r, cols_); }

  /// The row with its padding. Whoever writes it must leave the padding at zero.
  auto padded_row(Index r) {
    if constexpr (narrow) {
      return std::as_const(*this).padded_row(r);
    } else {
      return stored_row(r);
    }
  }
  ConstPaddedRow padded_row(Index r) const { return read<ConstPaddedRow>(r, stride()); }

  /// The row with its padding as it is stored, for writing.
  PaddedRowMap<Scalar, Cols, Stored> stored_row(Index r) { return {pointer(r), 1, stride()}; }

  /// All rows as one matrix, rows x cols; of 16-bit numbers an expression of floats.
  auto value() {
    if constexpr (narrow) {
      return std::as_const(*this).value();
    } else {
      return StridedMap<RowMatrix<Scalar>>(data(), rows(), cols_, Eigen::OuterStride<>(stride()));
    }
  }
  auto value() const {
    const StridedMap<const RowMatrix<Stored>> all(data(), rows(), cols_, Eigen::OuterStride<>(stride()));
    if constexpr (narrow) {
      return all.template cast<Scalar>();
    } else {
      return all;
    }
  }

  /// All rows with their padding as they are stored, rows x stride.
  auto padded_value() const { return data_.matrix(); }

  /// The same as one run of numbers.
  std::span<Stored> numbers() { return {data(), static_cast<std::size_t>(rows() * stride())}; }

  /// Appends `count` rows of zeros; the others keep their numbers, and may move in memory.
  void add_rows(Index count) { data_.add_rows(checked_rows(count)); }

  /// The first number of the first row.
  Stored* data() { return data_.data(); }
  const Stored* data() const { return data_.data(); }

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
    detail::require(!narrow || Cols != Dynamic || cols <= detail::most_wide_cols,
                    "Parameter: the number of columns (Dim) must be fixed or at most ", detail::most_wide_cols,
                    " to be stored in 16 bits, got ", cols);
    return cols;
  }
  Stored* pointer(Index r) {
    KINDRED_ASSERT(r >= 0 && r < rows());
    return data_.data() + r * stride();
  }
  const Stored* pointer(Index r) const {
    KINDRED_ASSERT(r >= 0 && r < rows());
    return data_.data() + r * stride();
  }

  /// The first `count` numbers of a row.
  template <class Row>
  EIGEN_ALWAYS_INLINE Row read(Index r, Index count) const {
    if constexpr (narrow) {
      std::remove_const_t<Row> out(1, count);
      detail::widen(pointer(r), out.data(), count);
      return out;
    } else {
      return Row(pointer(r), 1, count);
    }
  }

  detail::RowStorage<Stored> data_;
  Index cols_ = Cols == Dynamic ? 0 : Cols;
};

/// The weights of a dense layer, rows x cols: every step moves all rows. A bias vector is one row.
template <class Scalar, int Cols = Dynamic>
class Weights : public Parameter<Scalar, Cols, Touch::all_rows> {
 public:
  using Parameter<Scalar, Cols, Touch::all_rows>::Parameter;
};

}  // namespace kindred

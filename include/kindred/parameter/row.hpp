// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How the rows of a parameter lie in memory: padded with zeros to whole SIMD packets, and aligned.
///
/// Eigen picks the packet of a fixed-size array by divisibility, so a Dim of 100 would run 4 floats wide where the machine has 16;
/// padded to 112 it runs 16 wide. Aligned rows also make sums repeatable. The padding starts at zero and every update leaves it so.

#include <kindred/core/types.hpp>

#include <Eigen/Core>

#include <bit>

namespace kindred {

namespace detail {

/// Scalars in the widest SIMD packet of this build; 1 without vectorisation.
template <class Scalar>
inline constexpr Index packet_width = std::max<Index>(1, EIGEN_MAX_STATIC_ALIGN_BYTES / static_cast<Index>(sizeof(Scalar)));

}  // namespace detail

/// The padded width of a row of `cols` scalars: whole packets; for a fixed `Cols` of less than a packet, the next power of two.
template <class Scalar, int Cols = Dynamic>
constexpr Index padded(Index cols) {
  constexpr Index packet = detail::packet_width<Scalar>;
  if (Cols != Dynamic && cols < packet) return static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(cols)));
  return (cols + packet - 1) / packet * packet;
}

namespace detail {

template <class Scalar, int Cols>
inline constexpr int padded_cols = Cols == Dynamic ? Dynamic : static_cast<int>(padded<Scalar, Cols>(Cols));

/// The largest power of two that divides the bytes of a padded row, at most a packet; 0 (unaligned) below 16.
template <class Scalar, int Cols, class Stored = Scalar>
inline constexpr int row_alignment = [] {
  constexpr int widest = EIGEN_MAX_STATIC_ALIGN_BYTES;
  constexpr Index cols = Cols == Dynamic ? packet_width<Scalar> : padded<Scalar, Cols>(Cols);
  constexpr int bytes = static_cast<int>(cols) * static_cast<int>(sizeof(Stored));
  int align = 1;
  while (align < widest && bytes % (2 * align) == 0) align *= 2;
  return align >= 16 ? align : 0;
}();

}  // namespace detail

/// A row as a coefficient-wise array: `Cols` wide, or padded. Fixed size wherever `Cols` is.
template <class Scalar, int Cols = Dynamic>
using RowMap = Eigen::Map<Eigen::Array<Scalar, 1, Cols, Eigen::RowMajor>>;
template <class Scalar, int Cols = Dynamic>
using ConstRowMap = Eigen::Map<const Eigen::Array<Scalar, 1, Cols, Eigen::RowMajor>>;

/// The same row with its padding, aligned: what kernels and update rules work on. `Stored` is what the numbers are in memory; the padding goes
/// by the `Scalar` that is computed with, so that rows of both are equally wide.
template <class Scalar, int Cols = Dynamic, class Stored = Scalar>
using PaddedRowMap = Eigen::Map<Eigen::Array<Stored, 1, detail::padded_cols<Scalar, Cols>, Eigen::RowMajor>,
                                detail::row_alignment<Scalar, Cols, Stored>>;
template <class Scalar, int Cols = Dynamic>
using ConstPaddedRowMap = Eigen::Map<const Eigen::Array<Scalar, 1, detail::padded_cols<Scalar, Cols>, Eigen::RowMajor>,
                                     detail::row_alignment<Scalar, Cols>>;

namespace detail {

/// Row k of a matrix of padded rows, of fixed size wherever `Cols` is.
template <int Cols, class Scalar>
PaddedRowMap<Scalar, Cols> padded_row_of(RowMatrix<Scalar>& rows, Index k) {
  return {rows.data() + k * rows.cols(), 1, rows.cols()};
}
template <int Cols, class Scalar>
ConstPaddedRowMap<Scalar, Cols> padded_row_of(const RowMatrix<Scalar>& rows, Index k) {
  return {rows.data() + k * rows.cols(), 1, rows.cols()};
}

}  // namespace detail
}  // namespace kindred

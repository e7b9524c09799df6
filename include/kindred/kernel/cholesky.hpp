// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Small positive definite systems, of 8 to a few hundred unknowns: a Cholesky decomposition whose sums run in the register tile.

#include <kindred/kernel/symmetric_update.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kindred {

/// A square matrix of which the lower triangle counts, and a right-hand side, laid out for the kernels: columns of whole packets.
///
/// Memory: (size^2 + 2 size) scalars, size rounded up to whole packets; `reset` reuses it.
template <class Scalar>
class DefiniteSystem {
 public:
  using Matrix = Eigen::Map<Eigen::MatrixX<Scalar>, Eigen::AlignedMax, Eigen::OuterStride<>>;
  using Vector = Eigen::Map<Eigen::VectorX<Scalar>, Eigen::AlignedMax>;

  /// Everything zero, with `size` unknowns.
  void reset(Index size) {
    size_ = size;
    stride_ = detail::packed<Scalar>(size);
    const Index wanted = stride_ * (stride_ + 2);
    if (values_.size() < wanted) values_.resize(wanted);
    values_.head(wanted).setZero();
  }

  /// The lower half of a symmetric matrix, and a right-hand side of zero. What is above the diagonal may hold anything.
  template <class Derived>
  void reset(const Eigen::MatrixBase<Derived>& symmetric) {
    if (symmetric.rows() != size_ || stride_ != size_) reset(symmetric.rows());
    for (Index c = 0; c < size_; ++c) {
      const Index row = c / packet * packet;  // whole packets
      matrix().col(c).tail(size_ - row) = symmetric.col(c).tail(size_ - row);
    }
    values_.segment(stride_ * stride_, 2 * stride_).setZero();
  }

  Index size() const { return size_; }
  /// Scalars from one column to the next; the rows from `size()` on are zero.
  Index stride() const { return stride_; }
  Scalar* data() { return values_.data(); }

  Matrix matrix() { return {values_.data(), size_, size_, Eigen::OuterStride<>(stride_)}; }
  Vector right() { return {values_.data() + stride_ * stride_, size_}; }

  /// `right()` becomes the solution, and the matrix its decomposition. False if the matrix is singular but for rounding: the ratio of the
  /// least to the largest pivot is below epsilon; then both are spoiled.
  ///
  /// Cost: size^3 / 6 + size^2 multiply-adds. A packet of columns at a time: what the columns before take away from them, in the register
  /// tile; the square on the diagonal; the rows below it, a packet at a time in registers (Golub & Van Loan, section 4.2.5). The right-hand
  /// side goes along as one more row.
  bool solve() {
    Scalar low = std::numeric_limits<Scalar>::infinity(), high = 0;
    for (Index first = 0; first < size_; first += packet) {
      if (first > 0) detail::update_below<true>(data(), stride_, first, stride_, data(), data(), stride_, first);
      if (!factor_square(first, low, high)) return false;
      for (Index row = first + packet; row < stride_; row += packet) solve_rows(first, row, columns);
    }
    if (!(low > std::numeric_limits<Scalar>::epsilon() * high)) return false;
    for (Index first = stride_ - packet; first >= 0; first -= packet) substitute_back(first, columns);
    return true;
  }

 private:
  static constexpr int packet = detail::tile_packet<Scalar>;
  static constexpr std::make_integer_sequence<int, packet> columns{};
  using Packet = detail::TilePacket<Scalar>;
  using PacketMap = detail::TilePacketMap<Scalar>;

  Scalar* x() { return data() + stride_ * stride_; }
  Scalar* inverse() { return x() + stride_; }  ///< 1 over the roots of the pivots; 0 for the padding

  /// Decomposes the square of a packet on the diagonal, and solves for its part of the right-hand side. A column waits for the quotient of
  /// the one before; all roots are taken together at the end.
  bool factor_square(Index first, Scalar& low, Scalar& high) {
    Scalar *const a = data() + first * (stride_ + 1), *const right = x() + first;
    const auto count = static_cast<int>(std::min<Index>(packet, size_ - first));
    PacketMap rest(right);
    Packet pivots = Packet::Ones(), solved = Packet::Zero();
    for (int j = 0; j < count; ++j) {
      const Scalar* const column = a + j * stride_;
      const Scalar pivot = column[j];
      if (!(pivot > 0)) return false;
      low = std::min(low, pivot);
      high = std::max(high, pivot);
      pivots[j] = pivot;
      solved[j] = right[j];
      const Packet step = PacketMap(a + j * stride_) * (1 / pivot);
      rest -= step * right[j];  // spoils what is solved already
      for (int other = j + 1; other < count; ++other) PacketMap(a + other * stride_) -= step * column[other];
    }
    const Packet scales = pivots.sqrt().inverse();
    PacketMap{inverse() + first}.head(count) = scales.head(count);
    for (int j = 0; j < count; ++j) PacketMap(a + j * stride_) *= scales[j];
    rest = solved * scales;
    return true;
  }

  /// The packet of rows from `row` on, of the columns from `first` on: row times L' = what stands there, L the square on the diagonal.
  template <int... c>
  void solve_rows(Index first, Index row, std::integer_sequence<int, c...>) {
    const Scalar* const square = data() + first * (stride_ + 1);
    Scalar* const a = data() + first * stride_ + row;
    std::array<Packet, packet> out{-PacketMap(a + c * stride_)...};  // signs so that every product is added
    Packet right = -PacketMap(x() + row);
    (solve_column<c>(out, right, square, first, std::make_integer_sequence<int, c>{}), ...);
    ((PacketMap(a + c * stride_) = out[c]), ...);
    PacketMap(x() + row) = -right;
  }

  template <int column, int... k>
  EIGEN_ALWAYS_INLINE void solve_column(std::array<Packet, packet>& out, Packet& right, [[maybe_unused]] const Scalar* square,
                                        Index first, std::integer_sequence<int, k...>) {
    (detail::multiply_add(out[column], out[k], square[k * stride_ + column]), ...);
    out[column] *= -inverse()[first + column];
    detail::multiply_add(right, out[column], x()[first + column]);
  }

  /// The unknowns of a packet, when all below are known.
  template <int... c>
  void substitute_back(Index first, std::integer_sequence<int, c...>) {
    Scalar *const a = data() + first * stride_, *const right = x() + first;
    if (first + packet < stride_) {
      std::array<Packet, packet> sums;
      for (auto& sum : sums) sum.setZero();
      for (Index row = first + packet; row < stride_; row += packet) {
        const Packet known = PacketMap(x() + row);
        (detail::multiply_add(sums[c], known, Packet(PacketMap(a + c * stride_ + row))), ...);
      }
      ((right[c] -= sums[c].sum()), ...);
    }
    std::array<Scalar, packet> unknown{right[c]...};  // in registers
    const auto take = [&](auto j) {
      unknown[j] *= inverse()[first + j];
      const auto from = [&](auto before) {
        if constexpr (before() < j()) unknown[before] -= a[before * stride_ + first + j] * unknown[j];
      };
      (from(std::integral_constant<int, c>{}), ...);
    };
    (take(std::integral_constant<int, packet - 1 - c>{}), ...);
    ((right[c] = unknown[c]), ...);
  }

  Index size_ = 0, stride_ = 0;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> values_;
};

}  // namespace kindred

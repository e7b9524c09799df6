// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The least-squares problem of one row, given the other table, and its products with a vector: what alternating least squares does for a
/// row without making its linear system.
///
/// Rows are taken four at a time: their inner products are summed side by side, and what they are added to is read and written once.

#include <kindred/core/types.hpp>
#include <kindred/kernel/lanes.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <span>

namespace kindred {

namespace detail {

template <class Scalar>
using FourRows = std::array<const Scalar*, 4>;

/// The inner products of four rows with x, over n numbers.
template <class Scalar>
EIGEN_ALWAYS_INLINE Lanes<Scalar, 4> products_of(const FourRows<Scalar>& z, const Scalar* x, Index n) {
  using Packet = TilePacket<Scalar>;
  constexpr Index packet = tile_packet<Scalar>;
  std::array<Packet, 4> sums;
  for (Packet& sum : sums) sum.setZero();
  Index c = 0;
  for (; c + packet <= n; c += packet) {
    const Packet factor = Eigen::Map<const Packet>(x + c);
    for (std::size_t r = 0; r < 4; ++r) multiply_add(sums[r], factor, Packet(Eigen::Map<const Packet>(z[r] + c)));
  }
  Lanes<Scalar, 4> out = sums_of(sums[0], sums[1], sums[2], sums[3]);
  for (; c < n; ++c) out += x[c] * beside(z[0][c], z[1][c], z[2][c], z[3][c]);
  return out;
}

/// out += the sum of factors[r] z[r], over n numbers.
template <class Scalar>
EIGEN_ALWAYS_INLINE void add_rows(const FourRows<Scalar>& z, const Lanes<Scalar, 4>& factors, Scalar* out, Index n) {
  using Packet = TilePacket<Scalar>;
  constexpr Index packet = tile_packet<Scalar>;
  Index c = 0;
  for (; c + packet <= n; c += packet) {
    Packet sum = Eigen::Map<const Packet>(out + c);
    for (std::size_t r = 0; r < 4; ++r)
      multiply_add(sum, Packet(Eigen::Map<const Packet>(z[r] + c)), factors[static_cast<Index>(r)]);
    Eigen::Map<Packet>(out + c) = sum;
  }
  for (; c < n; ++c) {
    for (std::size_t r = 0; r < 4; ++r) out[c] += factors[static_cast<Index>(r)] * z[r][c];
  }
}

}  // namespace detail

/// One row's least-squares problem: the minimum over x of  x'A x - 2 x'b  with
///   A = gramian + sum_k weights[k] z_k z_k' + diag(ridge),   b = sum_k pulls[k] z_k + ridge centre ,
/// z_k the row ids[k] of the design.
///
/// Shapes: A dim x dim; the design's rows are `stride` apart; `gramian` and `centre` are null where there is none.
template <class Scalar>
struct RowProblem {
  const Scalar* design = nullptr;
  Index stride = 0, dim = 0;
  std::span<const Index> ids = {};
  std::span<const Scalar> weights = {};  ///< empty: each is 1
  std::span<const Scalar> pulls = {};
  const Scalar* ridge = nullptr;  ///< dim numbers
  const Eigen::MatrixX<Scalar>* gramian = nullptr;
  const Scalar* centre = nullptr;  ///< dim numbers

  using Vector = Eigen::VectorX<Scalar>;
  using ConstVector = Eigen::Map<const Vector>;

  ConstVector ridges() const { return {ridge, dim}; }
  ConstVector centres() const { return {centre, dim}; }
  Scalar weight(std::size_t k) const { return weights.empty() ? Scalar{1} : weights[k]; }

  /// Calls f(k, count, rows) for the rows k ... k + count - 1, four at a time; of the last four, those beyond the end are the last row again.
  /// The rows begin at column `first`.
  template <class F>
  void by_four(Index first, const F& f) const {
    constexpr std::size_t ahead = 8;
    const std::size_t n = ids.size();
    for (std::size_t k = 0; k < n; k += 4) {
      for (std::size_t later = k + ahead; later < std::min(n, k + ahead + 4); ++later)
        detail::prefetch(design + ids[later] * stride + first, dim - first);
      detail::FourRows<Scalar> rows;
      for (std::size_t r = 0; r < 4; ++r) rows[r] = design + ids[std::min(n - 1, k + r)] * stride + first;
      f(k, std::min<std::size_t>(4, n - k), rows);
    }
  }

  /// out[k] = or += z_k'x over the columns first ... first + width - 1. Cost: n width multiply-adds.
  template <bool add = false>
  void products(Index first, Index width, const Scalar* x, Scalar* out) const {
    by_four(first, [&](std::size_t k, std::size_t count, const auto& rows) {
      const auto found = detail::products_of(rows, x, width);
      for (std::size_t r = 0; r < count; ++r) out[k + r] = (add ? out[k + r] : Scalar{0}) + found[static_cast<Index>(r)];
    });
  }

  /// out += sum_k pulls[k] z_k. Cost: n dim multiply-adds.
  void add_pulls(Vector& out) const {
    by_four(0, [&](std::size_t k, std::size_t count, const auto& rows) {
      detail::Lanes<Scalar, 4> factors = detail::Lanes<Scalar, 4>::Zero();
      for (std::size_t r = 0; r < count; ++r) factors[static_cast<Index>(r)] = pulls[k + r];
      detail::add_rows(rows, factors, out.data(), dim);
    });
  }

  /// out = A x - ridge centre, without making A. Cost: 2 n dim + dim^2 multiply-adds.
  void apply(const Vector& x, Vector& out) const {
    out = ridges().cwiseProduct(x);
    if (gramian != nullptr) out.noalias() += *gramian * x;
    by_four(0, [&](std::size_t k, std::size_t count, const auto& rows) {
      detail::Lanes<Scalar, 4> factors = detail::products_of(rows, x.data(), dim);
      for (std::size_t r = 0; r < 4; ++r) factors[static_cast<Index>(r)] *= r < count ? weight(k + r) : Scalar{0};
      detail::add_rows(rows, factors, out.data(), dim);
    });
  }
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Dot products of padded rows: one pair, one query against many rows, many against many.
///
/// Rows are padded with zeros to whole SIMD packets and aligned (parameter/row.hpp), so no product has a remainder loop.

#include <kindred/core/types.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <span>

namespace kindred {

/// a . b for two rows of equal width. Of fixed size where a and b are.
template <class A, class B>
typename A::Scalar score_pair(const Eigen::DenseBase<A>& a, const Eigen::DenseBase<B>& b) {
  KINDRED_ASSERT(a.size() == b.size());
  return a.derived().array().cwiseProduct(b.derived().array()).sum();
}

/// out[i] = query . rows.row(i). The bits of out[i] do not depend on i. Allocates nothing.
///
/// Shapes: query 1 x width, rows n x width with contiguous rows, out n.
/// Cost: one pass over the rows; limited by memory.
template <class Query, class Rows>
void score_one_to_many(const Eigen::DenseBase<Query>& query, const Eigen::MatrixBase<Rows>& rows,
                       std::span<typename Rows::Scalar> out) {
  using Scalar = typename Rows::Scalar;
  static_assert(Rows::IsRowMajor, "score_one_to_many: rows must be a row-major matrix");
  KINDRED_ASSERT(query.size() == rows.cols() && static_cast<Index>(out.size()) == rows.rows());
  const Eigen::Map<const Eigen::Matrix<Scalar, Eigen::Dynamic, 1>> vector(query.derived().data(), query.size());
  const Eigen::Map<const RowMatrix<Scalar>, 0, Eigen::OuterStride<>> matrix(rows.derived().data(), rows.rows(), rows.cols(),
                                                                            Eigen::OuterStride<>(rows.derived().outerStride()));
  Eigen::Map<Eigen::Matrix<Scalar, Eigen::Dynamic, 1>>(out.data(), rows.rows()).noalias() = matrix * vector;
}

/// out(u, i) = users.row(u) . item i, with the items laid out beforehand. `out` is resized if its shape differs.
///
/// Shapes: users n x at least items.dim(), row-major; out n x items.items().
/// Cost: 2 n items dim floating-point operations, near the machine's peak. The bits of out(u, i) depend on neither u nor i.
/// Memory: a copy of the users' vectors.
template <class Users, class Scalar>
void score_many_to_many(const Eigen::MatrixBase<Users>& users, const ItemTiles<Scalar>& items, RowMatrix<Scalar>& out) {
  static_assert(Users::IsRowMajor, "score_many_to_many: users must be a row-major matrix");
  KINDRED_ASSERT(users.cols() >= items.dim());
  constexpr Index packet = detail::tile_packet<Scalar>;
  out.resize(users.rows(), items.items());
  detail::UserTiles<Scalar> packed;
  packed.reset(users.rows(), items.dim());
  for (Index u = 0; u < users.rows(); ++u) {
    for (Index d = 0; d < items.dim(); ++d) packed.at(u, d) = users.derived()(u, d);
  }
  // A few tiles at a time for a few users at a time: so a few rows of `out` are written, each in one piece, and not a line here and there of
  // rows that are pages apart.
  const Index run = std::max<Index>(1, (Index{1} << 15) / std::max<Index>(1, items.dim() * ItemTiles<Scalar>::width));
  for (Index from = 0; from < items.tiles(); from += run) {
    const Index to_tile = std::min(items.tiles(), from + run);
    for (Index g = 0; g < packed.groups(users.rows()); ++g) {
      const Index begin = g * packed.width(), count = std::min(packed.width(), users.rows() - begin);
      for (Index t = from; t < to_tile; ++t) {
        Scalar* const to = out.data() + begin * out.cols() + t * ItemTiles<Scalar>::width;
        const Index width = items.count(t);
        for (Index u = 0; u < count; ++u) detail::prefetch_to_write(to + u * out.cols(), width);
        const auto store = [&](Index u, const auto& low, const auto& high) {
          Eigen::Map<detail::TilePacket<Scalar>>{to + u * out.cols()} = low;
          Eigen::Map<detail::TilePacket<Scalar>>{to + u * out.cols() + packet} = high;
        };
        const auto store_some = [&](Index u, const auto& tile_low, const auto& tile_high) {
          if (u >= count) return;
          const detail::TilePacket<Scalar> low = tile_low, high = tile_high;  // only copies may lie in memory
          std::copy_n(low.data(), std::min(packet, width), to + u * out.cols());
          std::copy_n(high.data(), std::max(Index{0}, width - packet), to + u * out.cols() + packet);
        };
        detail::with_width(packed.width(), [&](auto sequence) {
          if (width == ItemTiles<Scalar>::width && count == packed.width()) {
            detail::score_tile(sequence, items.tile(t), packed.group(g), items.dim(), store);
          } else {
            detail::score_tile(sequence, items.tile(t), packed.group(g), items.dim(), store_some);
          }
        });
      }
    }
  }
}

/// out(u, i) = users.row(u) . items.row(i). Lays the items out first: keep an `ItemTiles` where the items stay the same.
template <class Users, class Items>
void score_many_to_many(const Eigen::MatrixBase<Users>& users, const Eigen::MatrixBase<Items>& items,
                        RowMatrix<typename Items::Scalar>& out) {
  score_many_to_many(users, ItemTiles<typename Items::Scalar>(items), out);
}

}  // namespace kindred

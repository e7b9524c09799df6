// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The register tile of all many-to-many scores: two packets of items times a few users, all sums held in registers.
///
/// A score is summed coordinate by coordinate in order, so its bits do not depend on where in a block or a tile it stands.

#include <kindred/core/types.hpp>
#include <kindred/parameter/row.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

namespace kindred {

namespace detail {

/// Items in a packet of the tile, and users in a tile: the sums and two packets of items fill the registers of the machine.
template <class Scalar>
inline constexpr int tile_packet = packet_width<Scalar> == 1 ? 4 : static_cast<int>(packet_width<Scalar>);
inline constexpr int tile_users = EIGEN_MAX_STATIC_ALIGN_BYTES >= 64 ? 12 : 6;

template <class Scalar>
using TilePacket = Eigen::Array<Scalar, tile_packet<Scalar>, 1>;
template <class Scalar>
using TilePacketMap = Eigen::Map<TilePacket<Scalar>, Eigen::AlignedMax>;
template <class Scalar>
using ConstTilePacketMap = Eigen::Map<const TilePacket<Scalar>, Eigen::AlignedMax>;

/// sum += a * x, rounded once where the machine can. x is a number, or a packet.
template <class Packet, class Factor>
EIGEN_ALWAYS_INLINE void multiply_add(Packet& sum, const Packet& a, const Factor& x) {
#ifdef __clang__
  // clang fuses within one expression of its own, which Eigen's product and sum are not: without this half the peak, measured.
  typedef typename Packet::Scalar Vector __attribute__((vector_size(sizeof(Packet))));
  using Other = std::conditional_t<std::is_same_v<Factor, Packet>, Vector, Factor>;
  Vector s, v;
  Other w;
  std::memcpy(&s, sum.data(), sizeof(Packet));
  std::memcpy(&v, a.data(), sizeof(Packet));
  std::memcpy(&w, &x, sizeof(Other));
  s += v * w;
  std::memcpy(sum.data(), &s, sizeof(Packet));
#else
  sum += a * x;
#endif
}

/// Asks for the memory of `count` scalars, to be read soon.
template <class Scalar>
EIGEN_ALWAYS_INLINE void prefetch(const Scalar* from, Index count) {
#ifdef __GNUC__
  for (Index k = 0; k < count; k += 64 / static_cast<Index>(sizeof(Scalar))) __builtin_prefetch(from + k);
#else
  static_cast<void>(from), static_cast<void>(count);
#endif
}

/// `items` points at dim x 2 packets, row-major; user u's vector begins at users + u * stride. Calls emit(u, low, high) with the two
/// packets of scores of each user. Inlined and unrolled so that the sums stay in registers.
template <class Scalar, int... u, class Emit>
inline void score_tile(std::integer_sequence<int, u...>, const Scalar* items, const Scalar* users, Index stride, Index dim,
                       const Emit& emit) {
  using Packet = TilePacket<Scalar>;
  std::array<Packet, sizeof...(u)> low, high;
  ((low[u].setZero(), high[u].setZero()), ...);
  for (Index d = 0; d < dim; ++d, items += 2 * tile_packet<Scalar>) {
    const Packet a = ConstTilePacketMap<Scalar>(items);
    const Packet b = ConstTilePacketMap<Scalar>(items + tile_packet<Scalar>);
    ((multiply_add(low[u], a, users[u * stride + d]), multiply_add(high[u], b, users[u * stride + d])), ...);
  }
  (emit(Index{u}, low[u], high[u]), ...);
}

}  // namespace detail

/// Item vectors laid out for the tile: groups of `width` items, coordinate by coordinate, the last group filled up with zeros.
///
/// Make it once and read it from any number of threads.
/// Memory: items rounded up to `width`, times dim, scalars. Cost: one pass over the vectors.
template <class Scalar>
class ItemTiles {
 public:
  static constexpr Index width = 2 * detail::tile_packet<Scalar>;

  ItemTiles() = default;

  /// @param vectors  items x at least `dim`; columns from `dim` on are not read.
  template <class Derived>
  ItemTiles(const Eigen::MatrixBase<Derived>& vectors, Index dim) : items_(vectors.rows()), dim_(dim) {
    detail::require(dim >= 0 && dim <= vectors.cols(), "ItemTiles: dim must be from 0 to the number of columns, ",
                    vectors.cols(), ", got ", dim);
    value_.resize(tiles() * dim_ * width);
    if (dim_ == 0) return;
    for (Index t = 0; t < tiles(); ++t) {
      Eigen::Map<RowMatrix<Scalar>> tile(value_.data() + t * dim_ * width, dim_, width);
      tile.leftCols(count(t)) = vectors.derived().block(t * width, 0, count(t), dim_).transpose();
      tile.rightCols(width - count(t)).setZero();
    }
  }
  template <class Derived>
  explicit ItemTiles(const Eigen::MatrixBase<Derived>& vectors) : ItemTiles(vectors, vectors.cols()) {}

  Index items() const { return items_; }
  Index dim() const { return dim_; }
  Index tiles() const { return (items_ + width - 1) / width; }
  /// How many items tile t holds, and where its numbers are.
  Index count(Index t) const { return std::min(width, items_ - t * width); }
  const Scalar* tile(Index t) const { return value_.data() + t * dim_ * width; }

 private:
  Index items_ = 0, dim_ = 0;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> value_;
};

namespace detail {

/// Scores tile t for `count` users whose vectors begin at users, users + stride, ...: calls emit(u, low, high) for each in order.
template <class Scalar, class Emit>
void score_tile_for(const ItemTiles<Scalar>& items, Index t, const Scalar* users, Index stride, Index count, const Emit& emit) {
  Index first = 0;
  const auto shifted = [&](Index u, const TilePacket<Scalar>& low, const TilePacket<Scalar>& high) {
    emit(first + u, low, high);
  };
  for (; first + tile_users <= count; first += tile_users) {
    score_tile(std::make_integer_sequence<int, tile_users>{}, items.tile(t), users + first * stride, stride, items.dim(),
               shifted);
  }
  for (; first < count; ++first) {
    score_tile(std::make_integer_sequence<int, 1>{}, items.tile(t), users + first * stride, stride, items.dim(), shifted);
  }
}

/// Users whose scores are computed together: their vectors stay in the cache while the items pass by.
inline constexpr Index user_block = 96;

}  // namespace detail
}  // namespace kindred

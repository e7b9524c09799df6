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
#include <vector>

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

/// How many scalars a line of a cache has.
template <class Scalar>
inline constexpr Index cache_line = 64 / static_cast<Index>(sizeof(Scalar));

/// Asks for the memory of `count` scalars, to be read soon.
template <class Scalar>
EIGEN_ALWAYS_INLINE void prefetch(const Scalar* from, Index count) {
#ifdef __GNUC__
  for (Index k = 0; k < count; k += cache_line<Scalar>) __builtin_prefetch(from + k);
#else
  static_cast<void>(from), static_cast<void>(count);
#endif
}

/// Asks for the memory of `count` scalars, to be written soon.
template <class Scalar>
EIGEN_ALWAYS_INLINE void prefetch_to_write(Scalar* to, Index count) {
#ifdef __GNUC__
  for (Index k = 0; k < count; k += cache_line<Scalar>) __builtin_prefetch(to + k, 1);
#else
  static_cast<void>(to), static_cast<void>(count);
#endif
}

/// Asks for the line of memory at `from`, to be read later: into the second cache, where it drives out less.
template <class Scalar>
EIGEN_ALWAYS_INLINE void prefetch_line(const Scalar* from) {
#ifdef __GNUC__
  __builtin_prefetch(from, 0, 2);
#else
  static_cast<void>(from);
#endif
}

/// `items` points at dim x 2 packets, `users` at dim x Users numbers, both coordinate by coordinate. Calls emit(u, low, high) with the two
/// packets of scores of each user. Inlined and unrolled so that the sums stay in registers; one pointer for all users leaves g++ registers
/// enough, where a pointer for each took a tenth of the speed.
template <class Scalar, int... u, class Emit>
inline void score_tile(std::integer_sequence<int, u...>, const Scalar* items, const Scalar* users, Index dim,
                       const Emit& emit) {
  using Packet = TilePacket<Scalar>;
  constexpr Index width = 2 * tile_packet<Scalar>;
  std::array<Packet, sizeof...(u)> low, high;
  ((low[u].setZero(), high[u].setZero()), ...);
  for (const Scalar* end = items + dim * width; items != end; items += width, users += sizeof...(u)) {
    const Packet a = ConstTilePacketMap<Scalar>(items);
    const Packet b = ConstTilePacketMap<Scalar>(items + tile_packet<Scalar>);
    ((multiply_add(low[u], a, users[u]), multiply_add(high[u], b, users[u])), ...);
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

/// What users are in a tile (vectors, or words of four small integers), laid out for it: groups of `width()` users, coordinate by coordinate,
/// the last group filled up with zeros. A few users make groups of one.
template <class Value>
class UserTiles {
 public:
  /// `count` users of `dim` zeros. Uses its memory again.
  void reset(Index count, Index dim) {
    width_ = count < 4 ? 1 : tile_users;
    count_ = count;
    dim_ = dim;
    value_.assign(static_cast<std::size_t>(groups(count) * width_ * dim), Value{0});
  }

  Index width() const { return width_; }
  /// How many groups hold the first `users` users.
  Index groups(Index users) const { return (users + width_ - 1) / width_; }
  const Value* group(Index g) const { return value_.data() + g * width_ * dim_; }
  Value& at(Index user, Index d) {
    KINDRED_ASSERT(user < count_ && d < dim_);
    return value_[static_cast<std::size_t>((user / width_ * dim_ + d) * width_ + user % width_)];
  }
  void swap(Index a, Index b) {
    for (Index d = 0; d < dim_; ++d) std::swap(at(a, d), at(b, d));
  }

 private:
  Index width_ = 1, count_ = 0, dim_ = 0;
  std::vector<Value> value_;
};

/// f(integer sequence of the users in a group), so that the loops over them are unrolled.
template <class F>
EIGEN_ALWAYS_INLINE void with_width(Index width, const F& f) {
  if (width == 1) {
    f(std::make_integer_sequence<int, 1>{});
  } else {
    f(std::make_integer_sequence<int, tile_users>{});
  }
}

}  // namespace detail
}  // namespace kindred

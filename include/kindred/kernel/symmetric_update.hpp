// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The register tile of sums of outer products: A += sum_k a_k b_k' below the diagonal, all sums of a tile held in registers. What normal
/// equations, Gramians and Cholesky decompositions spend their time in.

#include <kindred/kernel/tile.hpp>

#include <array>
#include <type_traits>
#include <utility>

namespace kindred::detail {

/// Whole packets for `n` numbers.
template <class Scalar>
constexpr Index packed(Index n) {
  return (n + tile_packet<Scalar> - 1) / tile_packet<Scalar> * tile_packet<Scalar>;
}

/// What the tiles of an update do besides: nothing. Another is asked `tile()` at each tile, and what that gives is called at each step k.
struct NothingBesides {
  NothingBesides tile() const { return {}; }
  void operator()(Index) const {}
};

/// How many packets of rows a tile has at most, and how many columns: with the packets they are multiplied by, fewer than the machine has
/// registers. (Of four packets and four columns g++ 12 reads each packet from memory for every column.)
inline constexpr int update_packets = 3;
template <class Scalar>
inline constexpr int update_columns = std::min<int>(tile_packet<Scalar>, EIGEN_MAX_STATIC_ALIGN_BYTES >= 64 ? 8 : 4);

/// out(r, c) += or -= sum_k a(r, k) b(c, k) for `packets` packets of rows r, below half a packet if `half`, and the columns c; columns of `out`
/// are `ld` apart, those of a and b `stride`. In order of k, so the bits do not depend on how the k are cut.
template <bool subtract, bool half, int packets, class Scalar, class Besides, int... c, int... q>
inline void update_tile(std::integer_sequence<int, c...>, std::integer_sequence<int, q...>, Scalar* out, Index ld,
                        const Scalar* a, const Scalar* b, Index stride, Index n, Besides besides) {
  constexpr int packet = tile_packet<Scalar>, skipped = half ? packet / 2 : 0;
  using Packet = TilePacket<Scalar>;
  using HalfPacket = Eigen::Array<Scalar, std::max(1, packet / 2), 1>;
  constexpr Scalar sign = subtract ? -1 : 1;  // a product that is added is all that compilers fuse well
  [[maybe_unused]] const auto at = [out, ld](int p, int column) {
    return TilePacketMap<Scalar>(out + column * ld + skipped + p * packet);
  };
  [[maybe_unused]] const auto half_at = [out, ld](int column) { return Eigen::Map<HalfPacket>(out + column * ld); };
  [[maybe_unused]] std::array<HalfPacket, half ? sizeof...(c) : 0> top;
  if constexpr (half) top = {sign * half_at(c)...};
  [[maybe_unused]] std::array<Packet, sizeof...(q)> sum{sign * at(q % packets, q / packets)...};
  for (Index k = 0; k < n; ++k, a += stride, b += stride) {
    besides(k);
    if constexpr (half) {
      const HalfPacket column = Eigen::Map<const HalfPacket>(a);
      (multiply_add(top[c], column, b[c]), ...);
    }
    [[maybe_unused]] std::array<Packet, packets> column;
    for (int p = 0; p < packets; ++p)
      column[static_cast<std::size_t>(p)] = ConstTilePacketMap<Scalar>(a + skipped + p * packet);
    (multiply_add(sum[q], column[q % packets], b[q / packets]), ...);
  }
  if constexpr (half) ((half_at(c) = sign * top[c]), ...);
  ((at(q % packets, q / packets) = sign * sum[q]), ...);
}

/// The same for the packet of columns that begins at `first`, and the rows from `first` to `end` (whole packets), in tiles of nearly equal
/// height. Some of what lies above the diagonal in the first packet of rows is written too. a and b begin at row 0. All must be aligned.
///
/// Where a packet has twice the tile's columns, its second half of columns begins half a packet lower: a tenth less to do for 64 rows, on
/// machines that add half a packet in half the time.
template <bool subtract, class Scalar, class Besides = NothingBesides>
void update_below(Scalar* out, Index ld, Index first, Index end, const Scalar* a, const Scalar* b, Index stride, Index n,
                  Besides&& besides = {}) {
  constexpr int packet = tile_packet<Scalar>, columns = update_columns<Scalar>;
  static_assert(packet == columns || packet == 2 * columns);
  const auto run = [&](auto half, auto packets, Index column, Index row) {
    update_tile<subtract, half(), packets()>(std::make_integer_sequence<int, columns>{},
                                             std::make_integer_sequence<int, packets() * columns>{}, out + column * ld + row,
                                             ld, a + row, b + column, stride, n, besides.tile());
  };
  for (Index row = first; row < end;) {
    const Index left = (end - row) / packet, tiles = (left + update_packets - 1) / update_packets;
    const Index packets = (left + tiles - 1) / tiles;
    const auto columns_of = [&](auto height) {
      run(std::false_type{}, height, first, row);
      if constexpr (packet == columns) return;
      if (row == first) {
        run(std::true_type{}, std::integral_constant<int, height() - 1>{}, first + columns, row + packet / 2);
      } else {
        run(std::false_type{}, height, first + columns, row);
      }
    };
    if (packets == 1) columns_of(std::integral_constant<int, 1>{});
    if (packets == 2) columns_of(std::integral_constant<int, 2>{});
    if (packets == 3) columns_of(std::integral_constant<int, 3>{});
    row += packets * packet;
  }
}

/// The lower triangle of the `size` x `size` (whole packets) matrix `out`: += sum_k a(., k) b(., k)'.
template <class Scalar, class Besides = NothingBesides>
void update_lower(Scalar* out, Index ld, Index size, const Scalar* a, const Scalar* b, Index stride, Index n,
                  Besides&& besides = {}) {
  for (Index first = 0; first < size; first += tile_packet<Scalar>)
    update_below<false>(out, ld, first, size, a, b, stride, n, besides);
}

}  // namespace kindred::detail

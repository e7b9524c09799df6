// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which scores of a tile's two packets are above a limit, as one bit each.
///
/// With instructions of the machine where it has them: Eigen 3.4 compares packets, but turns no comparison into bits, and a sum of what
/// exceeds the limit costs about a tenth of the scores themselves (Dim 64, AVX-512).

#include <kindred/core/types.hpp>
#include <kindred/kernel/tile.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(EIGEN_VECTORIZE_AVX)
#include <immintrin.h>
#elif defined(EIGEN_VECTORIZE_SSE2)
#include <emmintrin.h>  // not <immintrin.h>, which is many times as much to compile
#endif

namespace kindred::detail {

/// Bit k is set unless scores[k] <= limit: so it is for a NaN among the scores, and for all if the limit is NaN.
template <class Scalar>
std::uint64_t above_plain(const TilePacket<Scalar>& low, const TilePacket<Scalar>& high, Scalar limit) {
  std::uint64_t bits = 0;
  for (int k = 0; k < tile_packet<Scalar>; ++k) {
    bits |= static_cast<std::uint64_t>(!(low[k] <= limit)) << k;
    bits |= static_cast<std::uint64_t>(!(high[k] <= limit)) << (k + tile_packet<Scalar>);
  }
  return bits;
}

/// The same, as fast as the machine can.
template <class Scalar>
EIGEN_ALWAYS_INLINE std::uint64_t above(const TilePacket<Scalar>& low, const TilePacket<Scalar>& high, Scalar limit) {
  [[maybe_unused]] constexpr std::size_t bytes = sizeof(TilePacket<Scalar>);
  [[maybe_unused]] constexpr int packet = tile_packet<Scalar>;
  [[maybe_unused]] constexpr bool single = std::is_same_v<Scalar, float>;
#if defined(EIGEN_VECTORIZE_AVX512)
  if constexpr (bytes == 64 && single) {
    const __m512 worst = _mm512_set1_ps(limit);
    const unsigned a = _mm512_cmp_ps_mask(_mm512_load_ps(low.data()), worst, _CMP_NLE_UQ);
    const unsigned b = _mm512_cmp_ps_mask(_mm512_load_ps(high.data()), worst, _CMP_NLE_UQ);
    return a | b << packet;
  } else if constexpr (bytes == 64) {
    const __m512d worst = _mm512_set1_pd(limit);
    const unsigned a = _mm512_cmp_pd_mask(_mm512_load_pd(low.data()), worst, _CMP_NLE_UQ);
    const unsigned b = _mm512_cmp_pd_mask(_mm512_load_pd(high.data()), worst, _CMP_NLE_UQ);
    return a | b << packet;
  }
#endif
#if defined(EIGEN_VECTORIZE_AVX)
  if constexpr (bytes == 32 && single) {
    const __m256 worst = _mm256_set1_ps(limit);
    const int a = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_load_ps(low.data()), worst, _CMP_NLE_UQ));
    const int b = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_load_ps(high.data()), worst, _CMP_NLE_UQ));
    return static_cast<unsigned>(a | b << packet);
  } else if constexpr (bytes == 32) {
    const __m256d worst = _mm256_set1_pd(limit);
    const int a = _mm256_movemask_pd(_mm256_cmp_pd(_mm256_load_pd(low.data()), worst, _CMP_NLE_UQ));
    const int b = _mm256_movemask_pd(_mm256_cmp_pd(_mm256_load_pd(high.data()), worst, _CMP_NLE_UQ));
    return static_cast<unsigned>(a | b << packet);
  }
#endif
#if defined(EIGEN_VECTORIZE_SSE2)
  if constexpr (bytes == 16 && single) {
    const __m128 worst = _mm_set1_ps(limit);
    const int a = _mm_movemask_ps(_mm_cmpnle_ps(_mm_load_ps(low.data()), worst));
    const int b = _mm_movemask_ps(_mm_cmpnle_ps(_mm_load_ps(high.data()), worst));
    return static_cast<unsigned>(a | b << packet);
  } else if constexpr (bytes == 16) {
    const __m128d worst = _mm_set1_pd(limit);
    const int a = _mm_movemask_pd(_mm_cmpnle_pd(_mm_load_pd(low.data()), worst));
    const int b = _mm_movemask_pd(_mm_cmpnle_pd(_mm_load_pd(high.data()), worst));
    return static_cast<unsigned>(a | b << packet);
  }
#endif
  return above_plain(low, high, limit);
}

/// The number before `limit`, so that what equals the limit is above it; NaN, which everything is above, before minus infinity.
template <class Scalar>
Scalar just_below(Scalar limit) {
  constexpr Scalar least = -std::numeric_limits<Scalar>::infinity();
  return limit > least ? std::nextafter(limit, least) : std::numeric_limits<Scalar>::quiet_NaN();
}

/// Fills up `count` numbers to whole pairs of packets, for `count_above`, with what counts for nothing. There must be room.
template <class Scalar>
void fill_up(Scalar* numbers, Index count) {
  constexpr Index pair = 2 * tile_packet<Scalar>;
  std::fill(numbers + count, numbers + (count + pair - 1) / pair * pair, -std::numeric_limits<Scalar>::infinity());
}

/// How many of `count` numbers, which are filled up and aligned for packets, are above the limit, as `above` has it.
template <class Scalar>
Index count_above(const Scalar* numbers, Index count, Scalar limit) {
  constexpr Index packet = tile_packet<Scalar>;
  Index out = 0;
  for (Index n = 0; n < count; n += 2 * packet) {
    const TilePacket<Scalar> low = ConstTilePacketMap<Scalar>(numbers + n),
                             high = ConstTilePacketMap<Scalar>(numbers + n + packet);
    out += std::popcount(above(low, high, limit));
  }
  return out;
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The register tile of small integers: dot products of 8-bit vectors, 32 items times a few users, and which of them are above a limit.
///
/// With the instructions of AVX-512 VNNI, which do four multiply-adds of 8 bits where one of float is done; Eigen has no product of 8-bit
/// integers that sums in 32. Without them a plain loop gives the same numbers, too slowly to be of use (`coarse_is_fast`).

#include <kindred/core/types.hpp>
#include <kindred/kernel/tile.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(EIGEN_VECTORIZE_AVX512) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#include <immintrin.h>
#define KINDRED_HAS_VNNI 1
#endif

namespace kindred::detail {

/// Items in a tile, and coordinates in a word. A tile is dim / 4 rows of 32 items of 4 unsigned bytes; a user is dim / 4 words of 4 signed bytes.
inline constexpr Index coarse_items = 32, coarse_word = 4;

/// Whether this build multiplies 8-bit integers faster than floats.
#ifdef KINDRED_HAS_VNNI
inline constexpr bool coarse_is_fast = true;
#else
inline constexpr bool coarse_is_fast = false;
#endif

/// What a user has found: the products of items that are above his limit, and their places. Room for another `coarse_slack` of each, please.
struct CoarseFound {
  std::int32_t* sums = nullptr;
  std::uint32_t* places = nullptr;
  Index count = 0;
};
inline constexpr Index coarse_slack = coarse_items + 16;

/// Appends to found[u] the items of a tile whose dot product with user u is above limits[u], those whose bit is in `here`. Item k of the tile
/// is at place first + k; `words` holds the users' words, coordinate by coordinate. Returns whether there was one.
template <int... u>
bool coarse_above_plain(std::integer_sequence<int, u...>, const std::uint8_t* items, const std::int32_t* words, Index rows,
                        const std::int32_t* limits, std::uint32_t here, std::uint32_t first, CoarseFound* found) {
  bool any = false;
  for (Index user = 0; user < static_cast<Index>(sizeof...(u)); ++user) {
    for (Index item = 0; item < coarse_items; ++item) {
      std::int32_t sum = 0;
      for (Index row = 0; row < rows; ++row) {
        std::array<std::int8_t, coarse_word> word;
        std::memcpy(word.data(), &words[row * static_cast<Index>(sizeof...(u)) + user], sizeof(word));
        for (Index k = 0; k < coarse_word; ++k) {
          sum += items[(row * coarse_items + item) * coarse_word + k] * word[static_cast<std::size_t>(k)];
        }
      }
      if (sum <= limits[user] || (here >> item & 1) == 0) continue;
      CoarseFound& to = found[user];
      to.sums[to.count] = sum;
      to.places[to.count++] = first + static_cast<std::uint32_t>(item);
      any = true;
    }
  }
  return any;
}

/// The same, as fast as the machine can.
template <int... u>
EIGEN_ALWAYS_INLINE bool coarse_above(std::integer_sequence<int, u...> sequence, const std::uint8_t* items,
                                      const std::int32_t* words, Index rows, const std::int32_t* limits, std::uint32_t here,
                                      std::uint32_t first, CoarseFound* found) {
#ifdef KINDRED_HAS_VNNI
  static_cast<void>(sequence);
  typedef std::int32_t Vector
      __attribute__((vector_size(64)));  // not __m512i: g++ 12 keeps arrays of it in memory, at a third of the speed
  Vector low[sizeof...(u)], high[sizeof...(u)];
  ((low[u] = Vector{}, high[u] = Vector{}), ...);
  const auto multiply_add = [](Vector& sum, __m512i item, std::int32_t word) {
    sum = reinterpret_cast<Vector>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), item, _mm512_set1_epi32(word)));
  };
  for (const std::uint8_t* end = items + rows * coarse_items * coarse_word; items != end;
       items += coarse_items * coarse_word, words += sizeof...(u)) {
    const __m512i a = _mm512_loadu_si512(items), b = _mm512_loadu_si512(items + 64);
    ((multiply_add(low[u], a, words[u]), multiply_add(high[u], b, words[u])), ...);
  }
  const auto above = [](Vector sum, std::int32_t limit) {
    return static_cast<std::uint32_t>(_mm512_cmpgt_epi32_mask(reinterpret_cast<__m512i>(sum), _mm512_set1_epi32(limit)));
  };
  const std::uint32_t better[] = {(above(low[u], limits[u]) | above(high[u], limits[u]) << 16)...};
  if (((better[u] | ...) & here) == 0) return false;
  const __m512i count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i low_places = _mm512_add_epi32(count, _mm512_set1_epi32(static_cast<std::int32_t>(first)));
  const __m512i high_places = _mm512_add_epi32(low_places, _mm512_set1_epi32(16));
  const auto append = [](CoarseFound& to, std::uint32_t bits, Vector sum, __m512i places) {  // without a branch to guess
    const auto mask = static_cast<__mmask16>(bits);
    _mm512_storeu_si512(to.sums + to.count, _mm512_maskz_compress_epi32(mask, reinterpret_cast<__m512i>(sum)));
    _mm512_storeu_si512(to.places + to.count, _mm512_maskz_compress_epi32(mask, places));
    to.count += std::popcount(static_cast<std::uint16_t>(bits));
  };
  ((append(found[u], better[u] & here, low[u], low_places), append(found[u], (better[u] & here) >> 16, high[u], high_places)),
   ...);
  return true;
#else
  return coarse_above_plain(sequence, items, words, rows, limits, here, first, found);
#endif
}

}  // namespace kindred::detail

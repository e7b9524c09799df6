// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The register tiles of 4-bit integers: one user's products with the upper four bits of 64 items in a tile, and with the lower four bits of four
/// items, wherever they are.
///
/// With AVX-512 VNNI, where the bits of two coordinates are multiplied where they stand in their byte; Eigen has no such product. Without it
/// plain loops give the same numbers, too slowly to be of use (`coarse_is_fast`).

#include <kindred/core/types.hpp>
#include <kindred/kernel/coarse_tile.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace kindred::detail {

/// Items in a tile, and coordinates that are multiplied together: two words of four, whose bits share four bytes.
inline constexpr Index nibble_items = 64, nibble_group = 2 * coarse_word;
/// Coordinates whose lower bits share 32 bytes of an item's row, those of the first half in the low bits.
inline constexpr Index lower_group = 64;

/// Where the bits of a coordinate stand: their byte, and whether they are the upper half of it.
struct NibblePlace {
  Index byte;
  bool second;
};

/// Of coordinate d of item j in a tile of upper bits.
inline NibblePlace upper_place(Index j, Index d) {
  return {(d / nibble_group * nibble_items + j) * coarse_word + d % coarse_word, d % nibble_group >= coarse_word};
}
/// Of coordinate d in a row of lower bits.
inline NibblePlace lower_place(Index d) {
  return {d / lower_group * (lower_group / 2) + d % (lower_group / 2), d % lower_group >= lower_group / 2};
}

/// The product of four bits with coordinate d of a user, who has four signed bytes in a word.
inline std::int32_t nibble_product(const std::uint8_t* bits, NibblePlace place, const std::int32_t* words, Index d) {
  std::array<std::int8_t, coarse_word> word;
  std::memcpy(word.data(), &words[d / coarse_word], sizeof(word));
  return (bits[place.byte] >> (place.second ? 4 : 0) & 15) * word[static_cast<std::size_t>(d % coarse_word)];
}

/// bounds[j] = scales[j] (w.h_j + shift) + more, where h_j from 0 to 15 are the upper bits of item j of the tile, and w the user.
///
/// @param groups  of 8 coordinates
inline void nibble_bounds_plain(const std::uint8_t* tile, const std::int32_t* words, Index groups, const float* scales,
                                float shift, float more, float* bounds) {
  for (Index j = 0; j < nibble_items; ++j) {
    std::int32_t sum = 0;
    for (Index d = 0; d < groups * nibble_group; ++d) sum += nibble_product(tile, upper_place(j, d), words, d);
    bounds[j] = std::fma(scales[j], static_cast<float>(sum) + shift, more);
  }
}

/// The products of the user with the lower bits of four items.
///
/// @param groups  of 64 coordinates
inline std::array<std::int32_t, 4> lower_products_plain(const std::array<const std::uint8_t*, 4>& rows,
                                                        const std::int32_t* words, Index groups) {
  std::array<std::int32_t, 4> sums{};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (Index d = 0; d < groups * lower_group; ++d) sums[k] += nibble_product(rows[k], lower_place(d), words, d);
  }
  return sums;
}

#ifdef KINDRED_HAS_VNNI
/// The same, as fast as the machine can.
inline void nibble_bounds(const std::uint8_t* tile, const std::int32_t* words, Index groups, const float* scales, float shift,
                          float more, float* bounds) {
  typedef std::int32_t Vector __attribute__((vector_size(64)));  // not __m512i: see coarse_tile.hpp
  const __m512i low_bits = _mm512_set1_epi8(0x0f), high_bits = _mm512_set1_epi8(static_cast<char>(0xf0));
  struct Sums {
    Vector once{}, sixteenfold{};
  };
  const auto multiply_add = [&](Sums& sums, const std::uint8_t* from, __m512i first, __m512i second) {
    const __m512i h = _mm512_loadu_si512(from);
    sums.once = reinterpret_cast<Vector>(
        _mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums.once), _mm512_and_si512(h, low_bits), first));
    sums.sixteenfold = reinterpret_cast<Vector>(
        _mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums.sixteenfold), _mm512_and_si512(h, high_bits), second));
  };
  Sums a, b, c, d;
  for (const std::uint8_t* end = tile + groups * 256; tile != end; tile += 256, words += 2) {
    const __m512i first = _mm512_set1_epi32(words[0]), second = _mm512_set1_epi32(words[1]);
    multiply_add(a, tile, first, second);
    multiply_add(b, tile + 64, first, second);
    multiply_add(c, tile + 128, first, second);
    multiply_add(d, tile + 192, first, second);
  }
  const auto store = [&](const Sums& sums, Index j) {
    const __m512 sum = _mm512_cvtepi32_ps(reinterpret_cast<__m512i>(sums.once + (sums.sixteenfold >> 4)));
    _mm512_storeu_ps(bounds + j, _mm512_fmadd_ps(_mm512_loadu_ps(scales + j), _mm512_add_ps(sum, _mm512_set1_ps(shift)),
                                                 _mm512_set1_ps(more)));
  };
  store(a, 0), store(b, 16), store(c, 32), store(d, 48);
}

inline std::array<std::int32_t, 4> lower_products(const std::array<const std::uint8_t*, 4>& rows, const std::int32_t* words,
                                                  Index groups) {
  const __m256i low_bits = _mm256_set1_epi8(0x0f), high_bits = _mm256_set1_epi8(static_cast<char>(0xf0));
  const auto load = [](const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); };
  const auto product = [&](const std::uint8_t* row) {
    __m256i once = _mm256_setzero_si256(), sixteenfold = once;
    for (Index g = 0; g < groups; ++g) {
      const __m256i l = load(row + g * (lower_group / 2));
      const std::int32_t* const first = words + g * (lower_group / coarse_word);
      once = _mm256_dpbusd_epi32(once, _mm256_and_si256(l, low_bits), load(first));
      sixteenfold =
          _mm256_dpbusd_epi32(sixteenfold, _mm256_and_si256(l, high_bits), load(first + lower_group / coarse_word / 2));
    }
    return _mm256_add_epi32(once, _mm256_srai_epi32(sixteenfold, 4));
  };
  const __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(product(rows[0]), product(rows[1])),
                                         _mm256_hadd_epi32(product(rows[2]), product(rows[3])));
  std::array<std::int32_t, 4> out;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()),
                   _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1)));
  return out;
}
#else
inline void nibble_bounds(const std::uint8_t* tile, const std::int32_t* words, Index groups, const float* scales, float shift,
                          float more, float* bounds) {
  nibble_bounds_plain(tile, words, groups, scales, shift, more, bounds);
}
inline std::array<std::int32_t, 4> lower_products(const std::array<const std::uint8_t*, 4>& rows, const std::int32_t* words,
                                                  Index groups) {
  return lower_products_plain(rows, words, groups);
}
#endif

}  // namespace kindred::detail

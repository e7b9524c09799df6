// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Where a byte stands among 64: bit k of the result is 1 if at[k] is that byte; and where the first of two bytes stands in a text.
///
/// With AVX-512 one comparison, with SSE2 four, else eight bytes at a time in a word: Eigen has no packets of bytes. Reads 64 bytes from `at`
/// on, which need not be aligned. Needs nothing else of the library.

#include <bit>
#include <cstdint>
#include <cstring>

#if !defined(EIGEN_DONT_VECTORIZE) && defined(__AVX512BW__)
#include <immintrin.h>
#elif !defined(EIGEN_DONT_VECTORIZE) && defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kindred::detail {

/// The same eight bytes at a time; for any processor.
inline std::uint64_t find_byte_in_words(const char* at, char sought) {
  constexpr std::uint64_t ones = 0x0101010101010101U, low = 0x7F7F7F7F7F7F7F7FU;
  const std::uint64_t all = ones * static_cast<unsigned char>(sought);
  std::uint64_t found = 0;
  for (int k = 0; k < 64; k += 8) {
    std::uint64_t bytes = 0;
    for (int b = 0; b < 8; ++b) bytes |= std::uint64_t{static_cast<unsigned char>(at[k + b])} << (8 * b);
    bytes ^= all;
    const std::uint64_t zeros = ~(((bytes & low) + low) | bytes | low) >> 7;  // 1 in each byte that is 0
    found |= ((zeros * 0x0102040810204080U) >> 56) << k;                      // the eight of them side by side
  }
  return found;
}

inline std::uint64_t find_byte(const char* at, char sought) {
#if !defined(EIGEN_DONT_VECTORIZE) && defined(__AVX512BW__)
  return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), _mm512_set1_epi8(sought));
#elif !defined(EIGEN_DONT_VECTORIZE) && defined(__SSE2__)
  std::uint64_t found = 0;
  for (int k = 0; k < 64; k += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + k));
    const int some = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(sought)));
    found |= std::uint64_t{static_cast<std::uint32_t>(some)} << k;
  }
  return found;
#else
  return find_byte_in_words(at, sought);
#endif
}

/// The first of the bytes a and b from `at` on, or `end`. Eight bytes at a time: texts are of all lengths, and a loop that ends after one to
/// seven bytes is mispredicted every other time. Reads nothing from `end` on.
inline const char* find_either(const char* at, const char* end, char a, char b) {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
    const std::uint64_t all_a = ones * static_cast<unsigned char>(a), all_b = ones * static_cast<unsigned char>(b);
    for (; end - at >= 8; at += 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, at, 8);
      const std::uint64_t x = bytes ^ all_a, y = bytes ^ all_b;
      const std::uint64_t zeros =
          (((x - ones) & ~x) | ((y - ones) & ~y)) & tops;  // the lowest bit set is of the first zero byte
      if (zeros != 0) return at + std::countr_zero(zeros) / 8;
    }
  }
  while (at != end && *at != a && *at != b) ++at;
  return at;
}

}  // namespace kindred::detail

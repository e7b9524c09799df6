// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How many of up to 16 numbers in a row are at most a limit, without branches: one step of a search in lists that are sorted.
///
/// With AVX-512 one comparison for numbers of 32 bits, for which Eigen has none; else a loop that compilers vectorise. Needs nothing else of
/// the library.

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

#if !defined(EIGEN_DONT_VECTORIZE) && defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace kindred::detail {

/// The same for any processor.
template <bool sloping, std::unsigned_integral Number>
int count_at_most_in_loop(const void* at, int n, Number limit) {
  std::array<Number, 16> numbers;
  std::memcpy(numbers.data(), at, sizeof(numbers));
  int count = 0;
  for (int k = 0; k < 16; ++k) {
    const auto number =
        static_cast<Number>(numbers[static_cast<std::size_t>(k)] - (sloping ? static_cast<Number>(k) : Number{0}));
    count += static_cast<int>(k < n) & static_cast<int>(number <= limit);
  }
  return count;
}

/// How many of the first n (0 to 16) of 16 numbers that lie at `at` are at most the limit; if `sloping`, how many numbers[k] - k are. All 16 are read.
template <bool sloping, std::unsigned_integral Number>
int count_at_most(const void* at, int n, Number limit) {
#if !defined(EIGEN_DONT_VECTORIZE) && defined(__AVX512F__)
  if constexpr (sizeof(Number) == 4) {
    __m512i all = _mm512_loadu_si512(at);
    if constexpr (sloping) all = _mm512_sub_epi32(all, _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const unsigned found = _mm512_cmple_epu32_mask(all, _mm512_set1_epi32(static_cast<int>(limit)));
    return std::popcount(found & ((1U << n) - 1U));
  }
#endif
  return count_at_most_in_loop<sloping>(at, n, limit);
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The places of the bits that are 1 among 64, written one after the other.
///
/// With AVX-512 (VBMI2) all at once: Eigen has no such instruction. Needs nothing else of the library.

#include <bit>
#include <cstdint>

#if !defined(EIGEN_DONT_VECTORIZE) && defined(__AVX512VBMI2__)
#include <immintrin.h>
#endif

namespace kindred::detail {

/// The same one by one; for any processor. Eight at a time, though the last be none: a loop that ends after any number is mispredicted.
inline void write_places_one_by_one(std::uint64_t bits, std::uint32_t first, std::uint32_t* places) {
  while (bits != 0) {
    for (int k = 0; k < 8; ++k, bits &= bits - 1) *places++ = first + static_cast<std::uint32_t>(std::countr_zero(bits));
  }
}

/// Writes first + k for each bit k that is 1, ascending. `places` must have room for 64, whatever the bits: what is behind the last is then of
/// no meaning.
inline void write_places(std::uint64_t bits, std::uint32_t first, std::uint32_t* places) {
#if !defined(EIGEN_DONT_VECTORIZE) && defined(__AVX512VBMI2__)
  const __m512i all = _mm512_set_epi64(0x3F3E3D3C3B3A3938, 0x3736353433323130, 0x2F2E2D2C2B2A2928, 0x2726252423222120,
                                       0x1F1E1D1C1B1A1918, 0x1716151413121110, 0x0F0E0D0C0B0A0908, 0x0706050403020100);
  __m512i some = _mm512_maskz_compress_epi8(bits, all);
  for (int left = std::popcount(bits); left > 0; left -= 16, places += 16) {
    _mm512_storeu_si512(places,
                        _mm512_add_epi32(_mm512_maskz_cvtepu8_epi32(0xFFFF, _mm512_maskz_extracti32x4_epi32(0xF, some, 0)),
                                         _mm512_set1_epi32(static_cast<int>(first))));
    some = _mm512_maskz_alignr_epi64(0xFF, some, some, 2);
  }
#else
  write_places_one_by_one(bits, first, places);
#endif
}

}  // namespace kindred::detail

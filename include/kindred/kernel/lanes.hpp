// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A few numbers side by side, one for each of several examples, so that one instruction serves them all.

#include <Eigen/Core>

#include <cstddef>
#include <cstring>
#include <type_traits>

#ifdef EIGEN_VECTORIZE_AVX512
#include <immintrin.h>
#endif

namespace kindred::detail {

template <class Scalar, int count>
using Lanes = Eigen::Array<Scalar, count, 1>;

/// Calls f with the constants 0 ... count - 1. Without a loop and without a lambda between, so that all is inlined.
template <int count, class F>
EIGEN_ALWAYS_INLINE void each_lane(const F& f) {
  static_assert(count == 1 || count == 4);
  f(std::integral_constant<std::size_t, 0>{});
  if constexpr (count == 4) {
    f(std::integral_constant<std::size_t, 1>{});
    f(std::integral_constant<std::size_t, 2>{});
    f(std::integral_constant<std::size_t, 3>{});
  }
}

/// Four numbers side by side.
///
/// Put together in a register: numbers written to memory one by one and read back as a packet must wait until all have arrived in the cache
/// (a failed store forwarding), which g++ otherwise makes of a step of four examples (train/pair_steps.hpp).
template <class Scalar>
EIGEN_ALWAYS_INLINE Lanes<Scalar, 4> beside(Scalar a, Scalar b, Scalar c, Scalar d) {
#ifdef __GNUC__
  using Vector [[gnu::vector_size(4 * sizeof(Scalar))]] = Scalar;
  const Vector packed{a, b, c, d};
  Lanes<Scalar, 4> out;
  std::memcpy(out.data(), &packed, sizeof(packed));
  return out;
#else
  return {a, b, c, d};
#endif
}

/// The sums of four packets side by side. Eigen sums one packet after the other, 8 instructions each; with AVX-512 four packets of floats are
/// halved, and then folded into one another: 20 for all four.
template <class Packet>
EIGEN_ALWAYS_INLINE Lanes<typename Packet::Scalar, 4> sums_of(const Packet& a, const Packet& b, const Packet& c,
                                                              const Packet& d) {
#ifdef EIGEN_VECTORIZE_AVX512
  if constexpr (std::is_same_v<typename Packet::Scalar, float> && Packet::SizeAtCompileTime == 16) {
    const auto half = [](const Packet& packet) {
      const __m512 x = _mm512_load_ps(packet.data());
      return _mm256_add_ps(_mm512_castps512_ps256(x), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)));
    };
    const auto fold = [](__m256 x, __m256 y) { return _mm256_add_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y)); };
    const __m256 ab = fold(half(a), half(b)), cd = fold(half(c), half(d));
    const __m256 all = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xEE));
    Lanes<float, 4> out;
    _mm_store_ps(out.data(), _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
    return out;
  }
#endif
  return beside(a.sum(), b.sum(), c.sum(), d.sum());
}

/// f(0) ... f(count - 1) side by side, called in this order.
template <int count, class F>
EIGEN_ALWAYS_INLINE auto lanes_of(const F& f) {
  static_assert(count == 1 || count == 4);
  const auto a = f(std::integral_constant<std::size_t, 0>{});
  if constexpr (count == 1) {
    return Lanes<std::remove_const_t<decltype(a)>, 1>(a);
  } else {
    const auto b = f(std::integral_constant<std::size_t, 1>{});
    const auto c = f(std::integral_constant<std::size_t, 2>{});
    const auto d = f(std::integral_constant<std::size_t, 3>{});
    return beside(a, b, c, d);
  }
}

}  // namespace kindred::detail

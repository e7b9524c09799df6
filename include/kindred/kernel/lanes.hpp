// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A few numbers side by side, one for each of several examples, so that one instruction serves them all.

#include <Eigen/Core>

#include <array>
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

#ifdef __GNUC__
/// to(k)[j] = from(j)[k], both of four times four numbers: eight instructions, where numbers one by one take 28.
template <class Scalar, class From, class To>
EIGEN_ALWAYS_INLINE void transpose_four(const From& from, const To& to) {
  using Vector [[gnu::vector_size(4 * sizeof(Scalar))]] = Scalar;
  Vector a, b, c, d;
  std::memcpy(&a, from(std::integral_constant<std::size_t, 0>{}), sizeof(Vector));
  std::memcpy(&b, from(std::integral_constant<std::size_t, 1>{}), sizeof(Vector));
  std::memcpy(&c, from(std::integral_constant<std::size_t, 2>{}), sizeof(Vector));
  std::memcpy(&d, from(std::integral_constant<std::size_t, 3>{}), sizeof(Vector));
  const Vector low_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), high_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Vector low_cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), high_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(low_ab, low_cd, 0, 1, 4, 5);
  b = __builtin_shufflevector(low_ab, low_cd, 2, 3, 6, 7);
  c = __builtin_shufflevector(high_ab, high_cd, 0, 1, 4, 5);
  d = __builtin_shufflevector(high_ab, high_cd, 2, 3, 6, 7);
  std::memcpy(to(std::integral_constant<std::size_t, 0>{}), &a, sizeof(Vector));
  std::memcpy(to(std::integral_constant<std::size_t, 1>{}), &b, sizeof(Vector));
  std::memcpy(to(std::integral_constant<std::size_t, 2>{}), &c, sizeof(Vector));
  std::memcpy(to(std::integral_constant<std::size_t, 3>{}), &d, sizeof(Vector));
}
#endif

/// The first four numbers of each of `count` rows by their place in the row: out[k][j] = row(j)[k].
template <int count, class Scalar, class Row>
EIGEN_ALWAYS_INLINE std::array<Lanes<Scalar, count>, 4> columns_of(const Row& row) {
  std::array<Lanes<Scalar, count>, 4> out;
#ifdef __GNUC__
  if constexpr (count == 4) {
    transpose_four<Scalar>([&](auto j) { return static_cast<const void*>(row(j)); },
                           [&](auto k) { return static_cast<void*>(out[k].data()); });
    return out;
  }
#endif
  each_lane<count>([&](auto j) {
    for (std::size_t k = 0; k < 4; ++k) out[k][j] = row(j)[k];
  });
  return out;
}

/// And back: row(j)[k] = columns[k][j].
template <int count, class Scalar, class Row>
EIGEN_ALWAYS_INLINE void write_columns(const std::array<Lanes<Scalar, count>, 4>& columns, const Row& row) {
#ifdef __GNUC__
  if constexpr (count == 4) {
    transpose_four<Scalar>([&](auto k) { return static_cast<const void*>(columns[k].data()); },
                           [&](auto j) { return static_cast<void*>(row(j)); });
    return;
  }
#endif
  each_lane<count>([&](auto j) {
    for (std::size_t k = 0; k < 4; ++k) row(j)[k] = columns[k][j];
  });
}

}  // namespace kindred::detail

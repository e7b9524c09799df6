// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Numbers that are stored in 16 bits and computed with in float: `Eigen::half` (11 digits, up to 65504) and `Eigen::bfloat16` (8 digits, the
/// range of float). Widening is exact; narrowing goes to the nearest, ties to even, as IEEE 754 has it.
///
/// On bits and without branches, a packet at a time: Eigen 3.4 converts one number at a time, and compilers do not change that.
/// Source: for half the multiplications by powers of two of Giesen, "float->half variants", public domain.

#include <kindred/core/types.hpp>
#include <kindred/parameter/row.hpp>

#include <Eigen/Core>

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#if defined(__F16C__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace kindred {

/// Numbers for storage alone.
template <class T>
concept Narrow = std::same_as<T, Eigen::half> || std::same_as<T, Eigen::bfloat16>;

namespace detail {

/// Several floats, their bits, and 16-bit numbers, as vectors of the compiler: it has the casts between them that Eigen 3.4 lacks.
#ifdef __GNUC__
inline constexpr int lanes = packet_width<float> == 1 ? 4 : static_cast<int>(packet_width<float>);
typedef float Reals __attribute__((vector_size(4 * lanes)));
typedef std::uint32_t Words __attribute__((vector_size(4 * lanes)));
typedef std::int32_t Integers __attribute__((vector_size(4 * lanes)));
typedef std::uint16_t ShortWords __attribute__((vector_size(2 * lanes)));
template <class To, class From>
EIGEN_ALWAYS_INLINE To converted(const From& from) {
  return __builtin_convertvector(from, To);
}
#else
inline constexpr int lanes = 1;
using Reals = float;
using Words = std::uint32_t;
using Integers = std::int32_t;
using ShortWords = std::uint16_t;
template <class To, class From>
To converted(const From& from) {
  return static_cast<To>(from);
}
#endif

template <class To, class From>
EIGEN_ALWAYS_INLINE To same_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}
EIGEN_ALWAYS_INLINE Words all(std::uint32_t word) { return Words{} + word; }

/// The 16 bits of each, in a word.
EIGEN_ALWAYS_INLINE Words in_words(const ShortWords& bits) {
#if defined(__AVX512F__) && EIGEN_MAX_STATIC_ALIGN_BYTES == 64
  return same_bits<Words>(_mm512_cvtepu16_epi32(same_bits<__m256i>(bits)));  // g++ 12 takes two halves
#else
  return converted<Words>(bits);
#endif
}

/// The instructions for half: exact to float, and from float to the number at or below in size. Whole vectors, which stay in registers.
#if defined(__AVX512F__) && EIGEN_MAX_STATIC_ALIGN_BYTES == 64
#define KINDRED_HALF_INSTRUCTIONS
EIGEN_ALWAYS_INLINE Reals widened_half(const ShortWords& bits) {
  return same_bits<Reals>(_mm512_cvtph_ps(same_bits<__m256i>(bits)));
}
EIGEN_ALWAYS_INLINE ShortWords cut_to_half(const Reals& x) {
  return same_bits<ShortWords>(_mm512_cvtps_ph(same_bits<__m512>(x), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
}
#elif defined(__F16C__) && EIGEN_MAX_STATIC_ALIGN_BYTES == 32
#define KINDRED_HALF_INSTRUCTIONS
EIGEN_ALWAYS_INLINE Reals widened_half(const ShortWords& bits) {
  return same_bits<Reals>(_mm256_cvtph_ps(same_bits<__m128i>(bits)));
}
EIGEN_ALWAYS_INLINE ShortWords cut_to_half(const Reals& x) {
  return same_bits<ShortWords>(_mm256_cvtps_ph(same_bits<__m256>(x), _MM_FROUND_TO_ZERO));
}
#endif

/// The 16 bits of numbers, each in a word, to float, and float to the 16 bits. NaN stays NaN, and what is too large becomes infinite.
template <Narrow Stored>
struct NarrowBits;

template <>
struct NarrowBits<Eigen::bfloat16> {
  static EIGEN_ALWAYS_INLINE Reals widen(const Words& bits) { return same_bits<Reals>(bits << 16); }
  static EIGEN_ALWAYS_INLINE ShortWords nearest(const Reals& x) { return up(x, 0x7FFF + (same_bits<Words>(x) >> 16 & 1)); }

  /// The number at or below x in size, or the next one if what is cut off and `carry`, below 2^16, make 2^16 together.
  static EIGEN_ALWAYS_INLINE ShortWords up(const Reals& x, const Words& carry) {
    const Words bits = same_bits<Words>(x);
    return converted<ShortWords>(x != x ? (bits >> 16 | 0x40) : (bits + carry) >> 16);
  }
};

template <>
struct NarrowBits<Eigen::half> {
  static EIGEN_ALWAYS_INLINE Reals widen(const Words& bits) {
    const Words size = (bits & 0x7FFF) << 13;
    const Words scaled = same_bits<Words>(same_bits<Reals>(size) * 0x1p112F);  // the exponents of float begin 112 lower
    return same_bits<Reals>(scaled | (size >= (0x7C00U << 13) ? all(0x7F800000) : all(0)) | (bits & 0x8000) << 16);
  }
  static EIGEN_ALWAYS_INLINE ShortWords nearest(const Reals& x) {
    const Words size = size_of(x);
    // The last digit of a number of [0.5, 1) is 2^-24, that of a small half.
    const Words small = same_bits<Words>(same_bits<Reals>(size) + 0.5F) - 0x3F000000;
    return finish(x, size < smallest_normal ? small : normal(size, 0xFFF + (size >> 13 & 1)));
  }

  /// The number at or below x in size, or the next one if what is cut off and `carry`, below 2^16, make 2^16 together; of `carry` the upper 13
  /// bits count.
  static EIGEN_ALWAYS_INLINE ShortWords up(const Reals& x, const Words& carry) {
    const Words size = size_of(x), power = size & 0x7F800000;
    // To add 13 bits to a float of [1, 2) is to add a part of what halves are apart there, and below 2^-14 they are apart as from there on.
    const Words from = power < smallest_normal ? all(smallest_normal) : power;
    const Reals unit = same_bits<Reals>(from > too_large ? all(too_large) : from);
    const Reals part = same_bits<Reals>(carry >> 3 | 0x3F800000) - 1.0F;
    const Reals sum = same_bits<Reals>(size) + unit * part;
#ifdef KINDRED_HALF_INSTRUCTIONS
    const Words bits = sum >= 0x1p16F ? all(0x7F800000) : same_bits<Words>(sum);
    return cut_to_half(same_bits<Reals>(bits | (same_bits<Words>(x) & 0x80000000)));
#else
    return cut_off(x, sum);
#endif
  }

  /// The half at or below `sum`, which is above zero, with the sign of x.
  static EIGEN_ALWAYS_INLINE ShortWords cut_off(const Reals& x, const Reals& sum) {
    const Words bits = same_bits<Words>(sum);
    const Reals small = same_bits<Reals>(bits < smallest_normal ? bits : all(0)) * 0x1p24F;
    return finish(x, bits < smallest_normal ? same_bits<Words>(converted<Integers>(small)) : normal(bits, all(0)));
  }

 private:
  static constexpr std::uint32_t smallest_normal = 0x38800000, too_large = 0x47800000;  // 2^-14, 2^16
  static EIGEN_ALWAYS_INLINE Words size_of(const Reals& x) { return same_bits<Words>(x) & 0x7FFFFFFF; }
  /// The bits of what is at least 2^-14, or those of the next number if what is cut off and `carry`, below 2^13, make 2^13 together.
  static EIGEN_ALWAYS_INLINE Words normal(const Words& size, const Words& carry) {
    return ((size + carry) >> 13) - (112U << 10);
  }
  /// `bits` with the sign of x, and what is to be infinite or NaN.
  static EIGEN_ALWAYS_INLINE ShortWords finish(const Reals& x, const Words& bits) {
    const Words finite = size_of(x) >= too_large || bits > 0x7C00 ? all(0x7C00) : bits;
    return converted<ShortWords>((size_of(x) > 0x7F800000 ? all(0x7E00) : finite) | (same_bits<Words>(x) >> 16 & 0x8000));
  }
};

/// The floats of `lanes` numbers that are stored from `from` on.
template <Narrow Stored>
EIGEN_ALWAYS_INLINE Reals widened(const Stored* from) {
  ShortWords bits;
  std::memcpy(&bits, from, sizeof(bits));
#ifdef KINDRED_HALF_INSTRUCTIONS
  if constexpr (std::same_as<Stored, Eigen::half>) return widened_half(bits);
#endif
  return NarrowBits<Stored>::widen(in_words(bits));
}

/// to[k] = from[k] for k below count.
template <Narrow Stored>
EIGEN_ALWAYS_INLINE void widen(const Stored* from, float* to, Index count) {
  Index k = 0;
  for (; k + lanes <= count; k += lanes) {
    const Reals wide = widened(from + k);
    std::memcpy(to + k, &wide, sizeof(wide));
  }
  if (k == count) return;
  const auto left = static_cast<std::size_t>(count - k);
  Stored last[lanes] = {};
  std::memcpy(static_cast<void*>(last), from + k, left * sizeof(Stored));
  const Reals wide = widened(last);
  std::memcpy(to + k, &wide, left * sizeof(float));
}

/// to[k] = the number whose bits are in lane k of bits_of(from[k], ..., and how many came before), for k below count.
template <Narrow Stored, class F>
EIGEN_ALWAYS_INLINE void narrow_by(const float* from, Stored* to, Index count, const F& bits_of) {
  const auto some = [&](Index k, std::size_t size) {
    Reals wide = {};
    std::memcpy(&wide, from + k, size * sizeof(float));
    const ShortWords bits = bits_of(wide, k);
    std::memcpy(static_cast<void*>(to + k), &bits, size * sizeof(Stored));
  };
  Index k = 0;
  for (; k + lanes <= count; k += lanes) some(k, lanes);
  if (k < count) some(k, static_cast<std::size_t>(count - k));
}

/// to[k] = from[k] to the nearest, for k below count.
template <Narrow Stored>
EIGEN_ALWAYS_INLINE void narrow(const float* from, Stored* to, Index count) {
  narrow_by(from, to, count, [](const Reals& x, Index) { return NarrowBits<Stored>::nearest(x); });
}

}  // namespace detail
}  // namespace kindred

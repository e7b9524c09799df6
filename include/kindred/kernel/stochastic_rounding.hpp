// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Stochastic rounding: a number between two neighbours that can be stored becomes the nearer one more often, just so often that the mean is
/// the number. A step of training that is far below the last digit is then not lost but taken now and then.
///
/// Source: Gupta, Agrawal, Gopalakrishnan & Narayanan, ICML 2015, "Deep learning with limited numerical precision"; for weights in
/// bfloat16 Zamirai et al. 2020, "Revisiting BFloat16 training"; for the rows of embedding tables FBGEMM (Khudia et al. 2021).

#include <kindred/core/random.hpp>
#include <kindred/kernel/narrow.hpp>

namespace kindred::detail {

/// 16 random bits for each of the columns first, first + 1, ... from the row's 64: a hash of the counter by multiplications and shifts (Wellons'
/// lowbias32). Philox would take longer than the step of training.
EIGEN_ALWAYS_INLINE Words random_bits(std::uint64_t row_key, Index first) {
  Words columns = {};
  for (int k = 0; k < lanes; ++k) reinterpret_cast<std::uint32_t*>(&columns)[k] = static_cast<std::uint32_t>(k);
  Words x = (columns + static_cast<std::uint32_t>(first)) * 0x9E3779B9U + static_cast<std::uint32_t>(row_key);
  x = (x ^ x >> 16) * 0x7FEB352DU;
  x = ((x ^ x >> 15) + static_cast<std::uint32_t>(row_key >> 32)) * 0x846CA68BU;
  return x >> 16;
}

/// x rounded up in size if the part cut off is more than random / 2^16 of the distance between the neighbours.
template <Narrow Stored>
EIGEN_ALWAYS_INLINE Words rounded(const Reals& x, const Words& random) {
  using Bits = NarrowBits<Stored>;
  if constexpr (std::same_as<Stored, Eigen::bfloat16>) {
    return Bits::up(x, random);
  } else {
    const Words size = Bits::size_of(x);
    const auto is_small = size < Bits::smallest_normal;
    const Reals small = same_bits<Reals>(is_small ? size : all(0)) * 0x1p24F;  // in units of the distance there
    const Integers below = converted<Integers>(small);
    const Reals threshold = converted<Reals>(same_bits<Integers>(random)) + 0.5F;
    const Words up = (small - converted<Reals>(below)) * 0x1p16F > threshold ? all(1) : all(0);
    return Bits::finish(x, is_small ? same_bits<Words>(below) + up : Bits::normal(size, random >> 3));
  }
}

/// to[k] = from[k] rounded stochastically, for k below count, by random bits that are a function of (row_key, k).
///
/// What can be stored stays as it is, also infinity and NaN. The mean is from[k], below the smallest normal half (6e-5) up to 2^-17 of the
/// distance between its neighbours. What is beyond the largest (65504 of half, 3.39e38 of bfloat16) may become infinite.
template <Narrow Stored>
EIGEN_ALWAYS_INLINE void round_stochastically(const float* from, Stored* to, Index count, std::uint64_t row_key) {
  narrow_by(from, to, count,
            [row_key](const Reals& x, Index first) { return rounded<Stored>(x, random_bits(row_key, first)); });
}

}  // namespace kindred::detail

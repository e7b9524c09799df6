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

/// 16 random bits for each of the columns first, first + 1, ... from the row's 64: the upper half of a * column + b for random words a and b.
/// Over the rows each is uniform, and any two of columns below 2^17 are independent: sums of errors have the mean and the variance of independent
/// ones. More than two depend on each other; a generator without that would take longer than the step of training.
/// Source: Dietzfelbinger, STACS 1996, "Universal hashing and k-wise independent random variables via integer arithmetic without primes".
EIGEN_ALWAYS_INLINE Words random_bits(std::uint64_t row_key, Index first) {
  Words columns = {};
  for (int k = 0; k < lanes; ++k) reinterpret_cast<std::uint32_t*>(&columns)[k] = static_cast<std::uint32_t>(k);
  const Words x = (columns + static_cast<std::uint32_t>(first)) * static_cast<std::uint32_t>(row_key >> 32);
  return (x + static_cast<std::uint32_t>(row_key)) >> 16;
}

/// to[k] = from[k] rounded stochastically, for k below count, by random bits that are a function of (row_key, k).
///
/// What can be stored stays as it is, also infinity and NaN. The mean is from[k], below the smallest normal half (6e-5) up to 2^-13 of the
/// distance between its neighbours. What is beyond the largest (65504 of half, 3.39e38 of bfloat16) may become infinite.
template <Narrow Stored>
EIGEN_ALWAYS_INLINE void round_stochastically(const float* from, Stored* to, Index count, std::uint64_t row_key) {
  narrow_by(from, to, count,
            [row_key](const Reals& x, Index first) { return NarrowBits<Stored>::up(x, random_bits(row_key, first)); });
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Does what was counted fit a distribution, and does a sequence have the bits it had: chi-square and a hash.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// How many standard deviations Pearson's chi-square of the counts lies above its mean if `expected` (in proportion, not all 0) is the
/// distribution: below 4 with probability 0.99997, by the cube-root approximation of Wilson and Hilferty (1931). Infinite if something
/// was counted that cannot occur, minus infinite if only one thing can.
inline double chi_square_z(std::span<const double> counts, std::span<const double> expected) {
  double total = 0, mass = 0, statistic = 0, cells = 0;
  for (const double count : counts) total += count;
  for (const double weight : expected) mass += weight;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (expected[k] == 0) {
      if (counts[k] > 0) return INFINITY;
      continue;
    }
    const double mean = total * expected[k] / mass;
    statistic += (counts[k] - mean) * (counts[k] - mean) / mean;
    ++cells;
  }
  if (cells < 2) return -INFINITY;  // there was no choice
  const double freedom = cells - 1, spread = 2 / (9 * freedom);
  return (std::cbrt(statistic / freedom) - (1 - spread)) / std::sqrt(spread);
}

/// Against equal chances for all.
inline double chi_square_z(std::span<const double> counts) {
  return chi_square_z(counts, std::vector<double>(counts.size(), 1.0));
}

/// FNV-1a over 64-bit numbers, byte by byte from the low end.
class Hash {
 public:
  void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) value_ = (value_ ^ (number >> (8 * byte) & 0xFF)) * 0x100000001B3;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325;
};

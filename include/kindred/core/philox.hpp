// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Philox4x32-10, the random function behind all random numbers: four random words of a counter and a key.
///
/// Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kindred {

/// One block of Philox4x32-10: four random words for a 128-bit counter and a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

namespace detail {

/// The eight blocks of this counter and of those that follow it in its first word, in the order of the counters.
///
/// Eight blocks go through the rounds together, each in a lane of 64 bits: a multiplication of lanes gives all bits of two words' product.
inline void philox4x32_lanes(const std::array<std::uint32_t, 4>& counter, std::array<std::uint32_t, 2> key,
                             std::span<std::uint32_t, 32> words) {
  constexpr std::size_t blocks = 8;
#ifdef __GNUC__
  using Lanes = std::uint64_t __attribute__((vector_size(blocks * sizeof(std::uint64_t))));
  constexpr std::uint64_t word = 0xFFFFFFFF;
  Lanes c0 = counter[0] + Lanes{0, 1, 2, 3, 4, 5, 6, 7}, c1 = Lanes{} + counter[1], c2 = Lanes{} + counter[2],
        c3 = Lanes{} + counter[3];
  for (int round = 0; round < 10; ++round) {
    const Lanes a = (c0 & word) * 0xD2511F53, b = (c2 & word) * 0xCD9E8D57;  // words are the lower halves of their lanes
    c0 = (b >> 32) ^ c1 ^ key[0];
    c1 = b & word;
    c2 = (a >> 32) ^ c3 ^ key[1];
    c3 = a & word;
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  for (std::size_t k = 0; k < blocks; ++k) {
    words[4 * k] = static_cast<std::uint32_t>(c0[k]);
    words[4 * k + 1] = static_cast<std::uint32_t>(c1[k]);
    words[4 * k + 2] = static_cast<std::uint32_t>(c2[k]);
    words[4 * k + 3] = static_cast<std::uint32_t>(c3[k]);
  }
#else
  for (std::size_t k = 0; k < blocks; ++k) {
    const auto block = philox4x32({counter[0] + static_cast<std::uint32_t>(k), counter[1], counter[2], counter[3]}, key);
    std::copy(block.begin(), block.end(), words.begin() + static_cast<std::ptrdiff_t>(4 * k));
  }
#endif
}

}  // namespace detail

}  // namespace kindred

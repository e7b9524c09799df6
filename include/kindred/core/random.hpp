// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Random numbers by counting: number k of a stream is a function of (seed, stream, k), so a parallel loop gives each chunk a
/// stream of its own and draws the same numbers whatever thread runs it.
///
/// The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// Uniform, normal and shuffle are our own, since those of the standard library differ between implementations.

#include <kindred/core/philox.hpp>
#include <kindred/core/types.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace kindred {

namespace detail {

/// A hash of 64 bits, one to one: the last step of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014). A chain of them makes a random word of
/// several counters where a block of Philox would take too long.
constexpr std::uint64_t mixed(std::uint64_t word) {
  word += 0x9E3779B97F4A7C15;
  word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
  word = (word ^ word >> 27) * 0x94D049BB133111EB;
  return word ^ word >> 31;
}

/// Number `k` of a stream of SplitMix64, brought into [0, n). For shuffles that are taken often: two multiplications where a block of Philox
/// has twenty, and a bias below n / 2^32.
constexpr std::uint32_t quick_below(std::uint64_t stream, std::uint64_t k, std::uint32_t n) {
  return static_cast<std::uint32_t>((mixed(stream + k * 0x9E3779B97F4A7C15) >> 32) * n >> 32);
}

}  // namespace detail

namespace detail {

/// Uniform in [0, n) from random words of 32 bits, without bias (Lemire 2019, "Fast random integer generation in an interval"). n must be
/// positive. `word()` draws one.
template <class Word>
constexpr Index uniform_below(Word&& word, Index n) {
  constexpr std::uint64_t most = 0xFFFFFFFF;
  KINDRED_ASSERT(n > 0);
  const auto range = static_cast<std::uint64_t>(n);
  if (range <= most) {
    std::uint64_t product = std::uint64_t{word()} * range;
    if ((product & most) < range) {  // seldom, and only then is the division needed
      const std::uint64_t reject = (std::uint64_t{1} << 32) % range;
      while ((product & most) < reject) product = std::uint64_t{word()} * range;
    }
    return static_cast<Index>(product >> 32);
  }
  const auto word64 = [&word] {
    const std::uint64_t low = word();
    return low | (std::uint64_t{word()} << 32);
  };
  const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % range;
  std::uint64_t drawn = word64();
  while (drawn >= limit) drawn = word64();
  return static_cast<Index>(drawn % range);
}

/// A uniformly random order (Fisher & Yates).
template <class Word, class T>
constexpr void uniform_shuffle(Word&& word, std::span<T> values) {
  for (Index k = static_cast<Index>(values.size()); k > 1; --k) {
    using std::swap;
    swap(values[static_cast<std::size_t>(k - 1)], values[static_cast<std::size_t>(uniform_below(word, k))]);
  }
}

}  // namespace detail

/// What a stream is for, so that two uses of one seed never draw the same numbers.
enum class Stream : std::uint32_t { initialize = 1, shuffle, split, negatives, bootstrap, dropout, search, user = 1U << 16 };

/// A stream of random numbers, named by a seed, a purpose and two counters (an epoch and a chunk, say). Cheap to make and to copy.
///
/// Cost: about 2 ns a 32-bit number. Period: 2^34 numbers a stream. Models UniformRandomBitGenerator.
class Random {
 public:
  using result_type = std::uint32_t;

  /// Streams that differ in any of the four arguments are independent; `major` and `minor` count up to 2^32 - 1 each.
  constexpr explicit Random(std::uint64_t seed, Stream purpose = Stream::user, std::uint32_t major = 0, std::uint32_t minor = 0)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{0, static_cast<std::uint32_t>(purpose), major, minor} {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xFFFFFFFF; }

  constexpr result_type operator()() {
    if (used_ == 4) {
      words_ = philox4x32(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return words_[used_++];
  }

  constexpr std::uint64_t bits64() {
    const std::uint64_t low = (*this)();
    return low | (std::uint64_t{(*this)()} << 32);
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  constexpr double uniform() { return static_cast<double>(bits64() >> 11) * 0x1p-53; }

  /// Uniform in [0, n), without bias. n must be positive.
  constexpr Index below(Index n) { return detail::uniform_below(*this, n); }

  /// Standard normal (Box & Muller 1958), two uniforms a number.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  /// A uniformly random order (Fisher & Yates).
  template <class T>
  constexpr void shuffle(std::span<T> values) {
    detail::uniform_shuffle(*this, values);
  }

  /// How many numbers the stream has given, modulo 2^34; and a jump to where it has given so many, in constant time.
  constexpr std::uint64_t position() const { return 4 * std::uint64_t{counter_[0]} - (4 - used_); }
  constexpr void seek(std::uint64_t position) {
    counter_[0] = static_cast<std::uint32_t>(position / 4);
    used_ = 4;
    for (const std::uint64_t begin = position / 4 * 4; position > begin; --position) (*this)();
  }

  /// The words of the stream from 4 `block` on, without drawing them.
  void words_from(std::uint32_t block, std::span<result_type, 32> words) const {
    detail::philox4x32_lanes({block, counter_[1], counter_[2], counter_[3]}, key_, words);
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> words_{};
  std::size_t used_ = 4;
};

}  // namespace kindred

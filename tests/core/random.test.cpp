// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/statistics.hpp"

#include <kindred/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using Words = std::array<std::uint32_t, 4>;

TEST_CASE("philox4x32-10 gives the known answers of its authors", "[core]") {
  STATIC_REQUIRE(philox4x32({0, 0, 0, 0}, {0, 0}) == Words{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
  constexpr std::uint32_t ones = 0xFFFFFFFF;
  STATIC_REQUIRE(philox4x32({ones, ones, ones, ones}, {ones, ones}) == Words{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
  STATIC_REQUIRE(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}) ==
                 Words{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
}

TEST_CASE("draw k of a stream is word k of its blocks", "[core]") {
  Random random(0x123456789ABCDEF0, Stream::split, 7, 9);
  const auto purpose = static_cast<std::uint32_t>(Stream::split);
  for (std::uint32_t block = 0; block < 3; ++block) {
    for (const std::uint32_t word : philox4x32({block, purpose, 7, 9}, {0x9ABCDEF0, 0x12345678})) CHECK(random() == word);
  }
}

TEST_CASE("streams that differ in seed, purpose or counters differ in what they draw", "[core]") {
  std::set<std::uint64_t> first;
  int made = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    for (const Stream purpose :
         {Stream::initialize, Stream::shuffle, Stream::split, Stream::negatives, Stream::bootstrap, Stream::user}) {
      for (std::uint32_t major = 0; major < 4; ++major) {
        for (std::uint32_t minor = 0; minor < 4; ++minor, ++made) first.insert(Random(seed, purpose, major, minor).bits64());
      }
    }
  }
  CHECK(static_cast<int>(first.size()) == made);
}

TEST_CASE("neighbouring streams are not correlated", "[core]") {
  // The correlation of 100,000 independent pairs has a standard deviation of 0.0032.
  const auto correlation = [](Random a, Random b) {
    double sum = 0;
    for (int k = 0; k < 100000; ++k) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    return sum / 100000 * 12;
  };
  CHECK_THAT(correlation(Random(1), Random(2)), WithinAbs(0, 0.015));
  CHECK_THAT(correlation(Random(1, Stream::user, 0), Random(1, Stream::user, 1)), WithinAbs(0, 0.015));
  CHECK_THAT(correlation(Random(1, Stream::user, 0, 0), Random(1, Stream::user, 0, 1)), WithinAbs(0, 0.015));
  CHECK_THAT(correlation(Random(1), Random(1)), WithinAbs(1, 0.015));  // what a dependence would look like
}

TEST_CASE("a copy of a stream goes on as the stream does", "[core]") {
  Random random(5);
  for (int k = 0; k < 6; ++k) random();
  Random copy = random;
  for (int k = 0; k < 10; ++k) CHECK(copy() == random());
}

TEST_CASE("random numbers work with the algorithms of the standard library", "[core]") {
  STATIC_REQUIRE(std::uniform_random_bit_generator<Random>);
  Random random(1);
  CHECK(std::uniform_int_distribution<int>(3, 3)(random) == 3);
}

TEST_CASE("uniform numbers are uniform in [0, 1)", "[core]") {
  Random random(1);
  std::vector<double> cells(1000);
  double sum = 0, squares = 0;
  constexpr int draws = 1000000;
  for (int k = 0; k < draws; ++k) {
    const double x = random.uniform();
    REQUIRE((x >= 0 && x < 1));
    ++cells[static_cast<std::size_t>(x * 1000)];
    sum += x;
    squares += x * x;
  }
  const double mean = sum / draws;
  CHECK_THAT(mean, WithinAbs(0.5, 0.0012));  // 4 standard deviations of the mean
  CHECK_THAT(squares / draws - mean * mean, WithinAbs(1.0 / 12, 0.0004));
  CHECK(chi_square_z(cells) < 4);
}

TEST_CASE("uniform numbers have 53 random bits, not 32", "[core]") {
  Random random(1);
  int low_bits = 0;
  for (int k = 0; k < 1000; ++k) low_bits += static_cast<int>(static_cast<std::uint64_t>(random.uniform() * 0x1p53) & 1);
  CHECK((low_bits > 420 && low_bits < 580));  // 5 standard deviations
}

TEST_CASE("normal numbers have the moments and the distribution of the normal law", "[core]") {
  Random random(1);
  constexpr int draws = 1000000;
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  std::vector<double> cells(34), expected(34);  // (-inf, -4), 32 of a quarter, [4, inf)
  const auto below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (int k = 0; k < 34; ++k) {
    const double high = k == 33 ? 1 : below(-4 + 0.25 * k), low = k == 0 ? 0 : below(-4.25 + 0.25 * k);
    expected[static_cast<std::size_t>(k)] = high - low;
  }
  for (int k = 0; k < draws; ++k) {
    const double x = random.normal();
    ++cells[static_cast<std::size_t>(std::clamp(std::floor(x * 4) + 17, 0.0, 33.0))];
    sum += x;
    squares += x * x;
    cubes += x * x * x;
    fourths += x * x * x * x;
  }
  CHECK_THAT(sum / draws, WithinAbs(0, 0.004));  // 4 standard deviations each
  CHECK_THAT(squares / draws, WithinAbs(1, 0.0057));
  CHECK_THAT(cubes / draws, WithinAbs(0, 0.016));
  CHECK_THAT(fourths / draws, WithinAbs(3, 0.04));
  CHECK(chi_square_z(cells, expected) < 4);
}

TEST_CASE("below(n) is in range and reaches both ends", "[core]") {
  Random random(1);
  for (int k = 0; k < 100; ++k) CHECK(random.below(1) == 0);
  std::set<Index> seen;
  for (int k = 0; k < 200; ++k) seen.insert(random.below(6));
  CHECK(seen == std::set<Index>{0, 1, 2, 3, 4, 5});
  constexpr Index two_to_32 = Index{1} << 32;
  for (const Index n : {two_to_32 - 1, two_to_32, two_to_32 + 1, std::numeric_limits<Index>::max()}) {
    Index lowest = n, highest = 0;
    for (int k = 0; k < 1000; ++k) {
      const Index x = random.below(n);
      REQUIRE((x >= 0 && x < n));
      lowest = std::min(lowest, x);
      highest = std::max(highest, x);
    }
    CHECK(lowest < n / 100);
    CHECK(highest > n - n / 100);
  }
}

TEST_CASE("below(n) is without bias where a plain product or remainder is off by half", "[core]") {
  // 2^32 numbers into 3 * 2^30: the high part of the product gives 0, 3, 6, ... twice, the remainder gives the lowest third twice.
  constexpr Index narrow = Index{3} << 30, wide = Index{3} << 61;
  Random random(1);
  std::vector<double> thirds(3), residues(3), wide_thirds(3), wide_residues(3);
  for (int k = 0; k < 30000; ++k) {
    const Index x = random.below(narrow), y = random.below(wide);
    ++thirds[static_cast<std::size_t>(x / (narrow / 3))];
    ++residues[static_cast<std::size_t>(x % 3)];
    ++wide_thirds[static_cast<std::size_t>(y / (wide / 3))];
    ++wide_residues[static_cast<std::size_t>(y % 3)];
  }
  CHECK(chi_square_z(thirds) < 4);
  CHECK(chi_square_z(residues) < 4);
  CHECK(chi_square_z(wide_thirds) < 4);
  CHECK(chi_square_z(wide_residues) < 4);
}

TEST_CASE("below(n) is uniform for a small n", "[core]") {
  Random random(1);
  std::vector<double> cells(37);
  for (int k = 0; k < 370000; ++k) ++cells[static_cast<std::size_t>(random.below(37))];
  CHECK(chi_square_z(cells) < 4);
}

TEST_CASE("all orders of four are equally likely after a shuffle", "[core]") {
  Random random(1);
  std::map<std::array<int, 4>, double> seen;
  for (int k = 0; k < 240000; ++k) {
    std::array<int, 4> order{0, 1, 2, 3};
    random.shuffle(std::span<int>(order));
    ++seen[order];
  }
  REQUIRE(seen.size() == 24);
  std::vector<double> counts;
  for (const auto& entry : seen) counts.push_back(entry.second);
  CHECK(chi_square_z(counts) < 4);
}

TEST_CASE("a shuffle of nothing or of one thing draws nothing", "[core]") {
  Random random(1), untouched(1);
  std::vector<int> none, one{7};
  random.shuffle(std::span<int>(none));
  random.shuffle(std::span<int>(one));
  CHECK(one == std::vector<int>{7});
  CHECK(random() == untouched());
}

TEST_CASE("the draws of a seed are the same as ever", "[core]") {
  Random random(42, Stream::shuffle, 3, 4);
  Hash words;
  for (int k = 0; k < 1000; ++k) words.add(random());
  CHECK(words.value() == 0x4711F4F198EC8CD7);  // computed by an independent program too
  Hash mixed;
  for (int k = 1; k <= 1000; ++k) {
    mixed.add(static_cast<std::uint64_t>(random.below(k)));
    mixed.add(static_cast<std::uint64_t>(random.below(Index{1} << (k % 63))));
    mixed.add(static_cast<std::uint64_t>(random.uniform() * 0x1p53));
  }
  std::vector<std::uint64_t> order(100);
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  random.shuffle(std::span<std::uint64_t>(order));
  for (const std::uint64_t place : order) mixed.add(place);
  CHECK(mixed.value() == 0x1BA1F831BD2FDED1);
}

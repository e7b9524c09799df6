// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random_ahead.hpp>

#include <array>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <vector>

using namespace kindred;

TEST_CASE("numbers computed ahead are those of the stream, which goes on behind them", "[core]") {
  for (int before = 0; before < 9; ++before) {
    for (const int count : {0, 1, 3, 28, 31, 32, 33, 64, 65, 1000}) {
      Random random(7, Stream::negatives, 3, 4), same = random;
      for (int k = 0; k < before; ++k) CHECK(random() == same());
      {
        RandomAhead ahead(random);
        for (int k = 0; k < count; ++k) REQUIRE(ahead() == same());
      }
      CHECK(random.position() == static_cast<std::uint64_t>(before + count));
      for (int k = 0; k < 6; ++k) CHECK(random() == same());
    }
  }
}

TEST_CASE("whole numbers and orders drawn ahead are those of the stream", "[core]") {
  STATIC_REQUIRE(std::uniform_random_bit_generator<RandomAhead>);
  Random random(11, Stream::shuffle), same = random;
  RandomAhead ahead(random);
  for (const Index n : {Index{1}, Index{2}, Index{10}, Index{3} << 30, Index{1} << 40, (Index{1} << 62) + 1}) {
    for (int k = 0; k < 200; ++k) REQUIRE(ahead.below(n) == same.below(n));  // a third of the draws below 3 * 2^30 are rejected
  }
  std::vector<int> a(5000), b(5000);
  std::iota(a.begin(), a.end(), 0);
  std::iota(b.begin(), b.end(), 0);
  ahead.shuffle(std::span(a));
  same.shuffle(std::span(b));
  CHECK(a == b);
}

TEST_CASE("blocks in lanes are the blocks one after the other, beyond the end of the counter as well", "[core]") {
  constexpr std::array<std::uint32_t, 2> key{0xA4093822, 0x299F31D0};
  for (const std::uint32_t first : {0U, 5U, 0xFFFFFFFDU}) {
    std::array<std::uint32_t, 32> words{};
    detail::philox4x32_lanes({first, 0x85A308D3, 0x13198A2E, 0xFFFFFFFF}, key, words);
    for (std::uint32_t block = 0; block < 8; ++block) {
      const auto one = philox4x32({first + block, 0x85A308D3, 0x13198A2E, 0xFFFFFFFF}, key);
      for (std::size_t k = 0; k < 4; ++k) CHECK(words[4 * block + k] == one[k]);
    }
  }
}

TEST_CASE("a stream can be taken to any of its numbers", "[core]") {
  Random forward(3);
  std::vector<std::uint32_t> drawn(50);
  for (auto& word : drawn) word = forward();
  for (std::uint64_t place = 0; place < drawn.size(); ++place) {
    Random random(3);
    random();
    random.seek(place);
    CHECK(random.position() == place);
    CHECK(random() == drawn[place]);
    CHECK(random.position() == place + 1);
  }
}

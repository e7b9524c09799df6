// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/bit_places.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace kindred;

TEST_CASE("the places of all bits are written in order, however many there are", "[kernel]") {
  Random random(1);
  const auto check = [](std::uint64_t bits) {
    std::vector<std::uint32_t> expected;
    for (std::uint32_t k = 0; k < 64; ++k) {
      if ((bits >> k & 1) != 0) expected.push_back(1'000'000 + k);
    }
    for (const auto write : {detail::write_places, detail::write_places_one_by_one}) {
      std::vector<std::uint32_t> places(64);  // no more, so that writing on would be seen
      write(bits, 1'000'000, places.data());
      places.resize(expected.size());
      REQUIRE(places == expected);
    }
  };
  check(0);
  check(~std::uint64_t{0});
  for (int k = 0; k < 64; ++k) {
    check(std::uint64_t{1} << k);
    check(~(std::uint64_t{1} << k));
    check((std::uint64_t{1} << k) - 1);
  }
  for (int round = 0; round < 2000; ++round) {
    std::uint64_t bits = 0;
    const Index density = 1 + random.below(16);
    for (int k = 0; k < 64; ++k) bits = bits << 1 | (random.below(density) == 0 ? 1U : 0U);
    check(bits);
  }
}

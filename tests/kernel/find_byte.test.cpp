// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/find_byte.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace kindred;

TEST_CASE("a byte is found wherever it stands among 64, and its neighbours in value are not", "[kernel]") {
  Random random(1);
  for (const char sought : {'\n', ',', '\t', '\0', '\x7F', '\x80', '\xFF'}) {
    for (std::size_t shift = 0; shift < 9; ++shift) {
      std::vector<char> bytes(64 + shift);  // no byte more, so that reading on would be seen
      std::uint64_t expected = 0;
      for (std::size_t k = 0; k < 64; ++k) {
        const int near = static_cast<int>(random.below(4)) - 1;  // the byte before, itself, and two behind
        bytes[shift + k] = static_cast<char>(sought + near);
        if (near == 0) expected |= std::uint64_t{1} << k;
      }
      CHECK(detail::find_byte(bytes.data() + shift, sought) == expected);
      CHECK(detail::find_byte_in_words(bytes.data() + shift, sought) == expected);
    }
  }
  for (std::size_t k = 0; k < 64; ++k) {
    std::vector<char> bytes(64, 'a');
    bytes[k] = 'b';
    CHECK(detail::find_byte(bytes.data(), 'b') == std::uint64_t{1} << k);
    CHECK(detail::find_byte_in_words(bytes.data(), 'b') == std::uint64_t{1} << k);
    CHECK(detail::find_byte_in_words(bytes.data(), 'a') == ~(std::uint64_t{1} << k));
  }
}

TEST_CASE("the first of two bytes is found in a text of any length, and nothing behind its end", "[kernel]") {
  Random random(2);
  for (int round = 0; round < 3000; ++round) {
    const auto length = static_cast<std::size_t>(random.below(30));
    std::vector<char> bytes(length);
    for (char& byte : bytes) byte = static_cast<char>("abcdefgh\n,\xAC\x2B\x2D\x80\xFF"[random.below(14)]);
    const char* const end = bytes.data() + length;
    const char* expected = bytes.data();
    while (expected != end && *expected != ',' && *expected != '\n') ++expected;
    REQUIRE(detail::find_either(bytes.data(), end, ',', '\n') == expected);
  }
}

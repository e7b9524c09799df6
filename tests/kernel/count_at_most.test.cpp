// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/count_at_most.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

using namespace kindred;

TEMPLATE_TEST_CASE("counts of numbers up to a limit are those of a plain loop", "[kernel]", std::uint16_t, std::uint32_t,
                   std::uint64_t) {
  Random random(1);
  constexpr TestType most = std::numeric_limits<TestType>::max();
  std::array<TestType, 17> numbers;
  for (int turn = 0; turn < 300; ++turn) {
    const auto step = turn % 3 == 0 ? static_cast<TestType>(most / 40)
                                    : static_cast<TestType>(1 + turn % 5);  // numbers above half of the range too
    TestType next = turn % 2 == 0 ? TestType(0) : static_cast<TestType>(most / 3);
    for (TestType& number : numbers) {
      next = static_cast<TestType>(next + 1 + static_cast<TestType>(random.below(static_cast<Index>(step))));
      number = next;
    }
    std::vector<TestType> limits = {0, 1, most, static_cast<TestType>(numbers[5] - 5), numbers[9], numbers[16]};
    for (int n = 0; n <= 16; ++n) {
      for (const TestType limit : limits) {
        int flat = 0, sloping = 0;
        for (int k = 0; k < n; ++k) {
          const TestType number = numbers[static_cast<std::size_t>(k + 1)];  // from an address that is not aligned
          flat += number <= limit ? 1 : 0;
          sloping += static_cast<TestType>(number - static_cast<TestType>(k)) <= limit ? 1 : 0;
        }
        if (detail::count_at_most<false>(numbers.data() + 1, n, limit) != flat ||
            detail::count_at_most<true>(numbers.data() + 1, n, limit) != sloping ||
            detail::count_at_most_in_loop<false>(numbers.data() + 1, n, limit) != flat ||
            detail::count_at_most_in_loop<true>(numbers.data() + 1, n, limit) != sloping) {
          FAIL("turn " << turn << ", n " << n << ", limit " << limit);
        }
      }
    }
  }
  SUCCEED();
}

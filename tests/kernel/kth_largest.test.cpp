// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/kth_largest.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

using namespace kindred;

TEMPLATE_TEST_CASE("the k-th largest is that of sorting, or less by a hundredth of a percent", "[kernel]", float, double) {
  Random random(1);
  constexpr TestType infinity = std::numeric_limits<TestType>::infinity();
  for (const int kind : {0, 1, 2, 3, 4}) {
    for (const Index count : {1, 2, 31, 32, 33, 1000}) {
      Eigen::Array<TestType, Eigen::Dynamic, 1> numbers(count + 64);
      for (Index k = 0; k < count; ++k) {
        const double x = random.normal();
        numbers[k] = static_cast<TestType>(kind == 0   ? x
                                           : kind == 1 ? std::exp(20 * x)
                                           : kind == 2 ? -std::exp(20 * x)
                                           : kind == 3 ? std::round(x)
                                                       : 7);
      }
      if (kind == 0) numbers[0] = -infinity, numbers[count / 2] = infinity;
      std::vector<TestType> sorted(numbers.data(), numbers.data() + count);
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      for (const Index k : {Index{1}, Index{2}, count / 3, count}) {
        if (k < 1 || k > count) continue;
        const TestType right = sorted[static_cast<std::size_t>(k - 1)];
        INFO("kind " << kind << ", " << count << " numbers, k " << k);
        const TestType found = detail::kth_largest(numbers.data(), count, k);
        CHECK(found <= right);
        const TestType near = std::clamp(right, std::numeric_limits<TestType>::lowest(), std::numeric_limits<TestType>::max());
        CHECK((right < near || found >= near - TestType(1.3e-4) * std::abs(near) - std::numeric_limits<TestType>::min()));
        CHECK(detail::kth_largest(numbers.data(), count, k, right) == right);  // known to be the least there is
      }
    }
  }
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/large_pages.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <numeric>

using namespace kindred;

TEST_CASE("a vector in large pages is a vector: it grows, shrinks and is copied, and begins with a page if it has one",
          "[core]") {
  constexpr std::size_t page = std::size_t{1} << 21;
  for (const std::size_t n : {std::size_t{0}, std::size_t{10}, page / 4 - 1, page / 4, page / 4 + 1, 3 * page / 4, page}) {
    detail::LargeVector<std::uint32_t> values;
    values.resize(n);
    std::iota(values.begin(), values.end(), 5U);
    if (4 * n >= page) CHECK(reinterpret_cast<std::uintptr_t>(values.data()) % page == 0);
    values.push_back(7);
    const auto copy = values;
    values.resize(n / 2);
    values.shrink_to_fit();
    std::size_t wrong = 0;
    for (std::size_t k = 0; k < n; ++k) wrong += copy[k] != 5U + k;
    for (std::size_t k = 0; k < n / 2; ++k) wrong += values[k] != 5U + k;
    CHECK(wrong == 0);
    CHECK(copy.back() == 7);
  }
  CHECK(detail::LargeVector<float>(3, 2.0F) == detail::LargeVector<float>{2, 2, 2});
}

TEST_CASE("more elements than there can be bytes are refused", "[core]") {
  detail::LargePageAllocator<std::uint64_t> allocator;
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS(allocator.allocate(most), std::bad_alloc);
  CHECK_THROWS_AS(allocator.allocate(most / 16), std::bad_alloc);
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/item_mask.hpp>

#include <vector>

using namespace kindred;

TEST_CASE("a mask says what was set, and nothing beyond its end", "[kernel]") {
  for (const Index size : {0, 1, 2, 63, 64, 65, 127, 128, 129, 200}) {
    ItemMask all(size), none(size, false);
    CHECK(all.count() == size);
    CHECK(none.count() == 0);
    CHECK(all.size() == size);
    for (Index i = 0; i < size; ++i) {
      REQUIRE(all[i]);
      all.set(i, false);
      REQUIRE_FALSE(all[i]);
      REQUIRE(all.count() == size - 1);
      all.set(i, true);
    }
  }
}

TEST_CASE("any finds a single item in any range, and only there", "[kernel]") {
  const Index size = 150;
  for (const Index item : {0, 1, 31, 62, 63, 64, 65, 100, 127, 128, 149}) {
    ItemMask mask(size, false);
    mask.set(item, true);
    for (Index begin = 0; begin <= size; ++begin) {
      for (Index end = begin; end <= size; ++end) {
        if (mask.any(begin, end) != (begin <= item && item < end)) FAIL(begin << ' ' << end << ' ' << item);
      }
    }
  }
}

TEST_CASE("a union of masks, and a reset", "[kernel]") {
  ItemMask a(70, false), b(70, false);
  a.set(3, true);
  b.set(69, true);
  a |= b;
  CHECK(a.count() == 2);
  CHECK((a[3] && a[69]));
  a.reset(5, false);
  CHECK(a.size() == 5);
  CHECK(a.count() == 0);
}

// SPDX-License-Identifier: MIT
#include <kindred/metric/sampled_candidates.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace kindred;

TEST_CASE("sampled candidates are different candidates that the user has not", "[metric]") {
  constexpr Index items = 30;
  const std::vector<ItemId> train{ItemId(2), ItemId(5), ItemId(29)}, test{ItemId(0), ItemId(7)};
  ItemMask candidates(items);
  for (Index i = 0; i < items; ++i) candidates.set(i, i % 3 != 1);  // 20, without 7
  const auto draw = [&](UserId user, Index count, std::uint64_t seed) {
    std::set<Index> drawn;
    const auto all = detail::draw_negatives<std::uint32_t>(user, count, seed, candidates, train, test);
    for (const ItemId item : all) drawn.insert(item.index());
    CHECK(drawn.size() == all.size());
    for (const ItemId item : train) CHECK(drawn.count(item.index()) == 0);
    for (const ItemId item : test) CHECK(drawn.count(item.index()) == 0);
    for (const Index item : drawn) CHECK(candidates[item]);
    return drawn;
  };
  CHECK(draw(UserId(1), 0, 1).empty());
  CHECK(draw(UserId(1), 6, 1).size() == 6);
  CHECK(draw(UserId(1), 16, 1).size() == 16);
  CHECK(draw(UserId(1), 100, 1).size() == 16);  // all there are: 20 without 0, 2, 5 and 29
  CHECK(draw(UserId(1), 6, 1) == draw(UserId(1), 6, 1));
  CHECK(draw(UserId(1), 6, 1) != draw(UserId(2), 6, 1));
  CHECK(draw(UserId(1), 6, 1) != draw(UserId(1), 6, 2));
  std::set<Index> ever;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) ever.merge(draw(UserId(1), 6, seed));
  CHECK(ever.size() == 16);
}

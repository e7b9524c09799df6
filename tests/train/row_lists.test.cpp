// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/train/row_lists.hpp>

#include "support/catch.hpp"

#include <map>
#include <vector>

using namespace kindred;

TEST_CASE("lists of rows hold every place of every row, in order", "[train]") {
  detail::RowLists lists;
  Random random(1);
  for (const Index rows : {1, 7, 500, 900}) {  // more rows than before, and more than ids
    for (const std::size_t count : {std::size_t{600}, std::size_t{1}, std::size_t{0}, std::size_t{40}}) {
      std::vector<Index> ids(count), order;
      std::map<Index, std::vector<std::uint32_t>> places;
      for (std::uint32_t k = 0; k < count; ++k) {
        ids[k] = random.below(rows);
        if (places[ids[k]].empty()) order.push_back(ids[k]);
        places[ids[k]].push_back(k);
      }
      lists.build(ids, rows);
      REQUIRE(std::vector<Index>(lists.rows().begin(), lists.rows().end()) == order);
      for (Index number = 0; number < static_cast<Index>(order.size()); ++number) {
        std::vector<std::uint32_t> found;
        for (std::uint32_t place = lists.first(number); place != detail::RowLists::end; place = lists.after(place)) {
          found.push_back(place);
          CHECK(lists.number(place) == number);
        }
        CHECK(found == places[order[static_cast<std::size_t>(number)]]);
      }
    }
  }
}

// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/parameter/row_order.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <vector>

using namespace kindred;

TEST_CASE("entries are ordered by row, those of a row as they came", "[parameter]") {
  detail::RowOrder order;  // its memory serves all
  Random random(11);
  for (const Index end : {Index{1}, Index{200}, Index{70000}, Index{1} << 40}) {  // one digit and more
    for (const std::size_t entries : {0U, 1U, 300U, 3000U}) {
      std::vector<Index> ids(entries);
      for (Index& id : ids) id = random.below(2) == 0 ? end - 1 : random.below(std::min<Index>(end, 1000));
      std::map<Index, std::vector<Index>> places;
      for (std::size_t k = 0; k < entries; ++k) places[ids[k]].push_back(static_cast<Index>(k));

      detail::sort_by_row(ids, end, order);
      REQUIRE(order.rows.size() == places.size());
      Index k = 0;
      for (const auto& [row, expected] : places) {
        CHECK(order.rows[static_cast<std::size_t>(k)] == row);
        std::vector<Index> got;
        for (const auto& entry : order.entries(k)) got.push_back(entry.place);
        CHECK(got == expected);
        ++k;
      }
    }
  }
}

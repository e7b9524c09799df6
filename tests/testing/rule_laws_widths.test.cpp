// SPDX-License-Identifier: MIT
// Widths that the tests of the rules leave out.
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/catch.hpp"

using namespace kindred;
using testing::update_rule_laws;

TEMPLATE_TEST_CASE_SIG("the laws hold for widths of one number, below, at and above a packet", "[testing]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 1), (float, 3), (float, 8), (double, 100)) {
  CHECK(update_rule_laws<Scalar, Cols>(Adam{}, {.coasts = true}) == std::vector<std::string>{});
  CHECK(update_rule_laws<Scalar, Cols>(RowwiseAdagrad{}) == std::vector<std::string>{});
}

TEST_CASE("the laws hold for any dynamic width", "[testing]") {
  for (const Index cols : {1, 3, 16, 33})
    CHECK(update_rule_laws<float>(RowwiseAdagrad{}, {}, cols) == std::vector<std::string>{});
}

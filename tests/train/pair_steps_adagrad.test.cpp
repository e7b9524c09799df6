// SPDX-License-Identifier: MIT
#include "support/pair_steps.hpp"

#include <kindred/optimizer/adagrad.hpp>

using namespace kindred;

TEST_CASE("steps on pairs are those of the rule on gradients: RowwiseAdagrad", "[train]") {
  pair_check::check_steps<RowwiseAdagrad>();
}

TEST_CASE("steps on pairs with negatives are those of the rule: RowwiseAdagrad", "[train]") {
  pair_check::check_negatives<RowwiseAdagrad>();
}

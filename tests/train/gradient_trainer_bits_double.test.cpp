// SPDX-License-Identifier: MIT
#include <kindred/scorer/cosine.hpp>

#include "support/training_bits.hpp"

using namespace kindred;

TEMPLATE_TEST_CASE("training with doubles gives the same bits for any number of threads", "[train]",
                   (CollaborativeModel<double, 3>), (CollaborativeModel<double, 3, Cosine>)) {
  bits_check::check_bits<TestType>();
}

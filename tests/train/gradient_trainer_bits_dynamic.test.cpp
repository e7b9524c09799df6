// SPDX-License-Identifier: MIT
#include <kindred/scorer/cosine.hpp>

#include "support/training_bits.hpp"

using namespace kindred;

TEMPLATE_TEST_CASE("training with a dynamic Dim gives the same bits for any number of threads", "[train]",
                   (CollaborativeModel<float, Dynamic>), (CollaborativeModel<float, Dynamic, Cosine>)) {
  bits_check::check_bits<TestType>();
}

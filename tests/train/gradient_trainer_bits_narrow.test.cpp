// SPDX-License-Identifier: MIT
#include "support/training_bits.hpp"

using namespace kindred;

TEMPLATE_TEST_CASE("training tables of 16-bit numbers gives the same bits for any number of threads", "[train]",
                   (CollaborativeModel<float, 16, DotProduct, Eigen::bfloat16>),
                   (CollaborativeModel<float, Dynamic, DotProduct, Eigen::half>)) {
  bits_check::check_bits<TestType>();
}

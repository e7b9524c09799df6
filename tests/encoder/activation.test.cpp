// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/near.hpp"

#include <kindred/encoder/activation.hpp>

using namespace kindred;

TEMPLATE_TEST_CASE("the slope of an activation is its derivative", "[encoder]", Identity, Relu, Tanh, Sigmoid, Gelu) {
  const TestType activation;
  const Eigen::ArrayXXd z = Eigen::ArrayXd::LinSpaced(60, -4.05, 4.05);  // not at 0, where Relu has a kink
  const Eigen::ArrayXXd y = activation.apply(z), up = activation.apply(z + 1e-6), down = activation.apply(z - 1e-6);
  CHECK(near(Eigen::ArrayXXd(activation.slope(z, y)), (up - down) / 2e-6, 1e-8));
}

TEST_CASE("known values of activations", "[encoder]") {
  const Eigen::ArrayXXd z = (Eigen::ArrayXXd(1, 3) << -1000, 0, 1).finished();
  CHECK(near(Eigen::ArrayXXd(Sigmoid{}.apply(z)), (Eigen::ArrayXXd(1, 3) << 0, 0.5, 0.7310585786300049).finished(), 1e-12));
  CHECK(near(Eigen::ArrayXXd(Relu{}.apply(z)), (Eigen::ArrayXXd(1, 3) << 0, 0, 1).finished(), 0));
  CHECK(near(Eigen::ArrayXXd(Tanh{}.apply(z)), (Eigen::ArrayXXd(1, 3) << -1, 0, 0.7615941559557649).finished(), 1e-12));
  // x Phi(x) at 1 is 0.8413447; the tanh form gives 0.8411920, as its paper's table of differences has it (below 1e-3).
  CHECK(near(Eigen::ArrayXXd(Gelu{}.apply(z)), (Eigen::ArrayXXd(1, 3) << 0, 0, 0.8411919906082768).finished(), 1e-12));
}

// SPDX-License-Identifier: MIT
#include "support/near.hpp"

#include <limits>

TEST_CASE("near compares every coefficient and names the worst", "[support]") {
  Eigen::MatrixXf a = Eigen::MatrixXf::Constant(2, 3, 1.0F), b = a;
  CHECK(near(a, b, 0));
  b(1, 2) += 0.5F;
  b(0, 1) += 0.25F;
  CHECK(near(a, b, 0.5));
  CHECK_FALSE(near(a, b, 0.49));
  CHECK(near(a, b, 0.49).text == "worst at (1, 2): 1 and 1.5, 0.5 apart, tolerance 0.48999999999999999");
}

TEST_CASE("near accepts expressions of matrices and arrays", "[support]") {
  const Eigen::ArrayXd a = Eigen::ArrayXd::LinSpaced(5, 0, 1);
  CHECK(near(a * 2, (a + a).matrix(), 1e-15));
}

TEST_CASE("near fails for other shapes and for NaN", "[support]") {
  const Eigen::VectorXd a = Eigen::VectorXd::Zero(3);
  CHECK_FALSE(near(a, a.transpose(), 1));
  CHECK(near(a, a.transpose(), 1).text == "shapes differ: 3 x 1 and 1 x 3");
  Eigen::VectorXd b = a;
  b(1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(near(a, b, std::numeric_limits<double>::max()));
  CHECK_FALSE(near(b, b, std::numeric_limits<double>::max()));
}

TEST_CASE("near holds for equal infinities and for empty matrices", "[support]") {
  const Eigen::VectorXd a = Eigen::VectorXd::Constant(1, std::numeric_limits<double>::infinity());
  CHECK(near(a, a, 0));
  CHECK_FALSE(near(a, -a, 1));
  CHECK(near(Eigen::MatrixXd(0, 4), Eigen::MatrixXd(0, 4), 0));
}

TEST_CASE("message_of returns what an exception says", "[support]") {
  CHECK(message_of([] { throw std::runtime_error("why"); }) == "why");
  CHECK(message_of([] {}) == "(nothing was thrown)");
}

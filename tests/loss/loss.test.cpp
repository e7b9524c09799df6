// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/testing/gradient_check.hpp>

#include "support/catch.hpp"

#include <memory>

using namespace kindred;

namespace {

struct Absolute {
  double value(double prediction, double label) const { return prediction > label ? prediction - label : label - prediction; }
  double slope(double prediction, double label) const { return prediction > label ? 1 : -1; }
};
/// The derivative of another function.
struct Wrong : SquaredError {
  template <class Scalar>
  Scalar slope(Scalar prediction, Scalar label) const {
    return prediction - label;
  }
};

struct NoSlope {
  float value(float, float) const { return 0; }
};
struct NoValue {
  float slope(float, float) const { return 0; }
};
struct NotConst : NoSlope {
  float slope(float, float) { return 0; }
};
struct OneArgument : NoSlope {
  float slope(float) const { return 0; }
};
struct NoNumber : NoSlope {
  void slope(float, float) const {}
};
struct NotCopyable : Absolute {
  std::unique_ptr<int> state;
};

}  // namespace

TEST_CASE("losses model PointwiseLoss", "[loss]") {
  STATIC_REQUIRE(PointwiseLoss<SquaredError, float>);
  STATIC_REQUIRE(PointwiseLoss<SquaredError, double>);
  STATIC_REQUIRE(PointwiseLoss<Absolute, float>);
}

TEMPLATE_TEST_CASE("near misses do not model PointwiseLoss", "[loss]", NoSlope, NoValue, NotConst, OneArgument, NoNumber,
                   NotCopyable, int) {
  STATIC_REQUIRE(!PointwiseLoss<TestType>);
}

TEST_CASE("check_loss finds a wrong slope", "[loss]") {
  CHECK(testing::check_loss(Absolute{}, {0, 1, 3}).max_relative_error < 1e-6);
  CHECK(testing::check_loss(Wrong{}, {0, 1, 3}).max_relative_error > 0.4);
}

// SPDX-License-Identifier: MIT
#include <kindred/scorer/dot_product.hpp>
#include <kindred/testing/scorer_laws.hpp>

#include "support/near.hpp"

using namespace kindred;

TEST_CASE("the dot product of two rows", "[scorer]") {
  const Eigen::Array<double, 1, 4> a(1, 2, -3, 0), b(4, 0.5, 2, 0);
  CHECK(DotProduct{}.score(a, b) == -1);  // 4 + 1 - 6
  Eigen::Array<double, 1, 4> da, db;
  DotProduct{}.backward(a, b, 2.0, da, db);
  CHECK(near(da, 2 * b, 0));
  CHECK(near(db, 2 * a, 0));
  da = a;
  DotProduct{}.index_form(da);
  CHECK(near(da, a, 0));
}

TEST_CASE("the gradient of the dot product is exact", "[scorer]") {
  for (const Index dim : {1, 3, 8}) {
    const auto check = testing::check_scorer(DotProduct{}, dim);
    INFO(check);
    CHECK(check.max_relative_error < 1e-6);
  }
}

TEST_CASE("the laws of scorers hold for the dot product", "[scorer]") {
  CHECK(testing::scorer_laws(DotProduct{}) == std::vector<std::string>{});
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/near.hpp"

#include <kindred/encoder/dense_features.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/testing/gradient_check.hpp>

using namespace kindred;

TEST_CASE("a feature bag is the weighted sum of its features' rows, zero for an entity without any", "[encoder]") {
  FeatureBag<double, 3> bag(small_features());
  for (Index r = 0; r < 5; ++r) bag.table().row(r) << double(r), 10.0 * double(r), 1.0;
  const std::vector<Index> ids{0, 2, 3, 1};
  RowMatrix<double> out;
  bag.encode(ids, out);
  Eigen::Matrix<double, 4, 3> expected;
  expected << 0 + 0.5 * 3, 0.5 * 30, 1.5,  // 1 * row 0 + 0.5 * row 3
      0, 0, 0,                             // nothing known
      -3 + 4, -30 + 40, 0,                 // -1 * row 3 + 1 * row 4
      2, 20, 2;                            // 2 * row 1
  CHECK(near(out.leftCols(3), expected, 1e-12));
  CHECK(near(out.rightCols(out.cols() - 3), RowMatrix<double>::Zero(4, out.cols() - 3), 0));
}

TEST_CASE("the gradient of a feature bag is exact", "[encoder]") {
  CHECK(testing::check_encoder(FeatureBag<double, 3>(small_features(), {.deviation = 1}), {0, 2, 3, 3, 1}).max_relative_error <
        1e-7);
  CHECK(testing::check_encoder(FeatureBag<double>(small_features(), {.dim = 4, .deviation = 1}), {0, 2, 3, 3, 1})
            .max_relative_error < 1e-7);
}

TEST_CASE("dropout leaves out features while training only, and keeps the mean", "[encoder]") {
  FeatureBag<double> bag(small_features(), {.dim = 2, .deviation = 1, .dropout = 0.25});
  const std::vector<Index> ids(4000, 0);
  RowMatrix<double> plain, trained;
  bag.encode(ids, plain);
  FeatureBag<double>::Tape tape;
  bag.encode(ids, trained, tape);
  CHECK(near(trained, plain, 0));  // no reseed, no dropout

  Random random(1);
  tape.reseed(random);
  bag.encode(ids, trained, tape);
  // Feature 0 has weight 1, kept with probability 3/4 at weight 4/3: the mean is the plain vector, the standard error of the mean about 0.01.
  CHECK(near(trained.leftCols(2).colwise().mean(), plain.leftCols(2).colwise().mean(), 0.06));
  CHECK((trained.rowwise() - plain.row(0)).rowwise().norm().minCoeff() >
        0.01);  // a kept feature is scaled up, so no row is the plain one

  // The backward pass uses the same features: with d_out = 1 the gradient of feature 0 is the sum of its weights after dropout.
  auto gradients = gradients_like(bag);
  RowMatrix<double> ones = RowMatrix<double>::Zero(trained.rows(), trained.cols());
  ones.leftCols(2).setOnes();
  bag.backward(ids, ones, tape, std::tie(std::get<0>(gradients)));
  std::get<0>(gradients).compact();
  const double weights = std::get<0>(gradients).row(0)(0);
  const double table0 = bag.table().row(0)(0), table3 = bag.table().row(3)(0);
  const double halves = std::get<0>(gradients).row(1)(0);
  CHECK_THAT(trained.col(0).sum(), Catch::Matchers::WithinRel(weights * table0 + halves * table3, 1e-9));
}

TEST_CASE("a feature bag refuses features without a sparse part and options out of range", "[encoder]") {
  CHECK_THROWS_AS(FeatureBag<float>(std::make_shared<Features>(0, 3)), std::invalid_argument);
  CHECK_THROWS_AS(FeatureBag<float>(nullptr), std::invalid_argument);
  CHECK_THROWS_AS(FeatureBag<float>(small_features(), {.dim = 0}), std::invalid_argument);
  CHECK_THROWS_AS((FeatureBag<float, 4>(small_features(), {.dim = 5})), std::invalid_argument);
  CHECK_THROWS_AS(FeatureBag<float>(small_features(), {.dropout = 1}), std::invalid_argument);
  CHECK_THROWS_AS(DenseFeatures<float>(std::make_shared<Features>(3, 0)), std::invalid_argument);
}

TEST_CASE("touch counts of a feature bag count the entities that have the feature", "[encoder]") {
  const FeatureBag<float> bag(small_features(), {.dim = 2});
  std::vector<std::vector<double>> counts;
  bag.touch_counts(std::vector<double>{10, 1, 5, 2}, counts);
  REQUIRE(counts.size() == 1);
  CHECK(counts[0] == std::vector<double>{10, 1, 0, 12, 2});
}

TEST_CASE("dense features are the vectors themselves", "[encoder]") {
  const DenseFeatures<double> dense(small_features());
  RowMatrix<double> out;
  dense.encode(std::vector<Index>{3, 1}, out);
  CHECK(near(out.topLeftCorner(1, 3), Eigen::RowVector3d(0, 0.5, 1), 0));
  CHECK(near(out.bottomLeftCorner(1, 3), Eigen::RowVector3d(0, 0, 0), 0));
}

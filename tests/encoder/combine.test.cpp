// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/near.hpp"

#include <kindred/encoder/combine.hpp>
#include <kindred/encoder/dense_features.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/testing/gradient_check.hpp>

using namespace kindred;

namespace {

using Table = EmbeddingTable<double, 4>;
using Bag = FeatureBag<double, 4>;

Table table() {
  Table table(4);
  fill_normal(table, 1, 5, 0);
  return table;
}
Bag bag() { return Bag(small_features(), {.deviation = 1}); }

}  // namespace

TEST_CASE("a sum of encoders adds their vectors, and its gradient is exact", "[encoder]") {
  const SumEncoder<Table, Bag> sum(table(), bag());
  RowMatrix<double> out, a, b;
  const std::vector<Index> ids{3, 0, 2};
  sum.encode(ids, out);
  table().encode(ids, a);
  bag().encode(ids, b);
  CHECK(near(out, a + b, 1e-12));
  CHECK(testing::check_encoder(sum, {0, 3, 3, 2}).max_relative_error < 1e-7);
  CHECK(sum.names() == std::array<std::string, 2>{"part1.rows", "part2.features"});
}

TEST_CASE("a concatenation puts vectors one behind the other, and its gradient is exact", "[encoder]") {
  using Both = ConcatEncoder<Table, DenseFeatures<double>, Bag>;
  const Both both(table(), DenseFeatures<double>(small_features()), bag());
  CHECK(both.dim() == 11);
  STATIC_REQUIRE(std::is_same_v<decltype(ConcatEncoder(table(), DenseFeatures<double>(small_features()), bag())), Both>);
  STATIC_REQUIRE(std::is_same_v<decltype(ConcatEncoder(both)), Both>);  // a copy
  RowMatrix<double> out, a, b;
  const std::vector<Index> ids{3, 0};
  both.encode(ids, out);
  table().encode(ids, a);
  bag().encode(ids, b);
  CHECK(near(out.leftCols(4), a.leftCols(4), 0));
  CHECK(near(out.block(0, 4, 1, 3), Eigen::RowVector3d(0, 0.5, 1), 0));
  CHECK(near(out.middleCols(7, 4), b.leftCols(4), 0));
  CHECK(near(out.rightCols(out.cols() - 11), RowMatrix<double>::Zero(2, out.cols() - 11), 0));
  CHECK(testing::check_encoder(both, {0, 3, 3, 2}).max_relative_error < 1e-7);
}

TEST_CASE("encoders that do not fit together are refused", "[encoder]") {
  CHECK_THROWS_AS((SumEncoder<Table, Bag>(Table(5), bag())), std::invalid_argument);  // rows differ
  CHECK_THROWS_AS((SumEncoder<EmbeddingTable<double>, FeatureBag<double>>(EmbeddingTable<double>(4, 3),
                                                                          FeatureBag<double>(small_features(), {.dim = 4}))),
                  std::invalid_argument);  // dims differ
}

// SPDX-License-Identifier: MIT
#include <kindred/parameter/embedding_table.hpp>
#include <kindred/parameter/initialize.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

struct Normal {
  template <class P>
  void operator()(P& parameter, std::uint64_t seed, std::uint32_t salt, Index first = 0) const {
    fill_normal(parameter, 0.5, seed, salt, first);
  }
};
struct Uniform {
  template <class P>
  void operator()(P& parameter, std::uint64_t seed, std::uint32_t salt, Index first = 0) const {
    fill_uniform(parameter, 0.5, seed, salt, first);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("first values are a function of seed, salt and row", "[parameter]", Normal, Uniform) {
  const TestType fill;
  EmbeddingTable<float, 3> table(20), again(20), salted(20), seeded(20), grown(30);
  fill(table, 1, 0);
  fill(again, 1, 0);
  fill(salted, 1, 1);
  fill(seeded, 2, 0);
  fill(grown, 1, 0);
  CHECK(near(table.value(), again.value(), 0));
  CHECK(near(table.value(), grown.value().topRows(20), 0));  // a table that grows keeps its rows
  CHECK((table.value().array() != salted.value().array()).all());
  CHECK((table.value().array() != seeded.value().array()).all());
  for (Index r = 1; r < 20; ++r) CHECK((table.row(r) != table.row(r - 1)).all());
  CHECK((table.padded_value().rightCols(table.stride() - 3).array() == 0).all());
}

TEMPLATE_TEST_CASE("new rows of a table may be filled alone", "[parameter]", Normal, Uniform) {
  const TestType fill;
  EmbeddingTable<float, 3> whole(20), part(20);
  fill(whole, 1, 0);
  part.row(4) = 9;
  fill(part, 1, 0, 12);
  CHECK((part.row(4) == 9).all());
  CHECK(near(part.value().bottomRows(8), whole.value().bottomRows(8), 0));
  CHECK((part.value().middleRows(5, 7).array() == 0).all());
}

TEMPLATE_TEST_CASE("first values in float are those in double, rounded", "[parameter]", Normal, Uniform) {
  const TestType fill;
  EmbeddingTable<float> floats(20, 7);
  EmbeddingTable<double> doubles(20, 7);
  fill(floats, 3, 2);
  fill(doubles, 3, 2);
  CHECK(near(floats.value(), doubles.value().cast<float>(), 0));
}

// 200,000 numbers: the standard error of the mean is deviation / 447, of the deviation deviation / 632. Four of them are allowed.
TEST_CASE("normal first values have mean 0 and the deviation asked for", "[parameter]") {
  EmbeddingTable<double> table(20000, 10);
  fill_normal(table, 0.3, 5, 0);
  const auto x = table.value().array();
  const double mean = x.mean(), variance = (x - mean).square().mean(), deviation = std::sqrt(variance);
  CHECK_THAT(mean, WithinAbs(0, 4 * 0.3 / 447));
  CHECK_THAT(deviation, WithinAbs(0.3, 4 * 0.3 / 632));
  // The fourth moment of a normal distribution is 3 variance^2; its standard error here is variance^2 sqrt(96 / n).
  CHECK_THAT((x - mean).square().square().mean() / (variance * variance), WithinAbs(3, 4 * std::sqrt(96.0 / 200000)));
}

TEST_CASE("uniform first values lie within the limit and fill it", "[parameter]") {
  EmbeddingTable<double> table(20000, 10);
  fill_uniform(table, 0.3, 5, 0);
  const auto x = table.value().array();
  CHECK(x.minCoeff() >= -0.3);
  CHECK(x.maxCoeff() < 0.3);
  CHECK(x.minCoeff() < -0.2999);
  CHECK(x.maxCoeff() > 0.2999);
  CHECK_THAT(x.mean(), WithinAbs(0, 4 * 0.3 / std::sqrt(3.0) / 447));
  CHECK_THAT(x.square().mean(), WithinRel(0.03, 0.01));  // limit^2 / 3; its standard error is 0.2 %
}

// Pinned: a change of the generator or of its streams would change every trained model and is invisible to the tests above.
// Regenerate only if that is meant.
TEST_CASE("first values are those of earlier versions", "[parameter]") {
  EmbeddingTable<double> table(2, 2);
  fill_normal(table, 1, 42, 1);
  CHECK_THAT(table.row(0)(0), WithinAbs(0.538906365495565, 1e-12));
  CHECK_THAT(table.row(1)(1), WithinAbs(-0.337939049198356, 1e-12));
  fill_uniform(table, 1, 42, 1);
  CHECK_THAT(table.row(0)(0), WithinAbs(-0.696918519903903, 1e-12));
  CHECK_THAT(table.row(1)(1), WithinAbs(0.236180682653865, 1e-12));
}

// SPDX-License-Identifier: MIT
#include <kindred/parameter/embedding_table.hpp>
#include <kindred/parameter/parameterized.hpp>

#include "support/catch.hpp"

#include <limits>

using namespace kindred;

namespace {

struct Good {
  EmbeddingTable<float, 3> table{4};
  Weights<float> layer{2, 5};

  auto parameters() { return std::tie(table, layer); }
  static std::array<std::string, 2> names() { return {"table", "layer"}; }
};

struct Nothing {  // no parameters at all is fine: a content model may have none to train on one side
  std::tuple<> parameters() { return {}; }
  static std::array<std::string, 0> names() { return {}; }
};

// Near misses.
struct Copies : Good {
  auto parameters() { return std::make_tuple(table, layer); }
};
struct TooFewNames : Good {
  static std::array<std::string, 1> names() { return {"table"}; }
};
struct TooManyNames : Good {
  static std::array<std::string, 3> names() { return {"table", "layer", "more"}; }
};
struct NoNames {
  EmbeddingTable<float, 3> table{4};
  auto parameters() { return std::tie(table); }
};
struct NoParameters {
  static std::array<std::string, 2> names() { return {"table", "layer"}; }
};
struct NotAParameter : Good {
  int number = 0;
  auto parameters() { return std::tie(table, number); }
};
struct OneReference : Good {
  EmbeddingTable<float, 3>& parameters() { return table; }
};

}  // namespace

TEST_CASE("what lists its parameters and their names is Parameterized", "[parameter]") {
  STATIC_REQUIRE(Parameterized<Good>);
  STATIC_REQUIRE(Parameterized<Nothing>);
  STATIC_REQUIRE(Parameterized<EmbeddingTable<float, 64>>);
  STATIC_REQUIRE(Parameterized<EmbeddingTable<double>>);
}

TEST_CASE("near misses are not Parameterized", "[parameter]") {
  STATIC_REQUIRE(!Parameterized<Copies>);
  STATIC_REQUIRE(!Parameterized<TooFewNames>);
  STATIC_REQUIRE(!Parameterized<TooManyNames>);
  STATIC_REQUIRE(!Parameterized<NoNames>);
  STATIC_REQUIRE(!Parameterized<NoParameters>);
  STATIC_REQUIRE(!Parameterized<NotAParameter>);
  STATIC_REQUIRE(!Parameterized<OneReference>);
  STATIC_REQUIRE(!Parameterized<int>);
}

TEST_CASE("gradients follow from the parameters, in order", "[parameter]") {
  STATIC_REQUIRE(std::is_same_v<Gradients<Good>, std::tuple<Gradient<EmbeddingTable<float, 3>>, Gradient<Weights<float>>>>);
  STATIC_REQUIRE(
      std::is_same_v<GradientRefs<Good>, std::tuple<Gradient<EmbeddingTable<float, 3>>&, Gradient<Weights<float>>&>>);
  Good model;
  const auto gradients = gradients_like(model);
  CHECK(std::get<0>(gradients).rows() == 4);
  CHECK(std::get<0>(gradients).cols() == 3);
  CHECK(std::get<0>(gradients).count() == 0);
  CHECK(std::get<1>(gradients).rows() == 2);
  CHECK(std::get<1>(gradients).cols() == 5);
}

TEST_CASE("parameter_count counts trained numbers, not padding", "[parameter]") {
  Good model;
  CHECK(parameter_count(model) == 4 * 3 + 2 * 5);
  Nothing nothing;
  CHECK(parameter_count(nothing) == 0);
}

TEST_CASE("all_finite looks at every parameter", "[parameter]") {
  Good model;
  CHECK(all_finite(model));
  model.layer.row(1)(4) = std::numeric_limits<float>::infinity();
  CHECK_FALSE(all_finite(model));
  model.layer.row(1)(4) = 0;
  model.table.row(3)(2) = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(all_finite(model));
}

TEST_CASE("slice refers to neighbouring elements of a tuple", "[parameter]") {
  std::tuple<int, double, char> all{1, 2.5, 'c'};
  auto part = detail::slice<1, 2>(all);
  STATIC_REQUIRE(std::is_same_v<decltype(part), std::tuple<double&, char&>>);
  std::get<0>(part) = 4;
  CHECK(std::get<1>(all) == 4);
}

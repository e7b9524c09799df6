// SPDX-License-Identifier: MIT
#include <kindred/optimizer/clip.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include "support/near.hpp"

#include <limits>

using namespace kindred;
using Catch::Matchers::WithinRel;

namespace {

struct Model {
  EmbeddingTable<float, 3> table{9};
  Weights<float> layer{2, 2};
  auto parameters() { return std::tie(table, layer); }
  static std::array<std::string, 2> names() { return {"table", "layer"}; }
};

/// Two additions of (1, 2, 0) to one row, (0, 0, 4) to another, and (0, 5) to the layer: 2^2 + 4^2 + 4^2 + 5^2 = 61.
Gradients<Model> example() {
  Model model;
  auto gradients = gradients_like(model);
  std::get<0>(gradients).add(7, Eigen::Array<float, 1, 3>(1, 2, 0));
  std::get<0>(gradients).add(2, Eigen::Array<float, 1, 3>(0, 0, 4));
  std::get<0>(gradients).add(7, Eigen::Array<float, 1, 3>(1, 2, 0));
  std::get<1>(gradients).add(1, Eigen::Array<float, 1, 2>(0, 5));
  return gradients;
}

}  // namespace

TEST_CASE("the norm of a gradient is that of all parameters together, repeats summed first", "[optimizer]") {
  auto gradients = example();
  CHECK_THAT(clip_by_norm(gradients, 100), WithinRel(std::sqrt(61.0), 1e-6));
  CHECK(std::get<0>(gradients).count() == 2);
  CHECK(std::get<0>(gradients).row(1)(1) == 4);  // below the limit nothing is scaled
  CHECK(std::get<1>(gradients).row(1)(1) == 5);
}

TEST_CASE("clipping scales every row so that the norm is the limit", "[optimizer]") {
  auto gradients = example();
  CHECK_THAT(clip_by_norm(gradients, 2), WithinRel(std::sqrt(61.0), 1e-6));
  const double factor = 2 / std::sqrt(61.0);
  CHECK(near(std::get<0>(gradients).row(0).cast<double>(), Eigen::Array<double, 1, 3>(0, 0, 4 * factor), 1e-6));
  CHECK(near(std::get<0>(gradients).row(1).cast<double>(), Eigen::Array<double, 1, 3>(2 * factor, 4 * factor, 0), 1e-6));
  CHECK(near(std::get<1>(gradients).row(1).cast<double>(), Eigen::Array<double, 1, 2>(0, 5 * factor), 1e-6));
  CHECK_THAT(clip_by_norm(gradients, 100), WithinRel(2.0, 1e-6));
}

TEST_CASE("every number counts for the norm and is scaled, however many there are", "[optimizer]") {
  for (Index rows = 1; rows < 20; ++rows) {
    const EmbeddingTable<float, 1> table(rows);
    std::tuple gradients{Gradient<EmbeddingTable<float, 1>>(table)};
    auto& gradient = std::get<0>(gradients);
    for (Index row = 0; row < rows; ++row) gradient.add(row, Eigen::Array<float, 1, 1>(2));
    CHECK_THAT(clip_by_norm(gradients, 1), WithinRel(2 * std::sqrt(static_cast<double>(rows)), 1e-6));
    CHECK_THAT(clip_by_norm(gradients, 10), WithinRel(1.0, 1e-6));
  }
}

TEST_CASE("an empty gradient has norm 0", "[optimizer]") {
  Model model;
  auto gradients = gradients_like(model);
  CHECK(clip_by_norm(gradients, 1) == 0);
}

TEST_CASE("a limit that is not positive is an error", "[optimizer]") {
  auto gradients = example();
  CHECK_THROWS_AS(clip_by_norm(gradients, 0), std::invalid_argument);
  CHECK(message_of([&] { clip_by_norm(gradients, -1); }) == "clip_by_norm: limit must be positive, got -1");
  CHECK_THROWS_AS(clip_by_norm(gradients, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK(std::get<0>(gradients).count() == 3);  // not even compacted
}

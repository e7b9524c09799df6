// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"

#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/clip.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include "support/catch.hpp"

using namespace kindred;

namespace {

/// The names are too long for std::string to keep them without allocating: a step must not make them.
struct Model {
  EmbeddingTable<float, 16> table{500};
  EmbeddingTable<double> other{500, 5};
  Weights<float> layer{20, 30};
  EmbeddingTable<float, Dynamic, Eigen::bfloat16> narrow{500, 70};
  auto parameters() { return std::tie(table, other, layer, narrow); }
  static std::array<std::string, 4> names() {
    return {"a table whose name is long", "another table whose name is long", "a layer whose name is long",
            "a narrow table whose name is long"};
  }
};

template <class Rule>
long allocations_in_a_step(const Rule& rule) {
  Model model;
  Optimizer<Rule> optimizer(rule);
  auto gradients = gradients_like(model), part = gradients_like(model);
  const auto step = [&] {
    std::apply([](auto&... gradient) { (gradient.clear(), ...); }, gradients);
    std::apply([](auto&... gradient) { (gradient.clear(), ...); }, part);
    for (Index k = 0; k < 300; ++k) {
      std::get<0>(gradients).add(k * 7 % 500, Eigen::Array<float, 1, 16>::Ones());
      std::get<0>(part).add(k * 11 % 90, Eigen::Array<float, 1, 16>::Ones());
      std::get<1>(part).add(k * 11 % 90, Eigen::Array<double, 1, 5>::Ones());
      std::get<2>(gradients).add(k % 20, Eigen::Array<float, 1, 30>::Ones());
      std::get<3>(gradients).add(k * 13 % 70, Eigen::Array<float, 1, 70>::Ones());
    }
    std::get<0>(gradients).append(std::get<0>(part));
    std::get<1>(gradients).append(std::get<1>(part));
    clip_by_norm(gradients, 1);
    optimizer.step(model, gradients, Serial{});
  };
  step();
  step();
  return allocations_of(step);
}

}  // namespace

TEST_CASE("a step allocates nothing after the first", "[optimizer]") {
  CHECK(allocations_in_a_step(Adam{}) == 0);
  CHECK(allocations_in_a_step(Ftrl{}) == 0);
}

TEST_CASE("the count of allocations counts", "[optimizer]") {
  CHECK(allocations_of([] { std::string(100, 'x').swap(*std::make_unique<std::string>()); }) >= 2);
}

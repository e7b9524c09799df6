// SPDX-License-Identifier: MIT
// The optimizer gives the same bits for any executor. In a file of its own for the sake of compile time.
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include "support/near.hpp"

using namespace kindred;

namespace {

/// Rows enough for several chunks in every parameter.
struct LargeModel {
  EmbeddingTable<float, 16> user{5000};
  EmbeddingTable<float> item{3000, 13};
  EmbeddingTable<float, 1> bias{40000};
  Weights<float> layer{200, 300};

  LargeModel() {
    fill_normal(user, 1, 1, 0);
    fill_normal(item, 1, 1, 1);
    fill_normal(layer, 1, 1, 2);
  }
  auto parameters() { return std::tie(user, item, bias, layer); }
  static std::array<std::string, 4> names() { return {"user", "item", "bias", "layer"}; }
};

template <class Rule, class E>
LargeModel trained(const Rule& rule, const E& executor) {
  LargeModel model;
  Optimizer<Rule> optimizer(rule);
  auto gradients = gradients_like(model);
  Random random(9);
  for (int step = 0; step < 3; ++step) {
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      auto& gradient = std::get<k>(gradients);
      gradient.clear();
      Eigen::Array<float, 1, Eigen::Dynamic> g(parameter.cols());
      for (Index addition = 0; addition < 2 * parameter.rows(); ++addition) {  // many rows more than once
        for (float& x : g) x = static_cast<float>(random.uniform() - 0.5);
        gradient.add(random.below(parameter.rows()), g);
      }
    });
    optimizer.step(model, gradients, executor);
  }
  return model;
}

template <class Rule>
void check_bits(const Rule& rule) {
  LargeModel serial = trained(rule, Serial{});
  const LargeModel start;
  CHECK_FALSE(near(serial.user.padded_value(), start.user.padded_value(), 1e-3));
  for (const int threads : {1, 2, 7}) {
    LargeModel other = trained(rule, Threads(threads));
    auto parameters = other.parameters();
    detail::for_each_parameter(serial, [&](auto& parameter, auto k) {
      INFO(LargeModel::names()[k] << " with " << threads << " threads");
      CHECK(near(parameter.padded_value(), std::get<k>(parameters).padded_value(), 0));
    });
  }
}

}  // namespace

TEST_CASE("the optimizer gives the same bits for any number of threads", "[optimizer]") {
  SECTION("Sgd") { check_bits(Sgd{}); }
  SECTION("Adam and row-wise Adagrad") { check_bits(Split{RowwiseAdagrad{}, Adam{}}); }
}

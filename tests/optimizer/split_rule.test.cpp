// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/optimizer/split_rule.hpp>

#include "support/steps.hpp"

using namespace kindred;

namespace {

struct TableAndLayer {
  EmbeddingTable<double> table{3, 2};
  Weights<double> layer{3, 2};
  auto parameters() { return std::tie(table, layer); }
  static std::array<std::string, 2> names() { return {"table", "layer"}; }
};

}  // namespace

TEST_CASE("Split moves tables by one rule and layers by the other", "[optimizer]") {
  STATIC_REQUIRE(UpdateRules<Split<RowwiseAdagrad, Adam>>);
  STATIC_REQUIRE(!UpdateRules<Split<RowwiseAdagrad, int>>);
  const Sgd tables{.learning_rate = 0.1};
  const Momentum layers{.learning_rate = 0.01};
  TableAndLayer model;
  Optimizer optimizer(Split{tables, layers});
  auto gradients = gradients_like(model);
  for (int t = 0; t < 2; ++t) {
    std::apply([](auto&... gradient) { ((gradient.clear(), gradient.add(1, Eigen::Array<double, 1, 2>(3, -4))), ...); },
               gradients);
    optimizer.step(model, gradients, Serial{}, 0.5);
  }
  CHECK(near(model.table.row(1), moved(tables, {0, 0}, {{3, -4}, {3, -4}}, {0.5, 0.5}), 1e-15));
  CHECK(near(model.layer.row(1), moved(layers, {0, 0}, {{3, -4}, {3, -4}}, {0.5, 0.5}), 1e-15));
}

TEST_CASE("each parameter has the slots of its own rule", "[optimizer]") {
  TableAndLayer model;
  Optimizer optimizer(Split{RowwiseAdagrad{}, Adam{}});
  auto gradients = gradients_like(model);
  optimizer.step(model, gradients, Serial{});
  const auto state = optimizer.state();
  REQUIRE(state.size() == 2);
  REQUIRE(state[0].size() == 1);
  CHECK(state[0][0].name == "table.sum");
  REQUIRE(state[1].size() == 2);
  CHECK(state[1][0].name == "layer.first_moment");
  CHECK(state[1][1].name == "layer.second_moment");
}

TEST_CASE("Split passes the complaints of both rules on", "[optimizer]") {
  CHECK(complaint(Split{Adagrad{.epsilon = 0}, Adam{}}) == "Adagrad: epsilon must be positive, got 0");
  CHECK(complaint(Split{Adagrad{}, Adam{.beta1 = 1}}) == "Adam: beta1 must be in [0, 1), got 1");
  CHECK(complaint(Split{Adagrad{.learning_rate = 0}, Adam{}}).find("learning_rate must be positive") != std::string::npos);
  CHECK(complaint(Split{Adagrad{}, Adam{.learning_rate = -1}}).find("learning_rate must be positive") != std::string::npos);
}

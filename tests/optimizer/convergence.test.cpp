// SPDX-License-Identifier: MIT
// Every rule solves a small least-squares problem: minimise (1/20) |A w - y|^2 over w, where y = A (1, -2, 3) exactly.
#include <kindred/core/random.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/rms_prop.hpp>
#include <kindred/optimizer/schedule.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/optimizer/weight_decay.hpp>

#include "support/near.hpp"

using namespace kindred;

namespace {

struct Model {
  Weights<double, 3> w{1};
  auto parameters() { return std::tie(w); }
  static std::array<std::string, 1> names() { return {"w"}; }
};

const Eigen::RowVector3d solution(1, -2, 3);

/// The largest error of a coordinate after 600 steps with the whole gradient, the learning rate falling to 1 % meanwhile.
template <class Rule>
double error_after(const Rule& rule) {
  Random random(4);
  RowMatrix<double> a(20, 3);
  for (Index r = 0; r < 20; ++r) {
    for (Index c = 0; c < 3; ++c) a(r, c) = random.normal();
  }
  const Eigen::VectorXd y = a * solution.transpose();
  Model model;
  Optimizer<Rule> optimizer(rule);
  auto gradients = gradients_like(model);
  const Schedule schedule = exponential_schedule(0.01);
  for (int t = 0; t < 600; ++t) {
    const Eigen::RowVector3d slope = 2.0 / 20 * (a * model.w.value().transpose() - y).transpose() * a;
    std::get<0>(gradients).clear();
    std::get<0>(gradients).add(0, slope.array());
    optimizer.step(model, gradients, Serial{}, schedule(t / 600.0));
  }
  return (model.w.value() - solution).cwiseAbs().maxCoeff();
}

}  // namespace

// The error is 3 at the start.
TEST_CASE("every rule finds the least-squares solution", "[optimizer]") {
  CHECK(error_after(Sgd{.learning_rate = 0.3}) < 1e-6);
  CHECK(error_after(Momentum{.learning_rate = 0.05}) < 1e-6);
  CHECK(error_after(Nesterov{.learning_rate = 0.05}) < 1e-6);
  CHECK(error_after(Adagrad{.learning_rate = 1}) < 1e-6);
  CHECK(error_after(RowwiseAdagrad{.learning_rate = 1}) < 1e-6);
  CHECK(error_after(RmsProp{.learning_rate = 0.05}) < 1e-2);  // near the solution its steps are as large as the learning rate
  CHECK(error_after(Adam{.learning_rate = 0.1}) < 1e-3);
  CHECK(error_after(Ftrl{.learning_rate = 1, .beta = 0.1}) < 1e-6);
}

TEST_CASE("weight decay pulls the solution towards zero", "[optimizer]") {
  CHECK(error_after(AdamW{.learning_rate = 0.1, .weight_decay = 1}) > 0.1);
  CHECK(error_after(WithWeightDecay{Sgd{.learning_rate = 0.1}, 1}) > 0.1);
}

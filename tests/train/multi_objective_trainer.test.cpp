// SPDX-License-Identifier: MIT
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/multi_head.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/multi_objective_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <cmath>
#include <limits>

using namespace kindred;
using Catch::Matchers::WithinRel;

namespace {

using TwoHeads = MultiHeadModel<float, 8, 2>;

/// Ratings, and completions of fewer pairs.
struct Feedback2 {
  Interactions ratings = made_up_ratings({.users = 60, .items = 40, .rows = 900, .weights = true});
  Interactions done = made_up_ratings({.users = 60, .items = 40, .rows = 130, .seed = 8});

  auto tie() const { return std::tie(ratings, done); }
};

auto trainer_of(double rating, double done, GradientOptions options = {.batch = 64, .l2 = {.embeddings = 0.01}}) {
  return MultiObjectiveTrainer(Adam{.learning_rate = 0.02}, std::move(options), Objective{"rating", SquaredError{}, rating},
                               Objective{"done", Bpr{}, done, NegativeSampling{.per_positive = 2}});
}

/// Whether `f()` throws something that says so.
template <class F>
bool says(F&& f, const std::string& text) {
  const std::string message = message_of(f);
  UNSCOPED_INFO(message);
  return message.find(text) != std::string::npos;
}

template <class M>
double distance(M a, M b) {
  double worst = 0;
  detail::for_each_parameter(a, [&](auto& parameter, auto k) {
    auto all = b.parameters();
    worst = std::max(worst, static_cast<double>((parameter.value() - std::get<k>(all).value()).cwiseAbs().maxCoeff()));
  });
  return worst;
}

}  // namespace

TEST_CASE("A step goes down the gradient of the weighted sum of the mean losses, each with its L2", "[train]") {
  using M = MultiHeadModel<double, 3, 2>;
  const Interactions a = made_up_ratings({.users = 9, .items = 7, .rows = 30, .weights = true});
  const Interactions b = made_up_ratings({.users = 9, .items = 7, .rows = 12, .seed = 8});
  M model(9, 7, {.deviation = 1});
  MultiObjectiveTrainer trainer(Sgd{.learning_rate = 0.1}, {.batch = 30, .l2 = {.embeddings = 0.2}},
                                Objective{"a", SquaredError{}, 0.5}, Objective{"b", SquaredError{}, 3});
  const M before = [&] {
    M prepared = model;
    const auto mean = [](const Interactions& data) { return detail::prior_of(SquaredError{}, NegativeSampling{}, data); };
    prepared.prepare(std::tie(a, b), {mean(a), mean(b)});
    return prepared;
  }();
  const EpochReport report = trainer.epoch(model, std::tie(a, b), Serial{});

  M expected = before;
  auto gradients = gradients_like(expected);
  PairWorkspace<ModelHead<M>> work;
  const std::array<double, 2> weights{0.5, 3};
  std::array<double, 2> losses{};
  std::int64_t examples = 0;
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<Example<std::uint32_t>> rows;
    for (const auto& row : examples_of(k == 0 ? a : b, {}, 1, 0)) {
      if (row.weight != 0) rows.push_back(row);
    }
    const auto n = static_cast<double>(rows.size());
    losses[k] = add_gradient(before.head(k), std::span<const Example<std::uint32_t>>(rows), SquaredError{}, weights[k] / n,
                             work, gradients) /
                n;
    for (const auto& row : rows) {
      const Index u = row.user, i = row.item;
      std::get<0>(gradients).add(u, 2 * 0.2 * weights[k] / n * before.user_table().row(u));
      std::get<1>(gradients).add(i, 2 * 0.2 * weights[k] / n * before.item_table().row(i));
    }
    examples += static_cast<std::int64_t>(rows.size());
  }
  Optimizer optimizer(Sgd{.learning_rate = 0.1});
  optimizer.step(expected, gradients, Serial{});
  CHECK(distance(model, before) > 0.01);
  CHECK(distance(model, expected) < 1e-12);
  REQUIRE(report.objectives.size() == 2);
  CHECK_THAT(report.objectives[0], WithinRel(losses[0], 1e-12));
  CHECK_THAT(report.objectives[1], WithinRel(losses[1], 1e-12));
  CHECK_THAT(report.loss, WithinRel(0.5 * losses[0] + 3 * losses[1], 1e-12));
  CHECK(report.examples == examples);
  CHECK(report.epoch == 1);
}

TEST_CASE("Every objective's loss falls, and each epoch sees each row once", "[train]") {
  const Feedback2 data;
  TwoHeads model(60, 40);
  auto trainer = trainer_of(1, 1);
  const FitReport report = fit(model, data.tie(), trainer, {.epochs = 8});
  REQUIRE(report.epochs.size() == 8);
  const EpochReport &first = report.epochs.front(), &last = report.epochs.back();
  CHECK(last.objectives.at(0) < 0.8 * first.objectives.at(0));
  CHECK(last.objectives.at(1) < 0.8 * first.objectives.at(1));
  std::int64_t rows = 0;
  for (Index k = 0; k < data.ratings.size(); ++k) rows += data.ratings.weight(k) != 0 ? 1 : 0;
  CHECK(last.examples == rows + data.done.size());
  CHECK(trainer.optimizer().steps() == 8 * 15);
}

TEST_CASE("Every row counts once where there are more than are drawn ahead at a time", "[train]") {
  const std::vector<Interactions> data{made_up_ratings({.users = 400, .items = 300, .rows = 70'001}),
                                       made_up_ratings({.users = 400, .items = 300, .rows = 67'000, .seed = 8})};
  MultiHeadModel<double, 3, 2> model(400, 300, {.deviation = 0});
  MultiObjectiveTrainer trainer(Sgd{.learning_rate = 1e-15}, {.batch = 1000}, Objective{"a", SquaredError{}},
                                Objective{"b", SquaredError{}});
  const EpochReport report = trainer.epoch(model, std::tie(data[0], data[1]), Serial{});
  CHECK(report.examples == 137'001);
  for (std::size_t k = 0; k < 2; ++k) {  // the prediction is the mean, so the loss is the variance
    double sum = 0, squares = 0;
    for (Index row = 0; row < data[k].size(); ++row) {
      const double value = double{data[k].value(row)};
      sum += value;
      squares += value * value;
    }
    const auto n = static_cast<double>(data[k].size());
    CHECK_THAT(report.objectives[k], WithinRel(squares / n - sum / n * (sum / n), 1e-9));
  }
}

TEST_CASE("An objective with fewer rows than there are steps is seen once an epoch all the same", "[train]") {
  const Feedback2 data;
  const Interactions three({{0, 1, 2}, {3, 4, 5}});
  TwoHeads model(60, 40);
  MultiObjectiveTrainer trainer(Adam{}, {.batch = 10}, Objective{"rating", SquaredError{}}, Objective{"rare", SquaredError{}});
  const EpochReport report = trainer.epoch(model, std::tie(data.done, three), Serial{});
  CHECK(report.examples == 133);
  CHECK(std::isfinite(report.objectives[1]));
}

TEST_CASE("A weight of zero switches an objective off: no rows are needed, its head stays", "[train]") {
  const Feedback2 data;
  const Interactions none({{}, {}}, {.users = 60, .items = 40});
  TwoHeads model(60, 40), other = model;
  const EpochReport report = trainer_of(1, 0).epoch(model, std::tie(data.ratings, none), Serial{});
  trainer_of(1, 0).epoch(other, data.tie(), Serial{});
  CHECK(bits_of(model) == bits_of(other));
  CHECK(std::isnan(report.objectives.at(1)));
  CHECK(report.loss == report.objectives[0]);
  CHECK((model.head(1).factors() == 1).all());
  CHECK(model.parts(1).item_biases.value().isZero(0));
  CHECK_FALSE((model.head(0).factors() == 1).all());
}

TEST_CASE("What does not fit is an error before anything changes", "[train]") {
  const Feedback2 data;
  CHECK(says([&] { trainer_of(0, 0); }, "an objective must have a positive weight"));
  CHECK(says([&] { trainer_of(1, -1); }, "done: weight must be finite and not negative"));
  CHECK_THROWS_AS(trainer_of(1, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK(says([&] { trainer_of(1, 1, {.negatives = {.per_positive = 1}}); }, "those of the objectives"));
  CHECK(says([&] { MultiObjectiveTrainer(Adam{}, {}, Objective{"clicks", Bpr{}}); }, "clicks: a ranking loss needs negatives"));

  TwoHeads model(60, 40);
  auto trainer = trainer_of(1, 1);
  const auto bits = bits_of(model);
  const Interactions none({{}, {}}, {.users = 60, .items = 40}), wide({{0, 70}, {0, 0}});
  CHECK(says([&] { trainer.epoch(model, std::tie(data.ratings, none), Serial{}); },
             "done: the data must have at least one interaction"));
  CHECK(says([&] { trainer.epoch(model, std::tie(data.ratings, wide), Serial{}); },
             "done: the model must cover the data's 71 users"));
  MultiObjectiveTrainer labels(Adam{}, {}, Objective{"rating", SquaredError{}}, Objective{"done", Logistic{}});
  CHECK(says([&] { labels.epoch(model, data.tie(), Serial{}); }, "done: row"));
  CHECK(bits_of(model) == bits);
  CHECK(trainer.epochs() == 0);
  CHECK(labels.optimizer().steps() == 0);
}

TEST_CASE("A trainer of several objectives goes on with a larger model", "[train]") {
  const Feedback2 data;
  auto trainer = trainer_of(1, 1);
  TwoHeads small(60, 40), large(70, 50);
  trainer.epoch(small, data.tie(), Serial{});
  CHECK(std::isfinite(trainer.epoch(large, data.tie(), Serial{}).loss));
}

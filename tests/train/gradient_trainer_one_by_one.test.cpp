// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <optional>

using namespace kindred;

namespace {

using Factors = CollaborativeModel<double, 3>;

/// The same model with nothing that says it is made of tables.
struct Opaque {
  using Scalar = double;
  using Tape = Factors::Tape;
  Factors model;

  Index users() const { return model.users(); }
  Index items() const { return model.items(); }
  void forward(std::span<const Index> users, std::span<const Index> items, std::span<double> predictions, Tape& tape) const {
    model.forward(users, items, predictions, tape);
  }
  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const double> slopes, Tape& tape,
                auto&& gradients) const {
    model.backward(users, items, slopes, tape, gradients);
  }
  template <class Data>
  void prepare(const Data& data, double mean_label) {
    model.prepare(data, mean_label);
  }
  auto parameters() { return model.parameters(); }
  static auto names() { return Factors::names(); }
};
static_assert(GridTrainable<Factors> && !GridTrainable<Opaque> && Trainable<Opaque, Interactions>);

}  // namespace

TEST_CASE("batches of one example equal plain loops, as training per example does", "[train]") {
  const Interactions data = made_up_ratings({.users = 11, .items = 15, .rows = 120, .weights = true});
  const L2 l2{.embeddings = 0.05, .biases = 0.02};
  const auto check = [&](const auto& rule, const auto& plain_rule) {
    for (const bool biases : {true, false}) {
      Opaque model{Factors(data.users(), data.items(), {.biases = biases, .deviation = 1})};
      GradientTrainer trainer(SquaredError{}, rule, {.batch = 1, .l2 = l2});
      Factors start = model.model;
      std::optional<PlainFactors> plain;
      for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
        const EpochReport report = trainer.epoch(model, data, Serial{});
        if (!plain) {
          start.prepare(data, static_cast<double>(model.model.global_mean()));
          plain.emplace(start);
        }
        const auto examples = examples_of(data, {}, 1, epoch);
        CHECK_THAT(report.loss,
                   Catch::Matchers::WithinRel(plain->train(examples, 1, penalty_of(data, l2, {}), plain_rule), 1e-12));
      }
      CHECK(plain->distance(model.model) < 1e-11);
    }
  };
  check(Sgd{.learning_rate = 0.05}, plain::sgd(0.05));
  check(Adagrad{.learning_rate = 0.05}, plain::adagrad(0.05));
  check(Adam{.learning_rate = 0.05}, plain::adam(0.05));
}

TEST_CASE("the L2 of a model with one dimension is the same by example and by batch", "[train]") {
  using Line = CollaborativeModel<double, 1>;
  const Interactions data = made_up_ratings({.users = 5, .items = 7, .rows = 1});
  Line by_example(5, 7, {.deviation = 1}), by_batch = by_example;
  const L2 l2{.embeddings = 0.3, .biases = 0.1};
  PerExampleTrainer(SquaredError{}, Sgd{.learning_rate = 0.1}, {.l2 = l2}).epoch(by_example, data, Serial{});
  GradientTrainer(SquaredError{}, Sgd{.learning_rate = 0.1}, {.l2 = l2}).epoch(by_batch, data, Serial{});
  CHECK(PlainFactors(by_example).distance(by_batch) < 1e-15);
}

TEST_CASE("a model that cannot count what touches its rows is told so", "[train]") {
  const Interactions data = made_up_ratings({.users = 5, .items = 7, .rows = 20});
  Opaque model{Factors(5, 7)};
  GradientTrainer trainer(SquaredError{}, Sgd{}, {.l2 = {.embeddings = 0.1, .frequency_power = 0.5}});
  CHECK(message_of([&] { trainer.epoch(model, data, Serial{}); }) ==
        "L2: frequency_power needs a model with touch_counts(data), as TwoTower has");
}

TEST_CASE("tiny numbers become 0, all others stay", "[train]") {
  std::vector<float> numbers{9e-16F, -9e-16F, 1.1e-15F, -1.1e-15F, 0, 3, -2};
  detail::flush_tiny<float>(numbers);
  CHECK(numbers == std::vector<float>{0, 0, 1.1e-15F, -1.1e-15F, 0, 3, -2});
}

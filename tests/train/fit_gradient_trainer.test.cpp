// SPDX-License-Identifier: MIT
// fit and the trainers by gradients together: to go on is to have gone on, and a failed epoch has not been.
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <stdexcept>

using namespace kindred;

namespace {

using Factors = CollaborativeModel<float, 4>;

Interactions data_of() { return made_up_ratings({.users = 40, .items = 50, .rows = 600, .weights = true}); }

/// f(how a trainer is made of a loss and options, options) for batches and for single examples, without negatives and with them.
template <class F>
void for_each_mode(const F& f) {
  const auto by_batch = [](const auto& loss, const GradientOptions& options) {
    return GradientTrainer(loss, Adam{.learning_rate = 0.01}, options);
  };
  const auto by_example = [](const auto& loss, const PerExampleOptions& options) {
    return PerExampleTrainer(loss, Adam{.learning_rate = 0.01}, options);
  };
  const L2 l2{.embeddings = 0.01};
  const Schedule schedule = exponential_schedule(0.8);
  f(by_batch, GradientOptions{.batch = 64, .l2 = l2, .schedule = schedule});
  f(by_batch, GradientOptions{.batch = 64, .negatives = {.per_positive = 2}});
  f(by_example, PerExampleOptions{.l2 = l2, .schedule = schedule});
  f(by_example, PerExampleOptions{.negatives = {.per_positive = 2, .popularity_power = 0.5}});
}

/// Squared error, until something goes wrong.
struct FailingLoss {
  const bool* failing;
  bool throws = false;
  template <class Scalar>
  Scalar value(Scalar prediction, Scalar label) const {
    if (*failing && throws) throw std::runtime_error("the loss has failed");
    return SquaredError{}.value(prediction, label);
  }
  template <class Scalar>
  Scalar slope(Scalar prediction, Scalar label) const {
    return *failing ? std::numeric_limits<Scalar>::quiet_NaN() : SquaredError{}.slope(prediction, label);
  }
};

}  // namespace

TEST_CASE("five epochs and five more are ten, bit for bit", "[train]") {
  const Interactions data = data_of();
  for_each_mode([&](const auto& make, const auto& options) {
    Factors at_once(data.users(), data.items()), in_two = at_once;
    auto first = make(SquaredError{}, options), second = first;
    const FitReport whole = fit(at_once, data, first, {.epochs = 10});
    fit(in_two, data, second, {.epochs = 5});
    const auto half_way = bits_of(in_two);
    const FitReport rest = fit(in_two, data, second, {.epochs = 5});
    CHECK(bits_of(at_once) == bits_of(in_two));
    CHECK(bits_of(at_once) != half_way);
    CHECK(rest.epochs.front().epoch == 6);
    CHECK(rest.epochs.back().loss == whole.epochs.back().loss);
    CHECK(second.epochs() == 10);
    CHECK(whole.epochs.back().loss < 0.9 * whole.epochs.front().loss);
  });
}

TEST_CASE("a learning rate that is too large is an error that leaves the model as it was", "[train]") {
  const Interactions data = data_of();
  const auto check = [&](auto trainer) {
    Factors model(data.users(), data.items());
    const auto before = bits_of(model);
    CHECK_THROWS_AS(fit(model, data, trainer), DivergenceError);
    CHECK(bits_of(model) == before);
    CHECK(model.global_mean() == 0);
    CHECK(trainer.epochs() == 0);
    CHECK(trainer.optimizer().steps() == 0);
  };
  check(GradientTrainer(SquaredError{}, Sgd{.learning_rate = 1e4}, {.batch = 64}));
  check(PerExampleTrainer(SquaredError{}, Sgd{.learning_rate = 1e4}));
}

TEST_CASE("after an epoch that failed in its middle, training goes on as if it had not been", "[train]") {
  const Interactions data = data_of();
  for_each_mode([&](const auto& make, const auto& mode) {
    for (const bool throws : {false, true}) {
      bool failing = false;
      auto options = mode;
      bool armed = true;
      options.schedule = [&](double time) {
        failing = armed && (requires { options.batch; } ? time > 2.5 : time >= 2);
        return 1.0;
      };
      Factors model(data.users(), data.items()), smooth = model;
      auto trainer = make(FailingLoss{&failing, throws}, options);
      int done = 0;
      const auto count = [&](const EpochReport&) { return ++done, true; };
      if (throws) {
        CHECK(message_of([&] { fit(model, data, trainer, {.epochs = 4, .after_epoch = count}); }) == "the loss has failed");
      } else {
        CHECK_THROWS_AS(fit(model, data, trainer, {.epochs = 4, .after_epoch = count}), DivergenceError);
      }
      CHECK(done == 2);
      CHECK(trainer.epochs() == 2);

      armed = failing = false;
      auto other = make(FailingLoss{&failing}, options);
      fit(smooth, data, other, {.epochs = 2});
      CHECK(bits_of(model) == bits_of(smooth));
      CHECK(trainer.optimizer().steps() == other.optimizer().steps());
      fit(model, data, trainer, {.epochs = 2});
      fit(smooth, data, other, {.epochs = 2});
      CHECK(bits_of(model) == bits_of(smooth));
    }
  });
}

TEST_CASE("early stopping puts the trained model back to its best epoch, bit for bit", "[train]") {
  const Interactions data = data_of();
  Factors model(data.users(), data.items());
  GradientTrainer trainer(SquaredError{}, Adam{.learning_rate = 0.01}, {.batch = 64});
  std::vector<std::uint64_t> bits;
  const auto figure = [&](const Factors& m) {
    bits.push_back(bits_of(m));
    return std::abs(static_cast<double>(bits.size()) - 3.0);
  };
  const FitReport report = fit(model, data, trainer, {.early_stopping = {.figure = figure, .patience = 2}}, Threads(2));
  CHECK(report.best_epoch == 3);
  REQUIRE(bits.size() == 5);
  CHECK(bits_of(model) == bits[2]);
  CHECK(bits[2] != bits[4]);
}

// SPDX-License-Identifier: MIT
#include <kindred/train/fit.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

using namespace kindred;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

/// One number.
struct Tiny {
  Weights<double> w{1, 1};
  double value() const { return w.row(0)(0); }
  auto parameters() { return std::tie(w); }
  static std::array<std::string, 1> names() { return {"w"}; }
};

struct Data {};

/// A trainer whose epoch k sets the number and the loss to what the script says.
struct Scripted {
  std::vector<double> weights, losses = {};
  int epochs = 0;

  EpochReport epoch(Tiny& model, const Data&, const Executor auto&) {
    const auto k = static_cast<std::size_t>(epochs++);
    if (k >= weights.size()) throw std::logic_error("the script has ended");
    model.w.row(0) = weights[k];
    return {.epoch = epochs, .loss = k < losses.size() ? losses[k] : 0, .examples = 1, .seconds = 0, .validation = {}};
  }
};
static_assert(Trainer<Scripted, Tiny, Data>);

double value_of(const Tiny& model) { return model.value(); }

}  // namespace

TEST_CASE("fit runs the epochs and reports each", "[train]") {
  Tiny model;
  Scripted trainer{{3, 1, 2}, {0.3, 0.1, 0.2}};
  std::vector<double> losses;
  const FitReport report =
      fit(model, Data{}, trainer, {.epochs = 3, .after_epoch = [&](const EpochReport& epoch) {
                                     losses.push_back(epoch.loss);
                                     CHECK(epoch.epoch == static_cast<int>(losses.size()));
                                     CHECK_FALSE(epoch.validation);
                                     CHECK(model.value() == std::vector<double>{3, 1, 2}[losses.size() - 1]);
                                     return true;
                                   }});
  CHECK(losses == std::vector<double>{0.3, 0.1, 0.2});
  REQUIRE(report.epochs.size() == 3);
  CHECK(report.epochs[1].epoch == 2);
  CHECK(report.epochs[1].loss == 0.1);
  CHECK(report.stop == Stop::epochs_done);
  CHECK(report.best_epoch == 3);
  CHECK(model.value() == 2);
  CHECK(trainer.epochs == 3);
}

TEST_CASE("fit takes a trainer made on the spot, and 20 epochs by default", "[train]") {
  Tiny model;
  const FitReport report = fit(model, Data{}, Scripted{std::vector<double>(30, 1.5)});
  CHECK(report.epochs.size() == 20);
  CHECK(model.value() == 1.5);
}

TEST_CASE("a callback that returns false stops after its epoch", "[train]") {
  Tiny model;
  Scripted trainer{{3, 1, 2}};
  const FitReport report =
      fit(model, Data{}, trainer, {.after_epoch = [](const EpochReport& epoch) { return epoch.epoch < 2; }});
  CHECK(report.epochs.size() == 2);
  CHECK(report.stop == Stop::callback);
  CHECK(report.best_epoch == 2);
  CHECK(model.value() == 1);
  CHECK(trainer.epochs == 2);
}

TEST_CASE("early stopping waits for `patience` epochs without improvement and puts back the best one", "[train]") {
  Tiny model;
  Scripted trainer{{5, 4, 6, 7, 3, 3.5, 3, 3.2, 1}};
  std::vector<double> seen;
  const FitReport report =
      fit(model, Data{}, trainer,
          {.after_epoch = [&](const EpochReport& epoch) { return seen.push_back(epoch.validation.value()), true; },
           .early_stopping = {.figure = value_of}});
  CHECK(report.epochs.size() == 8);  // 5 is the best, 6 to 8 are not better: equal is no improvement
  CHECK(report.stop == Stop::no_improvement);
  CHECK(report.best_epoch == 5);
  CHECK(model.value() == 3);
  CHECK(seen == std::vector<double>{5, 4, 6, 7, 3, 3.5, 3, 3.2});
  CHECK(report.epochs[4].validation == 3);
}

TEST_CASE("with patience 1 the first epoch without improvement is the last", "[train]") {
  Tiny model;
  const FitReport report =
      fit(model, Data{}, Scripted{{5, 4, 4.5, 1}}, {.early_stopping = {.figure = value_of, .patience = 1}});
  CHECK(report.epochs.size() == 3);
  CHECK(model.value() == 4);
}

TEST_CASE("early stopping can look for the largest figure", "[train]") {
  Tiny model;
  const FitReport report = fit(model, Data{}, Scripted{{-5, -4, -6, -4.5, -1}},
                               {.early_stopping = {.figure = value_of, .goal = Goal::maximize, .patience = 2}});
  CHECK(report.epochs.size() == 4);
  CHECK(report.best_epoch == 2);
  CHECK(model.value() == -4);
}

TEST_CASE("a gain of no more than min_delta is no improvement", "[train]") {
  const auto epochs_with = [](Goal goal, double sign, double delta) {
    Tiny model;
    const FitReport report =
        fit(model, Data{}, Scripted{{sign * 8, sign * 7.5, sign * 7, sign * 6}},
            {.epochs = 4, .early_stopping = {.figure = value_of, .goal = goal, .patience = 2, .min_delta = delta}});
    CHECK(model.value() == (report.stop == Stop::no_improvement ? sign * 8 : sign * 6));
    return report.epochs.size();
  };
  for (const double delta : {0.0, 0.25}) {
    CHECK(epochs_with(Goal::minimize, 1, delta) == 4);
    CHECK(epochs_with(Goal::maximize, -1, delta) == 4);
  }
  CHECK(epochs_with(Goal::minimize, 1, 1) == 3);  // 7 is better than 8 by 1, not by more
  CHECK(epochs_with(Goal::maximize, -1, 1) == 3);
}

TEST_CASE("an infinite figure is the worst, and anything else an improvement", "[train]") {
  Tiny model;
  const auto figure = [](const Tiny& m) { return m.value() > 5 ? infinity : m.value(); };
  const FitReport report = fit(model, Data{}, Scripted{{9, 8, 4, 7}}, {.epochs = 4, .early_stopping = {.figure = figure}});
  CHECK(report.best_epoch == 3);
  CHECK(model.value() == 4);
}

TEST_CASE("whatever ends the epochs, early stopping puts back the best one", "[train]") {
  Tiny by_count, by_callback;
  const EarlyStopping<Tiny> stopping{.figure = value_of};
  CHECK(fit(by_count, Data{}, Scripted{{5, 3, 4}}, {.epochs = 3, .early_stopping = stopping}).stop == Stop::epochs_done);
  CHECK(by_count.value() == 3);
  const auto stop = [](const EpochReport& epoch) { return epoch.epoch < 3; };
  const FitReport report = fit(by_callback, Data{}, Scripted{{5, 3, 4, 1}}, {.after_epoch = stop, .early_stopping = stopping});
  CHECK(report.stop == Stop::callback);
  CHECK(report.best_epoch == 2);
  CHECK(by_callback.value() == 3);
}

TEST_CASE("divergence throws, and model and trainer are as after the last finite epoch", "[train]") {
  const auto check = [](double weight, double loss) {
    Tiny model;
    Scripted trainer{{5, 4, weight, 1}, {0.5, 0.4, loss, 0.1}};
    int calls = 0;
    const auto message = message_of([&] {
      fit(model, Data{}, trainer,
          {.after_epoch = [&](const EpochReport&) { return ++calls, true; }, .early_stopping = {.figure = value_of}});
    });
    CHECK(message.starts_with("fit: epoch 3: loss and weights must stay finite, got loss "));
    CHECK(message.find("learning rate") != std::string::npos);
    CHECK(model.value() == 4);
    CHECK(trainer.epochs == 2);
    CHECK(calls == 2);
    trainer.weights[2] = 2;
    trainer.losses[2] = 0.2;
    CHECK(fit(model, Data{}, trainer, {.epochs = 2}).epochs[0].epoch == 3);
    CHECK(model.value() == 1);
  };
  check(nan_value, 0.3);
  check(infinity, 0.3);
  check(3, nan_value);
  check(3, infinity);
  CHECK_THROWS_AS(
      [] {
        Tiny model;
        fit(model, Data{}, Scripted{{nan_value}});
      }(),
      DivergenceError);
}

TEST_CASE("an exception of the callback or the figure passes through; the model keeps the weights of that epoch", "[train]") {
  const auto after = [](const FitOptions<Tiny>& options) {
    Tiny model;
    Scripted trainer{{5, 6, 7}};
    CHECK(message_of([&] { fit(model, Data{}, trainer, options); }) == "enough");
    CHECK(trainer.epochs == 2);
    return model.value();
  };
  const auto callback = [](const EpochReport& epoch) { return epoch.epoch < 2 ? true : throw std::runtime_error("enough"); };
  CHECK(after({.after_epoch = callback}) == 6);
  CHECK(after({.after_epoch = callback, .early_stopping = {.figure = value_of}}) == 6);
  const auto figure = [](const Tiny& m) { return m.value() == 5 ? 1.0 : throw std::runtime_error("enough"); };
  CHECK(after({.early_stopping = {.figure = figure}}) == 6);
}

TEST_CASE("fit says what is wrong with its options before anything changes", "[train]") {
  Tiny model;
  Scripted trainer{{5, 6, 7}};
  const auto refusal = [&](const FitOptions<Tiny>& options) {
    return message_of([&] { fit(model, Data{}, trainer, options); });
  };
  CHECK(refusal({.epochs = 0}) == "fit: epochs must be at least 1, got 0");
  CHECK(refusal({.epochs = -3}) == "fit: epochs must be at least 1, got -3");
  CHECK(refusal({.early_stopping = {.figure = value_of, .patience = 0}}) == "fit: patience must be at least 1, got 0");
  CHECK(refusal({.early_stopping = {.figure = value_of, .min_delta = -1}}) == "fit: min_delta must not be negative, got -1");
  CHECK(refusal({.early_stopping = {.figure = value_of, .min_delta = nan_value}}) ==
        "fit: min_delta must not be negative, got nan");
  CHECK(trainer.epochs == 0);
  CHECK(model.value() == 0);

  const auto no_number = [](const Tiny& m) { return m.value() == 6 ? nan_value : m.value(); };
  CHECK(refusal({.early_stopping = {.figure = no_number}}) ==
        "fit: the figure of early stopping must be a number, got NaN after epoch 2");
}

TEST_CASE("fit goes on where it left off, and patience starts anew", "[train]") {
  Tiny model;
  Scripted trainer{{1, 2, 3, 9, 8, 7, 6}};
  const EarlyStopping<Tiny> stopping{.figure = value_of, .patience = 2};
  CHECK(fit(model, Data{}, trainer, {.early_stopping = stopping}).epochs.size() == 3);
  CHECK(model.value() == 1);
  const FitReport second = fit(model, Data{}, trainer, {.epochs = 4, .early_stopping = stopping});
  CHECK(second.epochs.front().epoch == 4);
  CHECK(second.best_epoch == 7);
  CHECK(second.stop == Stop::epochs_done);
  CHECK(model.value() == 6);
}

namespace {

struct NoReport {
  double epoch(Tiny&, const Data&, const Executor auto&) { return 0; }
};
struct OnlySerial {
  EpochReport epoch(Tiny&, const Data&, Serial) { return {}; }
};
struct NoExecutor {
  EpochReport epoch(Tiny&, const Data&) { return {}; }
};

}  // namespace

TEST_CASE("a trainer is told from what is none", "[train]") {
  STATIC_REQUIRE(Trainer<Scripted, Tiny, Data>);
  STATIC_REQUIRE(Trainer<OnlySerial, Tiny, Data>);
  STATIC_REQUIRE_FALSE(Trainer<Scripted, int, Data>);
  STATIC_REQUIRE_FALSE(Trainer<Scripted, Tiny, int>);
  STATIC_REQUIRE_FALSE(Trainer<NoReport, Tiny, Data>);
  STATIC_REQUIRE_FALSE(Trainer<NoExecutor, Tiny, Data>);
}

// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;

namespace {

using Factors = CollaborativeModel<double, 3>;  // 3 columns in rows of 4: padding takes part

/// After as many epochs as `options.batch` asks for, the trainer's model beside the plain loops; the largest distance of a parameter.
template <class Rule, class PlainRule>
double distance_after(int epochs, const Interactions& data, const Rule& rule, PlainRule plain_rule,
                      const GradientOptions& options, const CollaborativeOptions& model_options = {.deviation = 1}) {
  Factors model(data.users(), data.items(), model_options);
  Factors start = model;
  double sum = 0, weights = 0;
  for (Index k = 0; k < data.size(); ++k) {
    sum += static_cast<double>(data.weight(k)) * static_cast<double>(data.value(k));
    weights += static_cast<double>(data.weight(k));
  }
  const double per_positive = options.negatives.per_positive;
  start.prepare(data, per_positive > 0 ? 1 / (1 + per_positive * options.negatives.weight) : sum / weights);
  PlainFactors plain(start);

  GradientTrainer trainer(SquaredError{}, rule, options);
  double worst = 0;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const EpochReport report = trainer.epoch(model, data, Serial{});
    const auto examples = examples_of(data, options.negatives, options.seed, static_cast<std::uint32_t>(epoch));
    const auto batch = static_cast<std::size_t>(options.batch) * static_cast<std::size_t>(1 + options.negatives.per_positive);
    const double loss = plain.train(examples, batch, penalty_of(data, options.l2, options.negatives), plain_rule);
    worst = std::max({worst, plain.distance(model), std::abs(report.loss - loss)});
    CHECK(report.epoch == epoch + 1);
    CHECK(report.examples == std::count_if(examples.begin(), examples.end(), [](const auto& e) { return e.weight != 0; }));
    CHECK(report.seconds >= 0);
    CHECK_FALSE(report.validation);
  }
  return worst;
}

const L2 some_l2{.embeddings = 0.05, .biases = 0.02};

}  // namespace

// The moves are of the order of 0.01, and repeated rows, factors of 2 and L2 terms of no less than a tenth of that.
TEST_CASE("a full-batch epoch equals plain loops", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200, .weights = true});
  CHECK(distance_after(1, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 1000}) < 1e-12);
  CHECK(distance_after(1, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 1000, .l2 = some_l2}) < 1e-12);
  CHECK(distance_after(1, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 200, .l2 = some_l2},
                       {.biases = false, .deviation = 1}) < 1e-12);
}

TEST_CASE("Adagrad sees the sum of a row's gradients in a batch, not the parts", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  CHECK(distance_after(1, data, Adagrad{.learning_rate = 0.1}, plain::adagrad(0.1), {.batch = 200, .l2 = some_l2}) < 1e-12);
  CHECK(distance_after(3, data, Adagrad{.learning_rate = 0.1}, plain::adagrad(0.1), {.batch = 32, .l2 = some_l2}) < 1e-12);
}

TEST_CASE("epochs of batches equal plain loops", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200, .weights = true});
  CHECK(distance_after(3, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 7, .l2 = some_l2}) < 1e-12);
  CHECK(distance_after(3, data, Adam{.learning_rate = 0.1}, plain::adam(0.1), {.batch = 7, .l2 = some_l2}) < 1e-10);
  CHECK(distance_after(2, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 7, .seed = 5}) < 1e-12);
}

TEST_CASE("a batch of more examples than one chunk is still one batch", "[train]") {
  const auto data = made_up_ratings({.users = 40, .items = 30, .rows = 1100, .weights = true});
  CHECK(distance_after(2, data, Adagrad{.learning_rate = 0.1}, plain::adagrad(0.1), {.batch = 600, .l2 = some_l2}) < 1e-12);
}

TEST_CASE("an epoch of more rows than one window of examples is still one epoch", "[train]") {
  const auto data = made_up_ratings({.users = 300, .items = 270, .rows = 70'000});
  CHECK(distance_after(1, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 4096, .l2 = some_l2}) < 1e-11);
  const auto fewer = made_up_ratings({.users = 300, .items = 270, .rows = 18'000});
  CHECK(distance_after(1, fewer, Sgd{.learning_rate = 0.1}, plain::sgd(0.1),
                       {.batch = 1024, .negatives = {.per_positive = 3}}) < 1e-11);
}

TEST_CASE("a batch includes the negatives of its rows, and the mean is over all of them", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 100, .weights = true});
  const NegativeSampling negatives{.per_positive = 3, .weight = 0.25};
  CHECK(distance_after(2, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 16, .negatives = negatives}) < 1e-12);
  L2 all = some_l2;
  for (const bool ask : {false, true}) {  // whether L2 takes part in negatives too
    all.negatives = ask;
    CHECK(distance_after(2, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1),
                         {.batch = 16, .negatives = negatives, .l2 = all}) < 1e-12);
    CHECK(distance_after(1, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1),
                         {.batch = 90, .negatives = negatives, .l2 = all}) < 1e-12);
  }
}

TEST_CASE("L2 can weigh a row by how often the data touch it", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  for (const double power : {0.5, 1.0}) {
    const L2 by_frequency{.embeddings = 0.5, .biases = 0.2, .frequency_power = power};
    CHECK(distance_after(2, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 16, .l2 = by_frequency}) < 1e-12);
  }
}

TEST_CASE("labels of another unit need another scale, nothing else", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  const CollaborativeOptions scaled{.deviation = 1, .scale = 0.25}, no_biases{.biases = false, .deviation = 1, .scale = 0.25};
  CHECK(distance_after(2, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 16, .l2 = some_l2}, scaled) < 1e-12);
  CHECK(distance_after(2, data, Sgd{.learning_rate = 0.1}, plain::sgd(0.1), {.batch = 16, .l2 = some_l2}, no_biases) < 1e-12);
}

TEST_CASE("weights that have decayed to almost nothing become 0 at the end of an epoch", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  for (const int batch : {1, 16}) {
    Factors model(data.users(), data.items());
    model.item_encoder().row(30).setConstant(2e-15);
    model.user_encoder().row(0) << -9e-16, 2e-15, 1e-310;
    model.user_biases().row(0).setConstant(1e-16);
    GradientTrainer(SquaredError{}, Sgd{.learning_rate = 1e-40}, {.batch = batch}).epoch(model, data, Serial{});
    CHECK((model.user_encoder().row(0) == Eigen::Array<double, 1, 3>(0, 2e-15, 0)).all());
    CHECK(model.user_biases().row(0)(0) == 0);
    CHECK((model.item_encoder().row(30) == 2e-15).all());
  }
}

TEST_CASE("the schedule scales the learning rate by the time in epochs", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 100});
  std::vector<double> times;
  const Schedule half = [&](double time) { return times.push_back(time), 0.5; };
  CHECK(distance_after(2, data, Sgd{.learning_rate = 0.2}, plain::sgd(0.1), {.batch = 40, .schedule = half}) < 1e-12);
  CHECK(times == std::vector<double>{0, 0.4, 0.8, 1, 1.4, 1.8});
}

TEST_CASE("the gradient of a batch is clipped by the norm of its repeated rows' sums", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 100});
  const auto examples = examples_of(data, {}, 1, 0);
  Factors model(data.users(), data.items(), {.deviation = 1}), start = model;
  double mean = 0;
  for (Index k = 0; k < data.size(); ++k) mean += static_cast<double>(data.value(k)) / static_cast<double>(data.size());
  start.prepare(data, mean);
  const PlainFactors plain(start);
  const auto slope = plain.slope(std::span<const Example<std::uint32_t>>(examples), {});
  double squares = 0;
  for (const double g : slope.of) squares += g * g;
  REQUIRE(std::sqrt(squares) > 0.2);

  GradientTrainer(SquaredError{}, Sgd{.learning_rate = 1}, {.batch = 100, .clip_norm = 0.1}).epoch(model, data, Serial{});
  const auto after = PlainFactors::values_of(model);
  double moved = 0;
  for (std::size_t k = 0; k < after.size(); ++k) moved += (after[k] - plain.all[k]) * (after[k] - plain.all[k]);
  CHECK_THAT(std::sqrt(moved), Catch::Matchers::WithinRel(0.1, 1e-12));
}

TEST_CASE("rows of weight 0 are as if they were not there, but for the order", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200, .weights = true});
  BasicInteractionColumns<std::uint32_t> without;
  for (Index k = 0; k < data.size(); ++k) {
    if (data.weight(k) == 0) continue;
    without.users.push_back(data.user(k).value());
    without.items.push_back(data.item(k).value());
    without.values.push_back(data.value(k));
    without.weights.push_back(data.weight(k));
  }
  const Interactions lean(without, {.users = data.users(), .items = data.items()});
  REQUIRE(lean.size() < data.size());
  Factors a(data.users(), data.items(), {.deviation = 1}), b = a;
  GradientTrainer first(SquaredError{}, Sgd{.learning_rate = 0.1}, {.batch = 1000, .l2 = some_l2}), second = first;
  CHECK_THAT(first.epoch(a, data, Serial{}).loss, Catch::Matchers::WithinRel(second.epoch(b, lean, Serial{}).loss, 1e-12));
  CHECK(PlainFactors(a).distance(b) < 1e-12);
}

TEST_CASE("the padding of the rows stays zero", "[train]") {
  const auto data = made_up_ratings({.users = 9, .items = 31, .rows = 200});
  for (const int batch : {1, 16}) {
    Factors model(data.users(), data.items());
    GradientTrainer trainer(SquaredError{}, Adam{}, {.batch = batch, .l2 = some_l2});
    trainer.epoch(model, data, Serial{});
    CHECK(model.user_encoder().padded_value().rightCols(1).isZero(0));
    CHECK(model.item_encoder().padded_value().rightCols(1).isZero(0));
  }
}

TEST_CASE("what a trainer cannot do, it says before anything changes", "[train]") {
  const auto data = made_up_ratings({.users = 4, .items = 6, .rows = 20});
  const auto refusal = [&](const GradientOptions& options) {
    return message_of([&] { GradientTrainer(SquaredError{}, Sgd{}, options); });
  };
  CHECK(refusal({.batch = 0}) == "GradientTrainer: batch must be at least 1, got 0");
  CHECK(refusal({.clip_norm = -1}) == "GradientTrainer: clip_norm must not be negative, got -1");
  CHECK(refusal({.clip_norm = NAN}) == "GradientTrainer: clip_norm must not be negative, got nan");
  CHECK(refusal({.batch = 1, .negatives = {.per_positive = 1, .in_batch = true}}) ==
        "GradientTrainer: negatives in the batch need batches of more than one row, got batch 1");
  CHECK(refusal({.schedule = {}}) == "GradientTrainer: schedule must be a function, got none");
  CHECK(refusal({.negatives = {.per_positive = -1}}) == "NegativeSampling: per_positive must not be negative, got -1");
  CHECK(refusal({.negatives = {.per_positive = 1, .popularity_power = -1}}) ==
        "NegativeSampling: popularity_power must be finite and not negative, got -1");
  CHECK(refusal({.negatives = {.per_positive = 1, .weight = 0}}) ==
        "NegativeSampling: weight must be positive and finite, got 0");
  CHECK(refusal({.l2 = {.embeddings = -1}}) == "L2: a weight must be finite and not negative, got -1");
  CHECK_THROWS_AS(GradientTrainer(SquaredError{}, Sgd{.learning_rate = 0}), std::invalid_argument);
  CHECK_THROWS_AS(GradientTrainer(SquaredError{}, Sgd{.learning_rate = NAN}), std::invalid_argument);

  for (const int batch : {1, 16}) {
    GradientTrainer trainer(SquaredError{}, Sgd{}, {.batch = batch});
    Factors few_users(3, 6), few_items(4, 5), good(4, 6);
    const auto before = bits_of(few_users);
    CHECK(message_of([&] { trainer.epoch(few_users, data, Serial{}); }) ==
          "GradientTrainer: the model must cover the data's 4 users and 6 items, got a model of 3 and 6");
    CHECK(message_of([&] { trainer.epoch(few_items, data, Serial{}); }) ==
          "GradientTrainer: the model must cover the data's 4 users and 6 items, got a model of 4 and 5");
    CHECK(message_of([&] { trainer.epoch(good, Interactions({}, {.users = 4, .items = 6}), Serial{}); }) ==
          "GradientTrainer: the data must have at least one interaction, got none");
    CHECK(bits_of(few_users) == before);
    CHECK(trainer.epochs() == 0);
    CHECK(trainer.epoch(good, data, Serial{}).epoch == 1);

    Factors larger(5, 6), smaller(4, 6, {.deviation = 1});
    GradientTrainer other(SquaredError{}, Sgd{}, {.batch = batch});
    other.epoch(larger, data, Serial{});  // its state is of another shape now: models may grow, but not shrink
    const auto smaller_before = bits_of(smaller);
    CHECK_THROWS_AS(other.epoch(smaller, data, Serial{}), std::logic_error);
    CHECK(bits_of(smaller) == smaller_before);
    CHECK(smaller.global_mean() == 0);
    CHECK(other.epochs() == 1);
  }
}

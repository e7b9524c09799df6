// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <limits>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

template <Side side>
Index entities_of(const Interactions& data) {
  return side == Side::items ? data.items() : data.users();
}

/// An epoch once more: batches in the order of the seed, the gradient by the general way, one example at a time, plus 2 lambda_r n_r w / n.
template <class Model>
double plain_epoch(Model& model, const Interactions& data, const ReconstructionOptions& options, double rate,
                   std::uint32_t epoch) {
  constexpr std::size_t entity_bias =
      Model::entities == Side::items ? Model::output_bias_place + 1 : Model::output_bias_place - 1;
  std::vector<Index> order;
  for (Index e = 0; e < entities_of<Model::entities>(data); ++e) {
    if (!Model::rows_of(data, e).empty()) order.push_back(e);
  }
  Random(options.seed, Stream::shuffle, epoch).shuffle(std::span<Index>(order));
  double loss = 0, all = 0;
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(options.batch)) {
    std::vector<Example<std::uint32_t>> examples;
    std::vector<double> of_output(static_cast<std::size_t>(model.output().rows())),
        of_input = of_output;  // how often each is touched
    for (std::size_t s = first; s < std::min(order.size(), first + static_cast<std::size_t>(options.batch)); ++s) {
      for (const Index row : Model::rows_of(data, order[s])) {
        const auto other = static_cast<std::size_t>(Model::other_of(data, row));
        if (model.input().features().sparse(order[s]).size() > 0) ++of_input[other];
        if (data.weight(row) == 0) continue;
        ++of_output[other];
        examples.push_back({data.user(row).value(), data.item(row).value(), data.value(row), data.weight(row)});
      }
    }
    if (examples.empty()) continue;
    const double n = static_cast<double>(examples.size());
    auto gradients = gradients_like(model);
    PairWorkspace<Model> work;
    loss += add_gradient(std::as_const(model), std::span<const Example<std::uint32_t>>(examples), SquaredError{}, 1 / n, work,
                         gradients);
    all += n;
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      if (k == entity_bias) return;
      auto& gradient = std::get<k>(gradients);
      gradient.compact();
      const auto& touches = k == Model::hidden_place ? of_input : of_output;
      const double lambda = k == Model::hidden_place        ? options.l2.features
                            : k == Model::output_place      ? options.l2.embeddings
                            : k == Model::output_bias_place ? options.l2.biases
                                                            : 0;
      std::vector<double> by_row(static_cast<std::size_t>(parameter.rows()));
      if (k == Model::hidden_place || k == Model::output_place || k == Model::output_bias_place) {
        for (Index v = 0; v < parameter.rows(); ++v) {
          double rows = 0;
          for (Index row = 0; row < data.size(); ++row) rows += Model::other_of(data, row) == v ? 1 : 0;
          by_row[static_cast<std::size_t>(v)] =
              lambda / std::pow(std::max(1.0, rows), options.l2.frequency_power) * touches[static_cast<std::size_t>(v)];
        }
      }
      const auto before = parameter;
      for (Index r = 0; r < parameter.rows(); ++r)
        parameter.row(r) -= rate * 2 * by_row[static_cast<std::size_t>(r)] / n * before.row(r);
      for (Index entry = 0; entry < gradient.count(); ++entry) parameter.row(gradient.id(entry)) -= rate * gradient.row(entry);
    });
  }
  return loss / all;
}

template <class Model>
double distance(Model a, Model b) {
  double worst = 0;
  auto others = b.parameters();
  detail::for_each_parameter(a, [&](auto& parameter, auto k) {
    worst = std::max(worst, (parameter.value() - std::get<k>(others).value()).cwiseAbs().maxCoeff());
  });
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("training of an autoencoder agrees with the general way, one batch after the other", "[train]",
                       ((Side side), side), Side::items, Side::users) {
  const Interactions data = made_up_ratings({.users = 25, .items = 20, .rows = 150, .weights = true});
  using Model = AutoencoderModel<side, double>;
  Model model(data, {.dim = 4, .deviation = 1, .scale = 1.3}), plain = model;
  const ReconstructionOptions options{
      .batch = 11, .l2 = {.embeddings = 0.3, .features = 0.2, .biases = 0.1, .frequency_power = 0.5}, .seed = 5};
  ReconstructionTrainer trainer(SquaredError{}, Sgd{.learning_rate = 0.1}, options);
  for (const std::uint32_t epoch : {0U, 1U}) {
    const EpochReport report = trainer.epoch(model, data, Serial{});
    CHECK_THAT(report.loss, WithinRel(plain_epoch(plain, data, options, 0.1, epoch), 1e-9));
    CHECK(report.epoch == static_cast<int>(epoch) + 1);
    CHECK(distance(model, plain) < 1e-9);
  }
  CHECK(distance(model, Model(data, {.dim = 4, .deviation = 1, .scale = 1.3})) > 0.05);
}

TEST_CASE("each positive of an autoencoder has its negatives, while there are any", "[train]") {
  // Item 0 has all three users, so it has no negatives; items 1 and 2 have one and two users.
  const Interactions data({{0, 1, 2, 0, 1, 2}, {0, 0, 0, 1, 2, 2}});
  for (const double power : {0.0, 1.0}) {
    AutoencoderModel<Side::items, double> model(data, {.implicit = true, .deviation = 0});
    ReconstructionTrainer trainer(SquaredError{}, Sgd{.learning_rate = 1e-9},
                                  {.negatives = {.per_positive = 3, .popularity_power = power, .weight = 0.5}});
    const EpochReport report = trainer.epoch(model, data, Serial{});
    CHECK(report.examples == 6 + 3 * 3);
    CHECK_THAT(report.loss, WithinAbs(6.0 / 15, 1e-6));  // predictions of 0: 1 for a positive, 0 for a negative
  }
}

TEST_CASE("the schedule of an autoencoder's trainer goes by the part of the epoch that is done", "[train]") {
  const Interactions data = made_up_ratings({.users = 10, .items = 20, .rows = 120});
  AutoencoderModel<Side::users, double> model(data), still = model;
  std::vector<double> times;
  const auto schedule = [&](double time) {
    times.push_back(time);
    return 0.0;
  };
  ReconstructionTrainer trainer(SquaredError{}, Sgd{}, {.batch = 4, .schedule = schedule});
  trainer.epoch(model, data, Serial{});
  trainer.epoch(model, data, Serial{});
  CHECK(times == std::vector<double>{0, 0.4, 0.8, 1, 1.4, 1.8});
  CHECK(bits_of(model) == bits_of(still));  // at a rate of 0
}

TEST_CASE("a batch larger than the data is all of it, and takes no more memory", "[train]") {
  const Interactions data = made_up_ratings({.users = 10, .items = 20, .rows = 120});
  const auto trained = [&](int batch) {
    AutoencoderModel<Side::users, double> model(data, {.dim = 3});
    ReconstructionTrainer trainer(SquaredError{}, Sgd{.learning_rate = 0.1}, {.batch = batch});
    fit(model, data, trainer, {.epochs = 2});
    return bits_of(model);
  };
  CHECK(trained(std::numeric_limits<int>::max()) == trained(10));
}

TEST_CASE("dropout changes training and not the seed's repetition", "[train]") {
  const Interactions data = made_up_ratings({.users = 40, .items = 30, .rows = 400});
  const auto trained = [&](double dropout, std::uint64_t seed) {
    AutoencoderModel<Side::users> model(data, {.dropout = dropout});
    ReconstructionTrainer trainer(SquaredError{}, Adam{.learning_rate = 0.01}, {.batch = 16, .seed = seed});
    fit(model, data, trainer, {.epochs = 2});
    return bits_of(model);
  };
  CHECK(trained(0.5, 1) == trained(0.5, 1));
  CHECK(trained(0.5, 1) != trained(0, 1));
  CHECK(trained(0.5, 1) != trained(0.5, 2));
}

TEST_CASE("an autoencoder's trainer refuses options and data that it cannot use", "[train]") {
  const auto refusal = [](const ReconstructionOptions& options) {
    return message_of([&] { ReconstructionTrainer(SquaredError{}, Sgd{}, options); });
  };
  CHECK(refusal({.batch = 0}) == "ReconstructionTrainer: batch must be at least 1, got 0");
  CHECK(refusal({.clip_norm = -1}) == "ReconstructionTrainer: clip_norm must not be negative, got -1");
  CHECK(refusal({.schedule = nullptr}) == "ReconstructionTrainer: schedule must be a function, got none");
  CHECK(refusal({.negatives = {.weight = 0}}) == "NegativeSampling: weight must be positive and finite, got 0");
  CHECK(refusal({.l2 = {.layers = -1}}) == "L2: a weight must be finite and not negative, got -1");
  AutoencoderModel<> model(Interactions({{0, 1}, {0, 1}, {5, 1}}));
  ReconstructionTrainer trainer(SquaredError{}, Sgd{});
  CHECK(message_of([&] { trainer.epoch(model, Interactions({}, {.users = 2, .items = 2}), Serial{}); }) ==
        "ReconstructionTrainer: the data must have at least one interaction, got none");
  CHECK(message_of([&] { trainer.epoch(model, Interactions({{0}, {2}}), Serial{}); }) ==
        "ReconstructionTrainer: the model must cover the data's 1 users and 3 items, got a model of 2 and 2");
}

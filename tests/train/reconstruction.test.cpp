// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/testing/gradient_check.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/reconstruction.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

using namespace kindred;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

using Examples = std::vector<Example<std::uint32_t>>;

Interactions ratings() { return made_up_ratings({.users = 7, .items = 6, .rows = 25, .weights = true}); }

constexpr auto nothing = [](Index, Random&) -> std::optional<Index> { return std::nullopt; };

/// The interactions of the entities, one after the other.
template <class Model>
Examples examples_of_entities(const Interactions& data, const std::vector<Index>& entities) {
  Examples examples;
  for (const Index e : entities) {
    for (const Index row : Model::rows_of(data, e)) {
      examples.push_back({data.user(row).value(), data.item(row).value(), data.value(row), data.weight(row)});
    }
  }
  return examples;
}

double used_of(const Examples& examples) {
  return static_cast<double>(std::count_if(examples.begin(), examples.end(), [](const auto& e) { return e.weight != 0; }));
}

/// The gradients by which `Reconstruction` and the general way differ: that of the entities' biases is no part of it.
template <class Model>
void check_near(Model& model, Gradients<Model>& got, Gradients<Model>& expected) {
  constexpr std::size_t entity_bias =
      Model::entities == Side::items ? Model::output_bias_place + 1 : Model::output_bias_place - 1;
  detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    const auto dense = [&](auto& gradient) {
      gradient.compact();
      RowMatrix<double> all = RowMatrix<double>::Zero(parameter.rows(), parameter.cols());
      for (Index entry = 0; entry < gradient.count(); ++entry) all.row(gradient.id(entry)) += gradient.row(entry).matrix();
      return all;
    };
    CAPTURE(Model::names()[k]);
    const auto mine = dense(std::get<k>(got)), theirs = dense(std::get<k>(expected));
    if (k == entity_bias) {
      CHECK(mine.isZero(0));
    } else {
      CHECK(theirs.norm() > 1e-3);
      CHECK(near(mine, theirs, 1e-12));
    }
  });
}

template <class Model>
void check_against_examples(const AutoencoderOptions& options) {
  const Interactions data = ratings();
  Model model(data, options);
  const std::vector<Index> entities{4, 1, 0, 5, 2, 3};
  const Examples examples = examples_of_entities<Model>(data, entities);
  const auto check = testing::check_gradient(model, examples, SquaredError{});
  CAPTURE(check);
  CHECK(check.max_relative_error < 1e-7);

  auto expected = gradients_like(model);
  PairWorkspace<Model> work;
  const double sum =
      add_gradient(std::as_const(model), std::span(examples), SquaredError{}, 1 / used_of(examples), work, expected);
  Reconstruction<Model> reconstruction;
  reconstruction.reserve(model, 6);
  for (int again = 0; again < 2; ++again) {  // nothing is left over from the first time
    const auto [loss, used] = reconstruction.compute(model, data, entities, SquaredError{}, {}, nothing, Serial{});
    CHECK(static_cast<double>(used) == used_of(examples));
    CHECK_THAT(loss, WithinRel(sum, 1e-12));
    check_near(model, reconstruction.gradients(), expected);
  }
}

}  // namespace

TEST_CASE("by batches of items the gradient is that of their ratings", "[train]") {
  check_against_examples<AutoencoderModel<Side::items, double, 3>>({.deviation = 2, .scale = 1.4});
}

TEST_CASE("by batches of users, and with a further layer, the gradient is that of their ratings", "[train]") {
  check_against_examples<AutoencoderModel<Side::users, double, Dynamic, Tanh, 1>>({.dim = 4, .layers = {3}, .deviation = 2});
}

TEST_CASE("with dropout and negatives the gradient is the derivative of the loss for the same draw", "[train]") {
  using Model = AutoencoderModel<Side::users, double, Dynamic, Sigmoid>;
  const Interactions data = ratings();
  Model model(data, {.dim = 3, .implicit = true, .deviation = 3, .dropout = 0.4});
  const std::vector<Index> entities{6, 2, 4};
  const BasicUniformNegatives<> negatives(data);
  const auto sample = [&](Index user, Random& random) -> std::optional<Index> {
    const auto item = negatives.sample(UserId(user), random);
    return item ? std::optional(item->index()) : std::nullopt;
  };
  const ReconstructionDraw draw{.negatives = {.per_positive = 2, .weight = 0.7}, .seed = 3, .step = 5};
  Reconstruction<Model> reconstruction, again;
  reconstruction.reserve(model, 3);
  again.reserve(model, 3);
  const auto mean_loss = [&](Reconstruction<Model>& with) {
    const auto [sum, used] = with.compute(model, data, entities, SquaredError{}, draw, sample, Serial{});
    return sum / static_cast<double>(used);
  };
  mean_loss(reconstruction);
  double worst = 0, largest = 0;
  detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    auto& gradient = std::get<k>(reconstruction.gradients());
    for (Index entry = 0; entry < gradient.count(); ++entry) {
      for (Index c = 0; c < parameter.cols(); ++c) {
        double& x = parameter.data()[gradient.id(entry) * parameter.stride() + c];
        const double numeric = testing::detail::central_difference(x, 3e-4, [&] { return mean_loss(again); });
        worst = std::max(worst, std::abs(numeric - gradient.row(entry)(c)));
        largest = std::max(largest, std::abs(numeric));
      }
    }
  });
  CHECK(worst < 1e-9);
  CHECK(largest > 1e-2);
  // Of the input, what was dropped has no gradient and is not counted: 0.4 of these users' interactions, more or less.
  const auto counts = [](const auto& gradient) {
    Index sum = 0;
    for (Index entry = 0; entry < gradient.count(); ++entry) sum += gradient.repeats(entry);
    return sum;
  };
  const auto interactions = static_cast<Index>(examples_of_entities<Model>(data, entities).size());
  const Index kept = counts(std::get<Model::hidden_place>(reconstruction.gradients()));
  CHECK(kept > 0);
  CHECK(kept < interactions);

  // L2 counts positives, and negatives too if told so.
  const auto counted = [&](bool negatives_counted) {
    ReconstructionDraw with = draw;
    with.negatives_counted = negatives_counted;
    again.compute(model, data, entities, SquaredError{}, with, sample, Serial{});
    return counts(std::get<Model::output_place>(again.gradients()));
  };
  const auto positives = static_cast<Index>(used_of(examples_of_entities<Model>(data, entities)));
  CHECK(counted(false) == positives);
  CHECK(counted(true) > positives);
}

// SPDX-License-Identifier: MIT
#include <kindred/model/autoencoder.hpp>
#include <kindred/testing/gradient_check.hpp>
#include <kindred/train/reconstruction_trainer.hpp>

#include "support/loss_matrix.hpp"

using namespace kindred;

// k-OS, and ranking losses for an autoencoder by items, do not compile: see compile_fail/.
TEST_CASE("every loss trains an autoencoder by users", "[train]") {
  const AutoencoderModel<Side::users, float, 8> model(loss_matrix::two_groups(), {.implicit = true, .deviation = 0.5});
  const auto check = [&](const auto& loss, const NegativeSampling& negatives) {
    loss_matrix::check_learns(model,
                              ReconstructionTrainer(loss, Adagrad{.learning_rate = 0.2},
                                                    {.batch = 4, .negatives = negatives, .l2 = {.embeddings = 0.02}}),
                              0.9);
  };
  check(SquaredError{}, {.per_positive = 2});
  check(Logistic{}, {.per_positive = 2});
  check(Bpr{}, {.per_positive = 2});
  check(Warp{.margin = 0.5}, {.per_positive = 5});
  check(SampledSoftmax{.temperature = 0.5}, {.per_positive = 8, .popularity_power = 0.5});
}

TEST_CASE("the gradient of an autoencoder's ranking loss is exact", "[train]") {
  using Model = AutoencoderModel<Side::users, double, 3>;
  const Interactions data = loss_matrix::two_groups();
  Model model(data, {.implicit = true, .deviation = 1});
  const std::vector<Index> entities{0, 3, 8};
  const BasicUniformNegatives<std::uint32_t> sampler(data);
  struct Sample {
    const BasicUniformNegatives<std::uint32_t>& from;
    std::optional<Index> operator()(Index entity, Random& random) const { return from.sample(UserId(entity), random)->index(); }
    double log_probability(Index entity, Index other) const { return from.log_probability(UserId(entity), ItemId(other)); }
  } sample{sampler};
  const auto check = [&](const auto& loss) {
    Reconstruction<Model> work;
    work.reserve(model, 3);
    const ReconstructionDraw draw{{.per_positive = 4}, false, 1, 0, 0};
    const auto value = [&] {
      const auto [sum, used] =
          work.compute(std::as_const(model), data, std::span<const Index>(entities), loss, draw, sample, Serial{});
      return sum / static_cast<double>(used);
    };
    value();
    auto gradients = work.gradients();
    const auto found = testing::detail::compare(model, gradients, 1e-4, value);
    INFO(found);
    CHECK(found.max_relative_error < 1e-6);
  };
  check(Bpr{});
  check(SampledSoftmax{});
  check(Warp{});
}

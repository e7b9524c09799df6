// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Every loss with a type of model: training lowers the loss and puts the users' items on top.

#include <kindred/loss/bpr.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <typeinfo>

namespace loss_matrix {

using namespace kindred;

/// 40 users and 30 items in two groups, that of an id by whether it is odd; most users have eleven of the fifteen items of their group.
inline Interactions two_groups() {
  InteractionColumns columns;
  for (std::uint32_t u = 0; u < 40; ++u) {
    for (std::uint32_t i = u % 2; i < 30; i += 2) {
      if ((u / 2 + i / 2) % 4 == 0) continue;
      columns.users.push_back(u);
      columns.items.push_back(i);
    }
  }
  return Interactions(std::move(columns), {.users = 40, .items = 30});
}

/// The items of a user's group that he does not have.
inline Interactions rest_of_groups() {
  InteractionColumns columns;
  for (std::uint32_t u = 0; u < 40; ++u) {
    for (std::uint32_t i = u % 2; i < 30; i += 2) {
      if ((u / 2 + i / 2) % 4 != 0) continue;
      columns.users.push_back(u);
      columns.items.push_back(i);
    }
  }
  return Interactions(std::move(columns), {.users = 40, .items = 30});
}

/// Trains the model by the loss for some epochs: the loss falls to this part of the first epoch's, and the rest of each user's group comes before the other group.
template <class Model, class Trainer>
void check_learns(Model model, const Trainer& trainer, double fall) {
  const Interactions data = two_groups(), rest = rest_of_groups();
  const FitReport report = fit(model, data, Trainer(trainer), {.epochs = 10});
  CHECK(report.epochs.back().loss < fall * report.epochs.front().loss);
  CHECK(evaluate(model, data, rest, "auc").at("auc") > 0.8);
}

/// All losses by `GradientTrainer`.
template <class Model>
void check_all(const Model& model, double rate = 0.2, double fall = 0.8) {
  const auto check = [&](const auto& loss, const NegativeSampling& negatives) {
    INFO(typeid(loss).name());
    check_learns(model,
                 GradientTrainer(loss, Adagrad{.learning_rate = rate},
                                 {.batch = 32, .negatives = negatives, .l2 = {.embeddings = 0.02}}),
                 fall);
  };
  check(SquaredError{}, {.per_positive = 2});
  check(Logistic{}, {.per_positive = 2});
  check(Bpr{}, {.per_positive = 2});
  check(Warp{.margin = 0.5}, {.per_positive = 5});
  WarpKos kos;
  kos.margin = 0.5;
  check(kos, {.per_positive = 5});
  check(SampledSoftmax{.temperature = 0.5}, {.per_positive = 8, .in_batch = true});
}

}  // namespace loss_matrix

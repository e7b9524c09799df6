// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The trainer that --batch asks for, which is known when the program runs: by batches, or for batches of one row, one example at a time.

#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace workbench {

/// `PerExampleTrainer` if the batch is 1 and the loss is pointwise, else `GradientTrainer`.
template <class Loss, class Rule>
class EitherTrainer {
 public:
  using Options = kindred::GradientOptions;

  EitherTrainer(Loss loss, Rule rule, Options options) : trainer_(made(std::move(loss), std::move(rule), std::move(options))) {}

  template <class Model, class Data>
  kindred::EpochReport epoch(Model& model, const Data& data, const kindred::Executor auto& executor) {
    return std::visit([&](auto& trainer) { return trainer.epoch(model, data, executor); }, trainer_);
  }

 private:
  static constexpr bool pointwise = kindred::PointwiseLoss<Loss>;
  using Batches = kindred::GradientTrainer<Loss, Rule>;

  struct One {
    using Type = std::variant<Batches>;
  };
  struct Both {
    using Type = std::variant<Batches, kindred::PerExampleTrainer<Loss, Rule>>;
  };
  using Held = typename std::conditional_t<pointwise, Both, One>::Type;

  static Held made(Loss loss, Rule rule, Options options) {
    if constexpr (pointwise) {
      if (options.batch == 1) {
        return kindred::PerExampleTrainer<Loss, Rule>(
            std::move(loss), std::move(rule),
            {.negatives = options.negatives, .l2 = options.l2, .schedule = std::move(options.schedule), .seed = options.seed});
      }
    }
    return Batches(std::move(loss), std::move(rule), std::move(options));
  }

  Held trainer_;
};

}  // namespace workbench

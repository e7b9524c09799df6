// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training by gradients of batches: any pointwise or ranking loss, any update rule, any model.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/batch_gradient.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/trainer.hpp>
#include <kindred/train/training_rows.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace kindred {

/// A pass over the data by steps down the gradient of the mean loss. Models `Trainer`.
///
/// For each batch, gradients of all examples at the same weights, repeated rows summed, one step of the rule on each touched row. Chunks of
/// examples run in parallel and are added in order. A ranking loss makes groups of a positive and its negatives (train/ranking.hpp); an epoch
/// counts the rows then. Negatives from the batch, and the hardest of several, are for groups: a pointwise loss learns from them as `Grouped`.
/// After each epoch, weights below 1e-15 in size become 0. The same bits for any executor. The trainer keeps the optimizer's state and its own
/// epoch count, so calling `epoch` again goes on. Allocates nothing in a step after the first steps of an epoch.
/// Memory, with 32-bit ids, beside the rule's slots: 18 bytes a row of data, and a batch's activations. All but the slots is kept for the next
/// epoch, and not copied with the trainer.
/// Throws: std::invalid_argument from the constructor for options out of range or negatives that do not fit the loss, from `epoch` for empty
/// data, data with more users or items than the model, or a label that the loss does not accept.
/// When not to use it: a pointwise loss and tables are trained faster one example at a time, by `PerExampleTrainer`.
template <class Loss, class Rule>
class GradientTrainer {
 public:
  using Options = GradientOptions;

  explicit GradientTrainer(Loss loss, Rule rule, GradientOptions options = {})
      : loss_(std::move(loss)), optimizer_(std::move(rule), options.seed), options_(std::move(options)) {
    options_.validate();
    detail::require_fitting("GradientTrainer", loss_, options_.negatives);
  }

  template <class Model, class Data>
    requires Trainable<Model, Data>
  EpochReport epoch(Model& model, const Data& data, const Executor auto& executor) {
    using Rep = typename Data::rep_type;
    detail::require_covered("GradientTrainer", model, data);
    detail::require_labels("GradientTrainer", loss_, options_.negatives, data);
    const auto start = std::chrono::steady_clock::now();
    auto& memory = scratch_.get<Memory<Model, Rep>>();
    const L2Rows<Model> l2(model, data, options_.l2, options_.negatives.per_positive > 0);
    optimizer_.prepare(model);
    memory.rows.meet(loss_, options_.negatives, data);
    model.prepare(data, memory.rows.prior());
    const auto run_with = [&](const NegativeSource<Rep>* groups) {
      const detail::BatchObjective<Model, Rep, Loss> objective{loss_, options_.negatives, groups, l2, 1, options_.seed};
      return run(model, data, objective, memory, executor);
    };
    Sum sum;
    if constexpr (detail::Ranks<Loss>) {
      const NegativeSource<Rep> groups(data, options_.negatives);
      sum = run_with(&groups);
    } else {
      sum = run_with(nullptr);
    }
    detail::flush_tiny_weights(model);
    ++epochs_;
    return detail::report_of(epochs_, sum.first, sum.second, start);
  }

  const Optimizer<Rule>& optimizer() const { return optimizer_; }
  const GradientOptions& options() const { return options_; }
  int epochs() const { return epochs_; }

  /// What a checkpoint keeps; options, losses and schedules are code, for the caller to give again.
  static std::string kind() { return "gradient"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("epochs", self.epochs_);
    field("optimizer", self.optimizer_);
  }

 private:
  /// What is kept from epoch to epoch.
  template <class Model, class Rep>
  struct Memory {
    detail::TrainingRows<Rep> rows = {};
    detail::BatchGradient<Model, Rep, Loss> batch = {};
  };

  /// The sum of the losses of an epoch, and of how many examples.
  using Sum = std::pair<double, std::int64_t>;

  template <class Model, class Data, class Objective, class Memory>
  Sum run(Model& model, const Data& data, const Objective& objective, Memory& memory, const Executor auto& executor) {
    using Examples = std::span<const Example<typename Data::rep_type>>;
    const NegativeSampling ahead = detail::Ranks<Loss> ? NegativeSampling{} : options_.negatives;
    const auto width = static_cast<std::size_t>(1 + ahead.per_positive), batch = static_cast<std::size_t>(options_.batch);
    Sum sum{0, 0};
    memory.rows.for_each_window(
        data, ahead, options_.seed, epochs_, options_.batch, Index{1} << 16, executor, [&](Examples examples, Index first) {
          sum.second += detail::count_examples<Loss>(examples, options_.negatives);
          double loss = 0;
          for (std::size_t row = 0; row * width < examples.size(); row += batch) {
            const double done = static_cast<double>(first + static_cast<Index>(row)) / static_cast<double>(data.size());
            const Examples of_batch = examples.subspan(row * width, std::min(batch * width, examples.size() - row * width));
            loss += memory.batch.move(model, of_batch, objective, options_.clip_norm, optimizer_,
                                      options_.schedule(epochs_ + done), executor);
          }
          sum.first += loss;
        });
    return sum;
  }

  Loss loss_;
  Optimizer<Rule> optimizer_;
  GradientOptions options_;
  int epochs_ = 0;
  detail::Scratch scratch_;
};

}  // namespace kindred

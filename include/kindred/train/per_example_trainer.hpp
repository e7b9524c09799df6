// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training of tables one example at a time: any pointwise loss, any update rule.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/example_grid.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/trainer.hpp>
#include <kindred/train/training_rows.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace kindred {

/// What can be asked of a `PerExampleTrainer`.
struct PerExampleOptions {
  NegativeSampling negatives = {};  ///< none: explicit feedback; not from the batch, nor the hardest of several
  L2 l2 = {};
  Schedule schedule = constant_schedule();  ///< factor of the learning rate, by time in epochs
  std::uint64_t seed = 1;

  void validate() const {
    detail::require(static_cast<bool>(schedule), "PerExampleTrainer: schedule must be a function, got none");
    negatives.validate();
    detail::require(negatives.ahead(),
                    "PerExampleTrainer: negatives must not depend on the batch or the model, got in_batch or hardest_of");
    l2.validate();
  }
};

/// A pass over the data by a step for each example: its rows are moved at once, all read before any is written. Models `Trainer`.
///
/// The objective of an example is weight * loss + sum over the rows r it touches of lambda_r |r|^2, see `L2`. Examples lie in a fixed grid of
/// (user block, item block) cells; cells that share no row run in parallel (as in Gemulla et al., KDD 2011; train/example_grid.hpp). Without
/// negatives the rows are sorted into it once and kept for later epochs on the same data; with them, the examples of each window.
/// The model needs a table for the users and one for the items (`GridTrainable`), with any scorer.
/// After each epoch, weights below 1e-15 in size become 0. The same bits for any executor. The trainer keeps the optimizer's state and its own
/// epoch count, so calling `epoch` again goes on.
/// Memory, with 32-bit ids, beside the rule's slots: without negatives 17 bytes a row of data; with them 18 bytes a row, and 33 for each of up
/// to a million examples, or of 64 for each row of the model if that is more; with a rule that scales rows and inner products (`PairSteps`) 8
/// Scalars a row of the model. All but the slots is kept for the next epoch, and not copied with the trainer.
/// Throws: std::invalid_argument from the constructor for options out of range, from `epoch` for empty data, data with more users or
/// items than the model, or a label that the loss does not accept.
/// When not to use it: for rules with momentum (Adam), which want batches, for ranking losses and for encoders of features: `GradientTrainer`.
template <class Loss, class Rule>
class PerExampleTrainer {
  static_assert(PointwiseLoss<Loss>,
                "PerExampleTrainer: the loss must model kindred::PointwiseLoss (loss/loss.hpp); train ranking losses with "
                "GradientTrainer");

 public:
  using Options = PerExampleOptions;

  explicit PerExampleTrainer(Loss loss, Rule rule, PerExampleOptions options = {})
      : loss_(std::move(loss)), optimizer_(std::move(rule), options.seed), options_(std::move(options)) {
    options_.validate();
    detail::require_fitting("PerExampleTrainer", loss_, options_.negatives);
  }

  template <class Model, class Data>
    requires Trainable<Model, Data>
  EpochReport epoch(Model& model, const Data& data, const Executor auto& executor) {
    static_assert(GridTrainable<Model>,
                  "PerExampleTrainer: the model must be of a table for users and one for items; train others with "
                  "GradientTrainer");
    detail::require_covered("PerExampleTrainer", model, data);
    detail::require_labels("PerExampleTrainer", loss_, options_.negatives, data);
    const auto start = std::chrono::steady_clock::now();
    auto& memory = scratch_.get<Memory<typename Data::rep_type>>();
    const L2Rows<Model> l2(model, data, options_.l2, options_.negatives.per_positive > 0);
    optimizer_.prepare(model);
    if (memory.rows.meet(loss_, options_.negatives, data)) memory.arranged = false;
    model.prepare(data, memory.rows.prior());
    const auto [loss, examples] = options_.negatives.per_positive == 0 ? run_rows(model, data, l2, memory, executor)
                                                                       : run_windows(model, data, l2, memory, executor);
    detail::flush_tiny_weights(model);
    ++epochs_;
    return detail::report_of(epochs_, loss, examples, start);
  }

  const Optimizer<Rule>& optimizer() const { return optimizer_; }
  const PerExampleOptions& options() const { return options_; }
  int epochs() const { return epochs_; }

  /// What a checkpoint keeps; options, losses and schedules are code, for the caller to give again.
  static std::string kind() { return "per-example"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("epochs", self.epochs_);
    field("optimizer", self.optimizer_);
  }

 private:
  /// What is kept from epoch to epoch.
  template <class Rep>
  struct Memory {
    detail::TrainingRows<Rep> rows = {};
    ExampleGrid<Rep> grid = {};
    bool arranged = false;  ///< whether the rows are in the grid
  };

  /// The sum of the losses of an epoch, and of how many examples.
  using Sum = std::pair<double, std::int64_t>;

  /// Without negatives: the rows are sorted and shuffled into the grid once, whose cells are taken in another order each epoch.
  template <class Model, class Data, class Memory>
  Sum run_rows(Model& model, const Data& data, const L2Rows<Model>& l2, Memory& memory, const Executor auto& executor) {
    if (!memory.arranged) {
      const auto row = [&](Index k) {
        return Example<typename Data::rep_type>{data.user(k).value(), data.item(k).value(), data.value(k), data.weight(k)};
      };
      const std::uint64_t order = Random(options_.seed, Stream::shuffle, 0, 1).bits64();  // a stream beside those of the epochs
      memory.grid.arrange(data.size(), row, data.users(), data.items(), order, executor);
      memory.arranged = true;
    }
    Random random(options_.seed, Stream::shuffle, static_cast<std::uint32_t>(epochs_));
    const double loss = memory.grid.run(model, loss_, l2, optimizer_, options_.schedule(epochs_), random.bits64(), executor);
    return {loss, memory.grid.size()};
  }

  /// With negatives: windows of a million examples, or of 64 for each of the model's rows if that is more, so that a cell of the grid meets
  /// each of its rows several times.
  template <class Model, class Data, class Memory>
  Sum run_windows(Model& model, const Data& data, const L2Rows<Model>& l2, Memory& memory, const Executor auto& executor) {
    using Examples = std::span<const Example<typename Data::rep_type>>;
    const Index most = std::max(Index{1} << 20, 64 * static_cast<Index>(model.users() + model.items()));
    Sum sum{0, 0};
    memory.rows.for_each_window(
        data, options_.negatives, options_.seed, epochs_, 1, most, executor, [&](Examples examples, Index first) {
          const double time = epochs_ + static_cast<double>(first) / static_cast<double>(data.size());
          memory.grid.arrange(
              std::ssize(examples), [&](Index k) { return examples[static_cast<std::size_t>(k)]; }, model.users(),
              model.items(), std::nullopt, executor);
          sum.first += memory.grid.run(model, loss_, l2, optimizer_, options_.schedule(time), std::nullopt, executor);
          sum.second += memory.grid.size();
        });
    return sum;
  }

  Loss loss_;
  Optimizer<Rule> optimizer_;
  PerExampleOptions options_;
  int epochs_ = 0;
  detail::Scratch scratch_;
};

}  // namespace kindred

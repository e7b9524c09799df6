// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training by gradients: any pointwise or ranking loss, any update rule, minibatches of any size or one example at a time.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/batch_gradient.hpp>
#include <kindred/train/example_grid.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/trainer.hpp>

#include <array>
#include <chrono>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

/// Sets numbers below 1e-15 in size to 0.
template <class Stored>
void flush_tiny(std::span<Stored> numbers) {
  const auto least = magnitude(Stored(1e-15));
  for (Stored& number : numbers) number = magnitude(number) < least ? Stored{0} : number;
}

}  // namespace detail

/// A pass over the data by steps down the gradient of the mean loss. Models `Trainer`.
///
/// - batch > 1: for each batch, gradients of all examples at the same weights, repeated rows summed, one step of the rule on each
///   touched row. Chunks of examples run in parallel and are added in order.
/// - batch = 1: for each example its rows are moved at once, all read before any is written. Examples lie in a fixed grid of (user
///   block, item block) cells; cells that share no row run in parallel (as in Gemulla et al., KDD 2011; train/example_grid.hpp). Without
///   negatives the rows are sorted into it once and kept for later epochs on the same data; with them, the examples of each window.
///   Needs table encoders on both sides, a pointwise loss, and negatives that can be drawn ahead; others are trained by batches of one.
/// - A ranking loss, and negatives from the batch or the hardest of several, make groups of a positive and its negatives
///   (train/ranking.hpp); an epoch counts the rows then.
/// After each epoch, weights below 1e-15 in size become 0: under a strong L2 they would decay into denormal numbers, which are slow.
/// Either way the same bits for any executor. The trainer keeps the optimizer's state and its own epoch count, so calling
/// `epoch` again goes on. Allocates nothing in a step after the first steps of an epoch.
/// Memory, with 32-bit ids, beside the rule's slots: per example without negatives 17 bytes a row of data; else 18 bytes a row, and the
/// workspaces (a batch's activations, or per example 33 bytes for each of up to a million examples or 64 for each row of the model).
/// All but the slots is kept for the next epoch, and not copied with the trainer.
/// Throws: std::invalid_argument from the constructor for options out of range or negatives that do not fit the loss, from `epoch` for empty
/// data, data with more users or items than the model, or a label that the loss does not accept.
template <class Loss, class Rule>
class GradientTrainer {
 public:
  explicit GradientTrainer(Loss loss, Rule rule, GradientOptions options = {})
      : loss_(std::move(loss)), optimizer_(std::move(rule), options.seed), options_(std::move(options)) {
    options_.validate();
    detail::require_fitting("GradientTrainer", loss_, options_.negatives);
  }

  template <class Model, class Data>
    requires Trainable<Model, Data>
  EpochReport epoch(Model& model, const Data& data, const Executor auto& executor) {
    detail::require_covered("GradientTrainer", model, data);
    detail::require_labels("GradientTrainer", loss_, options_.negatives, data);
    const auto start = std::chrono::steady_clock::now();
    auto& memory = scratch_.get<Memory<Model, typename Data::rep_type>>();
    const L2Rows<Model> l2(model, data, options_.l2, options_.negatives.per_positive > 0);
    optimizer_.prepare(model);
    const auto rows = data.handle();
    if (memory.rows.owner_before(rows) || rows.owner_before(memory.rows)) {
      memory.rows = rows;
      memory.prior = detail::prior_of(loss_, options_.negatives, data);
      memory.arranged = false;
    }
    model.prepare(data, memory.prior);
    const auto [loss, examples] = per_example<Model>() && options_.negatives.per_positive == 0
                                      ? run_rows(model, data, l2, memory, executor)
                                      : run_windows(model, data, l2, memory, executor);
    flush_tiny(model);
    ++epochs_;
    return detail::report_of(epochs_, loss, examples, start);
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
  /// What is kept from epoch to epoch, so that its pages are not asked for again.
  template <class Model, class Rep>
  struct Memory {
    ShuffleMemory<Rep> shuffle = {};
    std::vector<Example<Rep>> examples = {};
    ExampleGrid<Rep> grid = {};
    std::weak_ptr<const void> rows = {};  ///< of the data of the last epoch, of which come:
    double prior = 0;
    bool arranged = false;  ///< whether they are in the grid
    detail::BatchGradient<Model, Rep> batch = {};
  };

  template <class Model, class Data>
  struct State {
    ExampleSource<Data> source;
    const L2Rows<Model>& l2;
    Memory<Model, typename Data::rep_type>& memory;
    std::span<const Example<typename Data::rep_type>> examples = {};
    std::optional<NegativeSource<typename Data::rep_type>> negatives = {};  ///< of groups
  };

  bool grouped() const { return detail::learns_groups<Loss>(options_.negatives); }

  template <class Model>
  bool per_example() const {
    return options_.batch == 1 && GridTrainable<Model> && !grouped();
  }

  /// The sum of the losses of an epoch, and of how many examples.
  using Sum = std::pair<double, std::int64_t>;

  /// Per example, without negatives: the rows are sorted into the grid once, and taken in another order each epoch.
  template <class Model, class Data, class Memory>
  Sum run_rows(Model& model, const Data& data, const L2Rows<Model>& l2, Memory& memory, const Executor auto& executor) {
    if constexpr (GridTrainable<Model> && !detail::Ranks<Loss>) {
      if (!memory.arranged) {
        const auto row = [&](Index k) {
          return Example<typename Data::rep_type>{data.user(k).value(), data.item(k).value(), data.value(k), data.weight(k)};
        };
        memory.grid.arrange(data.size(), row, data.users(), data.items(), executor);
        memory.arranged = true;
      }
      Random random(options_.seed, Stream::shuffle, static_cast<std::uint32_t>(epochs_));
      const double loss = memory.grid.run(model, loss_, l2, optimizer_, options_.schedule(static_cast<double>(epochs_)),
                                          random.bits64(), executor);
      return {loss, memory.grid.size()};
    } else {
      return {};
    }
  }

  template <class Model, class Data, class Memory>
  Sum run_windows(Model& model, const Data& data, const L2Rows<Model>& l2, Memory& memory, const Executor auto& executor) {
    State<Model, Data> state{ExampleSource<Data>(data, grouped() ? NegativeSampling{} : options_.negatives, options_.seed,
                                                 static_cast<std::uint32_t>(epochs_), executor, std::move(memory.shuffle)),
                             l2, memory};
    if (grouped()) state.negatives.emplace(data, options_.negatives);
    double loss = 0;
    std::int64_t examples = 0;
    const Index window = window_rows(model, state.source.examples_per_row());
    for (Index first = 0; first < data.size(); first += window) {
      const Index rows = std::min(window, data.size() - first);
      state.examples = state.source.window(first, rows, executor, memory.examples);
      const auto progress = [&](Index row) {
        return static_cast<double>(epochs_) + static_cast<double>(first + row) / static_cast<double>(data.size());
      };
      examples += detail::count_examples<Loss>(state.examples, options_.negatives);
      loss += per_example<Model>() ? run_examples(model, state, progress(0), executor)
                                   : run_batches(model, state, rows, progress, executor);
    }
    memory.shuffle = std::move(state.source).release();
    return {loss, examples};
  }

  template <class Model>
  static void flush_tiny(Model& model) {
    detail::for_each_parameter(model, [](auto& parameter, auto) { detail::flush_tiny(parameter.numbers()); });
  }

  /// Whole batches, whole chunks of the example source, and about 65,536 examples (batches); per example a million, or 64 for each of the
  /// model's rows if that is more, so that a cell of the grid meets each of its rows several times.
  template <class Model>
  Index window_rows(const Model& model, Index examples_per_row) const {
    const Index unit = std::lcm(static_cast<Index>(options_.batch), Index{4096});
    const Index grid = std::max(Index{1} << 20, 64 * static_cast<Index>(model.users() + model.items()));
    const Index wanted = (options_.batch == 1 ? grid : Index{1} << 16) / examples_per_row;
    return std::max<Index>(1, wanted / unit) * unit;
  }

  template <class Model, class State, class Progress>
  double run_batches(Model& model, State& state, Index rows, const Progress& progress, const Executor auto& executor) {
    const Index width = state.source.examples_per_row();
    double loss = 0;
    for (Index row = 0; row < rows; row += options_.batch) {
      const Index first = row * width, count = std::min<Index>(options_.batch, rows - row) * width;
      const auto batch = state.examples.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      loss += batch_step(model, state, batch, progress(row), executor);
    }
    return loss;
  }

  template <class Model, class State, class Rep>
  double batch_step(Model& model, State& state, std::span<const Example<Rep>> batch, double time,
                    const Executor auto& executor) {
    const detail::BatchObjective<Model, Rep, Loss> objective{
        loss_, options_.negatives, state.negatives ? &*state.negatives : nullptr, state.l2, 1, options_.seed};
    return state.memory.batch.move(model, batch, objective, options_.clip_norm, optimizer_, options_.schedule(time), executor);
  }

  template <class Model, class State>
  double run_examples(Model& model, State& state, double time, const Executor auto& executor) {
    if constexpr (GridTrainable<Model> && !detail::Ranks<Loss>) {
      auto& grid = state.memory.grid;
      grid.arrange(
          std::ssize(state.examples), [&](Index k) { return state.examples[static_cast<std::size_t>(k)]; }, model.users(),
          model.items(), executor);
      return grid.run(model, loss_, state.l2, optimizer_, options_.schedule(time), std::nullopt, executor);
    } else {
      return 0;
    }
  }

  Loss loss_;
  Optimizer<Rule> optimizer_;
  GradientOptions options_;
  int epochs_ = 0;
  detail::Scratch scratch_;
};

}  // namespace kindred

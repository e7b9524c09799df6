// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training by gradients: any pointwise or ranking loss, any update rule, minibatches of any size or one example at a time.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/clip.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/example_grid.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/ranking.hpp>
#include <kindred/train/trainer.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>

namespace kindred {

/// A pass over the data by steps down the gradient of the mean loss. Models `Trainer`.
///
/// - batch > 1: for each batch, gradients of all examples at the same weights, repeated rows summed, one step of the rule on each
///   touched row. Chunks of examples run in parallel and are added in order.
/// - batch = 1: for each example its rows are moved at once, all read before any is written. Examples of a window are sorted
///   into a fixed grid of (user block, item block) cells; cells that share no row run in parallel (as in Gemulla et al., KDD 2011).
///   Needs table encoders on both sides, a pointwise loss, and negatives that can be drawn ahead; others are trained by batches of one.
/// - A ranking loss, and negatives from the batch or the hardest of several, make groups of a positive and its negatives
///   (train/ranking.hpp); an epoch counts the rows then.
/// After each epoch, weights below 1e-15 in size become 0: under a strong L2 they would decay into denormal numbers, which are slow.
/// Either way the same bits for any executor. The trainer keeps the optimizer's state and its own epoch count, so calling
/// `epoch` again goes on. Allocates nothing in a step after the first steps of an epoch.
/// Memory: 18 bytes a row of data (with 32-bit ids), the rule's slots, and the workspaces (a batch's activations, or 16 bytes for each of
/// up to a million examples, 32 with negatives). All but the slots is kept for the next epoch, and not copied with the trainer.
/// Throws: std::invalid_argument from the constructor for options out of range or negatives that do not fit the loss, from `epoch` for empty
/// data, data with more users or items than the model, or a label that the loss does not accept.
template <class Loss, class Rule>
class GradientTrainer {
 public:
  explicit GradientTrainer(Loss loss, Rule rule, GradientOptions options = {})
      : loss_(std::move(loss)), optimizer_(std::move(rule)), options_(std::move(options)) {
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
    State<Model, Data> state{ExampleSource<Data>(data, grouped() ? NegativeSampling{} : options_.negatives, options_.seed,
                                                 static_cast<std::uint32_t>(epochs_), executor, std::move(memory.shuffle)),
                             L2Rows<Model>(model, data, options_.l2, options_.negatives.per_positive > 0), memory};
    if (grouped()) state.negatives.emplace(data, options_.negatives);
    if (!memory.gradients.empty() && !fits(model, memory.gradients.front())) memory.gradients.clear();  // the model has grown
    optimizer_.prepare(model);
    model.prepare(data, detail::prior_of(loss_, options_.negatives, data));

    double loss = 0;
    std::int64_t examples = 0;
    const Index window = window_rows(state.source.examples_per_row());
    for (Index first = 0; first < data.size(); first += window) {
      const Index rows = std::min(window, data.size() - first);
      state.examples = state.source.window(first, rows, executor, memory.examples);
      const auto progress = [&](Index row) {
        return static_cast<double>(epochs_) + static_cast<double>(first + row) / static_cast<double>(data.size());
      };
      examples += examples_of(state.examples);
      loss += per_example<Model>() ? run_examples(model, state, progress(0), executor)
                                   : run_batches(model, state, rows, progress, executor);
    }
    memory.shuffle = std::move(state.source).release();
    flush_tiny(model);
    ++epochs_;
    return detail::report_of(epochs_, loss, examples, start);
  }

  const Optimizer<Rule>& optimizer() const { return optimizer_; }
  const GradientOptions& options() const { return options_; }
  int epochs() const { return epochs_; }

 private:
  /// What is kept from epoch to epoch, so that its pages are not asked for again.
  template <class Model, class Rep>
  struct Memory {
    ShuffleMemory<Rep> shuffle = {};
    std::vector<Example<Rep>> examples = {};
    ExampleGrid<Rep> grid = {};
    std::vector<std::array<PointwiseWorkspace<Model>, 2>> work = {};  ///< for the examples that ask for L2, and for the others
    std::vector<RankingWorkspace<Model, Rep>> groups = {};
    std::vector<Gradients<Model>> gradients = {};
    std::vector<double> losses = {};
  };

  template <class Model, class Data>
  struct State {
    ExampleSource<Data> source;
    L2Rows<Model> l2;
    Memory<Model, typename Data::rep_type>& memory;
    std::span<const Example<typename Data::rep_type>> examples = {};
    std::optional<NegativeSource<typename Data::rep_type>> negatives = {};  ///< of groups
  };

  /// Examples in a chunk; the rows of groups are more work each.
  Index chunk() const { return grouped() ? 32 : 256; }

  bool grouped() const { return detail::Ranks<Loss> || !options_.negatives.ahead(); }

  template <class Model>
  bool per_example() const {
    return options_.batch == 1 && GridTrainable<Model> && !grouped();
  }

  /// How many examples rows of data make, or those of a window that was drawn ahead.
  template <class Rep>
  std::int64_t examples_of(std::span<const Example<Rep>> examples) const {
    const auto used = std::count_if(examples.begin(), examples.end(), [](const auto& e) { return e.weight != 0; });
    return used * (grouped() && !detail::Ranks<Loss> ? 1 + options_.negatives.per_positive : 1);
  }

  template <class Model>
  static void flush_tiny(Model& model) {
    using Scalar = typename Model::Scalar;
    detail::for_each_parameter(model, [](auto& parameter, auto) {
      for (Index r = 0; r < parameter.rows(); ++r) {
        auto row = parameter.padded_row(r);
        row = (row.abs() < Scalar(1e-15)).select(Scalar{0}, row);
      }
    });
  }

  template <class Model>
  static bool fits(Model& model, const Gradients<Model>& gradients) {
    bool same = true;
    detail::for_each_parameter(
        model, [&](auto& parameter, auto k) { same = same && std::get<k>(gradients).rows() == parameter.rows(); });
    return same;
  }

  /// Whole batches, whole chunks of the example source, and about a million examples (per example: the more, the better the grid) or
  /// 65,536 (batches).
  Index window_rows(Index examples_per_row) const {
    const Index unit = std::lcm(static_cast<Index>(options_.batch), Index{4096});
    const Index wanted = (options_.batch == 1 ? Index{1} << 20 : Index{1} << 16) / examples_per_row;
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
    const auto size = static_cast<Index>(batch.size());
    const auto chunks = static_cast<std::size_t>((size + chunk() - 1) / chunk());
    while (state.memory.gradients.size() < chunks) state.memory.gradients.push_back(gradients_like(model));
    if (grouped() && state.memory.groups.size() < chunks) state.memory.groups.resize(chunks);
    if (!grouped() && state.memory.work.size() < chunks) state.memory.work.resize(chunks);
    state.memory.losses.assign(chunks, 0);
    const auto used = examples_of(batch);
    if (used == 0) return 0;
    const double scale = 1 / static_cast<double>(used);
    for_each_range(executor, size, chunk(), [&](Index begin, Index end) {
      const auto k = static_cast<std::size_t>(begin / chunk());
      std::apply([](auto&... gradient) { (gradient.clear(), ...); }, state.memory.gradients[k]);
      Random random(options_.seed, Stream::dropout, static_cast<std::uint32_t>(optimizer_.steps()),
                    static_cast<std::uint32_t>(k));
      const auto rows = batch.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      if (grouped()) {
        state.memory.groups[k].tape_random(random);
        state.memory.losses[k] = group_gradient(model, state, rows, batch, scale, k);
      } else if constexpr (!detail::Ranks<Loss>) {
        for (auto& work : state.memory.work[k]) work.tape_random(random);
        state.memory.losses[k] = chunk_gradient(model, state, rows, scale, k);
      }
    });
    auto& total = state.memory.gradients.front();
    for (std::size_t k = 1; k < chunks; ++k) append(total, state.memory.gradients[k]);
    std::apply([](auto&... gradient) { (gradient.compact(), ...); }, total);
    state.l2.add_gradient(model, scale, total);
    if (options_.clip_norm > 0) clip_by_norm(total, options_.clip_norm);
    optimizer_.step(model, total, executor, options_.schedule(time));
    return std::accumulate(state.memory.losses.begin(), state.memory.losses.end(), 0.0);
  }

  /// The gradient of a chunk: first the examples that ask for L2, counted, then the others.
  template <class Model, class State, class Rep>
  double chunk_gradient(const Model& model, State& state, std::span<const Example<Rep>> examples, double scale,
                        std::size_t k) const {
    const auto count = counter(state.memory.gradients[k]);
    count(true);
    const auto asks = [&](const Example<Rep>& example) { return state.l2.asks(example); };
    double loss = add_gradient(model, examples, loss_, scale, state.memory.work[k][0], state.memory.gradients[k], asks);
    if (!state.l2.all_ask()) {
      count(false);
      loss +=
          add_gradient(model, examples, loss_, scale, state.memory.work[k][1], state.memory.gradients[k], std::not_fn(asks));
    }
    return loss;
  }

  /// The same for rows that each make a group.
  template <class Model, class State, class Rep>
  double group_gradient(const Model& model, State& state, std::span<const Example<Rep>> rows,
                        std::span<const Example<Rep>> batch, double scale, std::size_t k) const {
    auto& gradients = state.memory.gradients[k];
    const auto count = [&](bool asks) { counter(gradients)(asks || state.l2.all_ask()); };
    Random random(options_.seed, Stream::negatives, static_cast<std::uint32_t>(optimizer_.steps()),
                  static_cast<std::uint32_t>(k));
    const auto learn = [&](const auto& loss) {
      return state.memory.groups[k].add_gradient(model, rows, batch, *state.negatives, options_.negatives, loss, scale, random,
                                                 gradients, count);
    };
    if constexpr (detail::Ranks<Loss>) {
      return learn(loss_);
    } else {
      return learn(detail::PointwiseGroup<Loss>{loss_, options_.negatives.weight});
    }
  }

  /// Sets whether additions to gradients count as repeats from now on.
  template <class... G>
  static auto counter(std::tuple<G...>& gradients) {
    return [&gradients](bool counting) {
      std::apply([&](auto&... gradient) { (count_repeats(gradient, counting), ...); }, gradients);
    };
  }

  template <class G>
  static void count_repeats(G& gradient, bool counting) {
    if constexpr (!G::dense) gradient.count_repeats(counting);
  }

  template <class... G>
  static void append(std::tuple<G...>& to, const std::tuple<G...>& from) {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      (std::get<k>(to).append(std::get<k>(from)), ...);
    }(std::index_sequence_for<G...>{});
  }

  template <class Model, class State>
  double run_examples(Model& model, State& state, double time, const Executor auto& executor) {
    if constexpr (GridTrainable<Model> && !detail::Ranks<Loss>) {
      return state.memory.grid.run(model, state.examples, loss_, state.l2, optimizer_, options_.schedule(time), executor);
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

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Per-example training in parallel with the same bits for any number of threads: examples are sorted into a fixed grid of
/// (user block, item block) cells, and cells on one diagonal share no row.

#include <kindred/detail/distribute.hpp>
#include <kindred/detail/scratch.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pair_rows.hpp>
#include <kindred/train/pair_steps.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/table_model.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// Runs examples through a model one at a time.
///
/// Blocks are runs of 16 neighbouring ids, dealt out in turn (so that no two threads write one cache line of the biases), to
/// `side` x `side` cells. A round runs the cells (b, b + r mod side) for all b at once. Within a cell come first the examples of its first 256
/// rows of the larger table, then those of the next: a run's rows stay in the cache, and few neighbours share one.
/// Source: Gemulla, Nijkamp, Haas & Sismanis, KDD 2011 (stratified SGD), with fixed strata.
template <class Rep>
class ExampleGrid {
 public:
  static constexpr Index side = 16;

  /// Takes example(0) ... example(n - 1), leaves out those of weight 0 and sorts the others by cell and run, stably.
  /// Memory: 17 bytes an example with 32-bit ids, 2 a row of the larger table.
  template <class ExampleOf>
  void arrange(Index n, const ExampleOf& example, Index users, Index items, const Executor auto& executor) {
    if (sorted_.size() < static_cast<std::size_t>(n)) sorted_.resize(static_cast<std::size_t>(n));
    detail::distribute(
        n, side * side,
        [&](Index k) {
          const Example<Rep> next = example(k);
          return next.weight != 0 ? cell_of(next) : std::size_t{side * side};
        },
        [&](Index k, std::size_t place) { sorted_[place] = example(k); }, executor, begin_, counts_);
    sort_by_run(users, items, executor);
  }

  /// How many examples were arranged.
  Index size() const { return static_cast<Index>(begin_.back()); }

  /// Moves the model by each example; returns the sum of weight * loss, each taken before its own move.
  /// The objective of an example is weight * loss + the L2 terms of its rows; see `L2`.
  /// @param order  a random number: the rounds, and the examples of each run, are taken in an order drawn from it. None: as they were arranged
  template <class M, class Loss, class Rule>
  double run(M& model, const Loss& loss, const L2Rows<M>& l2, Optimizer<Rule>& optimizer, double rate,
             std::optional<std::uint64_t> order, const Executor auto& executor) {
    const std::int64_t steps = optimizer.steps();
    double sum = 0;
    if constexpr (detail::PairTrainable<M, Rule>) {
      auto& rows = scratch_.get<detail::PairRows<typename M::Scalar>>();
      rows.load(model, l2, optimizer, executor);
      sum = run_cells(order, executor, [&](auto examples, std::int64_t) {
        return detail::PairSteps<M, Rep, Loss, Rule>(model, loss, l2, optimizer, rate, rows).run(examples);
      });
      rows.store(model, optimizer, executor);
    } else {
      sum = run_cells(order, executor, [&](auto examples, std::int64_t before) {
        return take_by_gradients(model, examples, loss, l2, optimizer, steps + before, rate);
      });
    }
    optimizer.advance(static_cast<std::int64_t>(begin_.back()));
    return sum;
  }

 private:
  /// The sum of take(examples of a run, how many come before them in the grid) over the runs of all cells.
  template <class Take>
  double run_cells(std::optional<std::uint64_t> order, const Executor auto& executor, const Take& take) {
    std::array<double, side * side> losses{};
    for (const Index round : rounds(order)) {
      executor.for_each(side, [&](Index block) {
        const auto cell = static_cast<std::size_t>(block * side + (block + round) % side);
        for (std::size_t run = cell * runs_; run < (cell + 1) * runs_; ++run) {
          const auto examples = examples_of(run, order, rooms_[static_cast<std::size_t>(block)]);
          losses[cell] += take(examples, static_cast<std::int64_t>(run_begin_[run]));
        }
      });
    }
    double sum = 0;
    for (const double part : losses) sum += part;
    return sum;
  }

  static constexpr Rep ids_of_run = 256 * side;  ///< that many ids have 256 rows in a cell

  static std::size_t cell_of(const Example<Rep>& example) {
    return static_cast<std::size_t>((example.user / 16) % side * side + (example.item / 16) % side);
  }

  /// Sorts the examples of each cell by run, stably.
  void sort_by_run(Index users, Index items, const Executor auto& executor) {
    const bool by_user = users >= items;
    runs_ = static_cast<std::size_t>((std::max(users, items) - 1) / static_cast<Index>(ids_of_run)) + 1;
    run_begin_.resize(side * side * runs_ + 1);
    run_begin_.back() = begin_.back();
    executor.for_each(side, [&](Index block) {
      auto& room = rooms_[static_cast<std::size_t>(block)];
      const auto first = static_cast<std::size_t>(block * side), last = first + side;
      std::size_t largest = room.size();
      for (std::size_t cell = first; cell < last; ++cell) largest = std::max(largest, begin_[cell + 1] - begin_[cell]);
      room.resize(largest);
      for (std::size_t cell = first; cell < last; ++cell) sort_cell(cell, by_user, room);
    });
  }

  void sort_cell(std::size_t cell, bool by_user, std::vector<Example<Rep>>& room) {
    const auto run_of = [by_user](const Example<Rep>& of) { return (by_user ? of.user : of.item) / ids_of_run; };
    const auto some = std::span(sorted_).subspan(begin_[cell], begin_[cell + 1] - begin_[cell]);
    const auto begins = std::span(run_begin_).subspan(cell * runs_, runs_);
    std::fill(begins.begin(), begins.end(), std::size_t{0});
    for (const auto& example : some) ++begins[run_of(example)];
    std::exclusive_scan(begins.begin(), begins.end(), begins.begin(), std::size_t{0});
    std::copy(some.begin(), some.end(), room.begin());
    for (std::size_t k = 0; k < some.size(); ++k) some[begins[run_of(room[k])]++] = room[k];
    for (std::size_t run = runs_; run-- > 0;) begins[run] = begin_[cell] + (run > 0 ? begins[run - 1] : 0);
  }

  static std::array<Index, side> rounds(std::optional<std::uint64_t> order) {
    std::array<Index, side> rounds;
    std::iota(rounds.begin(), rounds.end(), Index{0});
    for (std::uint32_t k = side; order && k > 1; --k) std::swap(rounds[k - 1], rounds[detail::quick_below(*order, k, k)]);
    return rounds;
  }

  /// The examples of a run: where they are, or in `room` in a random order (Durstenfeld's shuffle, inside out).
  std::span<const Example<Rep>> examples_of(std::size_t run, std::optional<std::uint64_t> order,
                                            std::vector<Example<Rep>>& room) const {
    const auto some = std::span(sorted_).subspan(run_begin_[run], run_begin_[run + 1] - run_begin_[run]);
    if (!order) return some;
    const std::uint64_t stream = detail::mixed(*order + run);
    for (std::size_t k = 0; k < some.size(); ++k) {
      const std::uint32_t other = detail::quick_below(stream, k, static_cast<std::uint32_t>(k + 1));
      room[k] = room[other];
      room[other] = some[k];
    }
    return std::span(room).first(some.size());
  }

  /// `step` counts the steps before the first of these examples.
  template <class M, class Loss, class Rule>
  static double take_by_gradients(M& model, std::span<const Example<Rep>> examples, const Loss& loss, const L2Rows<M>& l2,
                                  Optimizer<Rule>& optimizer, std::int64_t step, double rate) {
    using Scalar = typename M::Scalar;
    using Users = std::remove_cvref_t<decltype(model.user_encoder())>;
    auto& users = model.user_encoder();
    auto& items = model.item_encoder();
    using Row = Eigen::Array<Scalar, 1, detail::padded_cols<Scalar, M::fixed_dim>, Eigen::RowMajor>;
    using BiasRow = Eigen::Array<Scalar, 1, 1>;
    Row user_gradient(1, users.stride()), item_gradient(1, items.stride());
    constexpr std::integral_constant<std::size_t, 0> user_position;
    constexpr std::integral_constant<std::size_t, 1> item_position;
    constexpr std::integral_constant<std::size_t, 2> user_bias_position;
    constexpr std::integral_constant<std::size_t, 3> item_bias_position;
    constexpr std::size_t ahead = 4;  // examples
    const bool biases = model.has_biases();
    const Scalar scale = model.scale();

    double sum = 0;
    for (std::size_t k = 0; k < examples.size(); ++k) {
      const Example<Rep>& example = examples[k];
      if (k + ahead < examples.size()) {
        detail::prefetch(users.stored_row(static_cast<Index>(examples[k + ahead].user)).data(), users.stride());
        detail::prefetch(items.stored_row(static_cast<Index>(examples[k + ahead].item)).data(), items.stride());
      }
      const auto u = static_cast<Index>(example.user), i = static_cast<Index>(example.item);
      const std::int64_t t = step + static_cast<std::int64_t>(k) + 1;
      const auto weight = static_cast<Scalar>(example.weight), label = static_cast<Scalar>(example.label);
      const auto user = std::as_const(users).padded_row(u), item = std::as_const(items).padded_row(i);
      Scalar& user_bias = model.user_biases().data()[u];
      Scalar& item_bias = model.item_biases().data()[i];

      const Scalar score = model.scorer().score(user, item);
      const Scalar prediction = biases ? model.global_mean() + scale * (user_bias + item_bias + score) : scale * score;
      sum += static_cast<double>(weight * loss.value(prediction, label));
      const Scalar slope = scale * weight * loss.slope(prediction, label);
      model.scorer().backward(user, item, slope, user_gradient, item_gradient);
      const Scalar asks = l2.asks(example) ? Scalar{2} : Scalar{0};
      if (asks != 0) {
        user_gradient += asks * l2.of(user_position)[u] * user;
        item_gradient += asks * l2.of(item_position)[i] * item;
      }
      const auto of_rows = optimizer.template constants<Users>(t, users.cols(), rate);
      optimizer.updater(users, user_position, t, of_rows)(u, user_gradient);
      optimizer.updater(items, item_position, t, of_rows)(i, item_gradient);
      if (biases) {
        const BiasRow user_slope(slope + asks * l2.of(user_bias_position)[u] * user_bias),
            item_slope(slope + asks * l2.of(item_bias_position)[i] * item_bias);
        const auto of_biases = optimizer.template constants<detail::BiasesOf<M>>(t, 1, rate);
        optimizer.updater(model.user_biases(), user_bias_position, t, of_biases)(u, user_slope);
        optimizer.updater(model.item_biases(), item_bias_position, t, of_biases)(i, item_slope);
      }
    }
    return sum;
  }

  std::vector<std::size_t> begin_ = std::vector<std::size_t>(side * side + 1), counts_;  ///< where each cell begins
  std::vector<std::size_t> run_begin_;  ///< and each of the `runs_` runs of each cell
  std::size_t runs_ = 0;
  std::vector<Example<Rep>> sorted_;
  detail::Scratch scratch_;  ///< for what steps need of rows
  std::array<std::vector<Example<Rep>>, side>
      rooms_;  ///< for the cells of a round, each as large as the largest of its users' cells
};

}  // namespace kindred

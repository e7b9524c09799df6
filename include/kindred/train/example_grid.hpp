// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Per-example training in parallel with the same bits for any number of threads: examples are sorted into a fixed grid of
/// (user block, item block) cells, and cells on one diagonal share no row.

#include <kindred/core/random.hpp>
#include <kindred/detail/distribute.hpp>
#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pair_rows.hpp>
#include <kindred/train/pair_steps.hpp>
#include <kindred/train/row_steps.hpp>

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
/// rows of the larger table, then those of the next: a run's rows stay in the cache, and few neighbours share one. A run is shuffled once, and
/// begun at another place each time. Shuffled anew for each epoch, no rating error of a validation part was lower (MovieLens 100K, latest).
/// Source: Gemulla, Nijkamp, Haas & Sismanis, KDD 2011 (stratified SGD), with fixed strata.
template <class Rep>
class ExampleGrid {
 public:
  static constexpr Index side = 16;

  /// Takes example(0) ... example(n - 1), leaves out those of weight 0 and sorts the others by cell and run.
  /// @param order  a random number, by which the examples of each run are shuffled (Durstenfeld 1964). None: they stay in order
  /// Memory: 17 bytes an example with 32-bit ids, 2 a row of the larger table.
  template <class ExampleOf>
  void arrange(Index n, const ExampleOf& example, Index users, Index items, std::optional<std::uint64_t> order,
               const Executor auto& executor) {
    if (sorted_.size() < static_cast<std::size_t>(n)) sorted_.resize(static_cast<std::size_t>(n));
    detail::distribute(
        n, side * side,
        [&](Index k) {
          const Example<Rep> next = example(k);
          return next.weight != 0 ? cell_of(next) : std::size_t{side * side};
        },
        [&](Index k, std::size_t place) { sorted_[place] = example(k); }, executor, begin_, counts_);
    sort_by_run(users, items, order, executor);
  }

  /// How many examples were arranged.
  Index size() const { return static_cast<Index>(begin_.back()); }

  /// Moves the model by each example; returns the sum of weight * loss, each taken before its own move.
  /// The objective of an example is weight * loss + the L2 terms of its rows; see `L2`.
  /// @param order  a random number, from which the order of the rounds is drawn and where in each run to begin. None: as they were arranged
  template <class M, class Loss, class Rule>
  double run(M& model, const Loss& loss, const L2Rows<M>& l2, Optimizer<Rule>& optimizer, double rate,
             std::optional<std::uint64_t> order, const Executor auto& executor) {
    double sum = 0;
    if constexpr (detail::PairTrainable<M, Rule>) {
      auto& rows = scratch_.get<detail::PairRows<typename M::Scalar>>();
      rows.load(model, l2, optimizer, executor);
      sum = run_cells(order, executor, [&](std::int64_t) {
        return detail::PairSteps<M, Rep, Loss, Rule>(model, loss, l2, optimizer, rate, rows);
      });
      rows.store(model, optimizer, executor);
    } else {
      sum = run_cells(order, executor, [&, steps = optimizer.steps()](std::int64_t before) {
        return detail::RowSteps<M, Rep, Loss, Rule>(model, loss, l2, optimizer, rate, steps + before);
      });
    }
    optimizer.advance(static_cast<std::int64_t>(begin_.back()));
    return sum;
  }

 private:
  /// The sum of the losses of all examples, to which steps(how many come before a run) are applied run by run.
  template <class StepsOf>
  double run_cells(std::optional<std::uint64_t> order, const Executor auto& executor, const StepsOf& steps_of) {
    std::array<double, side * side> losses{};
    for (const Index round : rounds(order)) {
      executor.for_each(side, [&](Index block) {
        const auto cell = static_cast<std::size_t>(block * side + (block + round) % side);
        for (std::size_t run = cell * runs_; run < (cell + 1) * runs_; ++run) {
          const std::size_t first = run_begin_[run], size = run_begin_[run + 1] - first;
          const auto examples = std::span<const Example<Rep>>(sorted_).subspan(first, size);
          const std::size_t begin = order && size > 0 ? detail::quick_below(*order, run, static_cast<std::uint32_t>(size)) : 0;
          losses[cell] += steps_of(static_cast<std::int64_t>(first)).run({examples.subspan(begin), examples.first(begin)});
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

  /// Sorts the examples of each cell by run, and shuffles each run.
  void sort_by_run(Index users, Index items, std::optional<std::uint64_t> order, const Executor auto& executor) {
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
      for (std::size_t cell = first; cell < last; ++cell) {
        sort_cell(cell, by_user, room);
        const std::size_t last_run = (cell + 1) * runs_ - 1;  // behind it, another thread may be at work
        for (std::size_t run = cell * runs_; order && run <= last_run; ++run) {
          const std::size_t begin = run_begin_[run], end = run < last_run ? run_begin_[run + 1] : begin_[cell + 1];
          shuffle(std::span(sorted_).subspan(begin, end - begin), detail::mixed(*order + run));
        }
      }
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
    if (order) shuffle(std::span<Index>(rounds), *order);
    return rounds;
  }

  /// Durstenfeld's shuffle.
  template <class T>
  static void shuffle(std::span<T> of, std::uint64_t stream) {
    for (std::size_t k = of.size(); k > 1; --k)
      std::swap(of[k - 1], of[detail::quick_below(stream, k, static_cast<std::uint32_t>(k))]);
  }

  std::vector<std::size_t> begin_ = std::vector<std::size_t>(side * side + 1), counts_;  ///< where each cell begins
  std::vector<std::size_t> run_begin_;  ///< and each of the `runs_` runs of each cell
  std::size_t runs_ = 0;
  std::vector<Example<Rep>> sorted_;
  detail::Scratch scratch_;                            ///< for what steps need of rows
  std::array<std::vector<Example<Rep>>, side> rooms_;  ///< to sort a cell in, for each block of users
};

}  // namespace kindred

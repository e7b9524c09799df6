// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Per-example training in parallel with the same bits for any number of threads: examples are sorted into a fixed grid of
/// (user block, item block) cells, and cells on one diagonal share no row.

#include <kindred/detail/distribute.hpp>
#include <kindred/encoder/encoder.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pointwise.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <vector>

namespace kindred {

/// A two-tower model over embedding tables: an example touches one user's row and one item's, and can be trained on its own.
template <class M>
concept GridTrainable = Parameterized<M> && LookupEncoder<std::remove_cvref_t<decltype(std::declval<M&>().user_encoder())>> &&
                        LookupEncoder<std::remove_cvref_t<decltype(std::declval<M&>().item_encoder())>> && requires(M& model) {
                          model.user_biases();
                          model.item_biases();
                          model.scorer();
                          { model.has_biases() } -> std::convertible_to<bool>;
                        };

/// Runs examples through a model one at a time.
///
/// Blocks are runs of 16 neighbouring ids, dealt out in turn (so that no two threads write one cache line of the biases), to
/// `side` x `side` cells. Round r runs the cells (b, b + r mod side) for all b at once. Within a cell come first the examples of its first 64
/// rows of the larger table, then those of the next, so that these rows stay in the nearest cache; otherwise the order is kept.
/// Source: Gemulla, Nijkamp, Haas & Sismanis, KDD 2011 (stratified SGD), with fixed strata.
template <class Rep>
class ExampleGrid {
 public:
  static constexpr Index side = 16;

  /// Moves the model by each example of nonzero weight; returns the sum of weight * loss, each taken before its own move.
  /// The objective of an example is weight * loss + the L2 terms of its rows; see `L2`.
  template <class M, class Loss, class Rule>
  double run(M& model, std::span<const Example<Rep>> examples, const Loss& loss, const L2Rows<M>& l2,
             Optimizer<Rule>& optimizer, double rate, const Executor auto& executor) {
    sort(examples, executor);
    std::array<double, side * side> losses{};
    const std::int64_t steps = optimizer.steps();
    for (Index round = 0; round < side; ++round) {
      executor.for_each(side, [&](Index block) {
        const auto cell = static_cast<std::size_t>(block * side + (block + round) % side);
        arrange(cell, static_cast<std::size_t>(block), model.users(), model.items());
        losses[cell] = run_cell(model, cell, loss, l2, optimizer, steps, rate);
      });
    }
    optimizer.advance(static_cast<std::int64_t>(begin_.back()));
    double sum = 0;
    for (const double part : losses) sum += part;
    return sum;
  }

 private:
  static std::size_t cell_of(const Example<Rep>& example) {
    return static_cast<std::size_t>((example.user / 16) % side * side + (example.item / 16) % side);
  }

  void sort(std::span<const Example<Rep>> examples, const Executor auto& executor) {
    if (sorted_.size() < examples.size()) sorted_.resize(examples.size());
    detail::distribute(
        static_cast<Index>(examples.size()), side * side,
        [&](Index k) {
          const Example<Rep>& example = examples[static_cast<std::size_t>(k)];
          return example.weight != 0 ? cell_of(example) : std::size_t{side * side};
        },
        [&](Index k, std::size_t place) { sorted_[place] = examples[static_cast<std::size_t>(k)]; }, executor, begin_, counts_);
  }

  /// Sorts the examples of a cell by runs of 64 of its rows, stably.
  void arrange(std::size_t cell, std::size_t block, Index users, Index items) {
    constexpr Rep span = 64 * side;  // that many ids have 64 rows in a cell
    const bool by_user = users >= items;
    const auto run_of = [by_user](const Example<Rep>& example) {
      return static_cast<std::size_t>((by_user ? example.user : example.item) / span);
    };
    const auto runs = static_cast<std::size_t>(std::max(users, items) / static_cast<Index>(span)) + 1;
    const auto some = std::span(sorted_).subspan(begin_[cell], begin_[cell + 1] - begin_[cell]);
    if (runs == 1 || some.empty()) return;
    Room& room = rooms_[block];
    room.begins.assign(runs + 1, 0);
    for (const auto& example : some) ++room.begins[run_of(example) + 1];
    std::partial_sum(room.begins.begin(), room.begins.end(), room.begins.begin());
    if (room.examples.size() < some.size()) room.examples.resize(some.size());
    for (const auto& example : some) room.examples[room.begins[run_of(example)]++] = example;
    std::copy_n(room.examples.begin(), some.size(), some.begin());
  }

  template <class M, class Loss, class Rule>
  double run_cell(M& model, std::size_t cell, const Loss& loss, const L2Rows<M>& l2, Optimizer<Rule>& optimizer,
                  std::int64_t steps, double rate) {
    using Scalar = typename M::Scalar;
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
    for (std::size_t k = begin_[cell]; k < begin_[cell + 1]; ++k) {
      const Example<Rep>& example = sorted_[k];
      if (k + ahead < begin_[cell + 1]) {
        detail::prefetch(users.stored_row(static_cast<Index>(sorted_[k + ahead].user)).data(), users.stride());
        detail::prefetch(items.stored_row(static_cast<Index>(sorted_[k + ahead].item)).data(), items.stride());
      }
      const auto u = static_cast<Index>(example.user), i = static_cast<Index>(example.item);
      const std::int64_t t = steps + static_cast<std::int64_t>(k) + 1;
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
      optimizer.updater(users, user_position, t, rate)(u, user_gradient);
      optimizer.updater(items, item_position, t, rate)(i, item_gradient);
      if (biases) {
        const BiasRow user_slope(slope + asks * l2.of(user_bias_position)[u] * user_bias),
            item_slope(slope + asks * l2.of(item_bias_position)[i] * item_bias);
        optimizer.updater(model.user_biases(), user_bias_position, t, rate)(u, user_slope);
        optimizer.updater(model.item_biases(), item_bias_position, t, rate)(i, item_slope);
      }
    }
    return sum;
  }

  /// For the block of users that one chunk of a round works on.
  struct Room {
    std::vector<std::size_t> begins = {};
    std::vector<Example<Rep>> examples = {};
  };

  std::vector<std::size_t> begin_, counts_;
  std::vector<Example<Rep>> sorted_;
  std::array<Room, side> rooms_;
};

}  // namespace kindred

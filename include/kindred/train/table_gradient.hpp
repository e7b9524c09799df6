// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of a batch for models of two tables and an inner product, row by row of the tables, and the step down it: a step sums the
/// gradient of a row and moves the row at once.

#include <kindred/core/executor.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/parameter/row_order.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/row_sums.hpp>
#include <kindred/train/table_model.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace kindred::detail {

/// Of other models: nothing.
template <class M>
class TableGradient {};

/// Sums the gradients of pairs by row (row_sums.hpp), in the order in which the pairs were added, each row by one thread: the same bits for any
/// executor.
///
/// Cost: O(pairs Dim). Memory: 64 bytes a pair, for `compute` 112 more, 4 a row of the tables, and a copy of the users' rows of a batch; kept
/// from batch to batch.
template <TableModel M>
class TableGradient<M> {
 public:
  using Scalar = typename M::Scalar;

  /// Forgets the pairs, and makes room for so many.
  void clear(std::size_t most) { sums_.clear(most); }

  /// Adds pairs behind those that are there; `asks`: whether they take part in the penalty. They are not copied before `compute` or `move`.
  void add(const PairWorkspace<M>& pairs, bool asks) { sums_.add(pairs, asks); }

  /// Sets `total` to the gradient of the pairs and of L2, compact; `scale` is that of L2Rows::add_gradient.
  void compute(M& model, const L2Rows<M>& l2, double scale, Gradients<M>& total, const Executor auto& executor) {
    sums_.list(model, executor);
    detail::clear(total);
    begin(user_side, model.users(), std::get<0>(total), model.has_biases() ? &std::get<2>(total) : nullptr);
    begin(item_side, model.items(), std::get<1>(total), model.has_biases() ? &std::get<3>(total) : nullptr);
    const auto write = [&](auto k) {
      constexpr std::size_t side = k, bias_side = side + 2;
      return [&](Index number, Index asking, const auto& g, const auto& bias) {
        const Index entry = entries_[side].numbers[static_cast<std::size_t>(number)];
        std::get<side>(total).padded_row(entry) = g;
        std::get<side>(total).set_repeats(entry, asking);
        if (!model.has_biases()) return;
        *std::get<bias_side>(total).padded_row(entry).data() = bias;
        std::get<bias_side>(total).set_repeats(entry, asking);
      };
    };
    const Index of_users = sums_.parts_of(user_side);
    for_each_unless(sums_.is_small(model), executor, of_users + sums_.parts_of(item_side), [&](Index part) {
      if (part < of_users) {
        sums_.of_part(user_side, part, model, l2, scale, sums_.rows(item_side, model.item_encoder()), write(user_side));
      } else {
        sums_.of_part(item_side, part - of_users, model, l2, scale, sums_.rows(user_side, model.user_encoder()),
                      write(item_side));
      }
    });
  }

  /// One step of the optimizer down that gradient, clipped to a norm of `clip_norm` unless that is 0; `rate` is that of Optimizer::step.
  ///
  /// Every row is read before it moves: users move first, and the sums of the items read copies that were made of them. To clip, the rows are
  /// summed twice: first for the norm.
  template <class Rule>
  void move(M& model, const L2Rows<M>& l2, double scale, double clip_norm, Optimizer<Rule>& optimizer, double rate,
            const Executor auto& executor) {
    sums_.list(model, executor);
    optimizer.prepare(model);
    const Index of_users = sums_.parts_of(user_side), of_items = sums_.parts_of(item_side);
    squares_.reserve(2 * static_cast<std::size_t>(sums_.most_parts()));
    squares_.resize(static_cast<std::size_t>(of_users + of_items));
    std::fill(squares_.begin(), squares_.end(), 0.0);
    bool measuring = clip_norm > 0;
    Scalar clip = 1;
    auto parameters = model.parameters();
    const auto mover = [&](auto k) {
      const std::int64_t step = optimizer.steps() + 1;
      return [&measuring, &clip, biases = model.has_biases(), row = optimizer.updater(std::get<k>(parameters), k, step, rate),
              bias = optimizer.updater(std::get<k + 2>(parameters), k + 2, step, rate)](double* square, Index id, auto& g,
                                                                                        auto& bias_g) {
        if (measuring) [[unlikely]] {
          *square += square_of(g) + static_cast<double>(bias_g) * static_cast<double>(bias_g);
          return;
        }
        if (clip != 1) {
          g *= clip;
          bias_g *= clip;
        }
        row(id, g);
        if (biases) bias(id, Eigen::Array<Scalar, 1, 1>(bias_g));
      };
    };
    const auto move_user = mover(user_side);
    const auto move_item = mover(item_side);
    const auto& users = std::as_const(std::get<0>(parameters));
    make_rows(before_, std::min(users.rows(), sums_.most()), users.stride());
    const bool small = sums_.is_small(model);
    const auto pass = [&] {
      for_each_unless(small, executor, of_users, [&](Index part) {
        double* const square = squares_.data() + part;
        sums_.of_part(user_side, part, model, l2, scale, sums_.rows(item_side, model.item_encoder()),
                      [&](Index number, Index, auto& g, auto& bias) {
                        const Index user = sums_.id(user_side, number);
                        PaddedRowMap<Scalar, M::fixed_dim>(before_.data() + number * users.stride(), 1, users.stride()) =
                            users.padded_row(user);
                        move_user(square, user, g, bias);
                      });
      });
      for_each_unless(small, executor, of_items, [&](Index part) {
        double* const square = squares_.data() + of_users + part;
        sums_.of_part(item_side, part, model, l2, scale, RowsBefore{*this}, [&](Index number, Index, auto& g, auto& bias) {
          move_item(square, sums_.id(item_side, number), g, bias);
        });
      });
    };
    if (measuring) {
      pass();
      const double norm = std::sqrt(std::accumulate(squares_.begin(), squares_.end(), 0.0));
      if (norm > clip_norm) clip = static_cast<Scalar>(clip_norm / norm);  // not if it is no number
      measuring = false;
    }
    pass();
    optimizer.advance(1);
  }

 private:
  /// Where a gradient keeps the rows of a side.
  struct Entries {
    RowOrder order = {};
    std::vector<Index> numbers = {};  ///< of the entry, for each number of the lists
  };

  /// Makes an entry for each row of side k, with room for as many as there may be in another batch.
  void begin(std::size_t k, Index rows, auto& gradient, auto* bias_gradient) {
    Entries& side = entries_[k];
    const auto most = static_cast<std::size_t>(sums_.most());
    side.order.reserve(most);
    side.numbers.reserve(most);
    sort_by_row(sums_.lists(k).rows(), rows, side.order);
    side.numbers.resize(side.order.sorted.size());
    for (std::size_t entry = 0; entry < side.numbers.size(); ++entry)
      side.numbers[static_cast<std::size_t>(side.order.sorted[entry].place)] = static_cast<Index>(entry);
    gradient.reserve(static_cast<Index>(most));
    gradient.push(side.order.rows);
    if (bias_gradient == nullptr) return;
    bias_gradient->reserve(static_cast<Index>(most));
    bias_gradient->push(side.order.rows);
  }

  /// The users' rows before they moved, for the sums of the items: as RowSums::rows.
  struct RowsBefore {
    const TableGradient& all;

    auto operator()(std::uint32_t place) const {
      return ConstPaddedRowMap<Scalar, M::fixed_dim>(at(place), 1, all.before_.cols());
    }
    const Scalar* at(std::uint32_t place) const {
      return all.before_.data() + all.sums_.lists(user_side).number(place) * stride();
    }
    Index stride() const { return M::fixed_dim == Dynamic ? all.before_.cols() : Index{RowSums<M>::Row::SizeAtCompileTime}; }
  };

  /// The sum of the squares of a row. Only a copy of it may lie in memory: without clipping, it stays in registers.
  template <class G>
  static double square_of(const G& g) {
    if constexpr (M::fixed_dim == Dynamic) {
      return sum_of_squares(g.data(), g.size());
    } else {
      typename RowSums<M>::Row copy;
      copy = g;
      return sum_of_squares(copy.data(), copy.size());
    }
  }
  /// A plain loop: it runs only to clip, and is compiled with every model. Four sums, so that they need not wait for one another.
  [[gnu::noinline]] static double sum_of_squares(const Scalar* numbers, Index count) {
    const auto square = [numbers](Index k) { return static_cast<double>(numbers[k]) * static_cast<double>(numbers[k]); };
    const Index fours = count / 4 * 4;
    double sums[4] = {};
    for (Index k = 0; k < fours; k += 4) {
      for (Index j = 0; j < 4; ++j) sums[j] += square(k + j);
    }
    for (Index k = fours; k < count; ++k) sums[0] += square(k);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

  RowSums<M> sums_;
  std::array<Entries, 2> entries_;
  RowMatrix<Scalar> before_;     ///< the users' rows before they moved, by the numbers of their lists
  std::vector<double> squares_;  ///< of each part's gradient
};

}  // namespace kindred::detail

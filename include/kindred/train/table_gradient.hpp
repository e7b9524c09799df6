// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of a batch for models of two tables and an inner product, row by row of the tables: what a pair adds to a row is its slope
/// times the row of its other side, which is read where it lies. A step sums the gradient of a row and moves the row at once.

#include <kindred/core/executor.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/row_lists.hpp>
#include <kindred/train/table_model.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace kindred::detail {

/// Of other models: nothing.
template <class M>
class TableGradient {};

/// Sums the gradients of pairs by row, in the order in which the pairs were added, each row by one thread: the same bits for any executor.
///
/// Cost: O(pairs Dim). Memory: 64 bytes a pair, for `compute` 112 more, 4 a row of the tables, and a copy of the users' rows of a batch; kept
/// from batch to batch.
template <TableModel M>
class TableGradient<M> {
 public:
  using Scalar = typename M::Scalar;

  /// Forgets the pairs, and makes room for so many.
  void clear(std::size_t most) {
    parts_.clear();
    count_ = 0;
    for (Side& side : sides_) {
      side.ids.reserve(most);
      side.lists.reserve(most);
    }
    slopes_.reserve(most);
    asks_.reserve(most);
  }

  /// Adds pairs behind those that are there; `asks`: whether they take part in the penalty. They are not copied before `compute` or `move`.
  void add(const PairWorkspace<M>& pairs, bool asks) {
    parts_.push_back({&pairs, asks});
    count_ += pairs.size();
  }

  /// Sets `total` to the gradient of the pairs and of L2, compact; `scale` is that of L2Rows::add_gradient.
  void compute(M& model, const L2Rows<M>& l2, double scale, Gradients<M>& total, const Executor auto& executor) {
    list(model, executor);
    detail::clear(total);
    begin(sides_[0], model.users(), std::get<0>(total), model.has_biases() ? &std::get<2>(total) : nullptr);
    begin(sides_[1], model.items(), std::get<1>(total), model.has_biases() ? &std::get<3>(total) : nullptr);
    const auto write = [&](auto k, Index number, Index asking, const auto& g, const auto& bias) {
      const Index entry = sides_[k].entries[static_cast<std::size_t>(number)];
      std::get<k>(total).padded_row(entry) = g;
      std::get<k>(total).set_repeats(entry, asking);
      if (!model.has_biases()) return;
      *std::get<k + 2>(total).padded_row(entry).data() = bias;
      std::get<k + 2>(total).set_repeats(entry, asking);
    };
    sum_both(model, l2, scale, executor, write);
  }

  /// One step of the optimizer down that gradient, clipped to a norm of `clip_norm` unless that is 0; `rate` is that of Optimizer::step.
  ///
  /// Every row is read before it moves: users move first, and the sums of the items read copies that were made of them. To clip, the rows are
  /// summed twice: first for the norm.
  template <class Rule>
  void move(M& model, const L2Rows<M>& l2, double scale, double clip_norm, Optimizer<Rule>& optimizer, double rate,
            const Executor auto& executor) {
    list(model, executor);
    optimizer.prepare(model);
    squares_.reserve(2 * (slopes_.capacity() / static_cast<std::size_t>(grain) + 1));
    squares_.resize(static_cast<std::size_t>(parts_of(0) + parts_of(1)));
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
    make_rows(before_, std::min(users.rows(), static_cast<Index>(slopes_.capacity())), users.stride());
    const bool small = is_small(model);
    const auto pass = [&] {
      for_each_unless(small, executor, parts_of(0), [&](Index part) {
        double* const square = squares_.data() + part;
        sum_part(user_side, part, model, l2, scale, rows(1, model.item_encoder()),
                 [&](Index number, Index, auto& g, auto& bias) {
                   const Index user = sides_[0].lists.rows()[static_cast<std::size_t>(number)];
                   PaddedRowMap<Scalar, M::fixed_dim>(before_.data() + number * users.stride(), 1, users.stride()) =
                       users.padded_row(user);
                   move_user(square, user, g, bias);
                 });
      });
      for_each_unless(small, executor, parts_of(1), [&](Index part) {
        double* const square = squares_.data() + parts_of(0) + part;
        sum_part(item_side, part, model, l2, scale, RowsBefore{*this}, [&](Index number, Index, auto& g, auto& bias) {
          move_item(square, sides_[1].lists.rows()[static_cast<std::size_t>(number)], g, bias);
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
  static constexpr std::integral_constant<std::size_t, 0> user_side{};
  static constexpr std::integral_constant<std::size_t, 1> item_side{};
  static constexpr Index grain = 64;  // rows
  static constexpr Index ahead = 4;   // rows
  using Row = Eigen::Array<Scalar, 1, padded_cols<Scalar, M::fixed_dim>, Eigen::RowMajor>;

  struct Part {
    const PairWorkspace<M>* pairs;
    bool asks;
  };

  /// What the pairs are for one side: pair p touches row ids[p].
  struct Side {
    std::vector<Index> ids = {};
    RowLists lists = {};
    RowOrder order = {};
    std::vector<Index> entries = {};  ///< of the gradient, for each number of the lists
  };

  /// Copies the pairs and makes their lists.
  void list(M& model, const Executor auto& executor) {
    if constexpr (M::fixed_dim == Dynamic) {
      make_rows(rooms_, 2 * (static_cast<Index>(slopes_.capacity()) / grain + 1), model.user_encoder().stride());
    }
    for_each_unless(count_ < 1024, executor, 2, [&](Index number) {
      Side& side = sides_[static_cast<std::size_t>(number)];
      side.ids.clear();
      for (const Part& part : parts_) {
        const auto& ids = number == 0 ? part.pairs->users : part.pairs->items;
        side.ids.insert(side.ids.end(), ids.begin(), ids.end());
      }
      side.lists.build(side.ids, number == 0 ? model.users() : model.items());
      if (number == 1) return;
      slopes_.clear();
      asks_.clear();
      for (const Part& part : parts_) {
        const auto first = part.pairs->slopes.begin();
        slopes_.insert(slopes_.end(), first, first + static_cast<std::ptrdiff_t>(part.pairs->size()));
        asks_.resize(slopes_.size(), part.asks ? 1 : 0);
      }
    });
  }

  static void make_rows(RowMatrix<Scalar>& matrix, Index rows, Index stride) {
    if (matrix.rows() < rows || matrix.cols() != stride) matrix.resize(rows, stride);
  }

  /// Makes an entry for each row of a side, with room for as many as there may be in another batch.
  static void begin(Side& side, Index rows, auto& gradient, auto* bias_gradient) {
    const std::size_t most = side.ids.capacity();
    side.order.reserve(most);
    side.entries.reserve(most);
    sort_by_row(side.lists.rows(), rows, side.order);
    side.entries.resize(side.order.sorted.size());
    for (std::size_t k = 0; k < side.entries.size(); ++k)
      side.entries[static_cast<std::size_t>(side.order.sorted[k].place)] = static_cast<Index>(k);
    gradient.reserve(static_cast<Index>(most));
    gradient.push(side.order.rows);
    if (bias_gradient == nullptr) return;
    bias_gradient->reserve(static_cast<Index>(most));
    bias_gradient->push(side.order.rows);
  }

  Index rows_of(std::size_t side) const { return static_cast<Index>(sides_[side].lists.rows().size()); }
  Index parts_of(std::size_t side) const { return (rows_of(side) + grain - 1) / grain; }
  bool is_small(const M& model) const { return (rows_of(0) + rows_of(1)) * model.user_encoder().stride() < small_work; }

  /// The rows of a side, for the sums of the other: of the pair at `place`, and where it lies.
  template <class Table>
  struct Rows {
    const Side& side;
    const Table& table;

    decltype(auto) operator()(std::uint32_t place) const { return table.padded_row(side.ids[place]); }
    const auto* at(std::uint32_t place) const { return table.data() + side.ids[place] * table.stride(); }
  };
  /// The same of the users' rows before they moved.
  struct RowsBefore {
    const TableGradient& all;

    auto operator()(std::uint32_t place) const {
      return ConstPaddedRowMap<Scalar, M::fixed_dim>(at(place), 1, all.before_.cols());
    }
    const Scalar* at(std::uint32_t place) const { return all.before_.data() + all.sides_[0].lists.number(place) * stride(); }
    Index stride() const { return M::fixed_dim == Dynamic ? all.before_.cols() : Index{Row::SizeAtCompileTime}; }
  };
  template <class Table>
  Rows<Table> rows(std::size_t side, const Table& table) const {
    return {sides_[side], table};
  }

  /// Sums the rows of both sides. `use` is called with the side, and the arguments of `sum_part`'s `use`.
  template <class Use>
  void sum_both(M& model, const L2Rows<M>& l2, double scale, const Executor auto& executor, const Use& use) {
    const Index of_users = parts_of(0);
    for_each_unless(is_small(model), executor, of_users + parts_of(1), [&](Index part) {
      const auto of = [&](auto side) {
        return [&, side](Index number, Index asking, auto& g, auto& bias) { use(side, number, asking, g, bias); };
      };
      if (part < of_users) {
        sum_part(user_side, part, model, l2, scale, rows(1, model.item_encoder()), of(user_side));
      } else {
        sum_part(item_side, part - of_users, model, l2, scale, rows(0, model.user_encoder()), of(item_side));
      }
    });
  }

  /// Memory for a row of gradient; of a width that is not known to the compiler it is kept, for each part of each side.
  auto room([[maybe_unused]] Index number, [[maybe_unused]] Index stride) {
    if constexpr (M::fixed_dim == Dynamic) {
      return PaddedRowMap<Scalar, Dynamic>(rooms_.data() + number * stride, 1, stride);
    } else {
      return Row();
    }
  }

  /// Calls use(number, how many pairs ask for L2, gradient, gradient of the bias) for each row of a part of side k.
  template <std::size_t k, class Other, class Use>
  [[gnu::flatten]] void sum_part(std::integral_constant<std::size_t, k>, Index part, M& model, const L2Rows<M>& l2,
                                 double scale, const Other& other, const Use& use) {
    auto parameters = model.parameters();
    const auto& own = std::as_const(std::get<k>(parameters));
    const auto& biases = std::as_const(std::get<k + 2>(parameters));
    const RowLists& lists = sides_[k].lists;
    const Scalar model_scale = model.scale();
    auto g = room(2 * part + static_cast<Index>(k), own.stride());
    const Index last = std::min(rows_of(k), (part + 1) * grain);
    for (Index number = part * grain; number < last; ++number) {
      const Index soon = std::min(number + ahead, last - 1);
      prefetch(own.data() + lists.rows()[static_cast<std::size_t>(soon)] * own.stride(), own.stride());
      prefetch(other.at(lists.first(soon)), own.stride());
      g.setZero();
      Scalar bias = 0;
      Index asking = 0;
      for (std::uint32_t place = lists.first(number); place != RowLists::end; place = lists.after(place)) {
        const Scalar slope = model_scale * slopes_[place];
        g += slope * other(place);
        bias += slope;
        asking += asks_[place];
      }
      const Index row = lists.rows()[static_cast<std::size_t>(number)];
      l2.template add_row<k>(own, row, scale * static_cast<double>(asking), g);
      if (model.has_biases()) {
        bias += l2.template slope_of<k + 2>(row, scale * static_cast<double>(asking)) * biases.data()[row];
      } else {
        bias = 0;
      }
      use(number, asking, g, bias);
    }
  }

  /// The sum of the squares of a row. Only a copy of it may lie in memory: without clipping, it stays in registers.
  template <class G>
  static double square_of(const G& g) {
    if constexpr (M::fixed_dim == Dynamic) {
      return sum_of_squares(g.data(), g.size());
    } else {
      Row copy;
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

  std::vector<Part> parts_;
  std::size_t count_ = 0;  ///< of pairs
  std::array<Side, 2> sides_;
  std::vector<Scalar> slopes_;
  std::vector<std::uint8_t> asks_;
  RowMatrix<Scalar> before_;     ///< the users' rows before they moved, by the numbers of their lists
  RowMatrix<Scalar> rooms_;      ///< a row for each part, if their width is not fixed
  std::vector<double> squares_;  ///< of each part's gradient
};

}  // namespace kindred::detail

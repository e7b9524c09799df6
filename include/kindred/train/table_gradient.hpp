// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of a batch for models of two tables and an inner product, row by row of the tables: what a pair adds to a row is its slope
/// times the row of its other side, which is read where it lies, so nothing is written but the sums.

#include <kindred/core/executor.hpp>
#include <kindred/encoder/encoder.hpp>
#include <kindred/scorer/dot_product.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pointwise.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace kindred::detail {

/// A two-tower model of tables whose score is the inner product: its parameters are the users' rows, the items' rows, and their biases.
template <class M>
concept TableModel = Parameterized<M> && std::tuple_size_v<ParameterTuple<M>> == 4 && requires(const M& model) {
  requires std::same_as<std::remove_cvref_t<decltype(model.scorer())>, DotProduct>;
  requires LookupEncoder<std::remove_cvref_t<decltype(model.user_encoder())>>;
  requires LookupEncoder<std::remove_cvref_t<decltype(model.item_encoder())>>;
  requires LookupEncoder<std::remove_cvref_t<decltype(model.user_biases())>>;
  requires LookupEncoder<std::remove_cvref_t<decltype(model.item_biases())>>;
  { model.has_biases() } -> std::convertible_to<bool>;
  { model.scale() } -> std::convertible_to<typename M::Scalar>;
};

/// Of other models: nothing.
template <class M>
class TableGradient {};

/// Sums the gradients of pairs by row, in the order in which the pairs were added, each row by one thread: the same bits for any executor.
///
/// Cost: O(pairs Dim), each side's pairs sorted once. Memory: 64 bytes a pair, kept from batch to batch.
template <TableModel M>
class TableGradient<M> {
 public:
  using Scalar = typename M::Scalar;

  /// Forgets the pairs, and makes room for so many.
  void clear(std::size_t most) {
    users_.clear(most);
    items_.clear(most);
    slopes_.clear();
    slopes_.reserve(most);
    asks_.clear();
    asks_.reserve(most);
  }

  /// Adds pairs behind those that are there; `asks`: whether they take part in the penalty.
  void add(const PairWorkspace<M>& pairs, bool asks) {
    users_.ids.insert(users_.ids.end(), pairs.users.begin(), pairs.users.end());
    items_.ids.insert(items_.ids.end(), pairs.items.begin(), pairs.items.end());
    slopes_.insert(slopes_.end(), pairs.slopes.begin(), pairs.slopes.begin() + static_cast<std::ptrdiff_t>(pairs.size()));
    asks_.resize(slopes_.size(), asks ? 1 : 0);
  }

  /// Sets `total` to the gradient of the pairs and of L2, compact; `scale` is that of L2Rows::add_gradient.
  void compute(M& model, const L2Rows<M>& l2, double scale, Gradients<M>& total, const Executor auto& executor) {
    for_each_unless(slopes_.size() < 1024, executor, 2, [&](Index side) {
      side == 0 ? sort_by_row(users_.ids, model.users(), users_.order) : sort_by_row(items_.ids, model.items(), items_.order);
    });
    detail::clear(total);
    begin(users_, std::get<0>(total), model.has_biases() ? &std::get<2>(total) : nullptr);
    begin(items_, std::get<1>(total), model.has_biases() ? &std::get<3>(total) : nullptr);
    constexpr Index grain = 64;
    const auto user_rows = static_cast<Index>(users_.order.rows.size()),
               item_rows = static_cast<Index>(items_.order.rows.size());
    const Index of_users = (user_rows + grain - 1) / grain, of_items = (item_rows + grain - 1) / grain;
    const bool small = (user_rows + item_rows) * model.user_encoder().stride() < small_work;
    for_each_unless(small, executor, of_users + of_items, [&](Index part) {
      if (part < of_users) {
        sum<0>(model, model.user_encoder(), model.item_encoder(), users_, items_, part * grain,
               std::min(user_rows, (part + 1) * grain), l2, scale, total);
      } else {
        part -= of_users;
        sum<1>(model, model.item_encoder(), model.user_encoder(), items_, users_, part * grain,
               std::min(item_rows, (part + 1) * grain), l2, scale, total);
      }
    });
  }

 private:
  /// What the pairs are for one side: pair p touches row ids[p].
  struct Side {
    std::vector<Index> ids = {};
    RowOrder order = {};

    void clear(std::size_t most) {
      ids.clear();
      ids.reserve(most);
      order.reserve(most);
    }
  };

  /// Makes an entry for each row of a side, with room for as many as there may be in another batch.
  static void begin(const Side& side, auto& gradient, auto* bias_gradient) {
    gradient.reserve(static_cast<Index>(side.order.sorted.capacity()));
    gradient.push(side.order.rows);
    if (bias_gradient == nullptr) return;
    bias_gradient->reserve(static_cast<Index>(side.order.sorted.capacity()));
    bias_gradient->push(side.order.rows);
  }

  /// Entries first ... last - 1 of the gradient of parameter k, the rows of `side`, and of its biases, parameter k + 2.
  template <std::size_t k, class Own, class Other>
  void sum(M& model, const Own& own, const Other& table, const Side& side, const Side& other, Index first, Index last,
           const L2Rows<M>& l2, double scale, Gradients<M>& total) const {
    auto& gradient = std::get<k>(total);
    auto& bias_gradient = std::get<k + 2>(total);
    for (Index entry = first; entry < last; ++entry) {
      auto g = gradient.padded_row(entry);
      Scalar bias = 0;
      Index asking = 0;
      g.setZero();
      for (const auto& sorted : side.order.entries(entry)) {
        const auto pair = static_cast<std::size_t>(sorted.place);
        const Scalar slope = model.scale() * slopes_[pair];
        g += slope * table.padded_row(other.ids[pair]);
        bias += slope;
        asking += asks_[pair];
      }
      gradient.set_repeats(entry, asking);
      l2.template add_entry<k>(own, scale, gradient, entry);
      if (model.has_biases()) {
        bias_gradient.padded_row(entry)(0) = bias;
        bias_gradient.set_repeats(entry, asking);
        l2.template add_entry<k + 2>(k == 0 ? model.user_biases() : model.item_biases(), scale, bias_gradient, entry);
      }
    }
  }

  Side users_, items_;
  std::vector<Scalar> slopes_;
  std::vector<std::uint8_t> asks_;
};

}  // namespace kindred::detail

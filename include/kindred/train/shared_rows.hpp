// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of a table whose rows many entities share: sums of the entities' vectors, each times a factor, made row by row so that the
/// bits do not depend on the threads.

#include <kindred/core/executor.hpp>
#include <kindred/parameter/gradient.hpp>
#include <kindred/parameter/row_order.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace kindred::detail {

/// For each row the sum of  factor_k * vectors.row(slot_k)  over its entries k: the gradient of the rows of a table that entities share.
/// An entry of row -1 is left out. Added in the order of k, each row by one thread.
template <class Scalar>
class SharedRows {
 public:
  void resize(Index n) {
    rows_.resize(static_cast<std::size_t>(n));
    slots_.resize(rows_.size());
    factors_.resize(rows_.size());
    counted_.resize(rows_.size());
  }
  void set(Index k, Index row, Index slot, Scalar factor, bool counted) {
    const auto place = static_cast<std::size_t>(k);
    rows_[place] = row;
    slots_[place] = slot;
    factors_[place] = factor;
    counted_[place] = counted ? 1 : 0;
  }
  Index row(Index k) const { return rows_[static_cast<std::size_t>(k)]; }
  void leave_out(Index k) { rows_[static_cast<std::size_t>(k)] = -1; }
  void set_factor(Index k, Scalar factor) { factors_[static_cast<std::size_t>(k)] = factor; }

  /// Orders by row; `end` is above every row.
  void sort(Index end) {
    kept_.clear();
    kept_rows_.clear();
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      if (rows_[k] < 0) continue;
      kept_.push_back(k);
      kept_rows_.push_back(rows_[k]);
    }
    sort_by_row(kept_rows_, end, order_);
  }

  /// Appends the sum for each row to the gradient, counted as often as its entries are.
  template <class G>
  void add_to(G& gradient, const RowMatrix<Scalar>& vectors, const Executor auto& executor) const {
    each(gradient, executor, [&](auto&& sum, std::size_t k) {
      const ConstPaddedRowMap<Scalar, G::fixed_cols> vector(vectors.data() + slots_[k] * vectors.cols(), 1, vectors.cols());
      sum += factors_[k] * vector;
    });
  }
  /// The same for a table of one column: the sums of the factors.
  template <class G>
  void add_to(G& gradient, const Executor auto& executor) const {
    each(gradient, executor, [&](auto&& sum, std::size_t k) { sum(0) += factors_[k]; });
  }

 private:
  template <class G, class Add>
  void each(G& gradient, const Executor auto& executor, const Add& add) const {
    const Index first = gradient.push(std::span<const Index>(order_.rows));
    for_each_range(executor, static_cast<Index>(order_.rows.size()), 64, [&](Index begin, Index end) {
      for (Index u = begin; u < end; ++u) {
        auto sum = gradient.padded_row(first + u);
        sum.setZero();
        Index counted = 0;
        for (const auto& sorted : order_.entries(u)) {
          const std::size_t k = kept_[static_cast<std::size_t>(sorted.place)];
          add(sum, k);
          counted += counted_[k];
        }
        gradient.set_repeats(first + u, counted);
      }
    });
  }

  std::vector<Index> rows_, slots_;
  std::vector<Scalar> factors_;
  std::vector<Index> counted_;
  std::vector<std::size_t> kept_;
  std::vector<Index> kept_rows_;
  RowOrder order_;
};

}  // namespace kindred::detail

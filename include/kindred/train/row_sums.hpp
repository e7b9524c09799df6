// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The sums behind the gradient of a batch for models of two tables: the pairs of a batch listed by the rows they touch, and what they add to a
/// row. What a pair adds to a row is its slope times the row of its other side, which is read where it lies.

#include <kindred/core/executor.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/parameter/row.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/row_lists.hpp>
#include <kindred/train/table_model.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred::detail {

/// Users and items, as positions of their tables among a model's parameters.
inline constexpr std::integral_constant<std::size_t, 0> user_side{};
inline constexpr std::integral_constant<std::size_t, 1> item_side{};

/// Makes a matrix that is kept from batch to batch large enough.
template <class Scalar>
void make_rows(RowMatrix<Scalar>& matrix, Index rows, Index stride) {
  if (matrix.rows() < rows || matrix.cols() != stride) matrix.resize(rows, stride);
}

/// Pairs in the order in which they were added, and lists of them by row of each side. The rows of a side are numbered as they come, and
/// summed in parts of 64, each in the order of its pairs: the same bits for any executor.
///
/// Cost of a sum: O(pairs Dim). Memory: 61 bytes a pair in float and 4 a row of the tables, kept from batch to batch.
template <TableModel M>
class RowSums {
 public:
  using Scalar = typename M::Scalar;
  using Row = Eigen::Array<Scalar, 1, padded_cols<Scalar, M::fixed_dim>, Eigen::RowMajor>;

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

  /// Adds pairs behind those that are there; `asks`: whether they take part in the penalty. They are not copied before `list`.
  void add(const PairWorkspace<M>& pairs, bool asks) {
    parts_.push_back({&pairs, asks});
    count_ += pairs.size();
  }

  /// Copies the pairs and makes their lists.
  void list(const M& model, const Executor auto& executor) {
    if constexpr (M::fixed_dim == Dynamic) {
      make_rows(rooms_, 2 * most_parts(), model.user_encoder().stride());
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

  /// How many pairs there is room for.
  Index most() const { return static_cast<Index>(slopes_.capacity()); }
  /// The pairs of a side, by row.
  const RowLists& lists(std::size_t side) const { return sides_[side].lists; }
  /// The id of row `number` of a side.
  Index id(std::size_t side, Index number) const { return lists(side).rows()[static_cast<std::size_t>(number)]; }
  /// How many parts the rows of a side have, and how many those of a batch with the most pairs can have.
  Index parts_of(std::size_t side) const { return (rows_of(side) + grain - 1) / grain; }
  Index most_parts() const { return most() / grain + 1; }
  /// Whether the sums are too little work for a parallel loop.
  bool is_small(const M& model) const { return (rows_of(0) + rows_of(1)) * model.user_encoder().stride() < small_work; }

  /// The rows of a table as they are, for the sums of the other side: of the pair at `place`, and where it lies.
  template <class Table>
  struct Rows {
    std::span<const Index> ids;
    const Table& table;

    decltype(auto) operator()(std::uint32_t place) const { return table.padded_row(ids[place]); }
    const auto* at(std::uint32_t place) const { return table.data() + ids[place] * table.stride(); }
  };
  template <class Table>
  Rows<Table> rows(std::size_t side, const Table& table) const {
    return {sides_[side].ids, table};
  }

  /// Calls use(number, how many pairs ask for L2, gradient, gradient of the bias) for each row of a part of side k.
  template <std::size_t k, class Other, class Use>
  [[gnu::flatten]] void of_part(std::integral_constant<std::size_t, k>, Index part, M& model, const L2Rows<M>& l2, double scale,
                                const Other& other, const Use& use) {
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

 private:
  static constexpr Index grain = 64;  // rows
  static constexpr Index ahead = 4;   // rows

  struct Part {
    const PairWorkspace<M>* pairs;
    bool asks;
  };

  /// What the pairs are for one side: pair p touches row ids[p].
  struct Side {
    std::vector<Index> ids = {};
    RowLists lists = {};
  };

  Index rows_of(std::size_t side) const { return static_cast<Index>(lists(side).rows().size()); }

  /// Memory for a row of gradient; of a width that is not known to the compiler it is kept, for each part of each side.
  auto room([[maybe_unused]] Index number, [[maybe_unused]] Index stride) {
    if constexpr (M::fixed_dim == Dynamic) {
      return PaddedRowMap<Scalar, Dynamic>(rooms_.data() + number * stride, 1, stride);
    } else {
      return Row();
    }
  }

  std::vector<Part> parts_;
  std::size_t count_ = 0;  ///< of pairs
  std::array<Side, 2> sides_;
  std::vector<Scalar> slopes_;
  std::vector<std::uint8_t> asks_;
  RowMatrix<Scalar> rooms_;  ///< a row for each part, if their width is not fixed
};

}  // namespace kindred::detail

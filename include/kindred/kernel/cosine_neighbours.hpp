// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Nearest rows of a matrix by cosine: sim(a, b) = a.b / (|a| |b|), and 0 for a zero vector.

#include <kindred/core/executor.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/kernel/top_k.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// The rows of a matrix by the cosine between them, for many questions about the same rows. Const and thread-safe once made.
///
/// Memory: one copy of the rows, each divided by its length (a zero row stays zero). A row with a NaN or an infinite coefficient is
/// like nothing and never returned.
template <class Scalar>
class CosineNeighbours {
 public:
  CosineNeighbours() = default;
  explicit CosineNeighbours(RowMatrix<Scalar> rows) : rows_(std::move(rows)) {
    for (Index r = 0; r < rows_.rows(); ++r) {
      if (rows_.row(r).allFinite()) {
        rows_.row(r).stableNormalize();
      } else {
        rows_.row(r).setConstant(std::numeric_limits<Scalar>::quiet_NaN());
      }
    }
  }

  Index size() const { return rows_.rows(); }

  /// How alike the rows of two items are, where the rows are items: what `diversify` and `intra_list_diversity` ask for. O(width).
  /// Throws: std::out_of_range for an item without a row.
  template <class Rep>
  Scalar operator()(BasicItemId<Rep> a, BasicItemId<Rep> b) const {
    for (const auto item : {a, b}) detail::require_id("CosineNeighbours: the item", item.index(), size());
    const Scalar cosine = rows_.row(a.index()).dot(rows_.row(b.index()));
    return std::isnan(cosine) ? Scalar{0} : std::clamp(cosine, Scalar{-1}, Scalar{1});
  }

  /// The `count` rows most like row `row`, best first, equal ones by number; the row itself is left out. O(size width).
  /// Throws: std::out_of_range for an unknown row; std::invalid_argument for a negative count.
  template <class Rep = std::uint32_t>
  std::vector<BasicScored<Rep, Scalar>> nearest(Index row, Index count) const {
    detail::require_id("CosineNeighbours: the row", row, size());
    return nearest_to<Rep>(rows_.row(row), count, [row](Index other) { return other != row; });
  }

  /// The rows most like a vector that is none of them: a user who was encoded from his history, for example. The vector is as wide as
  /// the rows, with their padding; its length does not matter.
  /// Throws: std::invalid_argument for another width or a negative count.
  template <class Rep = std::uint32_t>
  std::vector<BasicScored<Rep, Scalar>> nearest_to(const RowMatrix<Scalar>& vector, Index count) const {
    detail::require(vector.rows() == 1 && vector.cols() == rows_.cols(), "CosineNeighbours: the vector must be 1 x ",
                    rows_.cols(), ", got ", vector.rows(), " x ", vector.cols());
    return nearest_to<Rep>(vector.row(0).stableNormalized(), count, KeepAll{});
  }

  /// The same for every row at once, as a matrix product; the same bits for any executor.
  template <class Rep = std::uint32_t, Executor E = Serial>
  BasicTopLists<Rep, Scalar> nearest_all(Index count, const E& executor = {}) const {
    BasicTopLists<Rep, Scalar> lists;
    std::vector<BasicItemId<Rep>> ids;
    for (Index r = 0; r < size(); ++r) ids.emplace_back(r);
    const auto itself = [&](Index row) { return std::span<const BasicItemId<Rep>>(&ids[static_cast<std::size_t>(row)], 1); };
    top_k(rows_, RankedItems<Scalar>(rows_, rows_.cols()), count, lists, itself, KeepAll{}, executor);
    for (Index r = 0; r < lists.size(); ++r) {
      for (auto& entry : lists.room(r).first(lists[r].size())) entry.score = std::clamp(entry.score, Scalar{-1}, Scalar{1});
    }
    return lists;
  }

 private:
  template <class Rep, class Row, class Keep>
  std::vector<BasicScored<Rep, Scalar>> nearest_to(const Row& direction, Index count, const Keep& keep) const {
    detail::require(count >= 0, "CosineNeighbours: count must not be negative, got ", count);
    std::vector<Scalar> scores(static_cast<std::size_t>(size()));
    score_one_to_many(direction, rows_, std::span<Scalar>(scores));
    std::vector<BasicScored<Rep, Scalar>> out(static_cast<std::size_t>(std::min(count, size())));
    const Index found = top_k_of_scores(std::span<const Scalar>(scores), std::span<BasicScored<Rep, Scalar>>(out), keep);
    out.resize(static_cast<std::size_t>(found));
    for (auto& entry : out) entry.score = std::clamp(entry.score, Scalar{-1}, Scalar{1});
    return out;
  }

  RowMatrix<Scalar> rows_;
};

}  // namespace kindred

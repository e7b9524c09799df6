// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The scores of one vector with all rows of a matrix, by any scorer: inner products by the kernel, others row by row.

#include <kindred/kernel/score.hpp>
#include <kindred/kernel/score_narrow.hpp>
#include <kindred/scorer/dot_product.hpp>

#include <cstddef>
#include <span>
#include <type_traits>

namespace kindred::detail {

/// out[k] = scorer.score(a, row_of(k)), `row_of(k)` row k of `rows` as the scorer takes it.
///
/// Cost: O(rows Dim); for inner products at the rate at which the rows are read. Allocates nothing.
template <class Scorer, class Vector, class Rows, class RowOf, class Scalar>
void score_rows(const Scorer& scorer, const Vector& a, const Rows& rows, const RowOf& row_of, std::span<Scalar> out) {
  if constexpr (std::is_same_v<Scorer, DotProduct>) {
    score_one_to_many(a, rows, out);
  } else {
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = scorer.score(a, row_of(static_cast<Index>(k)));
  }
}

}  // namespace kindred::detail

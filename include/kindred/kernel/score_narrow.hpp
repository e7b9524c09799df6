// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One query against many rows that are stored in 16 bits: half the memory is read, and numbers are widened in registers.

#include <kindred/kernel/narrow.hpp>

#include <Eigen/Core>

#include <array>
#include <span>

namespace kindred {

/// out[i] = query . rows.row(i), in float. The bits of out[i] do not depend on i. Allocates nothing.
///
/// Shapes: query 1 x width, rows n x width with contiguous rows, out n. Cost: one pass over the rows; limited by memory.
template <class Query, class Rows>
  requires Narrow<typename Rows::Scalar>
void score_one_to_many(const Eigen::DenseBase<Query>& query, const Eigen::MatrixBase<Rows>& rows, std::span<float> out) {
  static_assert(Rows::IsRowMajor, "score_one_to_many: rows must be a row-major matrix");
  KINDRED_ASSERT(query.size() == rows.cols() && static_cast<Index>(out.size()) == rows.rows());
  constexpr int together = 4;  // rows, so that their sums do not wait for each other
  constexpr Index lanes = detail::lanes;
  const float* q = query.derived().data();
  const Index width = rows.cols(), whole = width / lanes * lanes, stride = rows.derived().outerStride();
  const auto score = [&]<int count>(const typename Rows::Scalar* from, float* to, std::integral_constant<int, count>) {
    std::array<detail::Reals, count> sums{};
    for (Index d = 0; d < whole; d += lanes) {
      detail::Reals x;
      std::memcpy(&x, q + d, sizeof(x));
      for (int r = 0; r < count; ++r) sums[static_cast<std::size_t>(r)] += x * detail::widened(from + r * stride + d);
    }
    for (int r = 0; r < count; ++r) {
      std::array<float, static_cast<std::size_t>(lanes)> parts;
      std::memcpy(parts.data(), &sums[static_cast<std::size_t>(r)], sizeof(parts));
      float sum = Eigen::Map<const Eigen::Array<float, static_cast<int>(lanes), 1>>(parts.data()).sum();
      for (Index d = whole; d < width; ++d) sum += q[d] * static_cast<float>(from[r * stride + d]);
      to[r] = sum;
    }
  };
  Index i = 0;
  for (; i + together <= rows.rows(); i += together) {
    score(rows.derived().data() + i * stride, out.data() + i, std::integral_constant<int, together>{});
  }
  for (; i < rows.rows(); ++i) score(rows.derived().data() + i * stride, out.data() + i, std::integral_constant<int, 1>{});
}

}  // namespace kindred

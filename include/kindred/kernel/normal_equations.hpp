// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The kernels of alternating least squares: the Gramian of a table, and the least-squares problem of one row, given the other table.
///
/// Sums run over blocks of gathered rows in the register tile (kernel/symmetric_update.hpp), instead of one outer product a row.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/cholesky.hpp>

#include <Eigen/Core>

#include <span>
#include <vector>

namespace kindred {

/// out = factor * (the sum over the rows z of z z'), over the first `dim` columns. Both triangles are written.
///
/// Cost: rows dim^2 multiply-adds, of which half are done. Memory: `parts`, at most 32 dim (dim + 64).
/// Repeatable: at most 32 ranges of rows, cut by their number alone, added in order. Allocates nothing if `parts` and `out` are large enough.
template <class Rows, class Scalar, Executor E>
void gramian(const Eigen::MatrixBase<Rows>& rows, Index dim, double factor, std::vector<Eigen::MatrixX<Scalar>>& parts,
             Eigen::MatrixX<Scalar>& out, const E& executor) {
  constexpr Index block = 64, most = 32;
  const Index grain = std::max(4 * block, (rows.rows() + most - 1) / most), width = detail::packed<Scalar>(dim);
  const auto used = static_cast<std::size_t>((rows.rows() + grain - 1) / grain);
  if (parts.size() < used) parts.resize(used);
  for_each_range(executor, rows.rows(), grain, [&](Index begin, Index end) {
    auto& part = parts[static_cast<std::size_t>(begin / grain)];
    part.setZero(width, width + block);  // the sums, then a block of rows
    Scalar* const some = part.data() + width * width;
    for (Index first = begin; first < end; first += block) {
      const Index count = std::min(block, end - first);
      for (Index r = 0; r < count; ++r) part.col(width + r).head(dim) = rows.row(first + r).head(dim).transpose();
      detail::update_lower(part.data(), width, width, some, some, width, count);
    }
  });
  out.setZero(dim, dim);
  for (std::size_t k = 0; k < used; ++k) out += parts[k].topLeftCorner(dim, dim);
  out *= static_cast<Scalar>(factor);
  for (Index c = 0; c < dim; ++c) {
    for (Index r = 0; r < c; ++r) out(r, c) = out(c, r);
  }
}

/// One row's least-squares problem: the minimum over x of  x'A x - 2 x'b  with
///   A = gramian + sum_k weights[k] z_k z_k' + diag(ridge),   b = sum_k pulls[k] z_k + ridge centre ,
/// z_k the row ids[k] of the design.
///
/// Shapes: A dim x dim; the design's rows are `stride` apart; `gramian` and `centre` are null where there is none.
template <class Scalar>
struct RowProblem {
  const Scalar* design = nullptr;
  Index stride = 0, dim = 0;
  std::span<const Index> ids = {};
  std::span<const Scalar> weights = {}, pulls = {};
  const Scalar* ridge = nullptr;  ///< dim numbers
  const Eigen::MatrixX<Scalar>* gramian = nullptr;
  const Scalar* centre = nullptr;  ///< dim numbers

  using ConstVector = Eigen::Map<const Eigen::VectorX<Scalar>>;

  ConstVector row(std::size_t k) const { return {design + ids[k] * stride, dim}; }
  /// Asks for row k, if there is one, ahead of its use.
  void fetch(std::size_t k) const {
    if (k < ids.size()) detail::prefetch(design + ids[k] * stride, dim);
  }
  ConstVector ridges() const { return {ridge, dim}; }
  ConstVector centres() const { return {centre, dim}; }

  /// out = A x - ridge centre, without making A. Cost: 2 n dim + dim^2 multiply-adds.
  template <class X>
  void apply(const X& x, Eigen::VectorX<Scalar>& out) const {
    out = ridges().cwiseProduct(x);
    if (gramian != nullptr) out.noalias() += *gramian * x;
    for (std::size_t k = 0; k < ids.size(); ++k) {
      fetch(k + 8);
      const auto z = row(k);
      out += (weights[k] * z.dot(x)) * z;
    }
  }
};

/// Where the numbers of one row's problem are put together; reused from row to row.
template <class Scalar>
struct RowWorkspace {
  std::vector<Index> ids;
  std::vector<Scalar> weights, pulls, predictions, remaining;  ///< one for each interaction of the row
  DefiniteSystem<Scalar> system;                               ///< A and b, or a block of them
  Eigen::VectorX<Scalar> x, ridge, centre, residual, direction, product;
  RowMatrix<Scalar> gathered, scaled;  ///< `block` rows, padded to whole packets

  static constexpr Index block = 64;

  /// Room for problems of `dim` and up to `rows` interactions, so that nothing is allocated later.
  void reserve(Index dim, Index rows) {
    const auto n = static_cast<std::size_t>(rows);
    ids.reserve(n);
    for (auto* numbers : {&weights, &pulls, &predictions, &remaining}) numbers->reserve(n);
    system.reset(dim);
    for (auto* vector : {&x, &ridge, &centre, &residual, &direction, &product}) vector->resize(dim);
    gathered.resize(block, detail::packed<Scalar>(dim));
    scaled.resize(block, detail::packed<Scalar>(dim));
  }
};

/// Makes `work.system` of the rows and columns from `first` on, `width` of them, of A, and of the sum of pulls[k] z_k.
///
/// Cost: n width^2 / 2 multiply-adds in the register tile, on blocks of 64 gathered rows.
template <class Scalar>
void normal_equations(const RowProblem<Scalar>& problem, Index first, Index width, std::span<const Scalar> pulls,
                      RowWorkspace<Scalar>& work) {
  DefiniteSystem<Scalar>& system = work.system;
  system.reset(width);
  auto normal = system.matrix();
  if (problem.gramian != nullptr) normal = problem.gramian->block(first, first, width, width);
  normal.diagonal() += problem.ridges().segment(first, width);
  constexpr Index block = RowWorkspace<Scalar>::block;
  const Index stride = system.stride();
  using Row = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::AlignedMax>;
  Scalar *const gathered = work.gathered.data(), *const scaled = work.scaled.data();
  if (width != stride) {
    for (Index r = 0; r < block; ++r) {
      Row(gathered + r * stride, stride).setZero();
      Row(scaled + r * stride, stride).setZero();
    }
  }
  auto right = system.right();
  const auto n = static_cast<Index>(problem.ids.size());
  for (Index begin = 0; begin < n; begin += block) {
    const Index count = std::min(block, n - begin);
    for (Index r = 0; r < count; ++r) {
      const auto k = static_cast<std::size_t>(begin + r);
      problem.fetch(k + 8);
      const Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>> z(
          problem.design + problem.ids[k] * problem.stride + first, width);
      Row(gathered + r * stride, width) = z;
      Row(scaled + r * stride, width) = problem.weights[k] * z;
      right.array() += pulls[k] * z;
    }
    detail::update_lower(system.data(), stride, stride, gathered, scaled, stride, count);
  }
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The kernels of alternating least squares: the Gramian of a table, and the least-squares problem of one row, given the other table.
///
/// Sums run over blocks of gathered rows as small matrix products: one product of 128 rows instead of 128 outer products.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>

#include <Eigen/Core>

#include <span>
#include <vector>

namespace kindred {

/// out = factor * (the sum over the rows z of z z'), over the first `dim` columns. Both triangles are written.
///
/// Cost: rows dim^2 multiply-adds, of which half are done. Memory: `parts`, at most 32 dim^2.
/// Repeatable: at most 32 ranges of rows, cut by their number alone, added in order. Allocates nothing if `parts` and `out` are large enough.
template <class Rows, class Scalar, Executor E>
void gramian(const Eigen::MatrixBase<Rows>& rows, Index dim, double factor, std::vector<Eigen::MatrixX<Scalar>>& parts,
             Eigen::MatrixX<Scalar>& out, const E& executor) {
  constexpr Index block = 256, most = 32;
  const Index grain = std::max(block, (rows.rows() + most - 1) / most);
  const auto used = static_cast<std::size_t>((rows.rows() + grain - 1) / grain);
  if (parts.size() < used) parts.resize(used);
  for_each_range(executor, rows.rows(), grain, [&](Index begin, Index end) {
    auto& part = parts[static_cast<std::size_t>(begin / grain)];
    part.setZero(dim, dim);
    for (Index first = begin; first < end; first += block) {
      const auto some = rows.block(first, 0, std::min(block, end - first), dim);
      part.template triangularView<Eigen::Lower>() += some.transpose() * some;
    }
  });
  out.setZero(dim, dim);
  for (std::size_t k = 0; k < used; ++k) out += parts[k];
  out *= static_cast<Scalar>(factor);
  out.template triangularView<Eigen::StrictlyUpper>() = out.transpose();
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
  ConstVector ridges() const { return {ridge, dim}; }
  ConstVector centres() const { return {centre, dim}; }

  /// out = A x - ridge centre, without making A. Cost: 2 n dim + dim^2 multiply-adds.
  template <class X>
  void apply(const X& x, Eigen::VectorX<Scalar>& out) const {
    out = ridges().cwiseProduct(x);
    if (gramian != nullptr) out.noalias() += *gramian * x;
    for (std::size_t k = 0; k < ids.size(); ++k) {
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
  Eigen::MatrixX<Scalar> normal;                               ///< A, or a block of it; the lower triangle
  Eigen::VectorX<Scalar> x, ridge, centre, right, residual, direction, product;
  RowMatrix<Scalar> gathered, scaled;

  static constexpr Index block = 128;

  /// Room for problems of `dim` and up to `rows` interactions, so that nothing is allocated later.
  void reserve(Index dim, Index rows) {
    const auto n = static_cast<std::size_t>(rows);
    ids.reserve(n);
    for (auto* numbers : {&weights, &pulls, &predictions, &remaining}) numbers->reserve(n);
    normal.resize(dim, dim);
    for (auto* vector : {&x, &ridge, &centre, &right, &residual, &direction, &product}) vector->resize(dim);
    gathered.resize(block, dim);
    scaled.resize(block, dim);
  }
};

/// A corner of a matrix, or a part of a vector, to be written.
template <class Scalar>
using MatrixPart = Eigen::Ref<Eigen::MatrixX<Scalar>, 0, Eigen::OuterStride<>>;
template <class Scalar>
using VectorPart = Eigen::Ref<Eigen::VectorX<Scalar>>;

/// The rows and columns from `first` on, as many as `normal` has, of A into the lower triangle of `normal`, and the sum of pulls[k] z_k into `right`.
///
/// Cost: n width^2 / 2 multiply-adds by matrix products of up to 128 gathered rows.
template <class Scalar>
void normal_equations(const RowProblem<Scalar>& problem, Index first, std::span<const Scalar> pulls, MatrixPart<Scalar> normal,
                      VectorPart<Scalar> right, RowWorkspace<Scalar>& work) {
  const Index width = normal.rows();
  using Vector = typename RowProblem<Scalar>::ConstVector;
  if (problem.gramian != nullptr) {
    normal = problem.gramian->block(first, first, width, width);
  } else {
    normal.setZero();
  }
  normal.diagonal() += problem.ridges().segment(first, width);
  right.setZero();
  constexpr Index block = RowWorkspace<Scalar>::block;
  const auto n = static_cast<Index>(problem.ids.size());
  for (Index begin = 0; begin < n; begin += block) {
    const Index count = std::min(block, n - begin);
    for (Index r = 0; r < count; ++r) {
      const auto k = static_cast<std::size_t>(begin + r);
      const Vector z(problem.design + problem.ids[k] * problem.stride + first, width);
      work.gathered.row(r).head(width) = z.transpose();
      work.scaled.row(r).head(width) = problem.weights[k] * z.transpose();
    }
    const auto rows = work.gathered.topLeftCorner(count, width);
    right.noalias() += rows.transpose() * Vector(pulls.data() + begin, count);
    normal.template triangularView<Eigen::Lower>() += work.scaled.topLeftCorner(count, width).transpose() * rows;
  }
}

}  // namespace kindred

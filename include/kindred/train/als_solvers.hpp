// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How alternating least squares solves the problem of one row: exactly, by a few steps of conjugate gradients, or a block of coordinates
/// at a time. Each is a policy of `AlternatingLeastSquares`.

#include <kindred/kernel/normal_equations.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <concepts>
#include <limits>

namespace kindred {

namespace detail {

/// right becomes the solution of A x = right, A given by its lower triangle, which is overwritten. False, and right as it was, if A is
/// singular but for rounding.
template <class Scalar>
bool solve_definite(MatrixPart<Scalar> normal, VectorPart<Scalar> right) {
  const Eigen::LLT<MatrixPart<Scalar>> in_place(normal);
  if (in_place.info() != Eigen::Success) return false;
  const Scalar low = normal.diagonal().minCoeff(), high = normal.diagonal().maxCoeff();
  if (!(low * low > std::numeric_limits<Scalar>::epsilon() * high * high)) return false;
  in_place.solveInPlace(right);
  return true;
}

/// right becomes the shortest x that makes x'A x - 2 x'right least. Directions in which A is zero but for rounding are left out. For
/// singular A only: it allocates, and costs about 10 dim^3.
template <class Scalar>
void solve_minimum_norm(const MatrixPart<Scalar>& normal, VectorPart<Scalar> right) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(normal.template cast<double>());
  const Eigen::VectorXd& values = solver.eigenvalues();
  const double least =
      double{std::numeric_limits<Scalar>::epsilon()} * static_cast<double>(values.size()) * std::max(0.0, values.maxCoeff());
  Eigen::VectorXd along = solver.eigenvectors().transpose() * right.template cast<double>();
  for (Index d = 0; d < along.size(); ++d) along(d) = values(d) > least ? along(d) / values(d) : 0.0;
  right = (solver.eigenvectors() * along).template cast<Scalar>();
}

}  // namespace detail

/// The exact minimum, by a Cholesky decomposition.
///
/// Cost: n Dim^2 / 2 + Dim^3 / 6 multiply-adds for a row of n interactions: best up to a Dim of about 100.
/// A singular problem (lambda = 0) gives the minimum of the smallest norm.
struct Cholesky {
  void validate() const {}

  template <class Scalar>
  void solve(const RowProblem<Scalar>& problem, RowWorkspace<Scalar>& work) const {
    const auto build = [&] {
      normal_equations<Scalar>(problem, 0, problem.pulls, work.normal, work.x, work);
      if (problem.centre != nullptr) work.x += problem.ridges().cwiseProduct(problem.centres());
    };
    build();
    if (detail::solve_definite<Scalar>(work.normal, work.x)) return;
    build();
    detail::solve_minimum_norm<Scalar>(work.normal, work.x);
  }
};

/// A few steps of conjugate gradients from the present row, without making A.
///
/// Cost: (steps + 1) (2 n Dim + Dim^2) multiply-adds: best for a large Dim. A singular problem keeps what the row has in directions that do
/// not matter. Source: Takacs, Pilaszy & Tikk, RecSys 2011.
struct ConjugateGradient {
  int steps = 3;

  void validate() const { detail::require(steps >= 1, "ConjugateGradient: steps must be at least 1, got ", steps); }

  template <class Scalar>
  void solve(const RowProblem<Scalar>& problem, RowWorkspace<Scalar>& work) const {
    work.residual.setZero();
    for (std::size_t k = 0; k < problem.ids.size(); ++k) work.residual += problem.pulls[k] * problem.row(k);
    if (problem.centre != nullptr) work.residual += problem.ridges().cwiseProduct(problem.centres());
    problem.apply(work.x, work.product);
    // A residual of this size is rounding, and a curvature that small a direction in which A is zero.
    constexpr Scalar rounding = 16 * std::numeric_limits<Scalar>::epsilon();
    const Scalar noise = rounding * rounding * (work.residual.squaredNorm() + work.product.squaredNorm());
    work.residual -= work.product;
    work.direction = work.residual;
    Scalar square = work.residual.squaredNorm(), steepest = 0;
    for (int step = 0; step < steps && square > noise; ++step) {
      problem.apply(work.direction, work.product);
      const Scalar curvature = work.direction.dot(work.product), per_length = curvature / work.direction.squaredNorm();
      steepest = std::max(steepest, per_length);
      if (!(per_length > rounding * steepest)) return;
      const Scalar length = square / curvature;
      work.x += length * work.direction;
      work.residual -= length * work.product;
      const Scalar next = work.residual.squaredNorm();
      work.direction = work.residual + (next / square) * work.direction;
      square = next;
    }
  }
};

/// The exact minimum over `block` coordinates at a time, the others as they are: one pass over the blocks.
///
/// Cost: n Dim block / 2 + 3 n Dim + Dim block^2 / 6 + Dim^2 multiply-adds: near the exact solver's quality for a large Dim. A singular
/// block moves by the step of the smallest norm. A Dim of at most `block` gives the exact minimum.
/// Source: Rendle, Krichene, Zhang & Koren 2021, "iALS++: Speeding up matrix factorization with subspace optimization".
struct BlockCoordinate {
  Index block = 32;

  void validate() const { detail::require(block >= 1, "BlockCoordinate: block must be at least 1, got ", block); }

  template <class Scalar>
  void solve(const RowProblem<Scalar>& problem, RowWorkspace<Scalar>& work) const {
    const std::size_t n = problem.ids.size();
    work.predictions.resize(n);
    work.remaining.resize(n);
    for (std::size_t k = 0; k < n; ++k) work.predictions[k] = problem.row(k).dot(work.x);
    for (Index first = 0; first < problem.dim; first += block) {
      const Index width = std::min(block, problem.dim - first);
      MatrixPart<Scalar> normal = work.normal.topLeftCorner(width, width);
      VectorPart<Scalar> step = work.right.head(width);
      for (std::size_t k = 0; k < n; ++k) work.remaining[k] = problem.pulls[k] - problem.weights[k] * work.predictions[k];
      const auto build = [&] {
        normal_equations<Scalar>(problem, first, work.remaining, normal, step, work);
        const auto ridge = problem.ridges().segment(first, width);
        step -= ridge.cwiseProduct(work.x.segment(first, width));
        if (problem.centre != nullptr) step += ridge.cwiseProduct(problem.centres().segment(first, width));
        if (problem.gramian != nullptr) step.noalias() -= problem.gramian->middleRows(first, width) * work.x;
      };
      build();
      if (!detail::solve_definite<Scalar>(normal, step)) {
        build();
        detail::solve_minimum_norm<Scalar>(normal, step);
      }
      work.x.segment(first, width) += step;
      for (std::size_t k = 0; k < n; ++k) work.predictions[k] += problem.row(k).segment(first, width).dot(step);
    }
  }
};

/// What solves the problem of one row: work.x is the present row, and becomes the new one. The objective must not rise.
template <class S>
concept RowSolver = requires(const S solver, const RowProblem<float>& problem, RowWorkspace<float>& work) {
  solver.validate();
  solver.solve(problem, work);
};

static_assert(RowSolver<Cholesky> && RowSolver<ConjugateGradient> && RowSolver<BlockCoordinate>);

}  // namespace kindred

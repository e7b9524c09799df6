// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How alternating least squares solves the problem of one row: exactly, by a few steps of conjugate gradients, or a block of coordinates
/// at a time. Each is a policy of `AlternatingLeastSquares`.

#include <kindred/kernel/normal_equations.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

namespace kindred {

namespace detail {

/// `system.right()`, b,  becomes the shortest x that makes x'A x - 2 x'b least. Directions in which A is zero but for rounding are left out. For
/// singular A only: it allocates, and costs about 30 dim^3.
///
/// By Jacobi's method in double: rotations make the largest pairs zero until A = V diag(values) V' (Golub & Van Loan, section 8.5). Eigen's
/// solver for this would take longer to compile than all the rest of least squares.
template <class Scalar>
void solve_minimum_norm(DefiniteSystem<Scalar>& system) {
  const Index n = system.size();
  auto right = system.right();
  Eigen::MatrixXd a = system.matrix().template cast<double>(), v = Eigen::MatrixXd::Identity(n, n);
  for (Index c = 0; c < n; ++c) {
    for (Index r = 0; r < c; ++r) a(r, c) = a(c, r);
  }
  double square = 0;  // of the diagonal of A, before: what is small beside it is rounding
  for (Index d = 0; d < n; ++d) square += a(d, d) * a(d, d);
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const auto rotate = [n](Eigen::MatrixXd& m, Index p, Index q, double cosine, double sine) {  // the columns p and q
    double *x = m.data() + p * n, *y = m.data() + q * n;
    for (Index k = 0; k < n; ++k) {
      const double before = x[k];
      x[k] = cosine * before - sine * y[k];
      y[k] = sine * before + cosine * y[k];
    }
  };
  bool moved = true;
  for (int sweep = 0; sweep < 40 && moved; ++sweep) {
    moved = false;
    for (Index p = 0; p < n; ++p) {
      for (Index q = p + 1; q < n; ++q) {
        const double off = a(p, q);
        if (off == 0 || off * off <= eps * eps * square) continue;
        moved = true;
        const double theta = (a(q, q) - a(p, p)) / (2 * off);
        const double tangent = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double cosine = 1 / std::sqrt(tangent * tangent + 1), sine = tangent * cosine;
        const double low = a(p, p) - tangent * off, high = a(q, q) + tangent * off;
        rotate(a, p, q, cosine, sine);
        for (Index k = 0; k < n; ++k) {  // and the rows
          a(p, k) = a(k, p);
          a(q, k) = a(k, q);
        }
        a(p, p) = low;
        a(q, q) = high;
        a(p, q) = a(q, p) = 0;
        rotate(v, p, q, cosine, sine);
      }
    }
  }
  double most = 0;
  for (Index d = 0; d < n; ++d) most = std::max(most, a(d, d));
  const double least = double{std::numeric_limits<Scalar>::epsilon()} * static_cast<double>(n) * most;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(n);
  for (Index d = 0; d < n; ++d) {
    if (!(a(d, d) > least)) continue;
    double along = 0;
    for (Index k = 0; k < n; ++k) along += v(k, d) * static_cast<double>(right(k));
    for (Index k = 0; k < n; ++k) sum(k) += along / a(d, d) * v(k, d);
  }
  for (Index k = 0; k < n; ++k) right(k) = static_cast<Scalar>(sum(k));
}

/// Solves the system that build() makes.
template <class Scalar, class Build>
void solve(DefiniteSystem<Scalar>& system, const Build& build) {
  build();
  if (system.solve()) return;
  build();
  solve_minimum_norm(system);
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
    detail::solve(work.system, [&] {
      normal_equations<Scalar>(problem, 0, problem.dim, problem.pulls, work);
      if (problem.centre != nullptr) work.system.right() += problem.ridges().cwiseProduct(problem.centres());
    });
    work.x = work.system.right();
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
    problem.add_pulls(work.residual);
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
    problem.products(0, problem.dim, work.x.data(), work.predictions.data());
    for (Index first = 0; first < problem.dim; first += block) {
      const Index width = std::min(block, problem.dim - first);
      for (std::size_t k = 0; k < n; ++k) work.remaining[k] = problem.pulls[k] - problem.weight(k) * work.predictions[k];
      detail::solve(work.system, [&] {
        normal_equations<Scalar>(problem, first, width, std::span<const Scalar>(work.remaining), work);
        auto right = work.system.right();
        const auto ridge = problem.ridges().segment(first, width);
        right -= ridge.cwiseProduct(work.x.segment(first, width));
        if (problem.centre != nullptr) right += ridge.cwiseProduct(problem.centres().segment(first, width));
        if (problem.gramian != nullptr) right.noalias() -= problem.gramian->middleRows(first, width) * work.x;
      });
      const auto step = work.system.right();
      work.x.segment(first, width) += step;
      problem.template products<true>(first, width, step.data(), work.predictions.data());
    }
  }
};

/// What solves the problem of one row: work.x is the present row, and becomes the new one. The objective must not rise.
template <class S>
concept RowSolver = requires(const S solver, const RowProblem<float>& problem, RowWorkspace<float>& work) {
  solver.validate();
  solver.solve(problem, work);
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/ranking.hpp"

#include <kindred/kernel/normal_equations.hpp>

#include <limits>
#include <vector>

using namespace kindred;

namespace {

/// A and b of a row's problem, in plain loops in double.
template <class Scalar>
void plain_system(const RowProblem<Scalar>& problem, Index first, Index width, Eigen::MatrixXd& a, Eigen::VectorXd& b) {
  a = Eigen::MatrixXd::Zero(width, width);
  b = Eigen::VectorXd::Zero(width);
  for (Index r = 0; r < width; ++r) {
    a(r, r) += static_cast<double>(problem.ridge[first + r]);
    for (Index c = 0; c < width && problem.gramian != nullptr; ++c)
      a(r, c) += static_cast<double>((*problem.gramian)(first + r, first + c));
  }
  for (std::size_t k = 0; k < problem.ids.size(); ++k) {
    const Eigen::VectorXd z =
        typename RowProblem<Scalar>::ConstVector(problem.design + problem.ids[k] * problem.stride, problem.dim)
            .segment(first, width)
            .template cast<double>();
    a += static_cast<double>(problem.weight(k)) * z * z.transpose();
    b += static_cast<double>(problem.pulls[k]) * z;
  }
}

template <class Scalar>
Scalar tolerance() {
  return 500 * std::numeric_limits<Scalar>::epsilon();
}

}  // namespace

TEMPLATE_TEST_CASE("a Gramian is the sum of the outer products of the rows", "[kernel]", float, double) {
  Random random(1);
  std::vector<Eigen::MatrixX<TestType>> parts;
  Eigen::MatrixX<TestType> out, threaded;
  for (const Index dim : {1, 3, 8, 16, 17, 33, 50, 70}) {
    for (const Index rows : {0, 1, 63, 64, 65, 300, 9000}) {
      const RowMatrix<TestType> z = whole_numbers<TestType>(rows, dim + 2, random, 3);
      gramian(z, dim, 0.5, parts, out, Serial{});
      const Eigen::MatrixX<TestType> expected = TestType(0.5) * z.leftCols(dim).transpose() * z.leftCols(dim);
      REQUIRE(near(out, expected, 0));  // whole numbers: exact
      gramian(z, dim, 0.5, parts, threaded, Threads(2));
      REQUIRE(near(out, threaded, 0));
    }
  }
}

TEMPLATE_TEST_CASE("the system of a row, or of some of its coordinates, is what plain loops make, and its solution solves it",
                   "[kernel]", float, double) {
  Random random(2);
  RowWorkspace<TestType> work;
  for (const Index dim : {1, 2, 7, 8, 15, 16, 17, 32, 33, 48, 64, 65, 100, 130}) {
    work.reserve(dim, 200);
    const RowMatrix<TestType> z = normal_numbers<TestType>(40, dim + 3, random);
    const Eigen::MatrixX<TestType> pull = Eigen::MatrixX<TestType>(z.leftCols(dim).transpose() * z.leftCols(dim));
    for (const std::size_t n : {0U, 1U, 63U, 64U, 65U, 200U}) {
      if (dim > 64 && n > 65) continue;  // which takes long without optimisation
      std::vector<Index> ids;
      std::vector<TestType> weights, pulls;
      for (std::size_t k = 0; k < n; ++k) {
        ids.push_back(random.below(40));
        weights.push_back(static_cast<TestType>(1 + random.below(3)));
        pulls.push_back(static_cast<TestType>(random.normal()));
      }
      const std::vector<TestType> ridge(static_cast<std::size_t>(dim), TestType(0.7));
      RowProblem<TestType> problem{.design = z.data(),
                                   .stride = z.cols(),
                                   .dim = dim,
                                   .ids = ids,
                                   .weights = weights,
                                   .pulls = pulls,
                                   .ridge = ridge.data()};
      for (const auto& [pulled, plain] : {std::pair(false, false), std::pair(true, false), std::pair(true, true)}) {
        problem.gramian = pulled ? &pull : nullptr;
        problem.weights = plain ? std::span<const TestType>() : std::span<const TestType>(weights);
        for (const auto& [first, width] : {std::pair(Index{0}, dim), std::pair(dim / 3, (dim + 1) / 2)}) {
          Eigen::MatrixXd a;
          Eigen::VectorXd b;
          plain_system(problem, first, width, a, b);
          normal_equations<TestType>(problem, first, width, pulls, work);
          const Eigen::MatrixXd lower = work.system.matrix().template cast<double>().template triangularView<Eigen::Lower>();
          const Eigen::MatrixXd wanted = a.template triangularView<Eigen::Lower>();
          INFO("dim " << dim << ", n " << n << ", first " << first << ", width " << width);
          REQUIRE((lower - wanted).cwiseAbs().maxCoeff() <= double{tolerance<TestType>()} * a.diagonal().maxCoeff());
          const Eigen::VectorXd right = work.system.right().template cast<double>();
          REQUIRE((right - b).norm() <= double{tolerance<TestType>()} * (1 + b.norm()));
          REQUIRE(work.system.solve());
          const Eigen::VectorXd x = work.system.right().template cast<double>();
          REQUIRE((a * x - right).norm() <= double{tolerance<TestType>()} * (a.norm() * x.norm() + right.norm()));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a system that is singular, indefinite or not a number is not solved", "[kernel]", float, double) {
  DefiniteSystem<TestType> system;
  const auto solves = [&](const Eigen::MatrixX<TestType>& a) {
    system.reset(a.rows());
    system.matrix() = a;
    system.right().setOnes();
    return system.solve();
  };
  for (const Index size : {1, 5, 16, 40}) {
    Eigen::MatrixX<TestType> a = Eigen::MatrixX<TestType>::Identity(size, size);
    CHECK(solves(a));
    CHECK(near(system.right(), Eigen::VectorX<TestType>::Ones(size), 0));
    for (const TestType last : {TestType(0), TestType(-1), std::numeric_limits<TestType>::epsilon() / 2,
                                std::numeric_limits<TestType>::quiet_NaN()}) {
      a(size - 1, size - 1) = last;
      CHECK(solves(a) == (size == 1 && last > 0));
    }
  }
  CHECK(solves(Eigen::MatrixX<TestType>(0, 0)));
}

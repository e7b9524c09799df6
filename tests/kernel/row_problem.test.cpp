// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/ranking.hpp"

#include <kindred/kernel/row_problem.hpp>

#include <limits>
#include <vector>

using namespace kindred;

TEMPLATE_TEST_CASE("the products of a row's problem are those of plain loops", "[kernel]", float, double) {
  using Vector = Eigen::VectorX<TestType>;
  constexpr auto tolerance = 300 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  Random random(3);
  for (const Index dim : {1, 3, 8, 16, 17, 40, 64, 100}) {
    const RowMatrix<TestType> z = normal_numbers<TestType>(30, dim + 3, random);
    const Eigen::MatrixX<TestType> gramian = z.leftCols(dim).transpose() * z.leftCols(dim);
    const Vector ridge = Vector::Constant(dim, TestType(0.5)), x = normal_numbers<TestType>(1, dim, random).transpose();
    for (const std::size_t n : {0U, 1U, 3U, 4U, 5U, 66U}) {
      std::vector<Index> ids;
      std::vector<TestType> weights, pulls;
      for (std::size_t k = 0; k < n; ++k) {
        ids.push_back(random.below(30));
        weights.push_back(static_cast<TestType>(random.normal()));
        pulls.push_back(static_cast<TestType>(random.normal()));
      }
      for (const bool plain : {false, true}) {
        RowProblem<TestType> problem{.design = z.data(),
                                     .stride = z.cols(),
                                     .dim = dim,
                                     .ids = ids,
                                     .weights = weights,
                                     .pulls = pulls,
                                     .ridge = ridge.data()};
        if (plain) problem.weights = {};
        INFO("dim " << dim << ", n " << n << ", all weights 1: " << plain);

        Eigen::MatrixXd a = Eigen::MatrixXd::Identity(dim, dim) * 0.5;
        Eigen::VectorXd pulled = Eigen::VectorXd::Ones(dim);
        for (std::size_t k = 0; k < n; ++k) {
          const Eigen::VectorXd row = z.row(ids[k]).head(dim).transpose().template cast<double>();
          a += (plain ? 1 : static_cast<double>(weights[k])) * row * row.transpose();
          pulled += static_cast<double>(pulls[k]) * row;
        }
        const double size = a.norm() + static_cast<double>(gramian.norm());
        Vector out(dim);
        problem.apply(x, out);
        CHECK((out.template cast<double>() - a * x.template cast<double>()).norm() <= tolerance * size);
        problem.gramian = &gramian;
        problem.apply(x, out);
        a += gramian.template cast<double>();
        CHECK((out.template cast<double>() - a * x.template cast<double>()).norm() <= tolerance * size);
        out.setOnes();
        problem.add_pulls(out);
        CHECK((out.template cast<double>() - pulled).norm() <= tolerance * (1 + pulled.norm() + std::sqrt(double(n * 64))));

        const Index first = dim / 3, width = (dim + 1) / 2;
        std::vector<TestType> found(n, TestType(1)), added(n, TestType(1));
        problem.products(first, width, x.data(), found.data());
        problem.template products<true>(first, width, x.data(), added.data());
        for (std::size_t k = 0; k < n; ++k) {
          double wanted = 0;
          for (Index c = 0; c < width; ++c) wanted += static_cast<double>(z(ids[k], first + c)) * static_cast<double>(x(c));
          CHECK(std::abs(static_cast<double>(found[k]) - wanted) <= tolerance * static_cast<double>(width));
          CHECK(std::abs(static_cast<double>(added[k]) - 1 - wanted) <= tolerance * static_cast<double>(width));
        }
      }
    }
  }
}

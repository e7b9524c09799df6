// SPDX-License-Identifier: MIT
#include <kindred/kernel/lanes.hpp>
#include <kindred/kernel/pair.hpp>

#include "support/catch.hpp"

#include <vector>

using namespace kindred;

TEMPLATE_TEST_CASE_SIG("the sums of four packets are those of each", "[kernel]", ((class Scalar, int width), Scalar, width),
                       (float, 16), (float, 8), (float, 4), (double, 8), (double, 2), (float, 1)) {
  using Packet = Eigen::Array<Scalar, 1, width, Eigen::RowMajor>;
  Packet packets[4];
  for (int p = 0; p < 4; ++p) {
    for (int k = 0; k < width; ++k)
      packets[p](k) = static_cast<Scalar>(1 << (k % 11)) + static_cast<Scalar>(p * 1000 * (k + 1));
  }
  const auto sums = detail::sums_of(packets[0], packets[1], packets[2], packets[3]);
  for (int p = 0; p < 4; ++p) {
    double expected = 0;  // whole numbers: exact in any order
    for (int k = 0; k < width; ++k) expected += static_cast<double>(packets[p](k));
    CHECK(static_cast<double>(sums[p]) == expected);
  }
}

TEST_CASE("numbers are put side by side in the order of their lanes", "[kernel]") {
  std::vector<int> asked;
  const auto four = detail::lanes_of<4>([&](auto j) {
    asked.push_back(static_cast<int>(j()));
    return static_cast<float>(10 * j() + 1);
  });
  CHECK(asked == std::vector<int>{0, 1, 2, 3});
  CHECK((four == detail::Lanes<float, 4>(1, 11, 21, 31)).all());
  CHECK(detail::lanes_of<1>([](auto) { return 2.5; })[0] == 2.5);
}

TEMPLATE_TEST_CASE_SIG("the first four numbers of rows are taken by their place, and put back", "[kernel]",
                       ((class Scalar, int count), Scalar, count), (float, 4), (double, 4), (float, 1)) {
  constexpr std::size_t rows = 4, cols = 6;
  std::vector<Scalar> numbers(rows * cols);
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<Scalar>(k);
  const std::size_t order[] = {2, 0, 3, 1};
  const auto row = [&](auto j) { return &numbers[order[j] * cols]; };
  auto columns = detail::columns_of<count, Scalar>(row);
  for (std::size_t k = 0; k < 4; ++k) {
    for (int j = 0; j < count; ++j) CHECK(columns[k][j] == static_cast<Scalar>(order[j] * cols + k));
    columns[k] *= Scalar{-1};
  }
  const std::vector<Scalar> before = numbers;
  detail::write_columns<count, Scalar>(columns, row);
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const bool written = k % cols < 4 && (count == 4 || k / cols == order[0]);
    CHECK(numbers[k] == (written ? -before[k] : before[k]));
  }
}

TEMPLATE_TEST_CASE_SIG("a pair is multiplied and moved as one number after the other would be", "[kernel]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 64), (float, 3), (double, 20), (double, Dynamic)) {
  const Index dim = Cols == Dynamic ? 37 : Cols, stride = padded<Scalar, Cols>(dim);
  RowMatrix<Scalar> rows = RowMatrix<Scalar>::Zero(2, stride);
  for (Index d = 0; d < dim; ++d) rows(0, d) = static_cast<Scalar>(d % 7 - 3), rows(1, d) = static_cast<Scalar>(d % 5 + 1);
  const RowMatrix<Scalar> before = rows;
  Scalar *const p = rows.data(), *const q = rows.data() + stride;
  const auto products = detail::pair_products<Cols, true>(p, q, stride);
  CHECK(products.pq.sum() == before.row(0).dot(before.row(1)));
  CHECK(products.pp.sum() == before.row(0).squaredNorm());
  CHECK(products.qq.sum() == before.row(1).squaredNorm());
  detail::move_pair<Cols>(p, q, stride, Scalar{2}, Scalar{3}, Scalar{5}, Scalar{-4});
  CHECK(rows.row(0) == 2 * before.row(0) - 3 * before.row(1));
  CHECK(rows.row(1) == 5 * before.row(1) + 4 * before.row(0));
}

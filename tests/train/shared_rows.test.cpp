// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/parameter/embedding_table.hpp>
#include <kindred/train/shared_rows.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"

#include <vector>

using namespace kindred;

TEST_CASE("equal rows are summed in order and counted", "[train]") {
  detail::SharedRows<double> shared;
  shared.resize(5);
  shared.set(0, 7, 1, 2, true);
  shared.set(1, 3, 0, 1, true);
  shared.set(2, -1, 0, 100, true);
  shared.set(3, 7, 0, -1, false);
  shared.set(4, 7, 1, 0.5, true);
  shared.sort(8);
  const EmbeddingTable<double, 2> table(8);
  RowMatrix<double> vectors = RowMatrix<double>::Zero(2, table.stride());
  vectors.leftCols(2) << 1, 10, 2, 20;
  Gradient gradient(table);
  shared.add_to(gradient, vectors, Serial{});
  REQUIRE(gradient.count() == 2);
  CHECK(gradient.is_compact());
  CHECK(gradient.id(0) == 3);
  CHECK(gradient.id(1) == 7);
  CHECK(near(gradient.row(0), Eigen::Array2d(1, 10).transpose(), 0));
  CHECK(near(gradient.row(1), Eigen::Array2d(4, 40).transpose(), 1e-12));  // 2 (2, 20) - (1, 10) + 0.5 (2, 20)
  CHECK(gradient.repeats(0) == 1);
  CHECK(gradient.repeats(1) == 2);
}

TEST_CASE("sums over shared rows have the same bits for any number of threads", "[train]") {
  constexpr Index entries = 3000, rows = 400, vectors_of = 50;
  Random random(5);
  RowMatrix<float> vectors(vectors_of, padded<float, 6>(6));
  for (float& number : std::span(vectors.data(), static_cast<std::size_t>(vectors.size()))) {
    number = static_cast<float>(random.normal());
  }
  detail::SharedRows<float> shared;
  shared.resize(entries);
  for (Index k = 0; k < entries; ++k) {
    shared.set(k, random.below(rows), random.below(vectors_of), static_cast<float>(random.normal()), true);
  }
  shared.leave_out(17);
  shared.sort(rows);
  const EmbeddingTable<float, 6> table(rows);
  const EmbeddingTable<float, 1> biases(rows);
  const auto numbers = [&](const auto& executor) {
    Gradient of_table(table);
    Gradient of_biases(biases);
    shared.add_to(of_table, vectors, executor);
    shared.add_to(of_biases, executor);
    std::vector<float> all(of_table.numbers().begin(), of_table.numbers().end());
    all.insert(all.end(), of_biases.numbers().begin(), of_biases.numbers().end());
    return all;
  };
  const std::vector<float> expected = numbers(Serial{});
  for (const int threads : {2, 7}) CHECK(numbers(Threads(threads)) == expected);
}

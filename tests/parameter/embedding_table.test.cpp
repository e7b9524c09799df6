// SPDX-License-Identifier: MIT
#include <kindred/encoder/encoder.hpp>
#include <kindred/testing/gradient_check.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <vector>

using namespace kindred;

TEMPLATE_TEST_CASE_SIG("an embedding table encodes an id as its row, padding included", "[parameter]",
                       ((class Scalar, int Dim), Scalar, Dim), (float, 3), (float, Dynamic), (double, 16), (double, Dynamic)) {
  STATIC_REQUIRE(LookupEncoder<EmbeddingTable<Scalar, Dim>>);
  constexpr Index dim = Dim == Dynamic ? 5 : Dim;
  EmbeddingTable<Scalar, Dim> table(4, dim);
  fill_normal(table, 1, 7, 0);
  const std::vector<Index> ids{2, 0, 2};
  RowMatrix<Scalar> out = RowMatrix<Scalar>::Constant(9, 2, Scalar{5});
  std::as_const(table).encode(ids, out);
  REQUIRE(out.rows() == 3);
  REQUIRE(out.cols() == table.stride());
  for (Index k = 0; k < 3; ++k) {
    CHECK((out.row(k).array() == table.padded_row(ids[static_cast<std::size_t>(k)])).all());
  }
  CHECK((out.rightCols(table.stride() - dim).array() == 0).all());

  typename EmbeddingTable<Scalar, Dim>::Tape tape;
  RowMatrix<Scalar> taped;
  table.encode(ids, taped, tape);
  CHECK((taped.array() == out.array()).all());
  table.encode(std::vector<Index>{}, out);
  CHECK(out.rows() == 0);
}

TEST_CASE("the gradient of a table's rows adds up over repeated ids", "[parameter]") {
  EmbeddingTable<double, 2> table(3);
  RowMatrix<double> d_out(3, table.stride());
  d_out.setZero();
  d_out.leftCols(2) << 1, 2, 10, 20, 100, 200;
  auto gradients = gradients_like(table);
  table.backward(std::vector<Index>{2, 1, 2}, d_out, {}, std::tie(std::get<0>(gradients)));
  auto& gradient = std::get<0>(gradients);
  gradient.compact();
  REQUIRE(gradient.count() == 2);
  CHECK(gradient.id(0) == 1);
  CHECK(gradient.row(0)(1) == 20);
  CHECK(gradient.id(1) == 2);
  CHECK(gradient.row(1)(0) == 101);
  CHECK(gradient.repeats(1) == 2);
}

TEST_CASE("the gradient of a table is exact", "[parameter]") {
  EmbeddingTable<double> table(4, 3);
  fill_normal(table, 1, 1, 0);
  const auto check = testing::check_encoder(table, {0, 2, 2});
  INFO(check);
  CHECK(check.max_relative_error < 1e-6);
  CHECK(check.checked == 4 * table.stride());
}

TEST_CASE("an embedding table of impossible shape is an error", "[parameter]") {
  CHECK_THROWS_AS(EmbeddingTable<float>(3, 0), std::invalid_argument);
  CHECK_THROWS_AS((EmbeddingTable<float, 64>(3, 32)), std::invalid_argument);
  CHECK_THROWS_AS(EmbeddingTable<float>(-3, 4), std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/ranking.hpp"

#include <kindred/kernel/score.hpp>
#include <kindred/parameter/row.hpp>

#include <vector>

using namespace kindred;

namespace {

constexpr Index widths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100};
constexpr Index counts[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100};

/// Padded rows; with `poison`, NaN in the padding, which a kernel that is told the true width must not read.
template <class Scalar>
RowMatrix<Scalar> padded_rows(const RowMatrix<Scalar>& rows, bool poison = false) {
  RowMatrix<Scalar> out(rows.rows(), padded<Scalar>(rows.cols()));
  out.setConstant(poison ? std::numeric_limits<Scalar>::quiet_NaN() : Scalar{0});
  out.leftCols(rows.cols()) = rows;
  return out;
}

template <class Scalar>
RowMatrix<Scalar> triple_loop(const RowMatrix<Scalar>& a, const RowMatrix<Scalar>& b) {
  RowMatrix<Scalar> out(a.rows(), b.rows());
  for (Index u = 0; u < a.rows(); ++u) {
    for (Index i = 0; i < b.rows(); ++i) {
      Scalar sum = 0;
      for (Index d = 0; d < a.cols(); ++d) sum += a(u, d) * b(i, d);
      out(u, i) = sum;
    }
  }
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("a pair's score is the dot product of its rows", "[kernel]", float, double) {
  Random random(1);
  for (const Index width : widths) {
    const RowMatrix<TestType> a = whole_numbers<TestType>(1, width, random, 9),
                              b = whole_numbers<TestType>(1, width, random, 9);
    const RowMatrix<TestType> pa = padded_rows(a), pb = padded_rows(b);
    CHECK(score_pair(pa.row(0), pb.row(0)) == triple_loop(a, b)(0, 0));
    CHECK(score_pair(pa.row(0).array(), pb.row(0).array()) == triple_loop(a, b)(0, 0));
  }
  alignas(64) std::array<TestType, 16> memory{1, 2, 3};
  const ConstPaddedRowMap<TestType, 3> fixed(memory.data());  // 1 + 4 + 9
  CHECK(score_pair(fixed, fixed) == 14);
}

TEMPLATE_TEST_CASE("one query against many rows", "[kernel]", float, double) {
  Random random(2);
  for (const Index width : widths) {
    for (const Index count : counts) {
      const RowMatrix<TestType> query = whole_numbers<TestType>(1, width, random, 9),
                                rows = whole_numbers<TestType>(count, width, random, 9);
      const RowMatrix<TestType> padded_query = padded_rows(query), padded_items = padded_rows(rows);
      std::vector<TestType> out(static_cast<std::size_t>(count), 77);
      CHECK(allocations_of([&] { score_one_to_many(padded_query.row(0).array(), padded_items, std::span<TestType>(out)); }) ==
            0);
      const RowMatrix<TestType> expected = triple_loop(query, rows);
      for (Index i = 0; i < count; ++i) REQUIRE(out[static_cast<std::size_t>(i)] == expected(0, i));
    }
  }
}

TEST_CASE("one query against a block of a wider matrix", "[kernel]") {
  Random random(3);
  const RowMatrix<float> query = whole_numbers<float>(1, 16, random), rows = whole_numbers<float>(20, 48, random);
  std::vector<float> out(20);
  score_one_to_many(query.row(0), rows.leftCols(16), std::span<float>(out));
  const RowMatrix<float> expected = triple_loop<float>(query, rows.leftCols(16));
  for (Index i = 0; i < 20; ++i) CHECK(out[static_cast<std::size_t>(i)] == expected(0, i));
}

TEMPLATE_TEST_CASE("many against many, and nothing beyond dim is read", "[kernel]", float, double) {
  Random random(4);
  RowMatrix<TestType> out;
  for (const Index width : widths) {
    for (const Index users : {Index{0}, Index{1}, Index{5}, Index{6}, Index{7}, Index{12}, Index{13}, Index{97}}) {
      for (const Index items : counts) {
        const RowMatrix<TestType> a = whole_numbers<TestType>(users, width, random, 9),
                                  b = whole_numbers<TestType>(items, width, random, 9);
        score_many_to_many(padded_rows(a, true), ItemTiles<TestType>(padded_rows(b, true), width), out);
        REQUIRE(near(out, triple_loop(a, b), 0));
      }
    }
    const RowMatrix<TestType> a = whole_numbers<TestType>(4, width, random, 9),
                              b = whole_numbers<TestType>(50, width, random, 9);
    score_many_to_many(padded_rows(a), padded_rows(b), out);
    CHECK(near(out, triple_loop(a, b), 0));
  }
}

TEST_CASE("the bits of a score do not depend on its place", "[kernel]") {
  Random random(5);
  const RowMatrix<float> a = normal_numbers<float>(20, 48, random), b = normal_numbers<float>(75, 48, random);
  RowMatrix<float> whole, part;
  score_many_to_many(a, b, whole);
  for (Index u = 0; u < 20; ++u) {
    for (Index first : {Index{0}, Index{1}, Index{38}}) {
      score_many_to_many(a.row(u), b.bottomRows(75 - first), part);
      REQUIRE(near(part, whole.row(u).tail(75 - first), 0));
    }
  }
  std::vector<float> line(75), tail(70);
  score_one_to_many(a.row(0), b, std::span<float>(line));
  score_one_to_many(a.row(0), b.bottomRows(70), std::span<float>(tail));
  CHECK(std::equal(tail.begin(), tail.end(), line.begin() + 5));
}

TEST_CASE("tiles refuse a width that the vectors do not have", "[kernel]") {
  const RowMatrix<float> rows = RowMatrix<float>::Zero(3, 4);
  CHECK(message_of([&] { ItemTiles<float>(rows, 5); }) == "ItemTiles: dim must be from 0 to the number of columns, 4, got 5");
  CHECK_THROWS_AS(ItemTiles<float>(rows, -1), std::invalid_argument);
}

TEST_CASE("vectors of no coordinates score 0", "[kernel]") {
  RowMatrix<float> out;
  score_many_to_many(RowMatrix<float>(2, 0), RowMatrix<float>(3, 0), out);
  CHECK(near(out, RowMatrix<float>::Zero(2, 3), 0));
}

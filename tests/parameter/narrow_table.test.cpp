// SPDX-License-Identifier: MIT
// Tables that are stored in 16 bits and read as floats.
#include "support/catch.hpp"
#include "support/features.hpp"

#include <kindred/encoder/encoder.hpp>
#include <kindred/encoder/feature_bag.hpp>

#include <limits>
#include <stdexcept>

using namespace kindred;

TEMPLATE_TEST_CASE_SIG("a table of 16-bit numbers is read as floats", "[parameter]", ((class Stored, int Dim), Stored, Dim),
                       (Eigen::half, 64), (Eigen::half, Dynamic), (Eigen::bfloat16, 5), (Eigen::bfloat16, Dynamic)) {
  constexpr Index dim = Dim == Dynamic ? 13 : Dim;
  using Table = EmbeddingTable<float, Dim, Stored>;
  STATIC_REQUIRE(LookupEncoder<Table>);
  STATIC_REQUIRE(Table::narrow);
  STATIC_REQUIRE(!EmbeddingTable<float, Dim>::narrow);
  EmbeddingTable<float, Dim> wide(6, dim);
  Table table(6, dim);
  fill_normal(wide, 1, 3, 0);
  fill_normal(table, 1, 3, 0);
  CHECK(table.stride() == wide.stride());  // so that gradients, slots and encoded rows are of one width

  const RowMatrix<float> rounded = wide.value().template cast<Stored>().template cast<float>();
  CHECK(table.value() == rounded);
  CHECK(std::as_const(table).value() == rounded);
  for (Index r = 0; r < 6; ++r) {
    CHECK((table.row(r).matrix() == rounded.row(r)));
    CHECK((std::as_const(table).padded_row(r).head(dim).matrix() == rounded.row(r)));
    CHECK((table.padded_row(r).tail(table.stride() - dim) == 0).all());
  }
  CHECK(sizeof(*table.data()) * 2 == sizeof(*wide.data()));

  SECTION("encoded, forgotten and grown as others") {
    RowMatrix<float> out;
    table.encode(std::vector<Index>{4, 1}, out);
    CHECK((out.row(0).array() == table.padded_row(4)).all());
    CHECK((out.row(1).array() == table.padded_row(1)).all());
    CHECK(detail::knows(table, 1));
    detail::forget(table, 1);
    CHECK_FALSE(detail::knows(table, 1));
    CHECK((table.padded_row(1) == 0).all());
    detail::grow(table, 8, nullptr);
    CHECK(table.rows() == 8);
    CHECK((table.row(4).matrix() == rounded.row(4)));
    CHECK((table.row(7) == 0).all());
  }
  SECTION("converted to the nearest, and back exactly") {
    const Table narrow(wide);
    CHECK(narrow.value() == rounded);
    CHECK((narrow.padded_row(2).tail(narrow.stride() - dim) == 0).all());
    const EmbeddingTable<float, Dim> back(narrow);
    CHECK(back.value() == rounded);
    CHECK((back.padded_row(2).tail(narrow.stride() - dim) == 0).all());
  }
}

TEST_CASE("a conversion refuses what does not fit, and takes infinities and NaN", "[parameter]") {
  EmbeddingTable<float, 3> wide(2);
  wide.row(1) << 1, 65520, 0;
  using Half = EmbeddingTable<float, 3, Eigen::half>;
  CHECK(message_of([&] { Half{wide}; }) ==
        "Parameter: a number must fit the 16 bits it is to be stored in, got 65520 in row 1");
  wide.row(1)(1) = 65519;  // rounds to 65504
  CHECK(Half(wide).row(1)(1) == 65504);
  wide.row(1) << std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 2;
  const Half strange(wide);
  CHECK(strange.row(1)(0) == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(strange.row(1)(1)));
}

TEST_CASE("a Dynamic number of columns in 16 bits is at most 1024", "[parameter]") {
  using Table = EmbeddingTable<float, Dynamic, Eigen::bfloat16>;
  CHECK(Table(1, 1024).padded_row(0).size() == 1024);
  CHECK(message_of([] { Table(1, 1025); }) ==
        "Parameter: the number of columns (Dim) must be fixed or at most 1024 to be stored in 16 bits, got 1025");
  CHECK(EmbeddingTable<float, 1100, Eigen::bfloat16>(1).padded_row(0).size() >= 1100);
  CHECK_THROWS_AS(Table(EmbeddingTable<float>(1, 1025)), std::invalid_argument);
}

TEST_CASE("the table of a bag of features can be stored in 16 bits", "[parameter]") {
  const auto features = groups(3, 3);
  const FeatureBag<float, 8> wide(features);
  const FeatureBag<float, 8, Eigen::bfloat16> narrow(features);
  RowMatrix<float> a, b;
  wide.encode(std::vector<Index>{0, 1, 2}, a);
  narrow.encode(std::vector<Index>{0, 1, 2}, b);
  CHECK((a - b).cwiseAbs().maxCoeff() < 0.004F * a.cwiseAbs().maxCoeff());
  CHECK_FALSE(a == b);
}

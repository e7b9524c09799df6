// SPDX-License-Identifier: MIT
#include <kindred/parameter/parameter.hpp>

#include "support/catch.hpp"

#include <bit>
#include <cstdint>
#include <type_traits>

using namespace kindred;

namespace {

template <class Scalar>
constexpr Index packet = detail::packet_width<Scalar>;

bool aligned(const void* address, Index bytes) {
  return reinterpret_cast<std::uintptr_t>(address) % static_cast<std::uintptr_t>(bytes) == 0;
}

/// Every row begins at a multiple of what its map promises, and the padding is zero.
template <class Scalar, int Cols>
void check_rows(Index cols) {
  const Weights<Scalar, Cols> weights(5, cols);
  constexpr Index promised = std::max(1, detail::row_alignment<Scalar, Cols>);
  for (Index r = 0; r < weights.rows(); ++r) {
    INFO("row " << r << " of width " << cols << ", fixed " << Cols);
    CHECK(aligned(weights.padded_row(r).data(), promised));
    CHECK(weights.row(r).data() == weights.padded_row(r).data());
    CHECK(weights.padded_row(r).size() == weights.stride());
    CHECK((weights.padded_row(r) == 0).all());
  }
}

}  // namespace

TEMPLATE_TEST_CASE("a row of dynamic width is padded to whole packets, by less than one", "[parameter]", float, double) {
  for (Index cols = 1; cols <= 130; ++cols) {
    const Index width = padded<TestType>(cols);
    CHECK(width % packet<TestType> == 0);
    CHECK(width >= cols);
    CHECK(width - cols < packet<TestType>);
    CHECK(Weights<TestType>(2, cols).stride() == width);
  }
}

TEMPLATE_TEST_CASE("a row of fixed width below a packet is padded to a power of two", "[parameter]", float, double) {
  STATIC_REQUIRE(padded<TestType, 1>(1) == 1);
  STATIC_REQUIRE(padded<TestType, 2>(2) == 2);
  STATIC_REQUIRE(padded<TestType, 3>(3) == 4);
  STATIC_REQUIRE(padded<TestType, 100>(100) == (100 + packet<TestType> - 1) / packet<TestType> * packet<TestType>);
  STATIC_REQUIRE(padded<TestType, 128>(128) == 128);
  CHECK(Weights<TestType, 1>(7).stride() == 1);
  CHECK(Weights<TestType, 3>(7).stride() == 4);
  CHECK(Weights<TestType, 100>(7).stride() == padded<TestType>(100));
}

TEMPLATE_TEST_CASE("rows are aligned as their maps promise", "[parameter]", float, double) {
  check_rows<TestType, 1>(1);
  check_rows<TestType, 3>(3);
  check_rows<TestType, 8>(8);
  check_rows<TestType, 100>(100);
  for (const Index cols : {1, 2, 3, 16, 100}) check_rows<TestType, Dynamic>(cols);
}

TEST_CASE("the promised alignment divides the bytes of a padded row", "[parameter]") {
  STATIC_REQUIRE(detail::row_alignment<float, 1> == 0);
  STATIC_REQUIRE(detail::row_alignment<float, 2> == 0);
  STATIC_REQUIRE(detail::row_alignment<float, Dynamic> == EIGEN_MAX_STATIC_ALIGN_BYTES);
  STATIC_REQUIRE(detail::row_alignment<double, 100> == EIGEN_MAX_STATIC_ALIGN_BYTES);
  STATIC_REQUIRE(detail::row_alignment<float, 4> == 16);
  STATIC_REQUIRE(detail::row_alignment<double, 2> == 16);
}

TEST_CASE("a map of a fixed row has its size at compile time", "[parameter]") {
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<Weights<float, 3>&>().row(0)), RowMap<float, 3>>);
  STATIC_REQUIRE(RowMap<float, 3>::SizeAtCompileTime == 3);
  STATIC_REQUIRE(PaddedRowMap<float, 3>::SizeAtCompileTime == 4);
  STATIC_REQUIRE(PaddedRowMap<float>::SizeAtCompileTime == Dynamic);
}

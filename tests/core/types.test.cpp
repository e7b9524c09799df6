// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/types.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

using namespace kindred;

namespace {

struct Score {
  int operator()(UserId, ItemId) const { return 1; }
};

template <class A, class B>
concept Comparable = requires(A a, B b) { a == b; } || requires(A a, B b) { a < b; };
template <class A, class B>
concept Assignable = requires(A a, B b) { a = b; };

using WideUserId = BasicUserId<std::uint64_t>;
using WideItemId = BasicItemId<std::uint64_t>;

}  // namespace

TEST_CASE("a user and an item cannot be swapped, nor a number stand for either", "[core]") {
  STATIC_REQUIRE(std::is_invocable_v<Score, UserId, ItemId>);
  STATIC_REQUIRE(!std::is_invocable_v<Score, ItemId, UserId>);
  STATIC_REQUIRE(!std::is_invocable_v<Score, int, int>);
  STATIC_REQUIRE(!std::is_convertible_v<int, UserId>);
  STATIC_REQUIRE(!std::is_convertible_v<UserId, Index>);
  STATIC_REQUIRE(!std::is_constructible_v<UserId, ItemId>);
  STATIC_REQUIRE(!std::is_constructible_v<ItemId, UserId>);
  STATIC_REQUIRE(!std::is_constructible_v<UserId, WideUserId>);
  STATIC_REQUIRE(!std::is_constructible_v<UserId, bool>);
  STATIC_REQUIRE(!std::is_constructible_v<UserId, double>);
  STATIC_REQUIRE(Comparable<UserId, UserId>);
  STATIC_REQUIRE(!Comparable<UserId, ItemId>);
  STATIC_REQUIRE(!Comparable<UserId, int>);
  STATIC_REQUIRE(Assignable<UserId&, UserId>);
  STATIC_REQUIRE(!Assignable<UserId&, ItemId>);
}

TEST_CASE("an id is as small as its number and keeps it", "[core]") {
  STATIC_REQUIRE(sizeof(UserId) == 4);
  STATIC_REQUIRE(sizeof(WideItemId) == 8);
  STATIC_REQUIRE(std::is_trivially_copyable_v<ItemId>);
  STATIC_REQUIRE(UserId(7).value() == 7);
  STATIC_REQUIRE(UserId().index() == 0);
  STATIC_REQUIRE(std::is_same_v<decltype(UserId(7).index()), Index>);
  STATIC_REQUIRE(ItemId(2) < ItemId(3));
  STATIC_REQUIRE(ItemId(std::numeric_limits<std::uint32_t>::max()).index() == 4294967295);
  STATIC_REQUIRE(WideUserId(std::int64_t{1} << 40).index() == std::int64_t{1} << 40);
}

TEST_CASE("an id that is negative or does not fit is an error that says the range", "[core]") {
  CHECK_THROWS_AS(UserId(-1), std::out_of_range);
  CHECK_THROWS_AS(ItemId(std::int64_t{1} << 32), std::out_of_range);
  CHECK_THROWS_AS(WideUserId(-1), std::out_of_range);
  CHECK_THROWS_AS(WideItemId(std::uint64_t{1} << 63), std::out_of_range);
  CHECK(WideItemId((std::uint64_t{1} << 63) - 1).index() == std::numeric_limits<Index>::max());
  CHECK_THROWS_AS(BasicItemId<std::uint8_t>(256), std::out_of_range);
  CHECK(BasicItemId<std::uint8_t>(255).index() == 255);
  CHECK(message_of([] { return UserId(-1); }) == "UserId: must be from 0 to 4294967295, got -1");
  CHECK(message_of([] { return ItemId(std::int64_t{1} << 32); }) == "ItemId: must be from 0 to 4294967295, got 4294967296");
  CHECK(message_of([] { return WideItemId(-3); }) == "ItemId: must be from 0 to 9223372036854775807, got -3");
}

TEST_CASE("the rows of a RowMatrix are contiguous", "[core]") {
  RowMatrix<float> matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  CHECK(matrix.data()[2] == 3);
  CHECK(matrix.data()[3] == 4);
}

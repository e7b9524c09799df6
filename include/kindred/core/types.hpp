// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The words every other header uses: sizes, strong user and item ids, row-major matrices.
///
/// A user and an item are both small whole numbers, so a swapped pair of arguments would compile and be wrong. The two are
/// therefore types of their own: `score(item, user)` does not compile. Text ids are turned into these by `IdMap`.

#include <kindred/core/error.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

/// A check of a programmer's slip in a hot path; costs nothing with NDEBUG.
#define KINDRED_ASSERT(condition) eigen_assert(condition)

namespace kindred {

using Index = Eigen::Index;

/// "The size is known only at run time", as in Eigen.
inline constexpr int Dynamic = Eigen::Dynamic;

/// A dense matrix whose rows are contiguous: one row an entity.
template <class Scalar>
using RowMatrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// An id that cannot be confused with another kind of id. `Rep` is its width: 32 bits by default, 64 for more than 4 billion.
///
/// Throws: std::out_of_range from the constructor if the number is negative or does not fit `Rep`.
template <class Tag, std::unsigned_integral Rep>
class Id {
 public:
  using rep_type = Rep;

  constexpr Id() = default;

  template <std::integral Int>
    requires(!std::same_as<Int, bool>)
  constexpr explicit Id(Int value) : value_(static_cast<Rep>(value)) {
    if (!std::in_range<Rep>(value) || !std::in_range<Index>(value)) {
      throw std::out_of_range(detail::concat(
          Tag::name, ": must be from 0 to ",
          std::min<std::uintmax_t>(std::numeric_limits<Rep>::max(), std::numeric_limits<Index>::max()), ", got ", value));
    }
  }

  constexpr Rep value() const { return value_; }
  constexpr Index index() const { return static_cast<Index>(value_); }

  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  Rep value_ = 0;
};

struct UserTag {
  static constexpr const char* name = "UserId";
};
struct ItemTag {
  static constexpr const char* name = "ItemId";
};

template <class Rep>
using BasicUserId = Id<UserTag, Rep>;
template <class Rep>
using BasicItemId = Id<ItemTag, Rep>;

using UserId = BasicUserId<std::uint32_t>;
using ItemId = BasicItemId<std::uint32_t>;

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The k-th largest of some numbers, nearly, without sorting them and without branches that are hard to guess.

#include <kindred/core/types.hpp>
#include <kindred/kernel/above.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>

namespace kindred::detail {

/// A number that k of the first `count` are at least, and at most a hundredth of a percent below the largest such: by halving the range of
/// floating-point numbers between the least and the largest, counting each time.
///
/// @param numbers  aligned for packets, none of them NaN; what follows them up to two packets is overwritten
/// @param least    a number that k of them are known to be at least
template <class Scalar>
Scalar kth_largest(Scalar* numbers, Index count, Index k, Scalar least = -std::numeric_limits<Scalar>::infinity()) {
  using Rank = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
  using Distance = std::make_unsigned_t<Rank>;
  constexpr Distance near = Distance{1} << (std::numeric_limits<Scalar>::digits - 14);
  // A whole number for each floating-point number, in the same order.
  const auto rank = [](Scalar x) {
    const auto bits = std::bit_cast<Rank>(x);
    return bits >= 0 ? bits : std::numeric_limits<Rank>::min() - bits;
  };
  const auto number = [](Rank r) { return std::bit_cast<Scalar>(r >= 0 ? r : std::numeric_limits<Rank>::min() - r); };
  const Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>> some(numbers, count);
  Rank low = rank(std::max(least, some.minCoeff())), high = rank(some.maxCoeff());
  fill_up(numbers, count);
  while (low<high&& static_cast<Distance>(high) - static_cast<Distance>(low)> near) {
    const Rank middle = std::midpoint(low, high);  // rounded towards `low`
    (count_above(numbers, count, number(middle)) < k ? high : low) = middle;
  }
  return number(low);
}

}  // namespace kindred::detail

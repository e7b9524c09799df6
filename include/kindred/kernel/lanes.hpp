// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A few numbers side by side, one for each of several examples, so that one instruction serves them all.

#include <Eigen/Core>

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

namespace kindred::detail {

template <class Scalar, int count>
using Lanes = Eigen::Array<Scalar, count, 1>;

/// Calls f with the constants 0 ... count - 1. Without a loop and without a lambda between, so that all is inlined.
template <int count, class F>
EIGEN_ALWAYS_INLINE void each_lane(const F& f) {
  static_assert(count == 1 || count == 4);
  f(std::integral_constant<std::size_t, 0>{});
  if constexpr (count == 4) {
    f(std::integral_constant<std::size_t, 1>{});
    f(std::integral_constant<std::size_t, 2>{});
    f(std::integral_constant<std::size_t, 3>{});
  }
}

/// Four numbers side by side.
///
/// Put together in a register: numbers written to memory one by one and read back as a packet must wait until all have arrived in the cache,
/// which made a step of four examples (train/pair_steps.hpp) three times slower with g++.
template <class Scalar>
EIGEN_ALWAYS_INLINE Lanes<Scalar, 4> beside(Scalar a, Scalar b, Scalar c, Scalar d) {
#ifdef __GNUC__
  using Vector [[gnu::vector_size(4 * sizeof(Scalar))]] = Scalar;
  const Vector packed{a, b, c, d};
  Lanes<Scalar, 4> out;
  std::memcpy(out.data(), &packed, sizeof(packed));
  return out;
#else
  return {a, b, c, d};
#endif
}

/// f(0) ... f(count - 1) side by side, called in this order.
template <int count, class F>
EIGEN_ALWAYS_INLINE auto lanes_of(const F& f) {
  static_assert(count == 1 || count == 4);
  const auto a = f(std::integral_constant<std::size_t, 0>{});
  if constexpr (count == 1) {
    return Lanes<std::remove_const_t<decltype(a)>, 1>(a);
  } else {
    const auto b = f(std::integral_constant<std::size_t, 1>{});
    const auto c = f(std::integral_constant<std::size_t, 2>{});
    const auto d = f(std::integral_constant<std::size_t, 3>{});
    return beside(a, b, c, d);
  }
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Clipping a gradient by its norm (Pascanu, Mikolov & Bengio 2013, algorithm 1).

#include <kindred/parameter/parameterized.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <tuple>

namespace kindred {

namespace detail {

/// In eight sums, so that they need not wait for one another.
template <class Scalar>
double sum_of_squares(std::span<const Scalar> numbers) {
  std::array<double, 8> sums{};
  std::size_t k = 0;
  for (; k + sums.size() <= numbers.size(); k += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      const auto number = static_cast<double>(numbers[k + lane]);
      sums[lane] += number * number;
    }
  }
  for (; k < numbers.size(); ++k) sums[0] += static_cast<double>(numbers[k]) * static_cast<double>(numbers[k]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

template <class Scalar>
void multiply(std::span<Scalar> numbers, Scalar factor) {
  for (Scalar& number : numbers) number *= factor;
}

}  // namespace detail

/// If the Euclidean norm of all gradients together exceeds `limit`, scales them so that it equals `limit`. Returns the norm before.
/// The gradients are compacted first: only then is the norm that of the gradient, and not of its parts.
/// Throws: std::invalid_argument if limit <= 0.
template <class... G>
double clip_by_norm(std::tuple<G...>& gradients, double limit) {
  detail::require(limit > 0, "clip_by_norm: limit must be positive, got ", limit);
  double squares = 0;
  const auto add = [&]<class Scalar>(std::span<Scalar> numbers) { squares += detail::sum_of_squares<Scalar>(numbers); };
  std::apply([&](auto&... gradient) { (gradient.compact(), ...), (add(gradient.numbers()), ...); }, gradients);
  const double norm = std::sqrt(squares);
  if (norm > limit) {
    const auto scale = [&]<class Scalar>(std::span<Scalar> numbers) {
      detail::multiply(numbers, static_cast<Scalar>(limit / norm));
    };
    std::apply([&](auto&... gradient) { (scale(gradient.numbers()), ...); }, gradients);
  }
  return norm;
}

}  // namespace kindred

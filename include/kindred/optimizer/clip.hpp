// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Clipping a gradient by its norm (Pascanu, Mikolov & Bengio 2013, algorithm 1).

#include <kindred/parameter/parameterized.hpp>

#include <cmath>

namespace kindred {

/// If the Euclidean norm of all gradients together exceeds `limit`, scales them so that it equals `limit`. Returns the norm before.
/// The gradients are compacted first: only then is the norm that of the gradient, and not of its parts.
/// Throws: std::invalid_argument if limit <= 0.
template <class... G>
double clip_by_norm(std::tuple<G...>& gradients, double limit) {
  detail::require(limit > 0, "clip_by_norm: limit must be positive, got ", limit);
  double squares = 0;
  const auto for_each_row = [&](auto&& f) {
    std::apply(
        [&](auto&... gradient) {
          (
              [&] {
                for (Index k = 0; k < gradient.count(); ++k) f(gradient.padded_row(k));
              }(),
              ...);
        },
        gradients);
  };
  std::apply([](auto&... gradient) { (gradient.compact(), ...); }, gradients);
  for_each_row([&](auto row) { squares += row.template cast<double>().square().sum(); });
  const double norm = std::sqrt(squares);
  if (norm > limit) {
    for_each_row([&](auto row) { row *= static_cast<typename decltype(row)::Scalar>(limit / norm); });
  }
  return norm;
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Mean and spread of the values of interactions: the units in which recipes state their settings, so that one recipe fits ratings up
/// to 5 and up to 100.

#include <kindred/data/interactions.hpp>

#include <algorithm>
#include <cmath>

namespace kindred {

struct ValueMoments {
  double mean = 0;
  double deviation = 0;  ///< the square root of the mean squared distance from the mean, at least 1e-6

  double variance() const { return deviation * deviation; }
};

/// Throws: std::invalid_argument for empty data.
template <class Rep>
ValueMoments value_moments(const BasicInteractions<Rep>& data) {
  detail::require(data.size() > 0, "value_moments: the data must have at least one interaction, got none");
  const auto n = static_cast<double>(data.size());
  double sum = 0, squares = 0;
  for (Index k = 0; k < data.size(); ++k) sum += double{data.value(k)};
  const double mean = sum / n;
  for (Index k = 0; k < data.size(); ++k) squares += (double{data.value(k)} - mean) * (double{data.value(k)} - mean);
  return {mean, std::max(1e-6, std::sqrt(squares / n))};
}

}  // namespace kindred

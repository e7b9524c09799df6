// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// For tests of ranking losses: one comparison, and its slopes against central differences in double.

#include <kindred/loss/loss.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

struct Compared {
  double value = 0, d_positive = 0;
  std::vector<double> d_negatives = {};
};

template <class Loss>
Compared compared(const Loss& loss, double positive, const std::vector<double>& negatives, kindred::Index others = 100) {
  Compared out;
  out.d_negatives.assign(negatives.size(), 7.0);  // what is not set shows
  out.value =
      loss.compare(positive, std::span<const double>(negatives), others, out.d_positive, std::span<double>(out.d_negatives));
  return out;
}

/// The largest distance of a slope from the central difference.
template <class Loss>
double slope_error(const Loss& loss, double positive, std::vector<double> negatives) {
  const double step = 1e-5;
  const Compared at = compared(loss, positive, negatives);
  const auto up = compared(loss, positive + step, negatives).value, down = compared(loss, positive - step, negatives).value;
  double worst = std::abs((up - down) / (2 * step) - at.d_positive);
  for (std::size_t k = 0; k < negatives.size(); ++k) {
    auto higher = negatives, lower = negatives;
    higher[k] += step;
    lower[k] -= step;
    const double numeric = (compared(loss, positive, higher).value - compared(loss, positive, lower).value) / (2 * step);
    worst = std::max(worst, std::abs(numeric - at.d_negatives[k]));
  }
  return worst;
}

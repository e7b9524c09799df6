// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Learning-rate schedules: functions from the time in epochs (a real number, 2.5 is half-way through the third) to a factor of the
/// learning rate. Counting epochs rather than steps keeps a schedule right when the batch size or the data change.

#include <kindred/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

namespace kindred {

/// A function (epoch) -> factor. Any callable will do; those below are ready-made.
using Schedule = std::function<double(double)>;

/// Always 1.
inline Schedule constant_schedule() {
  return [](double) { return 1.0; };
}

/// Falls in a straight line from 1 to `floor` over `epochs`, and stays there.
inline Schedule linear_schedule(double epochs, double floor = 0) {
  detail::require(epochs > 0, "linear_schedule: epochs must be positive, got ", epochs);
  detail::require(floor >= 0 && floor <= 1, "linear_schedule: floor must be in [0, 1], got ", floor);
  return [=](double epoch) { return 1 - (1 - floor) * std::min(epoch / epochs, 1.0); };
}

/// factor^floor(epoch / every).
inline Schedule step_schedule(double every, double factor) {
  detail::require(every > 0 && factor > 0, "step_schedule: every and factor must be positive, got ", every, " and ", factor);
  return [=](double epoch) { return std::pow(factor, std::floor(epoch / every)); };
}

/// rate^epoch.
inline Schedule exponential_schedule(double rate) {
  detail::require(rate > 0, "exponential_schedule: rate must be positive, got ", rate);
  return [=](double epoch) { return std::pow(rate, epoch); };
}

/// floor + (1 - floor) (1 + cos(pi epoch / epochs)) / 2, and `floor` afterwards   (Loshchilov & Hutter 2017, eq. 5, one cycle).
inline Schedule cosine_schedule(double epochs, double floor = 0) {
  detail::require(epochs > 0, "cosine_schedule: epochs must be positive, got ", epochs);
  detail::require(floor >= 0 && floor <= 1, "cosine_schedule: floor must be in [0, 1], got ", floor);
  return [=](double epoch) {
    return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(epoch / epochs, 1.0)));
  };
}

/// Rises in a straight line from 0 to 1 over `epochs`, then follows `then`, whose time starts at the end of the rise.
inline Schedule warm_up_schedule(double epochs, Schedule then = constant_schedule()) {
  detail::require(epochs > 0, "warm_up_schedule: epochs must be positive, got ", epochs);
  detail::require(static_cast<bool>(then), "warm_up_schedule: then must be a function, got none");
  return [=, then = std::move(then)](double epoch) { return epoch < epochs ? epoch / epochs : then(epoch - epochs); };
}

}  // namespace kindred

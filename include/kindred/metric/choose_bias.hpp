// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The bias model without tuning by hand: its dampings chosen on held-out training rows.

#include <kindred/data/split.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/metric/select.hpp>
#include <kindred/model/bias.hpp>

#include <vector>

namespace kindred {

/// The dampings, from {1, 2, 3, 5, 8, 12} for users times the same for items, with the least RMSE on a random tenth of the rows.
///
/// Cost: 36 fits of the bias model, in parallel. Throws: std::invalid_argument if the data is too small to hold rows out.
template <class Rep, Executor E = Serial>
BiasOptions choose_bias_damping(const BasicInteractions<Rep>& data, std::uint64_t seed = 1, const E& executor = {}) {
  const auto [rest, validation] = split_random(data, {.test_fraction = 0.1, .seed = seed});
  detail::require(rest.size() > 0 && validation.size() > 0,
                  "choose_bias_damping: there must be rows to train on and rows to validate with, got ", rest.size(), " and ",
                  validation.size());
  std::vector<BiasOptions> settings;
  for (const double user : {1.0, 2.0, 3.0, 5.0, 8.0, 12.0}) {
    for (const double item : {1.0, 2.0, 3.0, 5.0, 8.0, 12.0}) settings.push_back({.user_damping = user, .item_damping = item});
  }
  const auto figure = [&rows = rest, &held_out = validation](const BiasOptions& options) {
    return rmse(BiasModel(rows, options), held_out);
  };
  return settings[select(std::span<const BiasOptions>(settings), Goal::minimize, figure, executor).best];
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Choosing one of a list of settings by a figure measured on validation rows (never on test rows).

#include <kindred/core/executor.hpp>
#include <kindred/train/fit.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace kindred {

/// What `select` found.
struct Selection {
  std::size_t best = 0;         ///< the place of the best setting
  std::vector<double> figures;  ///< of every setting, in order; NaN for one that diverged
};

/// Measures figure(setting) for each setting and takes the best; of equal ones the first.
///
/// The settings are measured in parallel, so `figure` (which trains and validates) must not share what it changes. A figure of NaN, or a
/// DivergenceError, means that the setting is no good. Repeatable: the same result for any executor, if `figure` is a function.
/// Throws: std::invalid_argument for no settings; DivergenceError if no setting gave a number; what `figure` throws.
template <class Setting, class Figure, Executor E = Serial>
Selection select(std::span<const Setting> settings, Goal goal, const Figure& figure, const E& executor = {}) {
  detail::require(!settings.empty(), "select: there must be at least one setting, got none");
  Selection selection;
  selection.figures.assign(settings.size(), std::numeric_limits<double>::quiet_NaN());
  executor.for_each(static_cast<Index>(settings.size()), [&](Index k) {
    const auto place = static_cast<std::size_t>(k);
    try {
      selection.figures[place] = figure(settings[place]);
    } catch (const DivergenceError&) {
      selection.figures[place] = std::numeric_limits<double>::quiet_NaN();
    }
  });
  const auto better = [goal](double a, double b) {
    return !std::isnan(a) && (std::isnan(b) || (goal == Goal::minimize ? a < b : a > b));
  };
  for (std::size_t k = 1; k < settings.size(); ++k) {
    if (better(selection.figures[k], selection.figures[selection.best])) selection.best = k;
  }
  if (std::isnan(selection.figures[selection.best])) {
    throw DivergenceError("select: at least one setting must train to finite numbers, got none");
  }
  return selection;
}

}  // namespace kindred

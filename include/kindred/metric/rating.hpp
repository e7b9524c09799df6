// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How far predicted ratings are from the true ones. Protocol: every row of the test set is predicted and counts once, whatever its
/// weight; a row whose user or item is new to the model gets the model's own fall-back.

#include <kindred/core/executor.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/model/model.hpp>

#include <cmath>
#include <vector>

namespace kindred {

namespace detail {

template <class M, class Rep>
void require_covered(const char* where, const M& model, const BasicInteractions<Rep>& data) {
  require(data.users() <= model.users() && data.items() <= model.items(), where,
          ": the data must have at most the users and items of the model, ", model.users(), " x ", model.items(), ", got ",
          data.users(), " x ", data.items());
}

/// The mean over all rows of term(score - value), summed in double, chunk by chunk in order.
template <class M, class Rep, class E, class Term>
double mean_error(const char* where, const M& model, const BasicInteractions<Rep>& data, const E& executor, const Term& term) {
  require(data.size() > 0, where, ": the data must have at least one row, got none");
  require_covered(where, model, data);
  constexpr Index grain = 4096;
  std::vector<double> sums(static_cast<std::size_t>((data.size() + grain - 1) / grain), 0.0);
  for_each_range(executor, data.size(), grain, [&](Index begin, Index end) {
    double sum = 0;
    for (Index row = begin; row < end; ++row) {
      sum += term(static_cast<double>(model.score(data.user(row), data.item(row))) - static_cast<double>(data.value(row)));
    }
    sums[static_cast<std::size_t>(begin / grain)] = sum;
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum / static_cast<double>(data.size());
}

}  // namespace detail

/// Root mean squared error, sqrt(mean over rows of (score(u, i) - value)^2). A NaN prediction makes it NaN.
///
/// Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument if the data have no rows, or users or items that the model does not have.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
double rmse(const M& model, const BasicInteractions<Rep>& data, const E& executor = {}) {
  return std::sqrt(detail::mean_error("rmse", model, data, executor, [](double error) { return error * error; }));
}

/// Mean absolute error, mean over rows of |score(u, i) - value|. As `rmse` otherwise.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
double mae(const M& model, const BasicInteractions<Rep>& data, const E& executor = {}) {
  return detail::mean_error("mae", model, data, executor, [](double error) { return std::abs(error); });
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What alternating least squares makes of the data of one user or item: the weights and targets of a row's problem, and what its pairs have in
/// the objective.

#include <kindred/kernel/normal_equations.hpp>
#include <kindred/kernel/row_problem.hpp>
#include <kindred/train/als_rows.hpp>

#include <algorithm>
#include <cstddef>

namespace kindred::detail {

/// The interactions of one row: weights less the excess, and weights times targets.
template <class Side, class Link, class Scalar>
void gather_row(const Side& other, const Link& link, const AlsUnit<Scalar>& unit, const AlsRows<Scalar>& rows,
                RowWorkspace<Scalar>& work) {
  const auto& [ids, links] = link;
  const std::size_t n = ids.size();
  if (rows.equal() && !rows.aimed()) {  // no look at the rows of data, which are all over memory
    work.ids.resize(n);
    std::transform(ids.begin(), ids.end(), work.ids.begin(), [](auto id) { return id.index(); });
    work.weights.assign(unit.plain ? 0 : n, unit.weight(rows.weight()));
    work.pulls.assign(n, unit.pull(rows.weight()));
    return;
  }
  work.ids.clear();
  work.weights.clear();
  work.pulls.clear();
  constexpr std::size_t ahead = 16;
  for (std::size_t k = 0; k < n; ++k) {
    if (k + ahead < n) rows.fetch(static_cast<std::size_t>(links[k + ahead]));
    const auto row = static_cast<std::size_t>(links[k]);
    const Scalar weight = rows.weight(row);
    if (weight == 0) continue;
    const Index id = ids[k].index();
    const Scalar offset = other.biases != nullptr ? other.biases->row(id)(0) : Scalar{0};
    work.ids.push_back(id);
    if (!unit.plain) work.weights.push_back(unit.weight(weight));
    work.pulls.push_back(unit.pull(weight) * (rows.target(row) - offset));
  }
}

/// What the pairs of one row have in the objective, in the unit: sum of w (t - z'x)^2 - excess (z'x)^2, and x' gramian x.
template <class Scalar>
double loss_of(const RowProblem<Scalar>& problem, const AlsUnit<Scalar>& unit, RowWorkspace<Scalar>& work) {
  const std::size_t n = problem.ids.size();
  const auto excess = static_cast<double>(unit.excess);
  double loss = 0;
  work.predictions.resize(n);
  problem.products(0, problem.dim, work.x.data(), work.predictions.data());
  for (std::size_t k = 0; k < n; ++k) {
    const double weight = static_cast<double>(problem.weight(k)) + excess, score{work.predictions[k]};
    const double error = static_cast<double>(problem.pulls[k]) / weight - score;
    loss += weight * error * error - excess * score * score;
  }
  if (problem.gramian != nullptr) {
    work.product.noalias() = *problem.gramian * work.x;
    loss += static_cast<double>(work.x.dot(work.product));
  }
  return loss;
}

}  // namespace kindred::detail

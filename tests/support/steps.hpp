// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One row moved by an update rule: for known answers worked by hand.

#include "support/near.hpp"

#include <kindred/optimizer/optimizer.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <string>
#include <vector>

/// A row of numbers, to compare with.
inline Eigen::Array<double, 1, Eigen::Dynamic> numbers(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::Array<double, 1, Eigen::Dynamic>>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// Where the row `start` is after one step with each of the gradients; `rates` are the factors of the learning rate, 1 where it ends.
template <class Scalar = double, int Dim = kindred::Dynamic, class Rule>
Eigen::Array<double, 1, Eigen::Dynamic> moved(const Rule& rule, const std::vector<double>& start,
                                              const std::vector<std::vector<double>>& gradients,
                                              const std::vector<double>& rates = {}) {
  const auto dim = static_cast<kindred::Index>(start.size());
  kindred::EmbeddingTable<Scalar, Dim> table(3, dim);
  table.row(1) = numbers(start).cast<Scalar>();
  kindred::Optimizer<Rule> optimizer(rule);
  auto g = kindred::gradients_like(table);
  for (std::size_t t = 0; t < gradients.size(); ++t) {
    std::get<0>(g).clear();
    std::get<0>(g).add(1, numbers(gradients[t]).cast<Scalar>());
    optimizer.step(table, g, kindred::Serial{}, t < rates.size() ? rates[t] : 1.0);
  }
  return table.row(1).template cast<double>();
}

/// What `validate` has to say of a rule in an optimizer.
template <class Rule>
std::string complaint(const Rule& rule) {
  return message_of([&] { kindred::Optimizer<Rule> optimizer(rule); });
}

/// CHECK(update_rule_laws(...) == no_law) prints the laws that are broken.
inline const std::vector<std::string> no_law;

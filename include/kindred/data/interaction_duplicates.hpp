// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Rows of one user and one item: found in the index by user, where they stand side by side; refused or merged.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/interaction_columns.hpp>
#include <kindred/data/interaction_index.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace kindred::detail {

/// Whether by_user.rows k - 1 and k are of one user and one item.
template <std::unsigned_integral Rep>
bool repeats(const Adjacency<BasicItemId<Rep>>& by_user, std::span<const Rep> users, std::size_t k) {
  const auto user_of = [&](std::size_t place) { return users[static_cast<std::size_t>(by_user.rows[place])]; };
  return by_user.ids[k - 1] == by_user.ids[k] && user_of(k - 1) == user_of(k);
}

/// Throws: DuplicateRowError for the first row that is not the first of its user and item.
template <std::unsigned_integral Rep>
void refuse_duplicates(const Adjacency<BasicItemId<Rep>>& by_user, std::span<const Rep> users) {
  std::size_t found = 0;
  for (std::size_t k = 1; k < by_user.rows.size(); ++k) {
    if (repeats(by_user, users, k) && (found == 0 || by_user.rows[k] < by_user.rows[found])) found = k;
  }
  if (found == 0) return;
  throw DuplicateRowError(by_user.rows[found], by_user.rows[found - 1],
                          static_cast<Index>(users[static_cast<std::size_t>(by_user.rows[found])]), by_user.ids[found].index());
}

/// Keeps the last row of every user and item. Returns whether there was anything to merge; the index is out of date then.
/// Throws: std::invalid_argument for a sum that is not finite.
template <class Columns, std::unsigned_integral Rep>
bool merge_duplicates(const Adjacency<BasicItemId<Rep>>& by_user, Duplicates policy, Columns& columns) {
  const std::span<const Rep> users = columns.users;
  const auto& rows = by_user.rows;
  std::vector<bool> drop(rows.size(), false);
  bool any = false;
  for (std::size_t k = 1; k < rows.size(); ++k) {
    if (repeats(by_user, users, k)) any = drop[static_cast<std::size_t>(rows[k - 1])] = true;
  }
  if (!any) return false;
  auto& values = columns.values;
  if (policy == Duplicates::sum) {
    if (values.empty()) {
      values.resize(rows.size());
      std::fill(values.begin(), values.end(), 1.0F);
    }
    double sum = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const auto row = static_cast<std::size_t>(rows[k]);
      sum = (k > 0 && repeats(by_user, users, k) ? sum : 0.0) + static_cast<double>(values[row]);
      if (drop[row]) continue;
      values[row] = static_cast<float>(sum);
      require(std::isfinite(values[row]), "Interactions: row ", row, ": the sum of the duplicates' values must be finite, got ",
              sum);
    }
  }
  for_each_column(columns, [&](auto& column) {
    std::size_t kept = 0;
    for (std::size_t k = 0; k < column.size(); ++k) {
      if (!drop[k]) column[kept++] = column[k];
    }
    column.resize(kept);
  });
  return true;
}

}  // namespace kindred::detail

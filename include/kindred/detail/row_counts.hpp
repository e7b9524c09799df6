// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How many rows of a data set each user and each item has.

#include <kindred/core/types.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kindred::detail {

/// Of users 0 ... users - 1; 0 for those that the data does not know. Cost: O(users).
template <class Data>
std::vector<double> rows_of_users(const Data& data, Index users) {
  std::vector<double> counts(static_cast<std::size_t>(users), 0.0);
  for (Index u = 0; u < std::min(users, static_cast<Index>(data.users())); ++u) {
    counts[static_cast<std::size_t>(u)] = static_cast<double>(data.items_of(typename Data::user_type(u)).size());
  }
  return counts;
}

/// The same of items.
template <class Data>
std::vector<double> rows_of_items(const Data& data, Index items) {
  std::vector<double> counts(static_cast<std::size_t>(items), 0.0);
  for (Index i = 0; i < std::min(items, static_cast<Index>(data.items())); ++i) {
    counts[static_cast<std::size_t>(i)] = static_cast<double>(data.users_of(typename Data::item_type(i)).size());
  }
  return counts;
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How many rows of a data set each user and each item has.

#include <kindred/core/types.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kindred::detail {

/// partners(0).size() ... partners(known - 1).size() as `count` numbers; 0 for those that are not known.
template <class Partners>
std::vector<double> sizes_of(Index count, Index known, const Partners& partners) {
  std::vector<double> sizes(static_cast<std::size_t>(count), 0.0);
  for (Index k = 0; k < std::min(count, known); ++k)
    sizes[static_cast<std::size_t>(k)] = static_cast<double>(partners(k).size());
  return sizes;
}

/// Of users 0 ... users - 1; 0 for those that the data does not know. Cost: O(users).
template <class Data>
std::vector<double> rows_of_users(const Data& data, Index users) {
  return sizes_of(users, static_cast<Index>(data.users()), [&](Index u) { return data.items_of(typename Data::user_type(u)); });
}

/// The same of items.
template <class Data>
std::vector<double> rows_of_items(const Data& data, Index items) {
  return sizes_of(items, static_cast<Index>(data.items()), [&](Index i) { return data.users_of(typename Data::item_type(i)); });
}

}  // namespace kindred::detail

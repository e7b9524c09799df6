// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The split of strong generalisation: whole users are kept out of training; of each, some rows are told to the model (folded in), and
/// the others are to be found.

#include <kindred/data/split.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace kindred {

/// All three parts have all the users and items of the data, and keep its order of rows.
template <std::unsigned_integral Rep>
struct BasicHeldOutUsers {
  BasicInteractions<Rep> train;    ///< all rows of the other users
  BasicInteractions<Rep> fold_in;  ///< of the users held out, what the model is told
  BasicInteractions<Rep> test;     ///< and what it is to find
};
using HeldOutUsers = BasicHeldOutUsers<std::uint32_t>;

struct HeldOutUserOptions {
  double user_fraction = 0.2;  ///< above 0, below 1; of the users that have rows
  double test_fraction = 0.2;  ///< above 0, below 1; of the rows of a user held out
  bool latest = false;         ///< whether the test rows are the user's latest, or random ones
  std::uint64_t seed = 1;
};

/// Holds out a random part of the users. Of n rows of one of them, test_fraction n, rounded down, are test rows: a user of few rows has
/// none, and is not measured. Latest is by time and then by order, or by order alone if there are no times.
///
/// O(rows log rows). Throws: std::invalid_argument for a fraction out of range.
/// Source: the protocol of Liang et al. 2018 ("Variational autoencoders for collaborative filtering", section 4.1), with random rows.
template <std::unsigned_integral Rep>
BasicHeldOutUsers<Rep> split_held_out_users(const BasicInteractions<Rep>& data, const HeldOutUserOptions& options = {}) {
  detail::require_fraction("split_held_out_users: user_fraction", options.user_fraction);
  detail::require_fraction("split_held_out_users: test_fraction", options.test_fraction);
  const auto held_out = detail::random_entities(data.users(), options.user_fraction,
                                                detail::split_random_numbers(options.seed, detail::SplitStream::held_out_users),
                                                [&](Index u) { return !data.rows_of(BasicUserId<Rep>(u)).empty(); });
  Random random = detail::split_random_numbers(options.seed, detail::SplitStream::fold_in);
  std::vector<bool> in_test(static_cast<std::size_t>(data.size()), false);
  std::vector<Index> rows, train, fold_in, test;
  for (Index u = 0; u < data.users(); ++u) {
    if (!held_out[static_cast<std::size_t>(u)]) continue;
    const auto unordered = data.rows_of(BasicUserId<Rep>(u));
    rows.assign(unordered.begin(), unordered.end());
    std::sort(rows.begin(), rows.end());
    if (!options.latest) {
      random.shuffle(std::span<Index>(rows));
    } else if (data.has_times()) {
      std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return data.time(a) < data.time(b); });
    }
    const Index tests = detail::part_of(static_cast<Index>(rows.size()), options.test_fraction);
    for (auto row = rows.end() - tests; row != rows.end(); ++row) in_test[static_cast<std::size_t>(*row)] = true;
  }
  for (Index k = 0; k < data.size(); ++k) {
    const bool held = held_out[static_cast<std::size_t>(data.user(k).index())];
    (!held ? train : in_test[static_cast<std::size_t>(k)] ? test : fold_in).push_back(k);
  }
  return {data.select(train), data.select(fold_in), data.select(test)};
}

}  // namespace kindred

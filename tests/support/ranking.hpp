// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Slow and obvious rankings to compare with, and random matrices whose products are exact.

#include "support/statistics.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/top_k.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

/// Whole numbers from -range to range: sums of their products are exact, and equal scores are common.
template <class Scalar>
kindred::RowMatrix<Scalar> whole_numbers(kindred::Index rows, kindred::Index cols, kindred::Random& random, int range = 2) {
  kindred::RowMatrix<Scalar> out(rows, cols);
  for (kindred::Index k = 0; k < out.size(); ++k) out.data()[k] = static_cast<Scalar>(random.below(2 * range + 1) - range);
  return out;
}

template <class Scalar>
kindred::RowMatrix<Scalar> normal_numbers(kindred::Index rows, kindred::Index cols, kindred::Random& random) {
  kindred::RowMatrix<Scalar> out(rows, cols);
  for (kindred::Index k = 0; k < out.size(); ++k) out.data()[k] = static_cast<Scalar>(random.normal());
  return out;
}

/// Everything that is kept and no NaN, sorted by score and then by id, cut at k.
template <class Rep = std::uint32_t, class Scores, class Keep>
auto sorted_top_k(const Scores& scores, kindred::Index k, const Keep& keep) {
  using Scalar = std::decay_t<decltype(scores[0])>;
  std::vector<kindred::BasicScored<Rep, Scalar>> all;
  for (kindred::Index i = 0; i < static_cast<kindred::Index>(scores.size()); ++i) {
    const Scalar score = scores[static_cast<std::size_t>(i)];
    if (!std::isnan(score) && keep(i)) all.push_back({kindred::BasicItemId<Rep>(i), score});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  all.resize(std::min(all.size(), static_cast<std::size_t>(k)));
  return all;
}

template <class List>
auto as_vector(const List& list) {
  return std::vector<std::decay_t<decltype(list[0])>>(list.begin(), list.end());
}

/// The bits of all lists.
template <class Rep>
std::uint64_t hash_of(const kindred::BasicTopLists<Rep, float>& lists) {
  Hash hash;
  for (kindred::Index row = 0; row < lists.size(); ++row) {
    hash.add(lists[row].size());
    for (const auto& entry : lists[row]) hash.add(entry.item.value()), hash.add(std::bit_cast<std::uint32_t>(entry.score));
  }
  return hash.value();
}

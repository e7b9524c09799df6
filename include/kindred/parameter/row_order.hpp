// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Entries of rows, in any order and with repeats, brought in the order of the rows: how sums over the entries of a row are made, always in the
/// order in which they came.

#include <kindred/core/types.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace kindred::detail {

/// Which entries each row has: entries begins[k] to begins[k + 1] of `sorted` are those of rows[k], in the order in which they came.
struct RowOrder {
  struct Entry {
    Index row, place;
  };
  std::vector<Entry> sorted, next;
  std::vector<Index> rows, begins;
  std::vector<Index> starts;  ///< of the buckets of each digit

  std::span<const Entry> entries(Index k) const {
    const auto first = begins[static_cast<std::size_t>(k)], last = begins[static_cast<std::size_t>(k) + 1];
    return std::span(sorted).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
  }

  void reserve(std::size_t entries) {
    sorted.reserve(entries);
    next.reserve(entries);
    rows.reserve(entries + 1);
    begins.reserve(entries + 1);
  }
};

/// Sorts the places 0 ... n - 1 of `ids`, whose numbers are below `end`: a counting sort for each digit of the row, n + 2^digit steps each. Not a
/// template, so that it is compiled once.
///
/// 4 to 6 ns an entry, where a hash table takes 4 to 8: less for 128 entries, as much for 256, a third more from 2048 on (benchmark-compact).
inline void sort_by_row(std::span<const Index> ids, Index end, RowOrder& order) {
  const std::size_t n = ids.size();
  const int longest = n < 2048 ? 8 : 11, bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(end)));
  const int digits = (bits + longest - 1) / longest, width = digits > 0 ? (bits + digits - 1) / digits : 0;
  const std::size_t buckets = std::size_t{1} << width;
  const auto start = [&, mask = buckets - 1](int digit, Index row) -> Index& {
    return order.starts[static_cast<std::size_t>(digit) * buckets + (static_cast<std::size_t>(row) >> (digit * width) & mask)];
  };
  order.sorted.resize(n);
  order.next.resize(n);
  order.starts.assign(static_cast<std::size_t>(digits) * buckets, 0);
  for (std::size_t k = 0; k < n; ++k) {
    order.sorted[k] = {ids[k], static_cast<Index>(k)};
    for (int digit = 0; digit < digits; ++digit) ++start(digit, ids[k]);
  }
  for (int digit = 0; digit < digits; ++digit) {
    const auto first = order.starts.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(digit) * buckets);
    std::exclusive_scan(first, first + static_cast<std::ptrdiff_t>(buckets), first, Index{0});
    for (const auto& entry : order.sorted) order.next[static_cast<std::size_t>(start(digit, entry.row)++)] = entry;
    order.sorted.swap(order.next);
  }
  order.rows.resize(n + 1);
  order.begins.resize(n + 1);
  std::size_t unique = 0;
  Index last = -1;
  for (std::size_t k = 0; k < n; ++k) {  // without branches: whether a row is new is hard to foretell
    const Index row = order.sorted[k].row;
    const std::size_t at = row != last ? unique : n;
    order.rows[at] = row;
    order.begins[at] = static_cast<Index>(k);
    unique += row != last ? 1 : 0;
    last = row;
  }
  order.rows.resize(unique);
  order.begins.resize(unique + 1);
  order.begins[unique] = static_cast<Index>(n);
}

}  // namespace kindred::detail

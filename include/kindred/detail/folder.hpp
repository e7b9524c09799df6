// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What folding in starts from: a user's history, checked and in order.

#include <kindred/serve/history.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

namespace kindred::detail {

struct HistoryEntry {
  Index item;
  float value, weight;
  std::int64_t time;
};

/// A history whose items ascend, so that what is made of it does not depend on the order given.
struct CheckedHistory {
  std::span<const HistoryEntry> entries;
  bool has_values, has_times;
  const Features* features;
  Index feature_row;
};

/// Checks everything and puts the entries into `room`. Allocates nothing if that is large enough.
template <class Rep>
CheckedHistory checked_history(const BasicHistory<Rep>& history, Index items, std::vector<HistoryEntry>& room) {
  const std::size_t n = history.items.size();
  const auto fits = [n](const char* what, std::size_t size) {
    require(size == n || size == 0, "fold_in: there must be ", n, " ", what, ", one for each item, or none, got ", size);
  };
  fits("values", history.values.size());
  fits("weights", history.weights.size());
  fits("times", history.times.size());
  if (history.features != nullptr) require_id("fold_in: feature_row", history.feature_row, history.features->rows());
  room.clear();
  bool sorted = true;
  for (std::size_t k = 0; k < n; ++k) {
    const HistoryEntry entry{history.items[k].index(), history.values.empty() ? 1.0F : history.values[k],
                             history.weights.empty() ? 1.0F : history.weights[k], history.times.empty() ? 0 : history.times[k]};
    require_id("fold_in: an item", entry.item, items);
    require(std::isfinite(entry.value), "fold_in: a value must be finite, got ", entry.value, " for item ", entry.item);
    require(std::isfinite(entry.weight) && entry.weight >= 0, "fold_in: a weight must be finite and not negative, got ",
            entry.weight, " for item ", entry.item);
    sorted = sorted && (k == 0 || room.back().item < entry.item);
    room.push_back(entry);
  }
  if (!sorted) {
    std::sort(room.begin(), room.end(), [](const HistoryEntry& a, const HistoryEntry& b) { return a.item < b.item; });
    for (std::size_t k = 1; k < n; ++k) {
      require(room[k].item != room[k - 1].item, "fold_in: an item must occur once, got ", room[k].item, " twice");
    }
  }
  return {room, !history.values.empty(), !history.times.empty(), history.features, history.feature_row};
}

/// How users of a kind of model are folded in; specialised in detail/fold_in_*.hpp. Each has
/// - `User`, what a user becomes, and `Memory`, what is used again;
/// - a constructor from (model, FoldInOptions, executor);
/// - `fold(CheckedHistory, Memory&, User&)`, `score(User, item)` and `score_items(User, out)`, const.
template <class M>
class Folder {
  static_assert(!std::same_as<M, M>,
                "FoldIn: this kind of model cannot fold users in; of your own models make a FoldInModel with a HistoryScorer");
};

}  // namespace kindred::detail

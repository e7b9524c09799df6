// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// For tests of folding in: ratings with weights and times, and users' histories of them.

#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/serve/fold_in.hpp>

#include <vector>

inline constexpr kindred::Index user_count = 40, item_count = 30;

/// Ratings of two tastes, with weights (some 0) and times; user 39 and item 29 have no rows.
inline kindred::Interactions ratings() {
  kindred::Interactions::Columns columns;
  kindred::Random random(7);
  for (std::uint32_t u = 0; u + 1 < user_count; ++u) {
    for (std::uint32_t i = 0; i + 1 < item_count; ++i) {
      if (random.uniform() > 0.3) continue;
      columns.users.push_back(u), columns.items.push_back(i);
      columns.values.push_back(static_cast<float>((u % 2 == i % 2 ? 4 : 2) + (random() % 3) - 1));
      columns.weights.push_back(random() % 8 == 0 ? 0.0F : static_cast<float>(0.5 + random.uniform()));
      columns.times.push_back(static_cast<std::int64_t>(columns.users.size()));
    }
  }
  return kindred::Interactions(columns, {.users = user_count, .items = item_count});
}

/// A user's rows, which must outlive the history made of them.
struct Rows {
  std::vector<kindred::ItemId> items;
  std::vector<float> values, weights;
  std::vector<std::int64_t> times;

  Rows(const kindred::Interactions& data, kindred::UserId user) {
    for (const kindred::Index row : data.rows_of(user)) {
      items.push_back(data.item(row));
      values.push_back(data.value(row));
      weights.push_back(data.weight(row));
      times.push_back(data.time(row));
    }
  }
  kindred::History history() const { return {.items = items, .values = values, .weights = weights, .times = times}; }
};

template <class M>
std::vector<float> scores_of(const kindred::FoldedUser<M>& user) {
  std::vector<float> out(static_cast<std::size_t>(user.items()));
  user.score_items(out);
  return out;
}

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The rows of each user and of each item, by counting sorts that carry what they sort: every pass reads in order and writes each entry
/// once, so that nothing is gathered from all over the memory.

#include <kindred/core/executor.hpp>
#include <kindred/core/large_pages.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace kindred::detail {

/// Part e of `ids` and `rows`, from offsets[e] to offsets[e + 1], is that of entity e: whom it met, ascending, and in which row.
template <class OtherId>
struct Adjacency {
  std::vector<Index> offsets, rows;
  std::vector<OtherId> ids;
};

/// Writes n entries to `to` in order of their keys, those of one key as they come. `visit(begin, end, f)` calls f(key, id, row) for the
/// entries begin ... end - 1; keys are below `count`.
///
/// Each thread counts and writes a part of the entries. Memory: 8 bytes a key and thread, at most 2 bytes an entry for all but the first.
template <class OtherId, Executor E, class Visit>
void distribute(Index n, Index count, const E& executor, const Visit& visit, Adjacency<OtherId>& to) {
  const Index parts = std::clamp<Index>(n / (4 * count + 1), 1, executor.concurrency());
  const auto run = [&](const auto& f) {
    executor.for_each(parts, [&](Index part) {
      f(static_cast<std::size_t>(part * count), n / parts * part + std::min(part, n % parts),
        n / parts * (part + 1) + std::min(part + 1, n % parts));
    });
  };
  std::vector<Index> next(static_cast<std::size_t>(parts * count), 0);  // of each part and key: how many, then where
  run([&](std::size_t first, Index begin, Index end) {
    visit(begin, end, [&, counts = next.data() + first](std::size_t key, auto, Index) { ++counts[key]; });
  });
  to.offsets.resize(static_cast<std::size_t>(count) + 1);
  Index sum = 0;
  for (std::size_t key = 0; key < static_cast<std::size_t>(count); ++key) {
    to.offsets[key] = sum;
    for (std::size_t k = key; k < next.size(); k += static_cast<std::size_t>(count)) {
      sum += next[k];
      next[k] = sum - next[k];
    }
  }
  to.offsets.back() = sum;
  reserve_in_large_pages(to.ids, static_cast<std::size_t>(n));
  reserve_in_large_pages(to.rows, static_cast<std::size_t>(n));
  to.ids.resize(static_cast<std::size_t>(n));
  to.rows.resize(static_cast<std::size_t>(n));
  run([&](std::size_t first, Index begin, Index end) {
    visit(begin, end,
          [ids = to.ids.data(), rows = to.rows.data(), places = next.data() + first](std::size_t key, auto id, Index row) {
            const Index at = places[key]++;
            ids[at] = OtherId(id);
            rows[at] = row;
          });
  });
}

/// The entries of `from`, given to their other side.
template <class OtherId, class EntityId, Executor E>
void turn(const Adjacency<OtherId>& from, Index count, const E& executor, Adjacency<EntityId>& to) {
  using Rep = typename EntityId::rep_type;
  distribute(
      static_cast<Index>(from.ids.size()), count, executor,
      [&](Index begin, Index end, const auto& f) {
        auto entity = static_cast<std::size_t>(std::upper_bound(from.offsets.begin(), from.offsets.end(), begin) -
                                               from.offsets.begin() - 1);
        for (Index k = begin; k < end; ++entity) {
          for (const Index stop = std::min(end, from.offsets[entity + 1]); k < stop; ++k) {
            f(static_cast<std::size_t>(from.ids[static_cast<std::size_t>(k)].value()), static_cast<Rep>(entity),
              from.rows[static_cast<std::size_t>(k)]);
          }
        }
      },
      to);
}

/// Both indexes of the rows (users[k], items[k]): by item; then by user, hence items ascend in each user; then by item again, that users
/// ascend in each item. Rows in order of user, as files often have them, need no third pass.
///
/// Cost: O(rows + users + items). The same for any number of threads.
template <std::unsigned_integral Rep, Executor E>
void index_rows(std::span<const Rep> users, std::span<const Rep> items, Index user_count, Index item_count, const E& executor,
                Adjacency<BasicItemId<Rep>>& by_user, Adjacency<BasicUserId<Rep>>& by_item) {
  distribute(
      static_cast<Index>(users.size()), item_count, executor,
      [&](Index begin, Index end, const auto& f) {
        for (auto k = static_cast<std::size_t>(begin); k < static_cast<std::size_t>(end); ++k) {
          f(static_cast<std::size_t>(items[k]), users[k], static_cast<Index>(k));
        }
      },
      by_item);
  turn(by_item, user_count, executor, by_user);
  if (!std::is_sorted(users.begin(), users.end())) turn(by_user, item_count, executor, by_item);
}

}  // namespace kindred::detail

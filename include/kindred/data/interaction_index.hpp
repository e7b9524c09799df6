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
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred::detail {

/// Part e of `ids` and `rows`, from offsets[e] to offsets[e + 1], is that of entity e: whom it met, ascending, and in which row.
template <class OtherId>
struct Adjacency {
  std::vector<Index> offsets;
  LargeVector<Index> rows;
  LargeVector<OtherId> ids;
};

/// Whether id and row of an entry are kept in one number, 32 bits each, until all is sorted: then a pass writes to one place for each entry,
/// not to two, which is most of what it costs.
template <std::unsigned_integral Rep>
bool packs(std::size_t rows) {
  return sizeof(Rep) <= 4 && rows <= std::size_t{1} << 32;
}

/// Entries of an Adjacency, the ids of which are in the rows if they are `Packed`.
template <bool Packed, class OtherId>
struct Entries {
  using Rep = typename OtherId::rep_type;

  Index* rows;
  OtherId* ids;

  void set(Index at, Rep id, Index row) const {
    rows[at] = Packed ? static_cast<Index>(std::uint64_t{id} << 32 | static_cast<std::uint64_t>(row)) : row;
    if constexpr (!Packed) ids[at] = OtherId(id);
  }
  Rep id(Index at) const {
    return Packed ? static_cast<Rep>(static_cast<std::uint64_t>(rows[at]) >> 32) : ids[Packed ? 0 : at].value();
  }
  Index row(Index at) const { return Packed ? rows[at] & 0xFFFFFFFF : rows[at]; }
};

/// Writes n entries to `to` in order of their keys, those of one key as they come. `visit(begin, end, f)` calls f(key, id, row) for the
/// entries begin ... end - 1; keys are below `count`.
///
/// Each thread counts and writes a part of the entries. Memory: 4 bytes a key and thread if packed, else 8; at most 2 bytes an entry for
/// all but the first.
template <bool Packed, class OtherId, Executor E, class Visit>
void sort_entries(Index n, Index count, const E& executor, const Visit& visit, Adjacency<OtherId>& to) {
  using Place = std::conditional_t<Packed, std::uint32_t, Index>;
  const Index parts = std::clamp<Index>(n / (4 * count + 1), 1, executor.concurrency());
  const auto run = [&](const auto& f) {
    executor.for_each(parts, [&](Index part) {
      f(static_cast<std::size_t>(part * count), n / parts * part + std::min(part, n % parts),
        n / parts * (part + 1) + std::min(part + 1, n % parts));
    });
  };
  std::vector<Place> next(static_cast<std::size_t>(parts * count), 0);  // of each part and key: how many, then where
  run([&](std::size_t first, Index begin, Index end) {
    visit(begin, end, [&, counts = next.data() + first](std::size_t key, auto, Index) { ++counts[key]; });
  });
  to.offsets.resize(static_cast<std::size_t>(count) + 1);
  Index sum = 0;
  for (std::size_t key = 0; key < static_cast<std::size_t>(count); ++key) {
    to.offsets[key] = sum;
    for (std::size_t k = key; k < next.size(); k += static_cast<std::size_t>(count)) {
      sum += std::exchange(next[k], static_cast<Place>(sum));
    }
  }
  to.offsets.back() = sum;
  to.ids.resize(static_cast<std::size_t>(n));
  to.rows.resize(static_cast<std::size_t>(n));
  run([&](std::size_t first, Index begin, Index end) {
    visit(begin, end,
          [entries = Entries<Packed, OtherId>{to.rows.data(), to.ids.data()}, places = next.data() + first](
              std::size_t key, auto id, Index row) { entries.set(static_cast<Index>(places[key]++), id, row); });
  });
}

/// The entries of `from`, given to their other side.
template <bool Packed, class OtherId, class EntityId, Executor E>
void turn(Adjacency<OtherId>& from, Index count, const E& executor, Adjacency<EntityId>& to) {
  using Rep = typename EntityId::rep_type;
  sort_entries<Packed>(
      static_cast<Index>(from.rows.size()), count, executor,
      [&from, entries = Entries<Packed, OtherId>{from.rows.data(), from.ids.data()}](Index begin, Index end, const auto& f) {
        auto entity = static_cast<std::size_t>(std::upper_bound(from.offsets.begin(), from.offsets.end(), begin) -
                                               from.offsets.begin() - 1);
        for (Index k = begin; k < end; ++entity) {
          for (const Index stop = std::min(end, from.offsets[entity + 1]); k < stop; ++k) {
            f(static_cast<std::size_t>(entries.id(k)), static_cast<Rep>(entity), entries.row(k));
          }
        }
      },
      to);
}

/// Entries that are packed no more.
template <class OtherId, Executor E>
void unpack(const E& executor, Adjacency<OtherId>& index) {
  const Entries<true, OtherId> packed{index.rows.data(), index.ids.data()};
  for_each_range(executor, static_cast<Index>(index.rows.size()), small_work, [&](Index begin, Index end) {
    for (Index at = begin; at < end; ++at) {
      index.ids[static_cast<std::size_t>(at)] = OtherId(packed.id(at));
      index.rows[static_cast<std::size_t>(at)] = packed.row(at);
    }
  });
}

/// Both indexes of the rows (users[k], items[k]): by item; then by user, hence items ascend in each user; then by item again, that users
/// ascend in each item. Rows in order of user, as files often have them, need no third pass.
///
/// Cost: O(rows + users + items). The same for any number of threads, packed or not; to be packed, packs<Rep>(rows) must hold.
template <bool Packed, std::unsigned_integral Rep, Executor E>
void index_rows(std::span<const Rep> users, std::span<const Rep> items, Index user_count, Index item_count, const E& executor,
                Adjacency<BasicItemId<Rep>>& by_user, Adjacency<BasicUserId<Rep>>& by_item) {
  sort_entries<Packed>(
      static_cast<Index>(users.size()), item_count, executor,
      [&](Index begin, Index end, const auto& f) {
        for (auto k = static_cast<std::size_t>(begin); k < static_cast<std::size_t>(end); ++k) {
          f(static_cast<std::size_t>(items[k]), users[k], static_cast<Index>(k));
        }
      },
      by_item);
  turn<Packed>(by_item, user_count, executor, by_user);
  if (!std::is_sorted(users.begin(), users.end())) turn<Packed>(by_user, item_count, executor, by_item);
  if constexpr (Packed) {
    unpack(executor, by_user);
    unpack(executor, by_item);
  }
}

}  // namespace kindred::detail

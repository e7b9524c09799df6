// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Who interacted with what: the rows (user, item, value, weight, time) and an index of them by user and by item.
///
/// There is never a users x items matrix, and every count is 64 bits wide.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/core/large_pages.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/interaction_columns.hpp>
#include <kindred/data/interaction_duplicates.hpp>
#include <kindred/data/interaction_index.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

/// Whether two handles (`BasicInteractions::handle`) are of one set of rows, be it still there or not.
inline bool of_one_set(const std::weak_ptr<const void>& a, const std::weak_ptr<const void>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace detail

/// Interactions, numbered from 0 in the order given, with the rows of each user (ascending by item) and of each item (by user).
///
/// An object never changes once made. Copies are cheap and share the memory, which is freed with the last of them. Every number below
/// the highest takes room, used or not, so ids with wide gaps are best made dense first (see `IdMap`).
///
/// Memory: 4 sizeof(Rep) + 16 bytes a row, 4 more with values, 4 with weights, 8 with times; 8 bytes a user and an item. With
///         32-bit ids that is 36 bytes a rating, 48 at most. A view leaves out the caller's own columns: 24 bytes with 32-bit ids.
/// Cost:   O(rows + users + items) to build, by counting sorts.
/// Throws: std::invalid_argument for columns of different lengths, an id that is not below its count, a value that is not finite,
///         a weight that is negative or not finite, and duplicates unless told what to do with them. No rows at all is fine.
template <std::unsigned_integral Rep = std::uint32_t>
class BasicInteractions {
 public:
  using rep_type = Rep;
  using user_type = BasicUserId<Rep>;
  using item_type = BasicItemId<Rep>;
  using Columns = BasicInteractionColumns<Rep>;
  using Spans = BasicInteractionSpans<Rep>;
  using LargeColumns = detail::LargeInteractionColumns<Rep>;

  /// The index is built by the executor's threads, the same by any number of them.
  template <Executor E = Serial>
  explicit BasicInteractions(Columns columns, const InteractionOptions& options = {}, const E& executor = {})
      : BasicInteractions(own(&Storage::columns, std::move(columns), options, executor)) {}

  /// The same of columns that the library has made.
  template <Executor E = Serial>
  static BasicInteractions from(LargeColumns columns, const InteractionOptions& options = {}, const E& executor = {}) {
    return own(&Storage::large_columns, std::move(columns), options, executor);
  }

  /// Reads the caller's memory in place; only the index is built. The memory must outlive the object and all its copies, unchanged.
  /// Throws: as the constructor; also std::invalid_argument unless `duplicates` is `error`, since the columns cannot be changed.
  template <Executor E = Serial>
  static BasicInteractions view(const Spans& spans, const InteractionOptions& options = {}, const E& executor = {}) {
    detail::require(options.duplicates == Duplicates::error, "Interactions: a view cannot merge duplicates, give it `error`");
    const auto storage = std::make_shared<Storage>();
    return BasicInteractions(storage, storage->columns, spans, options, executor);
  }

  // A copy shares what never changes, so a move is a copy and leaves its source whole.
  BasicInteractions(const BasicInteractions&) = default;
  BasicInteractions& operator=(const BasicInteractions&) = default;

  Index size() const { return static_cast<Index>(rows_.users.size()); }
  Index users() const { return users_; }
  Index items() const { return items_; }
  bool has_values() const { return !rows_.values.empty(); }
  bool has_weights() const { return !rows_.weights.empty(); }
  bool has_times() const { return !rows_.times.empty(); }

  user_type user(Index k) const { return user_type(rows_.users[checked(k)]); }
  item_type item(Index k) const { return item_type(rows_.items[checked(k)]); }
  float value(Index k) const { return has_values() ? rows_.values[checked(k)] : 1.0F; }
  float weight(Index k) const { return has_weights() ? rows_.weights[checked(k)] : 1.0F; }
  /// Throws: std::invalid_argument if there are no times.
  std::int64_t time(Index k) const {
    detail::require(has_times(), "Interactions: time(k) needs rows with times, got none");
    return rows_.times[checked(k)];
  }

  /// The user's items, ascending, and the row each came from. Throws: std::out_of_range for a user that is not below users().
  std::span<const item_type> items_of(user_type user) const { return part(storage_->by_user.ids, storage_->by_user, user); }
  std::span<const Index> rows_of(user_type user) const { return part(storage_->by_user.rows, storage_->by_user, user); }

  /// The item's users, ascending, and the row each came from. Throws: std::out_of_range for an item that is not below items().
  std::span<const user_type> users_of(item_type item) const { return part(storage_->by_item.ids, storage_->by_item, item); }
  std::span<const Index> rows_of(item_type item) const { return part(storage_->by_item.rows, storage_->by_item, item); }

  /// Owned with that of every copy, since they share the memory: for whoever keeps what was made of these rows, and must know them again.
  std::weak_ptr<const void> handle() const { return storage_; }

  /// Whether there is a row of this user and this item. O(log n) for a user of n items. Throws: std::out_of_range for unknown ids.
  bool contains(user_type user, item_type item) const {
    if (item.index() >= items_) throw_unknown("item", item.index(), items_);
    const auto items = items_of(user);
    return std::binary_search(items.begin(), items.end(), item);
  }

  /// A copy of these rows, in this order, with the same numbers of users and items.
  /// Throws: std::out_of_range for a row that is not below size(); std::invalid_argument for a row given twice.
  BasicInteractions select(std::span<const Index> rows) const {
    for (const Index row : rows) {
      if (row < 0 || row >= size()) throw_unknown("row", row, size());
    }
    LargeColumns out{.users = pick(rows_.users, rows),
                     .items = pick(rows_.items, rows),
                     .values = pick(rows_.values, rows),
                     .weights = pick(rows_.weights, rows),
                     .times = pick(rows_.times, rows)};
    return from(std::move(out), {.users = users_, .items = items_});
  }

  /// See core/access.hpp. The numbers of users and items are kept as so many offsets, and a file cannot ask for more than it has.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    if constexpr (std::is_const_v<Self>) {
      visit_columns(self.rows_, self.storage_->by_user.offsets, self.storage_->by_item.offsets, field);
    } else {
      Columns columns;
      std::vector<Index> by_user, by_item;
      visit_columns(columns, by_user, by_item, field);
      detail::require(!by_user.empty() && !by_item.empty(), "Interactions: there must be offsets of users and items, got none");
      self = BasicInteractions(std::move(columns), {.users = std::ssize(by_user) - 1, .items = std::ssize(by_item) - 1});
    }
  }

 private:
  template <class Columns, class Offsets, class Visit>
  static void visit_columns(Columns& columns, Offsets& by_user, Offsets& by_item, Visit& field) {
    field("user", columns.users);
    field("item", columns.items);
    field("value", columns.values);
    field("weight", columns.weights);
    field("time", columns.times);
    field("user_begin", by_user);
    field("item_begin", by_item);
  }

  struct Storage {
    Columns columns{};  // of these two at most one has rows; in a view neither
    LargeColumns large_columns{};
    detail::Adjacency<item_type> by_user{};
    detail::Adjacency<user_type> by_item{};
  };

  template <class Own, Executor E>
  static BasicInteractions own(Own Storage::* place, Own&& columns, const InteractionOptions& options, const E& executor) {
    const auto storage = std::make_shared<Storage>();
    Own& kept = (*storage).*place = std::move(columns);
    return BasicInteractions(storage, kept, detail::spans_of<Rep>(kept), options, executor);
  }

  /// `columns`: those of `rows` if they may be changed.
  template <class Own, Executor E>
  BasicInteractions(std::shared_ptr<Storage> storage, Own& columns, const Spans& rows, const InteractionOptions& options,
                    const E& executor)
      : rows_(rows) {
    detail::check_lengths(rows_);
    detail::check_numbers(rows_.values, rows_.weights);
    users_ = detail::count_ids("user", rows_.users, options.users);
    items_ = detail::count_ids("item", rows_.items, options.items);
    const auto index = [&] {
      const auto run = [&](auto packed) {
        detail::index_rows<packed()>(rows_.users, rows_.items, users_, items_, executor, storage->by_user, storage->by_item);
      };
      detail::packs<Rep>(rows_.users.size()) ? run(std::true_type()) : run(std::false_type());
    };
    index();
    if (options.duplicates == Duplicates::error) {
      detail::refuse_duplicates(storage->by_user, rows_.users);
    } else if (detail::merge_duplicates<Own, Rep>(storage->by_user, options.duplicates, columns)) {
      rows_ = detail::spans_of<Rep>(columns);
      index();
    }
    storage_ = std::move(storage);
  }

  template <class Value>
  static detail::LargeVector<Value> pick(std::span<const Value> column, std::span<const Index> rows) {
    detail::LargeVector<Value> out;
    if (column.empty()) return out;
    out.reserve(rows.size());
    for (const Index row : rows) out.push_back(column[static_cast<std::size_t>(row)]);
    return out;
  }

  template <class Value, class OtherId, class EntityId>
  static std::span<const Value> part(const detail::LargeVector<Value>& values, const detail::Adjacency<OtherId>& index,
                                     EntityId entity) {
    const Index count = static_cast<Index>(index.offsets.size()) - 1;
    if (entity.index() >= count) throw_unknown(std::same_as<EntityId, user_type> ? "user" : "item", entity.index(), count);
    const auto k = static_cast<std::size_t>(entity.index());
    const auto begin = static_cast<std::size_t>(index.offsets[k]), end = static_cast<std::size_t>(index.offsets[k + 1]);
    return {values.data() + begin, end - begin};
  }

  [[noreturn]] static void throw_unknown(const char* what, Index got, Index count) {
    throw std::out_of_range(detail::concat("Interactions: the ", what, " must be below ", count, ", got ", got));
  }

  std::size_t checked(Index k) const {
    KINDRED_ASSERT(k >= 0 && k < size());
    return static_cast<std::size_t>(k);
  }

  Spans rows_;
  Index users_ = 0, items_ = 0;
  std::shared_ptr<const Storage> storage_;
};

using Interactions = BasicInteractions<>;
using InteractionColumns = BasicInteractionColumns<std::uint32_t>;
using InteractionSpans = BasicInteractionSpans<std::uint32_t>;

}  // namespace kindred

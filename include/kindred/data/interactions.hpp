// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Who interacted with what: the rows (user, item, value, weight, time) and an index of them by user and by item.
///
/// There is never a users x items matrix, and every count is 64 bits wide.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/interaction_index.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace kindred {

/// What becomes of two rows with the same user and the same item.
enum class Duplicates {
  error,      ///< DuplicateRowError, which names the pair and both rows
  keep_last,  ///< the later row stays, at its place
  sum,        ///< the later row stays, at its place, with the sum of the values; its weight and time are its own
};

/// Two rows have the same user and the same item, and nobody said what becomes of them.
class DuplicateRowError : public std::invalid_argument {
 public:
  DuplicateRowError(Index later_row, Index earlier_row, Index user_id, Index item_id)
      : std::invalid_argument(detail::concat("Interactions: row ", later_row,
                                             ": a user and an item must occur once together, got user ", user_id, " and item ",
                                             item_id, " also in row ", earlier_row)),
        row(later_row),
        earlier(earlier_row),
        user(user_id),
        item(item_id) {}

  Index row, earlier, user, item;
};

/// The rows as columns of equal length. `values`, `weights` and `times` may be empty: all 1, all 1, no times.
template <std::unsigned_integral Rep>
struct BasicInteractionColumns {
  std::vector<Rep> users{}, items{};
  std::vector<float> values{}, weights{};
  std::vector<std::int64_t> times{};
};

/// The same in memory of the caller's.
template <std::unsigned_integral Rep>
struct BasicInteractionSpans {
  std::span<const Rep> users{}, items{};
  std::span<const float> values{}, weights{};
  std::span<const std::int64_t> times{};
};

struct InteractionOptions {
  Index users = 0;  ///< the number of users; 0: the highest id + 1
  Index items = 0;  ///< the number of items; 0: the highest id + 1
  Duplicates duplicates = Duplicates::error;
};

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

  /// The index is built by the executor's threads, the same by any number of them.
  template <Executor E = Serial>
  explicit BasicInteractions(Columns columns, const InteractionOptions& options = {}, const E& executor = {})
      : BasicInteractions(std::make_shared<Storage>(Storage{.columns = std::move(columns)}), nullptr, options, executor) {}

  /// Reads the caller's memory in place; only the index is built. The memory must outlive the object and all its copies, unchanged.
  /// Throws: as the constructor; also std::invalid_argument unless `duplicates` is `error`, since the columns cannot be changed.
  template <Executor E = Serial>
  static BasicInteractions view(const Spans& spans, const InteractionOptions& options = {}, const E& executor = {}) {
    detail::require(options.duplicates == Duplicates::error, "Interactions: a view cannot merge duplicates, give it `error`");
    return BasicInteractions(std::make_shared<Storage>(), &spans, options, executor);
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
    Columns out{.users = pick(rows_.users, rows),
                .items = pick(rows_.items, rows),
                .values = pick(rows_.values, rows),
                .weights = pick(rows_.weights, rows),
                .times = pick(rows_.times, rows)};
    return BasicInteractions(std::move(out), {.users = users_, .items = items_});
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
    Columns columns{};  // empty in a view
    detail::Adjacency<item_type> by_user{};
    detail::Adjacency<user_type> by_item{};
  };

  /// Over the caller's memory, or over the columns in `storage` if there is none.
  template <Executor E>
  BasicInteractions(std::shared_ptr<Storage> storage, const Spans* callers, const InteractionOptions& options,
                    const E& executor)
      : rows_(callers != nullptr ? *callers : spans_of(storage->columns)) {
    check_lengths();
    check_numbers();
    users_ = count("user", rows_.users, options.users);
    items_ = count("item", rows_.items, options.items);
    const auto index = [&] {
      detail::index_rows(rows_.users, rows_.items, users_, items_, executor, storage->by_user, storage->by_item);
    };
    index();
    if (options.duplicates == Duplicates::error) {
      refuse_duplicates(*storage);
    } else if (merge_duplicates(*storage, options.duplicates)) {
      rows_ = spans_of(storage->columns);
      index();
    }
    storage_ = std::move(storage);
  }

  static Spans spans_of(const Columns& columns) {
    const auto all = []<class T>(const std::vector<T>& column) { return std::span<const T>(column.data(), column.size()); };
    return {.users = all(columns.users),
            .items = all(columns.items),
            .values = all(columns.values),
            .weights = all(columns.weights),
            .times = all(columns.times)};
  }

  void check_lengths() const {
    const auto same_length = [&](const char* name, std::size_t length, bool optional) {
      detail::require(length == rows_.users.size() || (optional && length == 0), "Interactions: '", name, "' must have ",
                      rows_.users.size(), " rows as 'users' has", optional ? " (or none)" : "", ", got ", length);
    };
    same_length("items", rows_.items.size(), false);
    same_length("values", rows_.values.size(), true);
    same_length("weights", rows_.weights.size(), true);
    same_length("times", rows_.times.size(), true);
  }

  void check_numbers() const {
    const auto all = [](std::span<const float> column, auto good) {
      bool result = true;  // no way out of the loop: that can be vectorised
      for (const float x : column) result &= good(x);
      return result;
    };
    constexpr float most = std::numeric_limits<float>::max();
    if (!all(rows_.values, [=](float x) { return std::abs(x) <= most; })) refuse_values();
    if (!all(rows_.weights, [=](float x) { return x >= 0 && x <= most; })) refuse_weights();
  }

  void refuse_values() const {
    for (std::size_t k = 0; k < rows_.values.size(); ++k) {
      detail::require(std::isfinite(rows_.values[k]), "Interactions: row ", k, ": the value must be finite, got ",
                      rows_.values[k]);
    }
  }

  void refuse_weights() const {
    for (std::size_t k = 0; k < rows_.weights.size(); ++k) {
      detail::require(std::isfinite(rows_.weights[k]) && rows_.weights[k] >= 0, "Interactions: row ", k,
                      ": the weight must be finite and not negative, got ", rows_.weights[k]);
    }
  }

  static Index count(const char* name, std::span<const Rep> ids, Index given) {
    constexpr Index largest = std::numeric_limits<Index>::max() - 1;  // count + 1 offsets must fit
    constexpr Index limit = std::in_range<Index>(std::numeric_limits<Rep>::max())
                                ? std::min(largest, static_cast<Index>(std::numeric_limits<Rep>::max()) + 1)
                                : largest;
    detail::require(given >= 0 && given <= limit, "Interactions: the number of ", name, "s must be from 0 to ", limit, ", got ",
                    given);
    const auto end = static_cast<std::uintmax_t>(given == 0 ? limit : given);
    Rep highest = 0;
    for (const Rep id : ids) highest = std::max(highest, id);
    for (std::size_t k = 0; highest >= end && k < ids.size(); ++k) {
      detail::require(ids[k] < end, "Interactions: row ", k, ": the ", name, " id must be below ", end, ", got ",
                      std::uintmax_t{ids[k]});
    }
    return given == 0 && !ids.empty() ? static_cast<Index>(highest) + 1 : given;
  }

  /// Whether by_user.rows k - 1 and k are of one user and one item.
  bool repeats(const Storage& storage, std::size_t k) const {
    const std::vector<Index>& rows = storage.by_user.rows;
    return storage.by_user.ids[k - 1] == storage.by_user.ids[k] &&
           rows_.users[static_cast<std::size_t>(rows[k - 1])] == rows_.users[static_cast<std::size_t>(rows[k])];
  }

  void refuse_duplicates(const Storage& storage) const {
    const std::vector<Index>& rows = storage.by_user.rows;
    std::size_t found = 0;
    for (std::size_t k = 1; k < rows.size(); ++k) {
      if (repeats(storage, k) && (found == 0 || rows[k] < rows[found])) found = k;
    }
    if (found == 0) return;
    const auto row = static_cast<std::size_t>(rows[found]);
    throw DuplicateRowError(rows[found], rows[found - 1], static_cast<Index>(rows_.users[row]),
                            static_cast<Index>(rows_.items[row]));
  }

  static void remove_rows(Columns& columns, const std::vector<bool>& drop) {
    const auto compact = [&](auto& column) {
      std::size_t kept = 0;
      for (std::size_t k = 0; k < column.size(); ++k) {
        if (!drop[k]) column[kept++] = column[k];
      }
      column.resize(kept);
    };
    compact(columns.users);
    compact(columns.items);
    compact(columns.values);
    compact(columns.weights);
    compact(columns.times);
  }

  /// Keeps the last row of every (user, item). Returns whether there was anything to merge.
  bool merge_duplicates(Storage& storage, Duplicates policy) const {
    const std::vector<Index>& rows = storage.by_user.rows;
    std::vector<bool> drop(rows.size(), false);
    bool any = false;
    for (std::size_t k = 1; k < rows.size(); ++k) {
      if (repeats(storage, k)) any = drop[static_cast<std::size_t>(rows[k - 1])] = true;
    }
    if (!any) return false;
    std::vector<float>& values = storage.columns.values;
    if (policy == Duplicates::sum) {
      if (values.empty()) values.assign(rows.size(), 1.0F);
      double sum = 0;
      for (std::size_t k = 0; k < rows.size(); ++k) {
        const auto row = static_cast<std::size_t>(rows[k]);
        sum = (k > 0 && repeats(storage, k) ? sum : 0.0) + static_cast<double>(values[row]);
        if (drop[row]) continue;
        values[row] = static_cast<float>(sum);
        detail::require(std::isfinite(values[row]), "Interactions: row ", row,
                        ": the sum of the duplicates' values must be finite, got ", sum);
      }
    }
    remove_rows(storage.columns, drop);
    return true;
  }

  template <class Value>
  static std::vector<Value> pick(std::span<const Value> column, std::span<const Index> rows) {
    std::vector<Value> out;
    if (column.empty()) return out;
    out.reserve(rows.size());
    for (const Index row : rows) out.push_back(column[static_cast<std::size_t>(row)]);
    return out;
  }

  template <class Value, class OtherId, class EntityId>
  static std::span<const Value> part(const std::vector<Value>& values, const detail::Adjacency<OtherId>& index,
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

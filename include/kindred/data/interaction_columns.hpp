// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Interactions as columns: users, items and what belongs to each row; what they must be, and what becomes of a pair that occurs twice.

#include <kindred/core/error.hpp>
#include <kindred/core/large_pages.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
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

namespace detail {

/// Columns of the library's own making, without a value before they are written.
template <std::unsigned_integral Rep>
struct LargeInteractionColumns {
  LargeVector<Rep> users{}, items{};
  LargeVector<float> values{}, weights{};
  LargeVector<std::int64_t> times{};
};

/// f(column) of each of them.
template <class Columns, class F>
void for_each_column(Columns& columns, const F& f) {
  f(columns.users), f(columns.items), f(columns.values), f(columns.weights), f(columns.times);
}

template <std::unsigned_integral Rep, class Columns>
BasicInteractionSpans<Rep> spans_of(const Columns& columns) {
  const auto all = [](const auto& column) { return std::span(column.data(), column.size()); };
  return {.users = all(columns.users),
          .items = all(columns.items),
          .values = all(columns.values),
          .weights = all(columns.weights),
          .times = all(columns.times)};
}

/// Throws: std::invalid_argument unless all columns are as long as that of the users, but for those that may be empty.
template <std::unsigned_integral Rep>
void check_lengths(const BasicInteractionSpans<Rep>& rows) {
  const auto same_length = [&](const char* name, std::size_t length, bool optional) {
    require(length == rows.users.size() || (optional && length == 0), "Interactions: '", name, "' must have ",
            rows.users.size(), " rows as 'users' has", optional ? " (or none)" : "", ", got ", length);
  };
  same_length("items", rows.items.size(), false);
  same_length("values", rows.values.size(), true);
  same_length("weights", rows.weights.size(), true);
  same_length("times", rows.times.size(), true);
}

/// Throws: std::invalid_argument for a value that is not finite and a weight that is negative or not finite.
inline void check_numbers(std::span<const float> values, std::span<const float> weights) {
  const auto all = [](std::span<const float> column, auto good) {
    bool result = true;  // no way out of the loop: that can be vectorised
    for (const float x : column) result &= good(x);
    return result;
  };
  const auto refuse = [](std::span<const float> column, auto good, const char* what) {
    const auto k = static_cast<std::size_t>(std::find_if_not(column.begin(), column.end(), good) - column.begin());
    require(false, "Interactions: row ", k, ": the ", what, ", got ", column[k]);
  };
  constexpr float most = std::numeric_limits<float>::max();
  const auto finite = [](float x) { return std::abs(x) <= most; };
  const auto finite_above = [](float x) { return x >= 0 && x <= most; };
  if (!all(values, finite)) refuse(values, finite, "value must be finite");
  if (!all(weights, finite_above)) refuse(weights, finite_above, "weight must be finite and not negative");
}

/// How many users or items there are: `given`, or the highest id + 1 if that is 0.
/// Throws: std::invalid_argument unless all ids are below it, and for a number of them that cannot be.
template <std::unsigned_integral Rep>
Index count_ids(const char* name, std::span<const Rep> ids, Index given) {
  constexpr Index largest = std::numeric_limits<Index>::max() - 1;  // count + 1 offsets must fit
  constexpr Index limit = std::in_range<Index>(std::numeric_limits<Rep>::max())
                              ? std::min(largest, static_cast<Index>(std::numeric_limits<Rep>::max()) + 1)
                              : largest;
  require(given >= 0 && given <= limit, "Interactions: the number of ", name, "s must be from 0 to ", limit, ", got ", given);
  const auto end = static_cast<std::uintmax_t>(given == 0 ? limit : given);
  Rep highest = 0;
  for (const Rep id : ids) highest = std::max(highest, id);
  for (std::size_t k = 0; highest >= end && k < ids.size(); ++k) {
    require(ids[k] < end, "Interactions: row ", k, ": the ", name, " id must be below ", end, ", got ", std::uintmax_t{ids[k]});
  }
  return given == 0 && !ids.empty() ? static_cast<Index>(highest) + 1 : given;
}

}  // namespace detail

}  // namespace kindred

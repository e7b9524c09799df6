// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Parts of the interactions to train on and to test on: at random, by time, by folds, or whole items or users kept out.
///
/// Both parts have all the users and items of the data, and keep its order of rows. A split is a function of the data and the seed,
/// the same on every platform. A part may be empty when there are few rows; n rows at a test fraction f are always divided into
/// ceil((1 - f) n) for training and the others for testing, where f n within rounding of a whole number is that number.

#include <kindred/core/error.hpp>
#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace kindred {

template <std::unsigned_integral Rep>
struct BasicTrainTest {
  BasicInteractions<Rep> train, test;
};

using TrainTest = BasicTrainTest<std::uint32_t>;

namespace detail {

/// What a split draws from `Stream::split` for, so that two splits with one seed are independent.
enum class SplitStream : std::uint32_t { random, folds, cold_items, cold_users, held_out_users, fold_in };

inline Random split_random_numbers(std::uint64_t seed, SplitStream purpose) {
  return Random(seed, Stream::split, static_cast<std::uint32_t>(purpose));
}

inline void require_fraction(const char* where, double fraction) {
  require(fraction > 0 && fraction < 1, where, " must be above 0 and below 1, got ", fraction);
}

/// fraction n as a whole number of rows, rounded down (or up) unless it is whole but for rounding: 0.29 of 100 is 29, although the
/// product comes out as 28.999999999999996.
inline Index part_of(Index n, double fraction, bool up = false) {
  const double product = fraction * static_cast<double>(n), nearest = std::round(product);
  if (std::abs(product - nearest) <= 1e-12 * product) return static_cast<Index>(nearest);
  return static_cast<Index>(up ? std::ceil(product) : std::floor(product));
}

/// 0 ... n - 1 in a random order.
inline std::vector<Index> random_order(Index n, Random random) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  random.shuffle(std::span<Index>(order));
  return order;
}

/// `in_test(k)` says where row k goes.
template <std::unsigned_integral Rep, class InTest>
BasicTrainTest<Rep> divide(const BasicInteractions<Rep>& data, InTest&& in_test) {
  std::vector<Index> train, test;
  for (Index k = 0; k < data.size(); ++k) (in_test(k) ? test : train).push_back(k);
  return {data.select(train), data.select(test)};
}

/// Puts all but the first train_count(n) of each user's n rows, ordered by time and then by row, into the test part.
template <std::unsigned_integral Rep, class TrainCount>
BasicTrainTest<Rep> divide_users(const BasicInteractions<Rep>& data, TrainCount&& train_count) {
  std::vector<bool> in_test(static_cast<std::size_t>(data.size()), false);
  std::vector<Index> rows;
  for (Index u = 0; u < data.users(); ++u) {
    const auto unordered = data.rows_of(BasicUserId<Rep>(u));
    rows.assign(unordered.begin(), unordered.end());
    std::sort(rows.begin(), rows.end());
    if (data.has_times()) {
      std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return data.time(a) < data.time(b); });
    }
    const Index kept = train_count(static_cast<Index>(rows.size()));
    for (std::size_t k = static_cast<std::size_t>(kept); k < rows.size(); ++k)
      in_test[static_cast<std::size_t>(rows[k])] = true;
  }
  return divide(data, [&](Index k) { return in_test[static_cast<std::size_t>(k)]; });
}

/// Which of `count` entities are in a random part_of(n, fraction) of the n that have rows.
template <class HasRows>
std::vector<bool> random_entities(Index count, double fraction, Random random, HasRows&& has_rows) {
  std::vector<Index> entities;
  for (Index e = 0; e < count; ++e) {
    if (has_rows(e)) entities.push_back(e);
  }
  random.shuffle(std::span<Index>(entities));
  entities.resize(static_cast<std::size_t>(part_of(static_cast<Index>(entities.size()), fraction)));
  std::vector<bool> chosen(static_cast<std::size_t>(count), false);
  for (const Index e : entities) chosen[static_cast<std::size_t>(e)] = true;
  return chosen;
}

}  // namespace detail

struct RandomSplitOptions {
  double test_fraction = 0.2;  ///< above 0, below 1
  std::uint64_t seed = 1;
};

/// A random part of all rows for testing. O(rows). Throws: std::invalid_argument for a fraction out of range.
template <std::unsigned_integral Rep>
BasicTrainTest<Rep> split_random(const BasicInteractions<Rep>& data, const RandomSplitOptions& options = {}) {
  detail::require_fraction("split_random: test_fraction", options.test_fraction);
  const auto order = detail::random_order(data.size(), detail::split_random_numbers(options.seed, detail::SplitStream::random));
  std::vector<bool> in_test(order.size(), false);
  for (Index k = 0; k < detail::part_of(data.size(), options.test_fraction); ++k) {
    in_test[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])] = true;
  }
  return detail::divide(data, [&](Index k) { return in_test[static_cast<std::size_t>(k)]; });
}

/// Leave-last-n-out: the last `count` rows of each user for testing; a user of `count` rows or fewer keeps them all for training.
/// Last is by time and then by order, or by order alone if there are no times. Throws: std::invalid_argument if count < 1.
template <std::unsigned_integral Rep>
BasicTrainTest<Rep> split_last(const BasicInteractions<Rep>& data, Index count = 1) {
  detail::require(count >= 1, "split_last: count must be at least 1, got ", count);
  return detail::divide_users(data, [&](Index rows) { return rows > count ? rows - count : rows; });
}

struct LastFractionSplitOptions {
  double test_fraction = 0.2;  ///< above 0, below 1
};

/// The last part of each user's rows for testing: of n rows the first ceil((1 - f) n), hence at least one, stay for training.
/// Last is by time and then by order, or by order alone if there are no times.
/// Throws: std::invalid_argument for a fraction out of range.
template <std::unsigned_integral Rep>
BasicTrainTest<Rep> split_last_fraction(const BasicInteractions<Rep>& data, const LastFractionSplitOptions& options = {}) {
  detail::require_fraction("split_last_fraction: test_fraction", options.test_fraction);
  return detail::divide_users(data, [&](Index rows) { return rows - detail::part_of(rows, options.test_fraction); });
}

struct TimeSplitOptions {
  double train_fraction = 0.8;  ///< above 0, below 1
};

/// The earliest rows of all for training, the later ones for testing: training gets ceil(train_fraction n) of the n rows, ordered by
/// time and then by order. O(rows). Throws: std::invalid_argument for a fraction out of range, and if there are no times.
template <std::unsigned_integral Rep>
BasicTrainTest<Rep> split_time(const BasicInteractions<Rep>& data, const TimeSplitOptions& options = {}) {
  detail::require_fraction("split_time: train_fraction", options.train_fraction);
  detail::require(data.has_times(), "split_time: the rows must have times, got none");
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), Index{0});
  const auto later = order.begin() + detail::part_of(data.size(), options.train_fraction, true);
  std::nth_element(order.begin(), later, order.end(),
                   [&](Index a, Index b) { return data.time(a) < data.time(b) || (data.time(a) == data.time(b) && a < b); });
  std::vector<bool> in_test(order.size(), false);
  std::for_each(later, order.end(), [&](Index row) { in_test[static_cast<std::size_t>(row)] = true; });
  return detail::divide(data, [&](Index k) { return in_test[static_cast<std::size_t>(k)]; });
}

struct FoldOptions {
  Index folds = 5;  ///< from 2 to the number of rows
  std::uint64_t seed = 1;
};

/// Random folds: every row is in the test part of exactly one, and the sizes of the test parts differ by at most 1.
/// Memory: that of the data, `folds` times. Throws: std::invalid_argument for a number of folds out of range.
template <std::unsigned_integral Rep>
std::vector<BasicTrainTest<Rep>> k_folds(const BasicInteractions<Rep>& data, const FoldOptions& options = {}) {
  detail::require(options.folds >= 2 && options.folds <= data.size(), "k_folds: folds must be from 2 to the number of rows, ",
                  data.size(), ", got ", options.folds);
  const auto order = detail::random_order(data.size(), detail::split_random_numbers(options.seed, detail::SplitStream::folds));
  std::vector<Index> fold_of(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    fold_of[static_cast<std::size_t>(order[k])] = static_cast<Index>(k) % options.folds;
  }
  std::vector<BasicTrainTest<Rep>> folds;
  folds.reserve(static_cast<std::size_t>(options.folds));
  for (Index fold = 0; fold < options.folds; ++fold) {
    folds.push_back(detail::divide(data, [&](Index k) { return fold_of[static_cast<std::size_t>(k)] == fold; }));
  }
  return folds;
}

struct ColdSplitOptions {
  double test_fraction = 0.2;  ///< above 0, below 1; of the items, or users, that have rows
  std::uint64_t seed = 1;
};

/// A random part of the items kept out of training: all their rows for testing, all others for training.
/// Throws: std::invalid_argument for a fraction out of range.
template <std::unsigned_integral Rep>
BasicTrainTest<Rep> split_cold_items(const BasicInteractions<Rep>& data, const ColdSplitOptions& options = {}) {
  detail::require_fraction("split_cold_items: test_fraction", options.test_fraction);
  const auto cold = detail::random_entities(data.items(), options.test_fraction,
                                            detail::split_random_numbers(options.seed, detail::SplitStream::cold_items),
                                            [&](Index i) { return !data.rows_of(BasicItemId<Rep>(i)).empty(); });
  return detail::divide(data, [&](Index k) { return cold[static_cast<std::size_t>(data.item(k).index())]; });
}

/// A random part of the users kept out of training: all their rows for testing, all others for training.
/// Throws: std::invalid_argument for a fraction out of range.
template <std::unsigned_integral Rep>
BasicTrainTest<Rep> split_cold_users(const BasicInteractions<Rep>& data, const ColdSplitOptions& options = {}) {
  detail::require_fraction("split_cold_users: test_fraction", options.test_fraction);
  const auto cold = detail::random_entities(data.users(), options.test_fraction,
                                            detail::split_random_numbers(options.seed, detail::SplitStream::cold_users),
                                            [&](Index u) { return !data.rows_of(BasicUserId<Rep>(u)).empty(); });
  return detail::divide(data, [&](Index k) { return cold[static_cast<std::size_t>(data.user(k).index())]; });
}

}  // namespace kindred

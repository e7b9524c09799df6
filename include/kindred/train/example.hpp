// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a gradient trainer learns from: labelled (user, item) pairs, in a random order, with sampled negatives.

#include <kindred/core/executor.hpp>
#include <kindred/core/random_ahead.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/negatives.hpp>
#include <kindred/detail/distribute.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred {

/// A labelled pair. Weight 0 marks a place to skip.
template <class Rep>
struct Example {
  Rep user, item;
  float label, weight;
};

/// How an unobserved item becomes a negative example, of label 0. A row of weight 0 gets none.
struct NegativeSampling {
  int per_positive = 0;         ///< 0: explicit feedback, the values are the labels. Otherwise implicit: positives have label 1
  double popularity_power = 0;  ///< a negative is drawn in proportion to its count to this power; 0 is uniform
  double weight = 1;            ///< the weight of a negative, where a positive has that of its row
  bool in_batch = false;        ///< drawn from the items of the batch's other rows instead, less those of the user
  int hardest_of = 1;           ///< each negative is the one of so many drawn that the model scores highest
  bool given = false;           ///< a row of value 0 or less is itself a negative, and gets none

  /// Whether the negatives of a row do not depend on the model or the batch, so that they may be drawn ahead.
  bool ahead() const { return !in_batch && hardest_of == 1; }

  /// The label of a row of this value: that of explicit feedback is the value.
  float label_of(float value) const {
    if (per_positive == 0) return value;
    return given && value <= 0 ? 0.0F : 1.0F;
  }

  void validate() const {
    detail::require(per_positive >= 0, "NegativeSampling: per_positive must not be negative, got ", per_positive);
    detail::require(popularity_power >= 0 && popularity_power < 1e3,
                    "NegativeSampling: popularity_power must be finite and not negative, got ", popularity_power);
    detail::require(weight > 0 && weight < 1e30, "NegativeSampling: weight must be positive and finite, got ", weight);
    detail::require(hardest_of >= 1, "NegativeSampling: hardest_of must be at least 1, got ", hardest_of);
    detail::require(!in_batch || popularity_power == 0,
                    "NegativeSampling: popularity_power must be 0 for negatives in the batch, got ", popularity_power);
    detail::require(per_positive > 0 || (!in_batch && hardest_of == 1 && !given),
                    "NegativeSampling: per_positive must be at least 1 for implicit feedback, got ", per_positive);
  }
};

/// The memory of a shuffle, to be used again.
template <class Rep>
struct ShuffleMemory {
  std::vector<Example<Rep>> rows{};
  std::vector<std::uint16_t> buckets{};
  std::vector<std::size_t> begins{}, counts{};
};

/// The examples of an epoch: every row of the data once, in an order drawn from (seed, epoch), each followed by its negatives.
///
/// The order is uniformly random: rows are dealt out to random buckets that fit the cache, then each bucket is shuffled (Rao 1961;
/// Sandelius 1962). So rows are read and written in streams, and nothing is fetched at random. Every chunk of rows and every
/// bucket draws from a stream of its own, so the examples do not depend on threads.
/// Memory: 18 bytes a row with 32-bit ids, and the sampler's. Cost: O(rows) for an epoch's order.
template <class Data>
class ExampleSource {
 public:
  using Rep = typename Data::rep_type;

  template <Executor E = Serial>
  ExampleSource(const Data& data, const NegativeSampling& negatives, std::uint64_t seed, std::uint32_t epoch,
                const E& executor = {}, ShuffleMemory<Rep> memory = {})
      : negatives_(negatives), seed_(seed), epoch_(epoch), memory_(std::move(memory)), uniform_(data) {
    shuffle(data, executor);
    if (negatives.per_positive > 0 && negatives.popularity_power > 0) {
      popular_.emplace(data, PopularityNegativesOptions{.power = negatives.popularity_power});
    }
  }

  Index examples_per_row() const { return 1 + negatives_.per_positive; }

  /// The examples of rows [first, first + count) of the order, in `room` unless they are there already. `first` must be a multiple
  /// of `chunk`.
  std::span<const Example<Rep>> window(Index first, Index count, const Executor auto& executor,
                                       std::vector<Example<Rep>>& room) const {
    if (negatives_.per_positive == 0) return rows(first, count);
    fill(first, count, executor, room);
    return room;
  }

  /// Writes the examples of rows [first, first + count) of the order to `out`. `first` must be a multiple of `chunk`.
  void fill(Index first, Index count, const Executor auto& executor, std::vector<Example<Rep>>& out) const {
    out.resize(static_cast<std::size_t>(count * examples_per_row()));
    for_each_range(executor, count, chunk, [&](Index begin, Index end) {
      popular_ ? fill_chunk(*popular_, first, begin, end, out) : fill_chunk(uniform_, first, begin, end, out);
    });
  }

  /// Gives its memory away, for the source of the next epoch.
  ShuffleMemory<Rep> release() && { return std::move(memory_); }

  static constexpr Index chunk = 4096;

 private:
  std::span<const Example<Rep>> rows(Index first, Index count) const {
    return std::span(memory_.rows).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }

  template <class Sampler>
  void fill_chunk(const Sampler& sampler, Index first, Index begin, Index end, std::vector<Example<Rep>>& out) const {
    Random random(seed_, Stream::negatives, epoch_, static_cast<std::uint32_t>((first + begin) / chunk));
    auto* to = &out[static_cast<std::size_t>(begin * examples_per_row())];
    for (const Example<Rep>& row : rows(first + begin, end - begin)) {
      *to++ = row;
      for (int n = 0; n < negatives_.per_positive; ++n) {
        Example<Rep> negative{row.user, 0, 0.0F, 0.0F};
        if (row.label != 0 && row.weight != 0) {
          if (const auto item = sampler.sample(BasicUserId<Rep>(row.user), random)) {
            negative.item = item->value();
            negative.weight = static_cast<float>(negatives_.weight);
          }
        }
        *to++ = negative;
      }
    }
  }

  void shuffle(const Data& data, const Executor auto& executor) {
    constexpr Index most = 1024, wanted = 8192;                   // buckets, and rows in a bucket
    constexpr std::uint32_t of_buckets = std::uint32_t{1} << 31;  // the streams of the buckets, behind those of the chunks
    const Index n = data.size();
    const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::min(n / wanted, most - 1))));
    auto& buckets = memory_.buckets;
    buckets.resize(static_cast<std::size_t>(n));
    if (bits > 0) {
      for_each_range(executor, n, chunk, [&](Index begin, Index end) {
        Random random(seed_, Stream::shuffle, epoch_, static_cast<std::uint32_t>(begin / chunk));
        RandomAhead draw(random);
        for (Index k = begin; k < end; ++k)
          buckets[static_cast<std::size_t>(k)] = static_cast<std::uint16_t>(draw() >> (32 - bits));
      });
    } else {
      std::fill(buckets.begin(), buckets.end(), std::uint16_t{0});
    }
    memory_.rows.resize(static_cast<std::size_t>(n));
    detail::distribute(
        n, std::size_t{1} << bits, [&](Index k) { return std::size_t{buckets[static_cast<std::size_t>(k)]}; },
        [&](Index k, std::size_t place) {
          memory_.rows[place] = {data.user(k).value(), data.item(k).value(), negatives_.label_of(data.value(k)),
                                 data.weight(k)};
        },
        executor, memory_.begins, memory_.counts);
    executor.for_each(Index{1} << bits, [&](Index bucket) {
      const auto b = static_cast<std::size_t>(bucket), begin = memory_.begins[b];
      Random random(seed_, Stream::shuffle, epoch_, of_buckets + static_cast<std::uint32_t>(bucket));
      RandomAhead(random).shuffle(std::span(memory_.rows).subspan(begin, memory_.begins[b + 1] - begin));
    });
  }

  NegativeSampling negatives_;
  std::uint64_t seed_;
  std::uint32_t epoch_;
  ShuffleMemory<Rep> memory_;
  BasicUniformNegatives<Rep> uniform_;
  std::optional<BasicPopularityNegatives<Rep>> popular_;  ///< if they are drawn by popularity
};

}  // namespace kindred

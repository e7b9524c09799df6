// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a gradient trainer learns from: labelled (user, item) pairs, in a random order, with sampled negatives.

#include <kindred/core/executor.hpp>
#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/negatives.hpp>

#include <numeric>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace kindred {

/// A labelled pair. Weight 0 marks a place to skip.
template <class Rep>
struct Example {
  Rep user, item;
  float label, weight;
};

/// How an unobserved item becomes a negative example, of label 0.
struct NegativeSampling {
  int per_positive = 0;         ///< 0: explicit feedback, the values are the labels. Otherwise implicit: positives have label 1
  double popularity_power = 0;  ///< a negative is drawn in proportion to its count to this power; 0 is uniform
  double weight = 1;            ///< the weight of a negative, where a positive has that of its row

  void validate() const {
    detail::require(per_positive >= 0, "NegativeSampling: per_positive must not be negative, got ", per_positive);
    detail::require(popularity_power >= 0 && popularity_power < 1e3,
                    "NegativeSampling: popularity_power must be finite and not negative, got ", popularity_power);
    detail::require(weight > 0 && weight < 1e30, "NegativeSampling: weight must be positive and finite, got ", weight);
  }
};

/// The examples of an epoch: every row of the data once, in an order drawn from (seed, epoch), each followed by its negatives.
///
/// Every chunk of rows draws from a stream of its own, so the examples do not depend on threads.
/// Memory: 8 bytes a row, and the sampler's. Cost: O(rows) for an epoch's order.
template <class Data>
class ExampleSource {
 public:
  using Rep = typename Data::rep_type;

  ExampleSource(const Data& data, const NegativeSampling& negatives, std::uint64_t seed, std::uint32_t epoch)
      : data_(data), negatives_(negatives), seed_(seed), epoch_(epoch), order_(static_cast<std::size_t>(data.size())) {
    std::iota(order_.begin(), order_.end(), Index{0});
    Random(seed, Stream::shuffle, epoch).shuffle(std::span<Index>(order_));
    if (negatives.per_positive > 0) {
      if (negatives.popularity_power > 0) {
        sampler_.template emplace<BasicPopularityNegatives<Rep>>(data, PopularityNegativesOptions{.power = negatives.popularity_power});
      } else {
        sampler_.template emplace<BasicUniformNegatives<Rep>>(data);
      }
    }
  }

  Index examples_per_row() const { return 1 + negatives_.per_positive; }

  /// Writes the examples of rows [first, first + count) of the order to `out`. `first` must be a multiple of `chunk`.
  void fill(Index first, Index count, const Executor auto& executor, std::vector<Example<Rep>>& out) const {
    out.resize(static_cast<std::size_t>(count * examples_per_row()));
    for_each_range(executor, count, chunk, [&](Index begin, Index end) {
      Random random(seed_, Stream::negatives, epoch_, static_cast<std::uint32_t>((first + begin) / chunk));
      for (Index k = begin; k < end; ++k) write(order_[static_cast<std::size_t>(first + k)], random, &out[place(k)]);
    });
  }

  static constexpr Index chunk = 4096;

 private:
  std::size_t place(Index row) const { return static_cast<std::size_t>(row * examples_per_row()); }

  void write(Index row, Random& random, Example<Rep>* out) const {
    const auto user = data_.user(row);
    const float label = negatives_.per_positive > 0 ? 1.0F : data_.value(row);
    *out = {user.value(), data_.item(row).value(), label, data_.weight(row)};
    for (int n = 1; n <= negatives_.per_positive; ++n) {
      const auto item = std::visit(
          [&](const auto& sampler) -> std::optional<BasicItemId<Rep>> {
            if constexpr (std::is_same_v<std::decay_t<decltype(sampler)>, std::monostate>) {
              return std::nullopt;
            } else {
              return sampler.sample(user, random);
            }
          },
          sampler_);
      out[n] = {user.value(), item ? item->value() : Rep{0}, 0.0F, item ? static_cast<float>(negatives_.weight) : 0.0F};
    }
  }

  Data data_;
  NegativeSampling negatives_;
  std::uint64_t seed_;
  std::uint32_t epoch_;
  std::vector<Index> order_;
  std::variant<std::monostate, BasicUniformNegatives<Rep>, BasicPopularityNegatives<Rep>> sampler_;
};

}  // namespace kindred

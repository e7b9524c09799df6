// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Negatives drawn while training: from all items, by popularity, or from the batch; and positives drawn for a user.

#include <kindred/core/random_ahead.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/missing_items.hpp>
#include <kindred/data/negatives.hpp>
#include <kindred/train/example.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <variant>

namespace kindred {

/// Draws negatives for one training set, as `NegativeSampling` says. Const, so that threads may share it.
///
/// From the batch: one of its rows at random, 64 times over until the user has no row with its item; then none. The probability of an item is
/// taken as its share of the training rows, less those of the user's items.
/// Cost: that of the samplers in data/negatives.hpp; O(log rows of the user) from the batch. Memory: theirs, and for uniform negatives, which
/// are found many at once, a fifteenth of the rows' item ids and 8 bytes a user.
template <class Rep>
class NegativeSource {
 public:
  using Item = BasicItemId<Rep>;

  NegativeSource(const BasicInteractions<Rep>& data, const NegativeSampling& sampling) : data_(data), sampling_(sampling) {
    if (sampling.in_batch) {
      sampler_.template emplace<BasicPopularityNegatives<Rep>>(data, PopularityNegativesOptions{.power = 1});
    } else if (sampling.popularity_power > 0) {
      sampler_.template emplace<BasicPopularityNegatives<Rep>>(data,
                                                               PopularityNegativesOptions{.power = sampling.popularity_power});
    } else {
      sampler_.template emplace<BasicUniformNegatives<Rep>>(data);
      missing_.emplace(data);
    }
  }

  /// How many items the user has no row with.
  Index others(BasicUserId<Rep> user) const { return data_.items() - static_cast<Index>(data_.items_of(user).size()); }

  /// items[k] = a negative of users[k], or -1 if there is none, for each k in turn.
  void negatives(std::span<const Index> users, std::span<const Example<Rep>> batch, Random& random,
                 std::span<Index> items) const {
    if (missing_) {
      RandomAhead ahead(random);
      return missing_->find(data_, users, items, [&](std::size_t, Index others) { return ahead.below(others); });
    }
    for (std::size_t k = 0; k < users.size(); ++k) {
      const auto item = negative(BasicUserId<Rep>(users[k]), batch, random);
      items[k] = item ? item->index() : -1;
    }
  }

  /// The logarithm of the probability of drawing this item for this user.
  double log_probability(BasicUserId<Rep> user, Item item) const {
    return std::visit([&](const auto& sampler) { return log_probability(sampler, user, item); }, sampler_);
  }

  /// One of the user's rows that are positives, each equally likely; none if the user has none.
  std::optional<Item> positive(BasicUserId<Rep> user, Random& random) const {
    const auto items = data_.items_of(user);
    const auto rows = data_.rows_of(user);
    const auto is_positive = [&](std::size_t k) { return sampling_.label_of(data_.value(rows[k])) > 0; };
    if (!sampling_.given) return items[static_cast<std::size_t>(random.below(static_cast<Index>(items.size())))];
    Index count = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) count += is_positive(k) ? 1 : 0;
    if (count == 0) return std::nullopt;
    Index left = random.below(count);
    std::size_t k = 0;
    for (; !is_positive(k) || left-- > 0; ++k) {
    }
    return items[k];
  }

 private:
  static constexpr int attempts = 64;

  std::optional<Item> negative(BasicUserId<Rep> user, std::span<const Example<Rep>> batch, Random& random) const {
    if (!sampling_.in_batch) return std::get<BasicPopularityNegatives<Rep>>(sampler_).sample(user, random);
    for (int attempt = 0; attempt < attempts; ++attempt) {
      const Item item(batch[static_cast<std::size_t>(random.below(static_cast<Index>(batch.size())))].item);
      if (!data_.contains(user, item)) return item;
    }
    return std::nullopt;
  }

  template <class Sampler>
  static double log_probability(const Sampler& sampler, BasicUserId<Rep> user, Item item) {
    return sampler.log_probability(user, item);
  }
  static double log_probability(std::monostate, BasicUserId<Rep>, Item) { return 0; }

  BasicInteractions<Rep> data_;
  NegativeSampling sampling_;
  std::variant<std::monostate, BasicUniformNegatives<Rep>, BasicPopularityNegatives<Rep>> sampler_;
  std::optional<detail::MissingItems<Rep>> missing_;  ///< of uniform negatives
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Items a user has not interacted with, drawn at random, to stand for what the user does not want.

#include <kindred/core/error.hpp>
#include <kindred/core/random.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/data/missing_items.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// Draws an item that the user has no row with, or nothing if the user has them all; `log_probability(user, item)` is the logarithm of
/// the probability of drawing such an item. Const, so that threads may share it, each with random numbers of its own.
template <class S, class Rep = std::uint32_t>
concept NegativeSampler = requires(const S sampler, BasicUserId<Rep> user, BasicItemId<Rep> item, Random& random) {
  { sampler.sample(user, random) } -> std::convertible_to<std::optional<BasicItemId<Rep>>>;
  { sampler.log_probability(user, item) } -> std::convertible_to<double>;
};

namespace detail {

/// Draws k with probability weights[k] / sum, in constant time.
///
/// Cost: O(n) to build, 16 bytes an entry. At least one weight must be positive; one that is 0 is never drawn.
/// Source: Walker 1977, the alias method; Vose 1991 for the linear construction.
class AliasTable {
 public:
  explicit AliasTable(std::span<const double> weights) : share_(weights.begin(), weights.end()), alias_(weights.size()) {
    const auto count = weights.size();
    double sum = 0;
    for (const double weight : weights) sum += weight;
    std::vector<std::size_t> below, above;  // entries with less than their fair share of 1 / n, and the others
    for (std::size_t k = 0; k < count; ++k) {
      share_[k] *= static_cast<double>(count) / sum;
      (share_[k] < 1 ? below : above).push_back(k);
    }
    const std::size_t heaviest = static_cast<std::size_t>(std::max_element(weights.begin(), weights.end()) - weights.begin());
    while (!below.empty()) {
      const std::size_t poor = below.back(), rich = above.empty() ? heaviest : above.back();  // none is left but for rounding
      below.pop_back();
      alias_[poor] = static_cast<Index>(rich);
      if (above.empty()) continue;
      share_[rich] -= 1 - share_[poor];
      if (share_[rich] < 1) {
        above.pop_back();
        below.push_back(rich);
      }
    }
    for (const std::size_t k : above) share_[k] = 1;
  }

  Index draw(Random& random) const {
    const Index k = random.below(static_cast<Index>(share_.size()));
    return random.uniform() < share_[static_cast<std::size_t>(k)] ? k : alias_[static_cast<std::size_t>(k)];
  }

 private:
  std::vector<double> share_;
  std::vector<Index> alias_;
};

}  // namespace detail

/// Every item that the user has no row with, equally likely.
///
/// Cost:   nothing to build; one random number and O(log n) for a user of n items, however many they are.
/// Throws: std::out_of_range from `sample` for an unknown user.
template <std::unsigned_integral Rep = std::uint32_t>
class BasicUniformNegatives {
 public:
  explicit BasicUniformNegatives(BasicInteractions<Rep> data) : data_(std::move(data)) {}

  std::optional<BasicItemId<Rep>> sample(BasicUserId<Rep> user, Random& random) const {
    const auto positives = data_.items_of(user);
    const Index negatives = data_.items() - static_cast<Index>(positives.size());
    if (negatives == 0) return std::nullopt;
    return detail::missing_item(positives, random.below(negatives));
  }

  /// -log(how many items the user has no row with), for any of them.
  double log_probability(BasicUserId<Rep> user, BasicItemId<Rep> /*item*/) const {
    return -std::log(static_cast<double>(data_.items() - static_cast<Index>(data_.items_of(user).size())));
  }

 private:
  BasicInteractions<Rep> data_;
};

struct PopularityNegativesOptions {
  double power = 0.75;  ///< at least 0; 0: every item alike, 1: in proportion to the number of rows
};

/// An item that the user has no row with, with a probability in proportion to (number of the item's rows)^power.
///
/// Unless the power is 0, items without rows are drawn only if the user has all the others, and then equally likely. So are items
/// whose share of the most popular item's weight is too small for a double, which takes a power of hundreds.
/// Cost:   O(items) to build, 24 bytes an item. Draws that hit one of the user's items are repeated, 64 times at most; then one draw
///         is made from the exact list, in O(items): likely only for a user who has nearly all of what is popular.
/// Throws: std::invalid_argument for a power that is negative or not finite; std::out_of_range from `sample` for an unknown user.
template <std::unsigned_integral Rep = std::uint32_t>
class BasicPopularityNegatives {
 public:
  explicit BasicPopularityNegatives(BasicInteractions<Rep> data, const PopularityNegativesOptions& options = {})
      : data_(std::move(data)), weights_(weights(data_, options.power)), table_(weights_) {
    for (const double weight : weights_) all_ += weight;
  }

  std::optional<BasicItemId<Rep>> sample(BasicUserId<Rep> user, Random& random) const {
    const auto positives = data_.items_of(user);
    if (static_cast<Index>(positives.size()) == data_.items()) return std::nullopt;
    for (int attempt = 0; attempt < 64; ++attempt) {
      const BasicItemId<Rep> item(table_.draw(random));
      if (!std::binary_search(positives.begin(), positives.end(), item)) return item;
    }
    return sample_from_list(positives, random);
  }

  /// log(weight of the item / weight of all items that the user has no row with), in O(rows of the user); -infinity for an item without
  /// rows that others come before.
  double log_probability(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    double left = all_;
    Index others = data_.items();
    for (const auto positive : data_.items_of(user)) left -= weights_[static_cast<std::size_t>(positive.index())], --others;
    if (left <= 1e-12 * all_) return -std::log(static_cast<double>(others));  // only items without rows are left
    return std::log(weights_[static_cast<std::size_t>(item.index())] / left);
  }

 private:
  /// (rows of the item / the most rows of any)^power, which cannot overflow; all 1 if there are no rows.
  static std::vector<double> weights(const BasicInteractions<Rep>& data, double power) {
    detail::require(power >= 0 && std::isfinite(power), "PopularityNegatives: power must be at least 0 and finite, got ",
                    power);
    std::vector<double> out(static_cast<std::size_t>(data.items()));
    for (Index i = 0; i < data.items(); ++i) {
      out[static_cast<std::size_t>(i)] = static_cast<double>(data.rows_of(BasicItemId<Rep>(i)).size());
    }
    const double most = out.empty() ? 0 : *std::max_element(out.begin(), out.end());
    for (double& weight : out) weight = most > 0 ? std::pow(weight / most, power) : 1;
    return out;
  }

  std::optional<BasicItemId<Rep>> sample_from_list(std::span<const BasicItemId<Rep>> positives, Random& random) const {
    const auto for_each_negative = [&](auto&& f) {
      auto positive = positives.begin();
      for (Index i = 0; i < data_.items(); ++i) {
        if (positive != positives.end() && positive->index() == i) {
          ++positive;
        } else {
          f(i, weights_[static_cast<std::size_t>(i)]);
        }
      }
    };
    double sum = 0;
    for_each_negative([&](Index, double weight) { sum += weight; });
    if (sum == 0) return detail::missing_item(positives, random.below(data_.items() - static_cast<Index>(positives.size())));
    double left = random.uniform() * sum;
    Index drawn = -1;
    for_each_negative([&](Index i, double weight) {
      if (weight > 0 && left >= 0) drawn = i;  // the last one of positive weight if rounding leaves something over
      left -= weight;
    });
    return BasicItemId<Rep>(drawn);
  }

  BasicInteractions<Rep> data_;
  std::vector<double> weights_;
  detail::AliasTable table_;
  double all_ = 0;  ///< sum of the weights
};

using UniformNegatives = BasicUniformNegatives<>;
using PopularityNegatives = BasicPopularityNegatives<>;

}  // namespace kindred

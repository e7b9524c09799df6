// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An entity as the interactions it has: how much each of them counts, and all of them as features of the entity.

#include <kindred/data/features.hpp>
#include <kindred/data/interactions.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <vector>

namespace kindred {

enum class Side { users, items };

/// How much each interaction of an entity counts; see `history_weights`.
struct HistoryOptions {
  bool use_values = false;  ///< weigh an interaction by its value minus `center`; otherwise by 1
  double center = 0;        ///< the mean rating, for explicit feedback
  double power = 0.5;       ///< n interactions are divided by n^power: 1 a mean, 0.5 as in SVD++, 0 a sum as in AutoRec
  double decay = 0;         ///< in units of the times: what is older by this counts 1/e as much; 0: all ages count the same

  void validate() const {
    detail::require(std::isfinite(power) && power >= 0, "HistoryOptions: power must be finite and not negative, got ", power);
    detail::require(std::isfinite(center), "HistoryOptions: center must be finite, got ", center);
    detail::require(std::isfinite(decay) && decay >= 0, "HistoryOptions: decay must be finite and not negative, got ", decay);
  }
};

namespace detail {

/// The weights of `history_weights` for interactions k < count of value(k) and time(k), asked for only where the options need them.
template <class Value, class Time>
void weigh_history(std::size_t count, const Value& value, const Time& time, const HistoryOptions& options,
                   std::vector<double>& weights) {
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  if (options.decay > 0) {
    for (std::size_t k = 0; k < count; ++k) last = std::max(last, time(k));
  }
  weights.clear();
  double sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    weights.push_back(options.decay > 0 ? std::exp((static_cast<double>(time(k)) - static_cast<double>(last)) / options.decay)
                                        : 1.0);
    sum += weights.back();
  }
  const double scale = count == 0 ? 1 : std::pow(sum, -options.power);
  for (std::size_t k = 0; k < count; ++k) weights[k] *= scale * (options.use_values ? value(k) - options.center : 1.0);
}

}  // namespace detail

/// The weights of the interactions in rows k of `data`, all those of one entity:
///   weight_k = e_k x_k / (sum of e)^power,   e_k = exp(-(t_last - t_k) / decay), or 1 without decay,
/// where t_last is the entity's latest time, and x_k = value - center, or 1.
///
/// Throws: std::invalid_argument for a decay or power that is negative or not finite, a center that is not finite, and a
/// decay where the data has no times.
template <std::unsigned_integral Rep>
std::vector<double> history_weights(const BasicInteractions<Rep>& data, std::span<const Index> rows,
                                    const HistoryOptions& options = {}) {
  options.validate();
  detail::require(options.decay == 0 || data.has_times(), "HistoryOptions: decay needs rows with times, got none");
  std::vector<double> weights;
  detail::weigh_history(
      rows.size(), [&](std::size_t k) { return double{data.value(rows[k])}; },
      [&](std::size_t k) { return data.time(rows[k]); }, options, weights);
  return weights;
}

/// Features of users (or of items): feature j of entity e is its interaction with entity j of the other side, with its weight.
///
/// Shapes: users x items (or items x users). Memory: 16 bytes an interaction. Throws: as `history_weights`.
/// Source: Koren 2008 (SVD++, the implicit term) with power 0.5; Sedhain et al. 2015 (AutoRec) with use_values and power 0.
template <std::unsigned_integral Rep>
Features interaction_features(const BasicInteractions<Rep>& data, Side side, const HistoryOptions& options = {}) {
  const bool users = side == Side::users;
  Features features(users ? data.items() : data.users());
  std::vector<FeatureWeight> row;
  for (Index e = 0; e < (users ? data.users() : data.items()); ++e) {
    const auto rows = users ? data.rows_of(BasicUserId<Rep>(e)) : data.rows_of(BasicItemId<Rep>(e));
    const std::vector<double> weights = history_weights(data, rows, options);
    row.clear();
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Index other = users ? data.item(rows[k]).index() : data.user(rows[k]).index();
      row.push_back({other, static_cast<float>(weights[k])});
    }
    features.add_row(row);
  }
  return features;
}

/// Features of users: the weighted sum, over the user's interactions, of the items' own features. With a `FeatureBag` of the
/// items' features on the other side, a user is a (weighted) mean of its items' content.
///
/// Shapes: users x (sparse_dim of the items' features); dense vectors are summed likewise.
/// Throws: std::invalid_argument if the features have fewer rows than the data has items, and as `history_weights`.
template <std::unsigned_integral Rep>
Features content_history_features(const BasicInteractions<Rep>& data, const Features& item_features,
                                  const HistoryOptions& options = {}) {
  detail::require(item_features.rows() >= data.items(), "content_history_features: there must be features for ", data.items(),
                  " items, got ", item_features.rows());
  Features features(item_features.sparse_dim(), item_features.dense_dim());
  std::map<Index, double> sum;
  std::vector<FeatureWeight> row;
  for (Index u = 0; u < data.users(); ++u) {
    const auto rows = data.rows_of(BasicUserId<Rep>(u));
    const std::vector<double> weights = history_weights(data, rows, options);
    sum.clear();
    row.clear();
    std::vector<float> dense(rows.empty() ? 0 : static_cast<std::size_t>(item_features.dense_dim()));
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Index item = data.item(rows[k]).index();
      for (const auto& entry : item_features.sparse(item)) sum[entry.feature] += weights[k] * double{entry.weight};
      const auto vector = item_features.dense(item);
      for (std::size_t d = 0; d < dense.size(); ++d) dense[d] += static_cast<float>(weights[k]) * vector[d];
    }
    for (const auto& [feature, weight] : sum) row.push_back({feature, static_cast<float>(weight)});
    features.add_row(row, dense);
  }
  return features;
}

}  // namespace kindred

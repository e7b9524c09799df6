// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An entity as the interactions it has. Its interactions become its features, and a `FeatureBag` over them is the encoder: a user is
/// then the (weighted) mean of vectors of its items, learned or made of the items' features, and a new user needs no training.

#include <kindred/data/interactions.hpp>
#include <kindred/encoder/feature_bag.hpp>

#include <map>

namespace kindred {

enum class Side { users, items };

struct HistoryOptions {
  bool use_values = false;  ///< weigh an interaction by its value minus `center`; otherwise by 1
  double center = 0;        ///< the mean rating, for explicit feedback
  double power =
      0.5;  ///< the weights of n interactions are divided by n^power: 1 a mean, 0.5 as in SVD++, 0 a sum as in AutoRec
};

/// The encoder of a history: a `FeatureBag` over the features that the functions below make.
template <class Scalar = float, int Dim = Dynamic>
using HistoryEncoder = FeatureBag<Scalar, Dim>;

/// Features of users (or of items): feature j of entity e is its interaction with entity j of the other side.
///
/// Shapes: users x items (or items x users). Memory: 16 bytes an interaction.
/// Source: Koren 2008 (SVD++, the implicit term) with power 0.5; Sedhain et al. 2015 (AutoRec) with use_values and power 0.
template <std::unsigned_integral Rep>
Features interaction_features(const BasicInteractions<Rep>& data, Side side, const HistoryOptions& options = {}) {
  const bool users = side == Side::users;
  Features features(users ? data.items() : data.users());
  std::vector<FeatureWeight> row;
  for (Index e = 0; e < (users ? data.users() : data.items()); ++e) {
    const auto rows = users ? data.rows_of(BasicUserId<Rep>(e)) : data.rows_of(BasicItemId<Rep>(e));
    const double scale = rows.empty() ? 1 : std::pow(static_cast<double>(rows.size()), -options.power);
    row.clear();
    for (const Index k : rows) {
      const double weight = options.use_values ? double{data.value(k)} - options.center : 1.0;
      row.push_back({users ? data.item(k).index() : data.user(k).index(), static_cast<float>(scale * weight)});
    }
    features.add_row(row);
  }
  return features;
}

/// Features of users: the sum, over the user's interactions, of the items' own features. With a `FeatureBag` of the items' features
/// on the other side, a user is a (weighted) mean of its items' content.
///
/// Shapes: users x (sparse_dim of the items' features); dense vectors are summed likewise.
/// Throws: std::invalid_argument if the features have fewer rows than the data has items.
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
    const double scale = rows.empty() ? 1 : std::pow(static_cast<double>(rows.size()), -options.power);
    sum.clear();
    row.clear();
    std::vector<float> dense(rows.empty() ? 0 : static_cast<std::size_t>(item_features.dense_dim()));
    for (const Index k : rows) {
      const double weight = scale * (options.use_values ? double{data.value(k)} - options.center : 1.0);
      const Index item = data.item(k).index();
      for (const auto& entry : item_features.sparse(item)) sum[entry.feature] += weight * double{entry.weight};
      const auto vector = item_features.dense(item);
      for (std::size_t d = 0; d < dense.size(); ++d) dense[d] += static_cast<float>(weight) * vector[d];
    }
    for (const auto& [feature, weight] : sum) row.push_back({feature, static_cast<float>(weight)});
    features.add_row(row, dense);
  }
  return features;
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The baseline every rating model must beat: a mean, how generous the user is, and how good the item is.

#include <kindred/data/interactions.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/row.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace kindred {

struct BiasOptions {
  double user_damping = 5;  ///< as many imagined ratings of an average user are added to each user's own
  double item_damping = 5;  ///< likewise for items
  int sweeps = 10;          ///< of the alternation; it has converged to 1e-4 after about 10
};

/// score(u, i) = mean + b_u + b_i, the minimum of
///   sum_(u,i,r) weight (r - mean - b_u - b_i)^2 + user_damping sum_u b_u^2 + item_damping sum_i b_i^2 ,
/// found by alternating damped means:  b_i = sum weight (r - mean - b_u) / (item_damping + sum weight), then users likewise.
///
/// Models `VectorModel`. An id without interactions has bias 0. Cost: O(rows) a sweep; computed in double.
/// Throws: std::invalid_argument for empty data, a negative damping or sweeps < 1; std::out_of_range for an unknown id.
/// Source: Koren, "Factor in the neighbors", TKDD 2010, eq. 1-2 and section 2.1, iterated.
class BiasModel {
 public:
  using Scalar = float;

  template <class Rep>
  explicit BiasModel(const BasicInteractions<Rep>& data, const BiasOptions& options = {})
      : user_bias_(static_cast<std::size_t>(data.users())), item_bias_(static_cast<std::size_t>(data.items())) {
    detail::require(data.size() > 0, "BiasModel: the data must have at least one interaction, got none");
    detail::require(
        options.user_damping >= 0 && options.item_damping >= 0 && options.user_damping + options.item_damping < 1e30,
        "BiasModel: the dampings must be finite and not negative, got ", options.user_damping, " and ", options.item_damping);
    detail::require(options.sweeps >= 1, "BiasModel: sweeps must be at least 1, got ", options.sweeps);
    double sum = 0, weights = 0;
    for (Index k = 0; k < data.size(); ++k) {
      sum += double{data.weight(k)} * double{data.value(k)};
      weights += double{data.weight(k)};
    }
    const double mean = weights > 0 ? sum / weights : 0;
    std::vector<double> user(user_bias_.size()), item(item_bias_.size());
    for (int sweep = 0; sweep < options.sweeps; ++sweep) {
      solve(
          data, mean, user, item, options.item_damping, [&](Index i) { return data.rows_of(BasicItemId<Rep>(i)); },
          [&](Index row) { return data.user(row).index(); });
      solve(
          data, mean, item, user, options.user_damping, [&](Index u) { return data.rows_of(BasicUserId<Rep>(u)); },
          [&](Index row) { return data.item(row).index(); });
    }
    mean_ = static_cast<float>(mean);
    std::transform(user.begin(), user.end(), user_bias_.begin(), [](double b) { return static_cast<float>(b); });
    std::transform(item.begin(), item.end(), item_bias_.begin(), [](double b) { return static_cast<float>(b); });
  }

  Index users() const { return static_cast<Index>(user_bias_.size()); }
  Index items() const { return static_cast<Index>(item_bias_.size()); }
  float global_mean() const { return mean_; }
  std::span<const float> user_biases() const { return user_bias_; }
  std::span<const float> item_biases() const { return item_bias_; }

  template <class Rep>
  float score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    return mean_ + checked(user_bias_, user.index(), "BiasModel: user") + checked(item_bias_, item.index(), "BiasModel: item");
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<float> out) const {
    const float first = mean_ + checked(user_bias_, user.index(), "BiasModel: user");
    detail::require(out.size() == item_bias_.size(), "BiasModel::score_items: out must have ", item_bias_.size(),
                    " places, got ", out.size());
    std::transform(item_bias_.begin(), item_bias_.end(), out.begin(), [=](float b) { return first + b; });
  }

  Index vector_dim() const { return 1; }
  void user_vectors(std::span<const Index> ids, RowMatrix<float>& out) const {
    out.setZero(static_cast<Index>(ids.size()), padded<float>(1));
    out.col(0).setOnes();
  }
  void item_vectors(RowMatrix<float>& out) const {
    out.setZero(items(), padded<float>(1));
    for (Index i = 0; i < items(); ++i) out(i, 0) = item_bias_[static_cast<std::size_t>(i)];
  }

  /// See core/access.hpp.
  static std::string kind() { return "bias"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("mean", self.mean_);
    field("user_bias", self.user_bias_);
    field("item_bias", self.item_bias_);
  }

 private:
  friend class Access;
  BiasModel() = default;

  /// biases[e] = the damped mean over e's rows of what the mean and the other side leave.
  template <class Data, class RowsOf, class OtherOf>
  static void solve(const Data& data, double mean, const std::vector<double>& other, std::vector<double>& biases,
                    double damping, const RowsOf& rows_of, const OtherOf& other_of) {
    for (std::size_t e = 0; e < biases.size(); ++e) {
      double left = 0, weights = damping;
      for (const Index row : rows_of(static_cast<Index>(e))) {
        const double weight = double{data.weight(row)};
        left += weight * (double{data.value(row)} - mean - other[static_cast<std::size_t>(other_of(row))]);
        weights += weight;
      }
      biases[e] = weights > 0 ? left / weights : 0;
    }
  }

  static float checked(const std::vector<float>& biases, Index id, const char* what) {
    detail::require_id(what, id, static_cast<Index>(biases.size()));
    return biases[static_cast<std::size_t>(id)];
  }

  float mean_ = 0;
  std::vector<float> user_bias_, item_bias_;
};

}  // namespace kindred

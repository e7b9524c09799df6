// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What alternating least squares keeps of the rows of data: how much each weighs, what it wants, and how many each user and item has.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/train/als_options.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

namespace kindred::detail {

/// The rows of the data of one trainer. They are read when the data, or the model's size, are not those of the epoch before.
///
/// Memory: a Scalar a row for the weights, kept unless all are equal, and one for the targets of explicit ratings.
template <class Scalar>
class AlsRows {
 public:
  /// Throws: std::invalid_argument for a negative value where confidence goes by values, and a confidence of 1e30 or more.
  template <class Data>
  void read(const Data& data, const AlsOptions& options, Index users, Index items) {
    const auto handle = data.handle();
    if (of_one_set(handle_, handle) && std::ssize(user_counts_) == users && std::ssize(item_counts_) == items) return;
    handle_.reset();  // until all is read
    weigh(data, options);
    count(data, users, items);
    targets_.clear();
    if (equal_) std::vector<Scalar>{}.swap(weights_);
    handle_ = handle;
  }

  /// What explicit ratings want: (value - mean) / scale.
  template <class Data>
  void aim(const Data& data, double mean, double scale) {
    if (!targets_.empty() && mean_aimed_ == mean && scale_aimed_ == scale) return;
    mean_aimed_ = mean;
    scale_aimed_ = scale;
    targets_.resize(static_cast<std::size_t>(data.size()));
    for (Index k = 0; k < data.size(); ++k) {
      targets_[static_cast<std::size_t>(k)] = static_cast<Scalar>((double{data.value(k)} - mean) / scale);
    }
  }

  bool equal() const { return equal_; }      ///< whether all rows have one weight
  Scalar weight() const { return weight_; }  ///< that weight
  Scalar weight(std::size_t row) const { return equal_ ? weight_ : weights_[row]; }
  /// Of implicit feedback every row wants 1.
  bool aimed() const { return !targets_.empty(); }
  Scalar target(std::size_t row) const { return aimed() ? targets_[row] : Scalar{1}; }
  /// Asks for the numbers of a row ahead of their use.
  void fetch(std::size_t row) const {
    if (!equal_) prefetch(&weights_[row], 1);
    if (aimed()) prefetch(&targets_[row], 1);
  }

  /// Rows of positive weight: of each user and item, of the one who has most, and of all.
  const std::vector<double>& user_counts() const { return user_counts_; }
  const std::vector<double>& item_counts() const { return item_counts_; }
  Index longest() const { return longest_; }
  Index used() const { return used_; }
  double mean() const { return mean_; }  ///< of the values, by weight

 private:
  template <class Data>
  void weigh(const Data& data, const AlsOptions& options) {
    const bool by_value = options.feedback == Feedback::implicit && options.confidence.form != ConfidenceForm::weight;
    weights_.resize(static_cast<std::size_t>(data.size()));
    for (Index k = 0; k < data.size(); ++k) {
      double weight = double{data.weight(k)};
      if (by_value) {
        require(data.value(k) >= 0, "AlternatingLeastSquares: row ", k,
                ": the value must not be negative, as confidence goes by it, got ", data.value(k));
        weight = options.confidence.of(weight, double{data.value(k)});
      }
      const auto kept = static_cast<Scalar>(weight);
      require(kept < Scalar(1e30), "AlternatingLeastSquares: row ", k, ": the confidence must be below 1e30, got ", weight);
      weights_[static_cast<std::size_t>(k)] = kept;
    }
    weight_ = weights_.front();
    equal_ = std::all_of(weights_.begin(), weights_.end(), [this](Scalar weight) { return weight == weight_; });
  }

  template <class Data>
  void count(const Data& data, Index users, Index items) {
    user_counts_.assign(static_cast<std::size_t>(users), 0);
    item_counts_.assign(static_cast<std::size_t>(items), 0);
    used_ = 0;
    double sum = 0, weights = 0;
    for (Index k = 0; k < data.size(); ++k) {
      const auto weight = static_cast<double>(weights_[static_cast<std::size_t>(k)]);
      if (weight == 0) continue;
      sum += weight * double{data.value(k)};
      weights += weight;
      ++used_;
      ++user_counts_[static_cast<std::size_t>(data.user(k).index())];
      ++item_counts_[static_cast<std::size_t>(data.item(k).index())];
    }
    mean_ = weights > 0 ? sum / weights : 0;
    double longest = 0;
    for (const auto* counts : {&user_counts_, &item_counts_}) {
      for (const double of_one : *counts) longest = std::max(longest, of_one);
    }
    longest_ = static_cast<Index>(longest);
  }

  std::weak_ptr<const void> handle_;  ///< of the data that was read
  std::vector<Scalar> weights_, targets_;
  Scalar weight_ = 0;
  bool equal_ = false;
  double mean_aimed_ = 0, scale_aimed_ = 0;
  std::vector<double> user_counts_, item_counts_;
  Index longest_ = 0, used_ = 0;
  double mean_ = 0;
};

/// What the objective is divided by while the rows of a side are solved for: where all rows weigh the same, so that each adds its vectors'
/// product as it is. And how much the Gramian has too much of each observed pair, in that unit.
template <class Scalar>
struct AlsUnit {
  double size = 1;
  Scalar excess = 0;
  bool plain = false;  ///< whether each row, less the excess, weighs 1

  AlsUnit(const AlsRows<Scalar>& rows, double most) {
    const double weight = static_cast<double>(rows.weight()) - most;
    plain = rows.equal() && weight > 0;
    if (plain) size = weight;
    excess = static_cast<Scalar>(most / size);
  }

  Scalar pull(Scalar weight) const { return static_cast<Scalar>(static_cast<double>(weight) / size); }
  Scalar weight(Scalar weight) const { return pull(weight) - excess; }
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What an autoencoder is made with, and how an entity's interactions become its input.

#include <kindred/core/access.hpp>
#include <kindred/data/features.hpp>
#include <kindred/encoder/history.hpp>
#include <kindred/model/bias.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kindred {

struct AutoencoderOptions {
  std::optional<Index> dim = {};   ///< of the first hidden layer; by default the fixed `Dim`, or 64 where that is dynamic
  std::vector<Index> layers = {};  ///< the widths of the further layers, as many as the model has; the last is the embedding's
  bool implicit = false;           ///< the values are no ratings: a row is a positive
  double power = 0.5;              ///< implicit: each of n interactions goes in with n^-power
  BiasOptions biases = {};         ///< of the ratings; unused for implicit feedback
  double deviation = 0.5;          ///< tables start as normal numbers with this standard deviation / sqrt(dim)
  double dropout = 0;              ///< each interaction is left out of the input with this probability while training
  double scale = 1;                ///< the unit of the ratings, see `TwoTower`
  std::uint64_t seed = 1;
};

namespace detail {

/// What goes into an autoencoder for an entity's interactions, and the bias of the entity.
struct HistoryInput {
  std::vector<FeatureWeight> weights = {};
  float bias = 0;
};

/// From interactions to the input: ratings become what mean and biases leave of them, a positive becomes n^-power. The entity's bias
/// comes from the interactions alone, so that new entities have one too.
class HistoryInputs {
 public:
  struct Entry {
    Index other;
    float value, weight;
  };

  template <class Rep>
  HistoryInputs(const BasicInteractions<Rep>& data, Side side, const AutoencoderOptions& options)
      : implicit_(options.implicit), power_(options.power), scale_(options.scale) {
    require(power_ >= 0 && power_ < 1e3, "AutoencoderModel: power must be finite and not negative, got ", power_);
    require(scale_ > 0 && scale_ < 1e30, "AutoencoderModel: scale must be positive and finite, got ", scale_);
    others_.resize(static_cast<std::size_t>(side == Side::items ? data.users() : data.items()));
    if (implicit_) return;
    const BiasModel biases(data, options.biases);
    const auto others = side == Side::items ? biases.user_biases() : biases.item_biases();
    damping_ = side == Side::items ? options.biases.item_damping : options.biases.user_damping;
    mean_ = double{biases.global_mean()};
    others_.assign(others.begin(), others.end());
  }

  /// The entries ascend by the other side's id.
  HistoryInput operator()(std::span<const Entry> entries) const {
    HistoryInput input;
    double left = 0, weights = damping_;
    for (const Entry& entry : entries) {
      left += double{entry.weight} * (double{entry.value} - mean_ - bias_of(entry.other));
      weights += double{entry.weight};
    }
    if (!implicit_ && weights > 0) input.bias = static_cast<float>(left / weights);
    const double share = std::pow(static_cast<double>(entries.size()), -power_);
    for (const Entry& entry : entries) {
      const double residual = double{entry.value} - mean_ - bias_of(entry.other) - double{input.bias};
      input.weights.push_back({entry.other, static_cast<float>(implicit_ ? share : residual / scale_)});
    }
    return input;
  }

  /// A history as entries in order. Throws: std::out_of_range for an unknown id, std::invalid_argument as `AutoencoderModel::encode` says.
  template <class Id>
  std::vector<Entry> history(std::span<const Id> others, std::span<const float> values, std::span<const float> weights) const {
    const std::string where = "AutoencoderModel::encode: ";
    require(values.size() == others.size() || (values.empty() && implicit_), where, "there must be ", others.size(),
            " values, one for each id, got ", values.size());
    require(weights.size() == others.size() || weights.empty(), where, "there must be ", others.size(),
            " weights, one for each id, or none, got ", weights.size());
    std::vector<Entry> entries;
    for (std::size_t k = 0; k < others.size(); ++k) {
      entries.push_back({others[k].index(), values.empty() ? 1.0F : values[k], weights.empty() ? 1.0F : weights[k]});
      require_id("AutoencoderModel::encode: id", entries[k].other, this->others());
      require(std::isfinite(entries[k].value), where, "a value must be finite, got ", entries[k].value);
      require(std::isfinite(entries[k].weight) && entries[k].weight >= 0, where,
              "a weight must be finite and not negative, got ", entries[k].weight);
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.other < b.other; });
    for (std::size_t k = 1; k < entries.size(); ++k) {
      require(entries[k].other != entries[k - 1].other, where, "an id must occur once, got ", entries[k].other, " twice");
    }
    return entries;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("implicit", self.implicit_);
    field("power", self.power_);
    field("scale", self.scale_);
    field("mean", self.mean_);
    field("damping", self.damping_);
    field("others", self.others_);
  }
  void loaded() const {
    require(power_ >= 0 && power_ < 1e3 && scale_ > 0 && scale_ < 1e30 && std::isfinite(mean_) && damping_ >= 0,
            "AutoencoderModel: power, scale, mean and damping must be in their ranges, got ", power_, ", ", scale_, ", ", mean_,
            " and ", damping_);
  }

  bool implicit() const { return implicit_; }
  double mean() const { return mean_; }
  double scale() const { return scale_; }
  Index others() const { return static_cast<Index>(others_.size()); }
  double bias_of(Index other) const { return double{others_[static_cast<std::size_t>(other)]}; }

 private:
  friend class kindred::Access;
  HistoryInputs() = default;

  bool implicit_ = false;
  double power_ = 0, scale_ = 1, mean_ = 0, damping_ = 0;
  std::vector<float> others_;
};

}  // namespace detail
}  // namespace kindred

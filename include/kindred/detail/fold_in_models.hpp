// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Folding a user into models other than two towers: item-item models and autoencoders of users, which score histories as they are, and the
/// baselines.

#include <kindred/detail/fold_in_towers.hpp>
#include <kindred/model/bias.hpp>
#include <kindred/model/item_item.hpp>
#include <kindred/model/popularity.hpp>

#include <algorithm>
#include <concepts>
#include <span>
#include <type_traits>
#include <vector>

namespace kindred::detail {

template <class M>
concept ItemItem = requires(const M& model) {
  model.histories();
  requires std::derived_from<M, ItemItemModel<std::remove_cvref_t<decltype(model.weights())>>>;
};

/// The user becomes the weights of `history_weights`.
template <ItemItem M>
class Folder<M> {
 public:
  using Scalar = float;
  using User = std::vector<FeatureWeight>;
  struct Memory {
    std::vector<double> weights;
  };

  Folder(const M& model, const FoldInOptions& options, const auto&) : model_(&model), options_(options.history) {
    options_.validate();
  }
  Index items() const { return model_->items(); }

  void fold(const CheckedHistory& history, Memory& memory, User& user) const {
    const auto entries = history.entries;
    require(options_.decay == 0 || history.has_times || entries.empty(), "fold_in: decay needs a history with times, got none");
    weigh_history(
        entries.size(), [&](std::size_t k) { return double{entries[k].value}; }, [&](std::size_t k) { return entries[k].time; },
        options_, memory.weights);
    user.clear();
    for (std::size_t k = 0; k < entries.size(); ++k) {
      user.push_back({entries[k].item, static_cast<float>(memory.weights[k])});
    }
  }
  float score(const User& user, Index item) const {
    float sum = 0;
    for (const auto& [other, weight] : user) sum += weight * model_->weights().at(other, item);
    return sum;
  }
  void score_items(const User& user, std::span<float> out) const {
    model_->score_items(std::span<const FeatureWeight>(user), out);
  }

 private:
  const M* model_;
  HistoryOptions options_;
};

/// The user becomes what `encode` makes of the history. `encode` allocates.
template <EncodesHistory M>
class Folder<M> {
 public:
  using Scalar = typename M::Scalar;
  using User = typename M::Encoded;
  struct Memory {
    std::vector<BasicItemId<std::uint64_t>> items;
    std::vector<float> values, weights;
  };

  Folder(const M& model, const FoldInOptions&, const auto&) : model_(&model) {}
  Index items() const { return model_->items(); }

  void fold(const CheckedHistory& history, Memory& memory, User& user) const {
    memory.items.clear(), memory.values.clear(), memory.weights.clear();
    for (const HistoryEntry& entry : history.entries) {
      memory.items.emplace_back(entry.item);
      if (history.has_values) memory.values.push_back(entry.value);
      memory.weights.push_back(entry.weight);
    }
    user = model_->encode(memory.items, memory.values, memory.weights);
  }
  Scalar score(const User& user, Index item) const { return model_->score(user, BasicItemId<std::uint64_t>(item)); }
  void score_items(const User& user, std::span<Scalar> out) const { model_->score_all(user, out); }

 private:
  const M* model_;
};

/// Everyone is scored alike.
template <>
class Folder<Popularity> {
 public:
  using Scalar = float;
  struct User {};
  struct Memory {};

  Folder(const Popularity& model, const FoldInOptions&, const auto&) {
    RowMatrix<float> counts;
    model.item_vectors(counts);
    counts_ = counts.col(0);
  }
  Index items() const { return counts_.size(); }
  void fold(const CheckedHistory&, Memory&, User&) const {}
  float score(const User&, Index item) const { return counts_(item); }
  void score_items(const User&, std::span<float> out) const { std::copy(counts_.begin(), counts_.end(), out.begin()); }

 private:
  Eigen::VectorXf counts_;
};

/// b_u = sum of w (r - mean - b_i) / (damping + sum of w).
template <>
class Folder<BiasModel> {
 public:
  using Scalar = float;
  struct User {
    float bias = 0;
  };
  struct Memory {};

  Folder(const BiasModel& model, const FoldInOptions& options, const auto&) : model_(&model), damping_(options.user_damping) {
    require(damping_ >= 0 && damping_ < 1e30, "FoldIn: user_damping must be finite and not negative, got ", damping_);
  }
  Index items() const { return model_->items(); }
  void fold(const CheckedHistory& history, Memory&, User& user) const {
    double left = 0, weights = damping_;
    for (const HistoryEntry& entry : history.entries) {
      left += double{entry.weight} * (double{entry.value} - double{score({}, entry.item)});
      weights += double{entry.weight};
    }
    user.bias = weights > 0 ? static_cast<float>(left / weights) : 0.0F;
  }
  float score(const User& user, Index item) const {
    return model_->global_mean() + user.bias + model_->item_biases()[static_cast<std::size_t>(item)];
  }
  void score_items(const User& user, std::span<float> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = score(user, static_cast<Index>(i));
  }

 private:
  const BiasModel* model_;
  double damping_;
};

}  // namespace kindred::detail

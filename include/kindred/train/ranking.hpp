// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The loss of groups, each a positive of a user and negatives drawn for it, and its gradient, as a const function of the model.

#include <kindred/loss/loss.hpp>
#include <kindred/train/negative_search.hpp>
#include <kindred/train/negative_source.hpp>
#include <kindred/train/pointwise.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// The groups of a chunk of rows: what was drawn for each, and the memory to learn from them.
///
/// A row is a positive, and gets `per_positive` negatives; with `NegativeSampling::given` a row of value 0 or less is the only negative of a
/// positive that is drawn for it. A searching loss draws negatives one at a time, for all rows that still look at once, and a row for which
/// none violates makes no group. Nor does a row of weight 0, of a user who has every item, or (given) of one without a positive.
template <class M, class Rep>
class RankingWorkspace {
 public:
  using Scalar = typename M::Scalar;

  /// Makes pairs of the rows, a positive for each group and the negatives of all, with `scale` times the slopes of the sum over the groups
  /// of weight * loss; returns that sum (not scaled). Allocates nothing once it has seen a chunk of this size.
  template <class Loss>
  double find_slopes(const M& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
                     const NegativeSource<Rep>& source, const NegativeSampling& sampling, const Loss& loss, double scale,
                     Random& random, PairWorkspace<M>& positives, PairWorkspace<M>& negatives) {
    static_assert(RankingLoss<Loss, Scalar>, "the loss must model kindred::RankingLoss (loss/loss.hpp)");
    groups_.clear();
    groups_.reserve(rows.size());
    positives.clear();
    negatives.clear();
    if constexpr (SearchingLoss<Loss, Scalar>) {
      positives.reserve(rows.size());
      negatives.reserve(rows.size());
      search_.find(model, rows, batch, source, sampling, loss, random, groups_, positives, negatives);
    } else {
      draw(model, rows, batch, source, sampling, random, positives, negatives);
    }
    if (groups_.empty()) return 0;
    positives.forward(model);
    negatives.forward(model);
    double sum = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      const auto weight = static_cast<Scalar>(group.weight);
      const std::size_t first = group.first, size = (g + 1 < groups_.size() ? groups_[g + 1].first : negatives.size()) - first;
      Scalar& d_positive = positives.slopes[g];
      const std::span<Scalar> d_negatives = std::span(negatives.slopes).subspan(first, size);
      const Scalar value = learn(loss, group, BasicUserId<Rep>(positives.users[g]), positives.predictions[g],
                                 std::span(negatives.predictions).subspan(first, size),
                                 std::span<const Index>(negatives.items).subspan(first, size), source, d_positive, d_negatives);
      sum += static_cast<double>(weight * value);
      d_positive *= static_cast<Scalar>(scale) * weight;
      for (Scalar& slope : d_negatives) slope *= static_cast<Scalar>(scale) * weight;
    }
    return sum;
  }

 private:
  using Group = detail::RankingGroup;

  template <class Loss>
  Scalar learn(const Loss& loss, const Group& group, BasicUserId<Rep> user, Scalar positive, std::span<Scalar> negatives,
               std::span<const Index> items, const NegativeSource<Rep>& source, Scalar& d_positive,
               std::span<Scalar> d_negatives) const {
    const Index others = source.others(user);
    if constexpr (SearchingLoss<Loss, Scalar>) {
      return loss.found(positive, negatives[0], group.draws, others, d_positive, d_negatives[0]);
    } else {
      detail::correct(loss, negatives, [&](std::size_t k) { return source.log_probability(user, BasicItemId<Rep>(items[k])); });
      return loss.compare(positive, std::span<const Scalar>(negatives), others, d_positive, d_negatives);
    }
  }

  /// Draws the negatives of all rows at once, into `negatives`; then keeps those of rows that make a group.
  void draw(const M& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
            const NegativeSource<Rep>& source, const NegativeSampling& sampling, Random& random, PairWorkspace<M>& positives,
            PairWorkspace<M>& negatives) {
    const auto each = static_cast<std::size_t>(sampling.per_positive);
    draw_for(rows, each, negatives);
    if (sampling.hardest_of == 1) {
      source.negatives(negatives.users, batch, random, negatives.items);
    } else {
      const auto wide = static_cast<std::size_t>(sampling.hardest_of);
      draw_for(rows, each * wide, scouts_);
      source.negatives(scouts_.users, batch, random, scouts_.items);
      keep_hardest(model, wide, negatives.items);
    }
    positives.resize(rows.size());
    std::size_t kept = 0, next = 0;
    for (const Example<Rep>& row : rows) {
      if (row.weight == 0) continue;
      const Group group{kept, row.weight, 1};
      const auto user = static_cast<Index>(row.user);
      const auto keep = [&](Index item) {
        negatives.users[kept] = user;
        negatives.items[kept++] = item;
      };
      Index positive = static_cast<Index>(row.item);
      if (sampling.given && row.label <= 0) {
        const auto drawn = source.positive(BasicUserId<Rep>(row.user), random);
        if (drawn) keep(std::exchange(positive, drawn->index()));
      } else {
        for (std::size_t k = next; k < next + each; ++k) {
          if (negatives.items[k] >= 0) keep(negatives.items[k]);
        }
      }
      next += each;
      if (kept == group.first) continue;
      positives.users[groups_.size()] = user;
      positives.items[groups_.size()] = positive;
      groups_.push_back(group);
    }
    positives.resize(groups_.size());
    negatives.resize(kept);
  }

  /// `count` places for each row of a weight.
  static void draw_for(std::span<const Example<Rep>> rows, std::size_t count, PairWorkspace<M>& pairs) {
    pairs.resize(rows.size() * count);
    std::size_t next = 0;
    for (const Example<Rep>& row : rows) {
      if (row.weight == 0) continue;
      for (const std::size_t end = next + count; next < end; ++next) pairs.users[next] = static_cast<Index>(row.user);
    }
    pairs.resize(next);
  }

  /// Of each `wide` neighbouring scouts takes the item with the highest score, of equal ones the first; -1 if there is none.
  void keep_hardest(const M& model, std::size_t wide, std::span<Index> hardest) {
    heats_.clear();
    std::size_t kept = 0;
    for (std::size_t k = 0; k < scouts_.size(); ++k) {
      if (k % wide == 0) heats_.push_back(kept);
      if (scouts_.items[k] < 0) continue;
      scouts_.users[kept] = scouts_.users[k];
      scouts_.items[kept++] = scouts_.items[k];
    }
    heats_.push_back(kept);
    scouts_.resize(kept);
    scouts_.forward(model);
    for (std::size_t h = 0; h < hardest.size(); ++h) {
      std::size_t best = heats_[h];
      for (std::size_t k = best + 1; k < heats_[h + 1]; ++k) {
        if (scouts_.predictions[k] > scouts_.predictions[best]) best = k;
      }
      hardest[h] = heats_[h] < heats_[h + 1] ? scouts_.items[best] : -1;
    }
  }

  std::vector<Group> groups_;
  detail::NegativeSearch<M, Rep> search_;
  PairWorkspace<M> scouts_;         ///< pairs whose scores decide what is learned
  std::vector<std::size_t> heats_;  ///< where the candidates of each negative begin
};

}  // namespace kindred

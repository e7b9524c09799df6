// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The loss of groups, each a positive of a user and negatives drawn for it, and its gradient, as a const function of the model.

#include <kindred/encoder/encoder.hpp>
#include <kindred/loss/loss.hpp>
#include <kindred/train/negative_source.hpp>
#include <kindred/train/pointwise.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

/// A pointwise loss over a group: label 1 for the positive, label 0 and a weight for each negative. So negatives that depend on the model or
/// the batch serve pointwise losses too.
template <class Loss>
struct PointwiseGroup {
  Loss loss;
  double weight = 1;

  template <class Scalar>
  Scalar compare(Scalar positive, std::span<const Scalar> negatives, Index, Scalar& d_positive,
                 std::span<Scalar> d_negatives) const {
    const auto w = static_cast<Scalar>(weight);
    Scalar sum = loss.value(positive, Scalar{1});
    d_positive = loss.slope(positive, Scalar{1});
    for (std::size_t k = 0; k < negatives.size(); ++k) {
      sum += w * loss.value(negatives[k], Scalar{0});
      d_negatives[k] = w * loss.slope(negatives[k], Scalar{0});
    }
    return sum;
  }
};

}  // namespace detail

/// The groups of a chunk of rows: what was drawn for each, and the memory to learn from them.
///
/// A row is a positive, and gets `per_positive` negatives; with `NegativeSampling::given` a row of value 0 or less is the only negative of a
/// positive that is drawn for it. A searching loss draws negatives one at a time, for all rows that still look at once, and a row for which
/// none violates makes no group. Nor does a row of weight 0, of a user who has every item, or (given) of one without a positive.
template <class M, class Rep>
class RankingWorkspace {
 public:
  using Scalar = typename M::Scalar;

  /// Adds `scale` times the gradient of sum over the groups of weight * loss to `gradients`; returns that sum (not scaled).
  /// `count(asks)` is called before the gradients of the positives (true: they ask for L2) and of the negatives (false).
  /// Allocates nothing once it has seen a chunk of this size.
  template <class Loss, class Count>
  double add_gradient(const M& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
                      const NegativeSource<Rep>& source, const NegativeSampling& sampling, const Loss& loss, double scale,
                      Random& random, Gradients<M>& gradients, const Count& count) {
    static_assert(RankingLoss<Loss, Scalar>, "the loss must model kindred::RankingLoss (loss/loss.hpp)");
    clear();
    if constexpr (SearchingLoss<Loss, Scalar>) {
      search(model, rows, batch, source, sampling, loss, random);
    } else {
      draw(model, rows, batch, source, sampling, random);
    }
    if (groups_.empty()) return 0;
    positives_.forward(model);
    negatives_.forward(model);
    double sum = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      const auto weight = static_cast<Scalar>(group.weight);
      const std::size_t first = group.first, size = (g + 1 < groups_.size() ? groups_[g + 1].first : negatives_.size()) - first;
      Scalar& d_positive = positives_.slopes[g];
      const std::span<Scalar> d_negatives = std::span(negatives_.slopes).subspan(first, size);
      const Scalar value = learn(loss, group, BasicUserId<Rep>(positives_.users[g]), positives_.predictions[g],
                                 std::span(negatives_.predictions).subspan(first, size), source, d_positive, d_negatives);
      sum += static_cast<double>(weight * value);
      d_positive *= static_cast<Scalar>(scale) * weight;
      for (Scalar& slope : d_negatives) slope *= static_cast<Scalar>(scale) * weight;
    }
    count(true);
    positives_.backward(model, gradients);
    count(false);
    negatives_.backward(model, gradients);
    return sum;
  }

  /// Gives the tapes fresh random numbers for dropout.
  void tape_random(Random& random) {
    detail::reseed(positives_.tape, random);
    detail::reseed(negatives_.tape, random);
  }

 private:
  /// Pairs to predict, and to learn from.
  struct Pairs {
    std::vector<Index> users = {}, items = {};
    std::vector<Scalar> predictions = {}, slopes = {};
    typename M::Tape tape = {};

    std::size_t size() const { return users.size(); }
    void clear() {
      users.clear();
      items.clear();
    }
    void push(Index user, Index item) {
      users.push_back(user);
      items.push_back(item);
    }
    void forward(const M& model) {
      predictions.resize(size());
      slopes.resize(size());
      model.forward(users, items, std::span<Scalar>(predictions), tape);
    }
    void backward(const M& model, Gradients<M>& gradients) {
      model.backward(users, items, std::span<const Scalar>(slopes), tape, gradients);
    }
  };

  struct Group {
    std::size_t first = 0;  ///< of its negatives
    float weight = 1;
    Index draws = 0;  ///< until the negative was found, for a searching loss
  };

  /// A row that looks for its negative.
  struct Seeker {
    std::size_t row = 0;
    bool given = false;  ///< the row is the negative itself
    Index positive = 0;
    Scalar score = 0;  ///< of the positive
  };

  void clear() {
    groups_.clear();
    positives_.clear();
    negatives_.clear();
    heats_.clear();
  }

  template <class Loss>
  Scalar learn(const Loss& loss, const Group& group, BasicUserId<Rep> user, Scalar positive, std::span<Scalar> negatives,
               const NegativeSource<Rep>& source, Scalar& d_positive, std::span<Scalar> d_negatives) const {
    const Index others = source.others(user);
    if constexpr (SearchingLoss<Loss, Scalar>) {
      return loss.found(positive, negatives[0], group.draws, others, d_positive, d_negatives[0]);
    } else {
      detail::correct(loss, negatives, [&](std::size_t k) {
        return source.log_probability(user, BasicItemId<Rep>(negatives_.items[group.first + k]));
      });
      return loss.compare(positive, std::span<const Scalar>(negatives), others, d_positive, d_negatives);
    }
  }

  /// Opens a group for a row that is a given negative. Returns whether the row was one.
  bool take_given(const Example<Rep>& row, const NegativeSource<Rep>& source, const NegativeSampling& sampling,
                  Random& random) {
    if (!sampling.given || row.label > 0) return false;
    if (const auto positive = source.positive(BasicUserId<Rep>(row.user), random)) {
      groups_.push_back({negatives_.size(), row.weight, 1});
      positives_.push(static_cast<Index>(row.user), positive->index());
      negatives_.push(static_cast<Index>(row.user), static_cast<Index>(row.item));
    }
    return true;
  }

  void draw(const M& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
            const NegativeSource<Rep>& source, const NegativeSampling& sampling, Random& random) {
    const int wide = sampling.hardest_of;
    scouts_.clear();
    for (const Example<Rep>& row : rows) {
      if (row.weight == 0 || take_given(row, source, sampling, random)) continue;
      const std::size_t first = negatives_.size();
      for (int n = 0; n < sampling.per_positive; ++n) {
        const std::size_t heat = scouts_.size();
        for (int h = 0; h < wide; ++h) {
          const auto item = source.negative(BasicUserId<Rep>(row.user), batch, random);
          if (!item) continue;
          if (wide == 1 || scouts_.size() == heat) negatives_.push(static_cast<Index>(row.user), item->index());
          if (wide > 1) scouts_.push(static_cast<Index>(row.user), item->index());
        }
        if (wide > 1 && scouts_.size() > heat) heats_.push_back({negatives_.size() - 1, heat});
      }
      if (negatives_.size() == first) continue;
      groups_.push_back({first, row.weight, 0});
      positives_.push(static_cast<Index>(row.user), static_cast<Index>(row.item));
    }
    if (wide > 1) keep_hardest(model);
  }

  /// Puts the item with the highest score of each heat in the negative's place; of equal ones the first.
  void keep_hardest(const M& model) {
    scouts_.forward(model);
    for (std::size_t k = 0; k < heats_.size(); ++k) {
      const auto [place, begin] = heats_[k];
      const std::size_t end = k + 1 < heats_.size() ? heats_[k + 1].second : scouts_.size();
      std::size_t best = begin;
      for (std::size_t s = begin + 1; s < end; ++s) {
        if (scouts_.predictions[s] > scouts_.predictions[best]) best = s;
      }
      negatives_.items[place] = scouts_.items[best];
    }
  }

  template <class Loss>
  void search(const M& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
              const NegativeSource<Rep>& source, const NegativeSampling& sampling, const Loss& loss, Random& random) {
    choose_positives(model, rows, source, sampling, loss, random);
    for (Index draws = 1; draws <= sampling.per_positive && !seekers_.empty(); ++draws) {
      scouts_.clear();
      std::size_t kept = 0;
      for (std::size_t k = 0; k < seekers_.size(); ++k) {
        const Seeker seeker = seekers_[k];
        const Example<Rep>& row = rows[seeker.row];
        if (seeker.given && draws > 1) continue;
        const auto item = seeker.given ? std::optional(BasicItemId<Rep>(row.item))
                                       : source.negative(BasicUserId<Rep>(row.user), batch, random);
        if (!item) continue;
        scouts_.push(static_cast<Index>(row.user), item->index());
        seekers_[kept++] = seeker;
      }
      seekers_.resize(kept);
      if (seekers_.empty()) return;
      scouts_.forward(model);
      kept = 0;
      for (std::size_t k = 0; k < seekers_.size(); ++k) {
        const Seeker seeker = seekers_[k];
        if (!loss.violates(seeker.score, scouts_.predictions[k])) {
          seekers_[kept++] = seeker;
          continue;
        }
        const Index others = source.others(BasicUserId<Rep>(rows[seeker.row].user));
        groups_.push_back({negatives_.size(), rows[seeker.row].weight, seeker.given ? std::max<Index>(1, others) : draws});
        positives_.push(scouts_.users[k], seeker.positive);
        negatives_.push(scouts_.users[k], scouts_.items[k]);
      }
      seekers_.resize(kept);
    }
  }

  /// Makes a seeker of each row that has a positive: its own item, or one drawn, or the one of several that the loss chooses.
  template <class Loss>
  void choose_positives(const M& model, std::span<const Example<Rep>> rows, const NegativeSource<Rep>& source,
                        const NegativeSampling& sampling, const Loss& loss, Random& random) {
    seekers_.clear();
    scouts_.clear();
    int wide = 1;
    if constexpr (PositiveChoosingLoss<Loss, Scalar>) wide = loss.positives();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const Example<Rep>& row = rows[r];
      if (row.weight == 0) continue;
      const bool given = sampling.given && row.label <= 0;
      for (int n = 0; n < wide; ++n) {
        auto item = std::optional(BasicItemId<Rep>(row.item));
        if (given || PositiveChoosingLoss<Loss, Scalar>) item = source.positive(BasicUserId<Rep>(row.user), random);
        if (!item) break;  // then at once
        if (n == 0) seekers_.push_back({r, given, 0, 0});
        scouts_.push(static_cast<Index>(row.user), item->index());
      }
    }
    if (seekers_.empty()) return;
    scouts_.forward(model);
    for (std::size_t k = 0; k < seekers_.size(); ++k) {
      std::size_t place = k * static_cast<std::size_t>(wide);
      if constexpr (PositiveChoosingLoss<Loss, Scalar>) place = place_of_rank(place, wide, loss.chosen());
      seekers_[k].positive = scouts_.items[place];
      seekers_[k].score = scouts_.predictions[place];
    }
  }

  /// Where, of `count` scouts from `first`, the one is that stands at this rank: highest score first, of equal ones the first. NaN is last.
  std::size_t place_of_rank(std::size_t first, int count, int rank) {
    places_.resize(static_cast<std::size_t>(count));
    for (std::size_t n = 0; n < places_.size(); ++n) places_[n] = first + n;
    const auto key = [this](std::size_t place) {
      const Scalar score = scouts_.predictions[place];
      return std::isnan(score) ? -std::numeric_limits<Scalar>::infinity() : score;
    };
    const auto nth = places_.begin() + (rank - 1);
    std::nth_element(places_.begin(), nth, places_.end(),
                     [&](std::size_t a, std::size_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
    return *nth;
  }

  std::vector<Group> groups_;
  Pairs positives_, negatives_, scouts_;
  std::vector<std::pair<std::size_t, std::size_t>> heats_;  ///< (place of a negative, begin of its candidates)
  std::vector<Seeker> seekers_;
  std::vector<std::size_t> places_;  ///< for the order of a user's drawn positives
};

}  // namespace kindred

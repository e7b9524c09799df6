// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The negatives of a searching loss (WARP, k-OS): for each positive they are drawn one at a time until the model ranks one too high, for all
/// positives that still look at once.

#include <kindred/core/random.hpp>
#include <kindred/loss/loss.hpp>
#include <kindred/train/example.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/negative_source.hpp>
#include <kindred/train/pointwise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace kindred::detail {

/// A positive and the negatives drawn for it, which stand one behind the other.
struct RankingGroup {
  std::size_t first = 0;  ///< of its negatives
  float weight = 1;
  Index draws = 0;  ///< until the negative was found, for a searching loss
};

/// Makes groups of a chunk of rows, each of a positive and of the first negative drawn that violates. A row for which none does makes no group.
template <class M, class Rep>
class NegativeSearch {
 public:
  using Scalar = typename M::Scalar;

  /// Appends the groups, and a positive and a negative for each. Allocates nothing once it has seen a chunk of this size.
  template <class Loss>
  void find(const M& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
            const NegativeSource<Rep>& source, const NegativeSampling& sampling, const Loss& loss, Random& random,
            std::vector<RankingGroup>& groups, PairWorkspace<M>& positives, PairWorkspace<M>& negatives) {
    choose_positives(model, rows, source, sampling, loss, random);
    for (Index draws = 1; draws <= sampling.per_positive && !seekers_.empty(); ++draws) {
      draw_next(rows, batch, source, random, draws);
      scouts_.forward(model);
      std::size_t kept = 0;
      for (std::size_t k = 0; k < seekers_.size(); ++k) {
        const Seeker seeker = seekers_[k];
        if (!loss.violates(seeker.score, scouts_.predictions[k])) {
          seekers_[kept++] = seeker;
          continue;
        }
        const Index others = source.others(BasicUserId<Rep>(rows[seeker.row].user));
        groups.push_back({negatives.size(), rows[seeker.row].weight, seeker.given ? std::max<Index>(1, others) : draws});
        positives.push(scouts_.users[k], seeker.positive);
        negatives.push(scouts_.users[k], scouts_.items[k]);
      }
      seekers_.resize(kept);
    }
  }

 private:
  /// A row that looks for its negative.
  struct Seeker {
    std::size_t row = 0;
    bool given = false;  ///< the row is the negative itself
    Index positive = 0;
    Scalar score = 0;  ///< of the positive
  };

  /// Makes a scout for each seeker: the next negative, or its own row if that was given. Seekers for which there is none are dropped.
  void draw_next(std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch, const NegativeSource<Rep>& source,
                 Random& random, Index draws) {
    if (draws > 1) std::erase_if(seekers_, [](const Seeker& seeker) { return seeker.given; });
    scouts_.resize(seekers_.size());
    for (std::size_t k = 0; k < seekers_.size(); ++k) scouts_.users[k] = static_cast<Index>(rows[seekers_[k].row].user);
    source.negatives(scouts_.users, batch, random, scouts_.items);
    std::size_t kept = 0;
    for (std::size_t k = 0; k < seekers_.size(); ++k) {
      const Index item = seekers_[k].given ? static_cast<Index>(rows[seekers_[k].row].item) : scouts_.items[k];
      if (item < 0) continue;
      scouts_.users[kept] = scouts_.users[k];
      scouts_.items[kept] = item;
      seekers_[kept++] = seekers_[k];
    }
    scouts_.resize(kept);
    seekers_.resize(kept);
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

  PairWorkspace<M> scouts_;  ///< pairs whose scores decide what is learned
  std::vector<Seeker> seekers_;
  std::vector<std::size_t> places_;  ///< for the order of a user's drawn positives
};

}  // namespace kindred::detail

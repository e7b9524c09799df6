// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best lists of a block of users together: tiles of items pass by, and each user keeps a reservoir of candidates.

#include <kindred/core/types.hpp>
#include <kindred/kernel/above.hpp>
#include <kindred/kernel/coarse_items.hpp>
#include <kindred/kernel/coarse_users.hpp>
#include <kindred/kernel/exact_scores.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/ranked_items.hpp>
#include <kindred/kernel/reservoir.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/kernel/top_lists.hpp>
#include <kindred/kernel/user_block.hpp>
#include <kindred/parameter/row.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace kindred::detail {

/// The memory of a search, to be used again, and the search itself. One per thread.
///
/// Items come longest first. A user is done when no later item can be as good as his k-th best: the last of those who are not done takes his
/// place. Screened items are compared in 8 bits first (coarse_users.hpp).
///
/// Memory: user_block times (items bits for what users have seen, 20 (2 k + 64) bytes of candidates in float, their vectors, and of
/// screened items what CoarseUsers has).
template <class Scalar, class Rep>
class TopKBlock {
 public:
  /// The lists of `count` users (at most `user_block`), whose vectors begin at users, users + stride, ..., to rows first, first + 1, ... of
  /// `lists`. seen(r) and keep(item) as in `top_k`.
  template <class Seen, class Keep>
  void run(const Scalar* users, Index stride, Index count, const RankedItems<Scalar>& items, const Seen& seen, const Keep& keep,
           BasicTopLists<Rep, Scalar>& lists, Index first) {
    const Index k = static_cast<Index>(lists.room(first).size());
    if (k == 0 || count == 0) return;
    prepare(users, stride, count, items, k);
    for (Index u = 0; u < count; ++u) {
      for (const auto item : seen(first + u)) {
        if (item.index() < items.items()) seen_.set(u * items.items() + item.index(), true);
      }
    }
    left_ = count;
    for (Index t = 0; t < items.tiles() && left_ > 0; ++t) {
      if (t % check == 0) dismiss(items, t);
      if (items.screened()) {
        screened_tile(items, t, keep);
      } else {
        exact_tile(items, t, keep);
      }
    }
    settle(items, 0, keep);
    for (Index u = 0; u < count; ++u) {
      if (u + 1 < count) settle(items, u + 1, keep);
      User& user = users_[static_cast<std::size_t>(u)];
      const auto best = user.best.finish(exactly(items, u));
      std::transform(best.begin(), best.end(), lists.room(first + user.row).begin(),
                     [&](const Candidate<Scalar>& c) { return BasicScored<Rep, Scalar>{BasicItemId<Rep>(c.item), c.lower}; });
      lists.set_count(first + user.row, static_cast<Index>(best.size()));
    }
  }

 private:
  static constexpr Index check = 8;  // tiles between two looks at who is done

  struct User {
    Reservoir<Scalar> best;
    double length = 0;
    Index row = 0;
  };

  void prepare(const Scalar* users, Index stride, Index count, const RankedItems<Scalar>& items, Index k) {
    const Index dim = items.dim();
    users_.assign(static_cast<std::size_t>(count), {});
    entries_.resize(static_cast<std::size_t>(count * Reservoir<Scalar>::room(k)));
    seen_.reset(count * items.items(), false);
    vectors_.setZero(count, padded<Scalar>(dim));
    lower_.resize(count * Reservoir<Scalar>::room(k));
    if (items.screened()) {
      coarse_.reset(count, items.coarse().rows());
    } else {
      packed_.reset(count, dim);
    }
    for (Index u = 0; u < count; ++u) {
      User& user = users_[static_cast<std::size_t>(u)];
      vectors_.row(u).head(dim) = Eigen::Map<const Eigen::Matrix<Scalar, 1, Eigen::Dynamic>>(users + u * stride, dim);
      user.best = Reservoir<Scalar>(entries_.data() + u * Reservoir<Scalar>::room(k),
                                    lower_.data() + u * Reservoir<Scalar>::room(k), k);
      user.length = length_of(vectors_.row(u).head(dim));
      user.row = u;
      if (items.screened()) {
        coarse_.round(u, &vectors_(u, 0), dim, 2 * items.slack() * user.length);
        set_limit(u);
      } else {
        for (Index d = 0; d < dim; ++d) packed_.at(u, d) = vectors_(u, d);
      }
    }
  }

  /// Tells the screening of user u's limit.
  void set_limit(Index u) { coarse_.set_limit(u, static_cast<double>(users_[static_cast<std::size_t>(u)].best.limit())); }

  /// Lets go of the users for whom nothing more is to be found from tile t on.
  void dismiss(const RankedItems<Scalar>& items, Index t) {
    for (Index u = left_; u-- > 0;) {
      User& user = users_[static_cast<std::size_t>(u)];
      if (!items.below(t, user.length, user.best.limit())) continue;
      --left_;
      std::swap(user, users_[static_cast<std::size_t>(left_)]);
      vectors_.row(u).swap(vectors_.row(left_));
      if (items.screened()) {
        coarse_.dismiss(u, left_);
      } else {
        packed_.swap(u, left_);
      }
    }
  }

  /// Sets the bounds of candidates of user u to their scores.
  auto exactly(const RankedItems<Scalar>& items, Index u) {
    return [this, &items, u](std::span<Candidate<Scalar>> candidates) {
      scores_(vectors_.data() + u * vectors_.cols(), items, candidates);
    };
  }

  template <class Keep>
  bool may_have(const User& user, Index item, Index items, const Keep& keep) const {
    return !seen_[user.row * items + item] && keep(item);
  }

  template <class Keep>
  void exact_tile(const RankedItems<Scalar>& items, Index t, const Keep& keep) {
    constexpr Index packet = tile_packet<Scalar>;
    const Index begin = t * items.width();
    const std::uint64_t here = (std::uint64_t{1} << items.count(t)) - 1;
    for (Index g = 0; g < packed_.groups(left_); ++g) {
      const auto take = [&](Index j, const auto& tile_low, const auto& tile_high) {
        const Index u = g * packed_.width() + j;
        if (u >= left_) return;
        User& user = users_[static_cast<std::size_t>(u)];
        // What only equals the limit may come before it by its id: hence the next smaller number.
        std::uint64_t better = above(tile_low, tile_high, just_below(user.best.limit())) & here;
        if (better == 0) [[likely]]
          return;
        const TilePacket<Scalar> low = tile_low, high = tile_high;
        for (; better != 0; better &= better - 1) {
          const Index p = std::countr_zero(better);
          const Scalar score = p < packet ? low[p] : high[p - packet];
          const std::uint32_t item = items.id(begin + p);
          if (!std::isnan(score) && may_have(user, item, items.items(), keep)) {
            user.best.add({score, score, item, Candidate<Scalar>::known}, exactly(items, u));
          }
        }
      };
      with_width(packed_.width(),
                 [&](auto sequence) { score_tile(sequence, items.exact().tile(t), packed_.group(g), items.dim(), take); });
    }
  }

  template <class Keep>
  void screened_tile(const RankedItems<Scalar>& items, Index t, const Keep& keep) {
    const bool exact = items.coarse().about(t).exact;
    for (Index u = 0; u < left_ && (exact || !coarse_.all_rounded()); ++u) {
      if (exact || !coarse_.is_rounded(u)) all_of_tile(items, t, u, keep);
    }
    if (!exact) coarse_.find(items, t, left_, [&](Index u) { collect(items, u, keep); });
  }

  /// Makes candidates of what screening has found for user u, if they pass the filters.
  template <class Keep>
  EIGEN_DONT_INLINE void collect(const RankedItems<Scalar>& items, Index u, const Keep& keep) {
    User& user = users_[static_cast<std::size_t>(u)];
    coarse_.taken(items, u, [&](std::uint32_t place, double score, double bound) {
      const auto upper = static_cast<Scalar>(score + bound);
      if (upper < user.best.limit()) return;
      const std::uint32_t item = items.id(place);
      if (may_have(user, item, items.items(), keep)) {
        user.best.add({static_cast<Scalar>(score - bound), upper, item, place}, exactly(items, u));
      }
    });
    set_limit(u);
  }

  /// Scores a tile of rows for user u without screening: what is too large, too small or no number.
  template <class Keep>
  EIGEN_DONT_INLINE void all_of_tile(const RankedItems<Scalar>& items, Index t, Index u, const Keep& keep) {
    User& user = users_[static_cast<std::size_t>(u)];
    std::array<Candidate<Scalar>, static_cast<std::size_t>(coarse_items)> all;
    const auto count = static_cast<std::size_t>(items.count(t));
    for (std::size_t j = 0; j < count; ++j) {
      const Index place = t * items.width() + static_cast<Index>(j);
      all[j] = {0, 0, items.id(place), static_cast<std::uint32_t>(place)};
    }
    exactly(items, u)(std::span(all).first(count));
    for (const auto& candidate : std::span(all).first(count)) {
      if (std::isnan(candidate.lower) || candidate.lower < user.best.limit()) continue;
      if (may_have(user, candidate.item, items.items(), keep)) user.best.add(candidate, exactly(items, u));
    }
    set_limit(u);
  }

  /// Makes candidates of the last that screening has found for user u, and asks for their rows.
  template <class Keep>
  void settle(const RankedItems<Scalar>& items, Index u, const Keep& keep) {
    if (!items.screened()) return;
    collect(items, u, keep);
    auto& best = users_[static_cast<std::size_t>(u)].best;
    best.tighten();
    for (const auto& candidate : best.entries()) {
      if (candidate.place != Candidate<Scalar>::known) prefetch(items.row(candidate.place), items.dim());
    }
  }

  Index left_ = 0;
  std::vector<User> users_;
  std::vector<Candidate<Scalar>> entries_;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> lower_;
  ItemMask seen_;
  RowMatrix<Scalar> vectors_;
  UserTiles<Scalar> packed_;  ///< the vectors, where items are not screened
  CoarseUsers coarse_;
  ExactScores<Scalar> scores_;
};

}  // namespace kindred::detail

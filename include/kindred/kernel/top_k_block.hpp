// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best lists of a block of users together: tiles of items pass by, and each user keeps a reservoir of candidates.

#include <kindred/core/executor.hpp>
#include <kindred/kernel/above.hpp>
#include <kindred/kernel/coarse_items.hpp>
#include <kindred/kernel/exact_scores.hpp>
#include <kindred/kernel/ranked_items.hpp>
#include <kindred/kernel/reservoir.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/kernel/top_lists.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace kindred::detail {

/// The memory of a search, to be used again, and the search itself. One per thread.
///
/// Items come longest first. A user is done when no later item can be as good as his k-th best: the last of those who are not done takes his
/// place. Screened items are compared in 8 bits: with a the product of the rounded vectors and B the bound of CoarseItems plus what float
/// arithmetic may add, an item is a candidate if a + B is at least the user's limit, as one comparison of whole numbers,
///
///     w.(r + 128) > (limit - B) / (s_p s_t) + 128 sum(w).
///
/// Memory: user_block times (items bits for what users have seen, 20 (2 k + 64) bytes of candidates in float, 900 bytes of what
/// screening has found, and their vectors).
template <class Scalar, class Rep>
class TopKBlock {
 public:
  /// The lists of `count` users (at most `user_block`), whose vectors begin at users, users + stride, ..., to rows first, first + 1, ... of
  /// `lists`. seen(r) and keep(item) as in `top_k`.
  template <class Seen, class Keep>
  void run(const Scalar* users, Index stride, Index count, const RankedItems<Scalar>& items, const Seen& seen, const Keep& keep,
           BasicTopLists<Rep, Scalar>& lists, Index first) {
    const Index k = static_cast<Index>(lists.room(first).size());
    if (k == 0) return;
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
    for (Index u = 0; u < count; ++u) {
      User& user = users_[static_cast<std::size_t>(u)];
      if (items.screened()) collect(items, u, keep);
      const auto best = user.best.finish(exactly(items, u), before(items));
      std::transform(best.begin(), best.end(), lists.room(first + user.row).begin(), [&](const Candidate<Scalar>& c) {
        return BasicScored<Rep, Scalar>{BasicItemId<Rep>(items.id(c.place)), c.lower};
      });
      lists.set_count(first + user.row, static_cast<Index>(best.size()));
    }
  }

 private:
  static constexpr Index check = 8;        // tiles between two looks at who is done
  static constexpr Index most_found = 64;  // what screening may find for a user before it is looked at
  static constexpr Index found_room = most_found + coarse_slack;
  static constexpr float far = 0x1p30F;   // beyond all sums of products
  static constexpr float no_one = 1e30F;  // a limit that nothing exceeds

  using Numbers = Eigen::Array<float, Eigen::Dynamic, 1, 0, user_block, 1>;

  struct User {
    Reservoir<Scalar> best;
    CoarseUser coarse;
    double length = 0, bound = 0;  // |p|, and what B has of it for each unit of an item's length
    Index row = 0;
  };

  void prepare(const Scalar* users, Index stride, Index count, const RankedItems<Scalar>& items, Index k) {
    const Index dim = items.dim();
    users_.assign(static_cast<std::size_t>(count), {});
    places_.resize(static_cast<std::size_t>(count * Reservoir<Scalar>::room(k)));
    seen_.reset(count * items.items(), false);
    vectors_.setZero(count, padded<Scalar>(dim));
    unscreened_ = false;
    bounds_.resize(count * Reservoir<Scalar>::room(k));
    if (items.screened()) {
      words_.reset(count, items.coarse().rows());
      const auto rounded_up = static_cast<std::size_t>(words_.groups(count) * words_.width());
      sums_found_.resize(rounded_up * static_cast<std::size_t>(found_room));
      places_found_.resize(sums_found_.size());
      found_.resize(rounded_up);
      for (std::size_t u = 0; u < rounded_up; ++u) {
        const std::size_t first = u * static_cast<std::size_t>(found_room);
        found_[u] = {sums_found_.data() + first, places_found_.data() + first, 0};
      }
      for (Numbers* numbers : {&limit_, &of_length_, &of_error_, &offset_})
        numbers->setZero(words_.groups(count) * words_.width());
      limit_.setConstant(no_one);
    } else {
      packed_.reset(count, dim);
    }
    for (Index u = 0; u < count; ++u) {
      User& user = users_[static_cast<std::size_t>(u)];
      vectors_.row(u).head(dim) = Eigen::Map<const Eigen::Matrix<Scalar, 1, Eigen::Dynamic>>(users + u * stride, dim);
      user.best = Reservoir<Scalar>(places_.data() + u * Reservoir<Scalar>::room(k),
                                    bounds_.data() + u * Reservoir<Scalar>::room(k), k);
      user.length = length_of(vectors_.row(u).head(dim));
      user.row = u;
      if (!items.screened()) {
        for (Index d = 0; d < dim; ++d) packed_.at(u, d) = vectors_(u, d);
        continue;
      }
      user.coarse = CoarseUser(&vectors_(u, 0), dim, [&](Index d, std::int32_t word) { words_.at(u, d) = word; });
      unscreened_ = unscreened_ || user.coarse.scale == 0;
      if (user.coarse.scale > 0) {
        user.bound = user.coarse.error + 2 * items.slack() * user.length;
        of_length_[u] = static_cast<float>(user.bound / user.coarse.scale);
        of_error_[u] = static_cast<float>(user.coarse.length / user.coarse.scale);
        offset_[u] = static_cast<float>(128 * user.coarse.sum);
      }
      set_limit(u);
    }
  }

  /// What the comparison of whole numbers needs of user u's limit. A user who is not rounded has no candidates there.
  void set_limit(Index u) {
    const User& user = users_[static_cast<std::size_t>(u)];
    if (user.coarse.scale == 0) return;
    limit_[u] = static_cast<float>(
        std::clamp(static_cast<double>(user.best.limit()) / user.coarse.scale, -double{no_one}, double{no_one}));
  }

  /// Lets go of the users for whom nothing more is to be found from tile t on.
  void dismiss(const RankedItems<Scalar>& items, Index t) {
    for (Index u = left_; u-- > 0;) {
      User& user = users_[static_cast<std::size_t>(u)];
      if (!items.below(t, user.length, user.best.limit())) continue;
      --left_;
      std::swap(user, users_[static_cast<std::size_t>(left_)]);
      vectors_.row(u).swap(vectors_.row(left_));
      if (items.screened()) {
        words_.swap(u, left_);
        std::swap(found_[static_cast<std::size_t>(u)], found_[static_cast<std::size_t>(left_)]);
        for (Numbers* numbers : {&limit_, &of_length_, &of_error_, &offset_}) std::swap((*numbers)[u], (*numbers)[left_]);
        limit_[left_] = no_one;
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
          if (!std::isnan(score) && may_have(user, items.id(begin + p), items.items(), keep)) {
            user.best.add({score, score, static_cast<std::uint32_t>(begin + p), true}, exactly(items, u), before(items));
          }
        }
      };
      with_width(packed_.width(),
                 [&](auto sequence) { score_tile(sequence, items.exact().tile(t), packed_.group(g), items.dim(), take); });
    }
  }

  template <class Keep>
  void screened_tile(const RankedItems<Scalar>& items, Index t, const Keep& keep) {
    const auto& tile = items.coarse().about(t);
    for (Index u = 0; u < left_ && (tile.exact || unscreened_); ++u) {
      if (tile.exact || users_[static_cast<std::size_t>(u)].coarse.scale == 0) all_of_tile(items, t, u, keep);
    }
    if (tile.exact) return;
    const auto here = static_cast<std::uint32_t>((std::uint64_t{1} << items.count(t)) - 1);
    const auto units = items.units(t);
    // Sums of products are below 2^15 dim, so what these few operations in float are off by is below dim / 64.
    const auto allowance = static_cast<float>(16 + items.dim() / 16);
    with_width(words_.width(), [&]<int... j>(std::integer_sequence<int, j...> sequence) {
      constexpr Index width = sizeof...(j);
      std::array<std::int32_t, sizeof...(j)> limits;
      for (Index g = 0, from = 0; from < left_; ++g, from += width) {
        for (Index k = 0; k < width; ++k) {
          const Index u = from + k;
          const float x =
              limit_[u] * units.one - of_length_[u] * units.longest - of_error_[u] * units.error + (offset_[u] - allowance);
          limits[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(std::min(std::max(x, -far), far));
        }
        const bool any = coarse_above(sequence, items.coarse().tile(t), words_.group(g), items.coarse().rows(), limits.data(),
                                      here, static_cast<std::uint32_t>(t * coarse_items), found_.data() + from);
        for (Index u = from; any && u < std::min(left_, from + width); ++u) {
          if (found_[static_cast<std::size_t>(u)].count > most_found) collect(items, u, keep);
        }
      }
    });
  }

  /// Makes candidates of what screening has found for user u, if they pass the filters.
  template <class Keep>
  EIGEN_DONT_INLINE void collect(const RankedItems<Scalar>& items, Index u, const Keep& keep) {
    User& user = users_[static_cast<std::size_t>(u)];
    CoarseFound& found = found_[static_cast<std::size_t>(u)];
    const double correction = 128.0 * user.coarse.sum;
    for (Index n = 0; n < found.count; ++n) {
      const std::uint32_t place = found.places[n];
      const auto t = static_cast<Index>(place) / coarse_items;
      const CoarseItems::Tile& tile = items.coarse().about(t);
      const double score = user.coarse.scale * tile.scale * (found.sums[n] - correction);
      const double bound = user.bound * items.longest(t) + user.coarse.length * tile.error + items.vanishing();
      const auto upper = static_cast<Scalar>(score + bound);
      if (upper < user.best.limit() || !may_have(user, items.id(place), items.items(), keep)) continue;
      user.best.add({static_cast<Scalar>(score - bound), upper, place, false}, exactly(items, u), before(items));
    }
    found.count = 0;
    set_limit(u);
  }

  /// Scores a tile of rows for user u without screening: what is too large, too small or no number.
  template <class Keep>
  EIGEN_DONT_INLINE void all_of_tile(const RankedItems<Scalar>& items, Index t, Index u, const Keep& keep) {
    User& user = users_[static_cast<std::size_t>(u)];
    std::array<Candidate<Scalar>, static_cast<std::size_t>(coarse_items)> all;
    const auto count = static_cast<std::size_t>(items.count(t));
    for (std::size_t j = 0; j < count; ++j)
      all[j] = {0, 0, static_cast<std::uint32_t>(t * items.width()) + static_cast<std::uint32_t>(j), false};
    exactly(items, u)(std::span(all).first(count));
    for (const auto& candidate : std::span(all).first(count)) {
      if (std::isnan(candidate.lower) || candidate.lower < user.best.limit()) continue;
      if (may_have(user, items.id(candidate.place), items.items(), keep)) {
        user.best.add(candidate, exactly(items, u), before(items));
      }
    }
    set_limit(u);
  }

  Index left_ = 0;
  bool unscreened_ = false;  // whether there is a user who is not rounded
  std::vector<User> users_;
  std::vector<Candidate<Scalar>> places_;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> bounds_;
  std::vector<CoarseFound> found_;
  std::vector<std::int32_t> sums_found_;
  std::vector<std::uint32_t> places_found_;
  ItemMask seen_;
  RowMatrix<Scalar> vectors_;
  UserTiles<Scalar> packed_;
  UserTiles<std::int32_t> words_;
  Numbers limit_, of_length_, of_error_, offset_;
  ExactScores<Scalar> scores_;
};

/// Runs f(memory, begin, end) for blocks of at most `user_block` of `users` users. Neighbouring blocks share their memory.
template <class Memory, Executor E, class F>
void for_each_user_block(const E& executor, Index users, const F& f) {
  const Index blocks = (users + user_block - 1) / user_block, some = 8 * static_cast<Index>(executor.concurrency());
  for_each_range(executor, users, std::max<Index>(1, blocks / some) * user_block, [&](Index begin, Index end) {
    Memory memory;
    for (; begin < end; begin += user_block) f(memory, begin, std::min(end, begin + user_block));
  });
}

}  // namespace kindred::detail

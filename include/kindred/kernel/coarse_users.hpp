// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A block of users in 8 bits, and what they find in tiles of items in 8 bits: the items that may score as much as each user's limit.

#include <kindred/core/types.hpp>
#include <kindred/kernel/coarse_items.hpp>
#include <kindred/kernel/coarse_tile.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/kernel/user_block.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kindred::detail {

/// With the names of coarse_items.hpp, a the product of the rounded vectors and B the bound of CoarseItems plus what float arithmetic may
/// add, an item is found if a + B is at least the user's limit, as one comparison of whole numbers,
///
///     w.(r + 128) > (limit - B) / (s_p s_t) + 128 sum(w).
///
/// A user who cannot be rounded finds nothing. Memory: 1,000 bytes a user, and their vectors in 8 bits; used again.
class CoarseUsers {
 public:
  /// Makes room for `count` users, at most `user_block`, of `rows` words.
  void reset(Index count, Index rows) {
    words_.reset(count, rows);
    const auto rounded_up = static_cast<std::size_t>(words_.groups(count) * words_.width());
    about_.assign(rounded_up, {});
    sums_.resize(rounded_up * static_cast<std::size_t>(room));
    places_.resize(sums_.size());
    found_.resize(rounded_up);
    for (std::size_t u = 0; u < rounded_up; ++u) {
      const std::size_t first = u * static_cast<std::size_t>(room);
      found_[u] = {sums_.data() + first, places_.data() + first, 0};
    }
    for (Numbers* numbers : {&limit_, &of_length_, &of_error_, &offset_}) numbers->setZero(static_cast<Index>(rounded_up));
    limit_.setConstant(no_one);
    all_rounded_ = true;
  }

  /// Rounds user u.
  /// @param more  what float arithmetic may add to B for each unit of an item's length
  template <class Scalar>
  void round(Index u, const Scalar* vector, Index dim, double more) {
    About& user = about_[static_cast<std::size_t>(u)];
    user.coarse = CoarseUser(vector, dim, [&](Index d, std::int32_t word) { words_.at(u, d) = word; });
    const CoarseUser& coarse = user.coarse;
    all_rounded_ = all_rounded_ && coarse.scale > 0;
    if (coarse.scale == 0) return;
    user.bound = coarse.error + more;
    of_length_[u] = static_cast<float>(user.bound / coarse.scale);
    of_error_[u] = static_cast<float>(coarse.length / coarse.scale);
    offset_[u] = static_cast<float>(128 * coarse.sum);
  }

  bool all_rounded() const { return all_rounded_; }
  bool is_rounded(Index u) const { return about_[static_cast<std::size_t>(u)].coarse.scale > 0; }

  /// What user u's scores are compared with from now on; minus infinity: all are enough.
  void set_limit(Index u, double limit) {
    const double scale = about_[static_cast<std::size_t>(u)].coarse.scale;
    if (scale == 0) return;
    limit_[u] = static_cast<float>(std::clamp(limit / scale, -double{no_one}, double{no_one}));
  }

  /// User u changes places with the last one, who finds nothing any more.
  void dismiss(Index u, Index last) {
    words_.swap(u, last);
    std::swap(about_[static_cast<std::size_t>(u)], about_[static_cast<std::size_t>(last)]);
    std::swap(found_[static_cast<std::size_t>(u)], found_[static_cast<std::size_t>(last)]);
    for (Numbers* numbers : {&limit_, &of_length_, &of_error_, &offset_}) std::swap((*numbers)[u], (*numbers)[last]);
    limit_[last] = no_one;
  }

  /// Compares the first `count` users with tile t of `items`. Calls take(u) as soon as a user has found so many that `taken` has to make room.
  template <class Items, class Take>
  EIGEN_ALWAYS_INLINE void find(const Items& items, Index t, Index count, const Take& take) {
    const auto here = static_cast<std::uint32_t>((std::uint64_t{1} << items.count(t)) - 1);
    const auto units = items.units(t);
    // Sums of products are below 2^15 dim, so what these few operations in float are off by is below dim / 64.
    const auto allowance = static_cast<float>(16 + items.dim() / 16);
    with_width(words_.width(), [&]<int... j>(std::integer_sequence<int, j...> sequence) {
      constexpr Index width = sizeof...(j);
      std::array<std::int32_t, sizeof...(j)> limits;
      for (Index g = 0, from = 0; from < count; ++g, from += width) {
        for (Index k = 0; k < width; ++k) {
          const Index u = from + k;
          const float x =
              limit_[u] * units.one - of_length_[u] * units.longest - of_error_[u] * units.error + (offset_[u] - allowance);
          limits[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(std::min(std::max(x, -far), far));
        }
        const bool any = coarse_above(sequence, items.coarse().tile(t), words_.group(g), items.coarse().rows(), limits.data(),
                                      here, static_cast<std::uint32_t>(t * coarse_items), found_.data() + from);
        for (Index u = from; any && u < std::min(count, from + width); ++u) {
          if (found_[static_cast<std::size_t>(u)].count > most_found) take(u);
        }
      }
    });
  }

  /// Calls use(place, score, bound) for what user u has found since the last time: the score is off by at most the bound.
  template <class Items, class Use>
  EIGEN_ALWAYS_INLINE void taken(const Items& items, Index u, const Use& use) {
    const About& user = about_[static_cast<std::size_t>(u)];
    CoarseFound& found = found_[static_cast<std::size_t>(u)];
    const double correction = 128.0 * user.coarse.sum;
    for (Index n = 0; n < found.count; ++n) {
      const std::uint32_t place = found.places[n];
      const auto t = static_cast<Index>(place) / coarse_items;
      const CoarseItems::Tile& tile = items.coarse().about(t);
      const double score = user.coarse.scale * tile.scale * (found.sums[n] - correction);
      use(place, score, user.bound * items.longest(t) + user.coarse.length * tile.error + items.vanishing());
    }
    found.count = 0;
  }

 private:
  static constexpr Index most_found = 64;  // what a user may have found before it must be taken
  static constexpr Index room = most_found + coarse_slack;
  static constexpr float far = 0x1p30F;   // beyond all sums of products
  static constexpr float no_one = 1e30F;  // a limit that nothing exceeds

  using Numbers = Eigen::Array<float, Eigen::Dynamic, 1, 0, user_block, 1>;

  struct About {
    CoarseUser coarse = {};
    double bound = 0;  // what B has of the user for each unit of an item's length
  };

  bool all_rounded_ = true;
  std::vector<About> about_;
  UserTiles<std::int32_t> words_;
  Numbers limit_, of_length_, of_error_, offset_;
  std::vector<CoarseFound> found_;
  std::vector<std::int32_t> sums_;
  std::vector<std::uint32_t> places_;
};

}  // namespace kindred::detail

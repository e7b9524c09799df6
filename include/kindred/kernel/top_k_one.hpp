// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best list of one user: bounds of all items that may have such scores, and then a closer look at those whose bounds are high.

#include <kindred/kernel/above.hpp>
#include <kindred/kernel/exact_scores.hpp>
#include <kindred/kernel/lanes.hpp>
#include <kindred/kernel/ranked_rows.hpp>
#include <kindred/kernel/reservoir.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/parameter/row.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace kindred::detail {

/// The memory of a search, to be used again, and the search itself. One per thread.
///
/// First the bounds of many items are found: of screened ones by their upper four bits (kernel/nibble_items.hpp), of others by a dot product. Those of
/// the highest bounds are scored, so that the k-th best score is nearly known when the others' bounds are compared with it. Where the
/// upper four bits leave it open, the lower four are looked at, and where these do too, the row. Whatever is needed next of an item is
/// asked for ahead. Candidates are known within what the order of a sum may change, and in the end, where that matters, in the bits of a tile.
///
/// Memory: 6 bytes an item, 20 (2 k + 64) bytes of candidates in float, a tile of vectors, and the user's.
template <class Scalar>
class TopKOne {
 public:
  /// The best k of those items that are kept, best first, with their scores. Valid until the next search.
  ///
  /// @param user  items.dim() numbers
  /// @param keep  keep(item): asked only about an item that may enter the list
  template <class Keep>
  std::span<const Candidate<Scalar>> run(const Scalar* user, const RankedRows<Scalar>& items, Index k, const Keep& keep) {
    if (k == 0) return {};
    prepare(user, items, k);
    // A few tiles first, which are the longest and may do; then all that may have such scores.
    for (Index begin = 0, end = std::min(items.tiles(), first_tiles); begin < end;) {
      for (Index t = begin; t < end; ++t) {
        float* const bounds = bounds_.data() + (t - begin) * nibble_items;
        bound(items, t, bounds);
        TilePacket<float> most = ConstTilePacketMap<float>(bounds);
        for (int j = packet; j < nibble_items; j += packet) most = most.max(ConstTilePacketMap<float>(bounds + j));
        most_of(t - begin) = most;
        left_[static_cast<std::size_t>(t - begin)] = ~std::uint64_t{0} >> (nibble_items - items.count(t));
      }
      look(items, begin, end, highest(begin, end, k), keep);
      look(items, begin, end, wanted_, keep);
      for (begin = end; end < items.tiles() && !items.below(end, length_, best_.limit()); ++end) continue;
    }
    return best_.finish(exactly(items));
  }

 private:
  static constexpr Index first_tiles = 32;  // 2,048 items
  static constexpr Index enough = 16;     // items that are looked at together, so that what is needed of them arrives meanwhile
  static constexpr Index most_share = 4;  // tiles that one stands for
  static constexpr int packet = tile_packet<float>;

  /// Items that wait for a closer look, in fours.
  struct Waiting {
    void add(Index place, float bound) {
      places[static_cast<std::size_t>(count)] = place;
      bounds[static_cast<std::size_t>(count++)] = bound;
    }
    /// The n-th and three more; those that are not there are the last.
    std::array<Index, 4> four(Index n) const {
      std::array<Index, 4> out;
      for (Index k = 0; k < 4; ++k)
        out[static_cast<std::size_t>(k)] = places[static_cast<std::size_t>(std::min(n + k, count - 1))];
      return out;
    }
    std::array<Index, static_cast<std::size_t>(2 * enough + nibble_items)> places{};
    std::array<float, static_cast<std::size_t>(2 * enough + nibble_items)> bounds{};
    Index count = 0;
  };

  void prepare(const Scalar* user, const RankedRows<Scalar>& items, Index k) {
    const Index dim = items.dim(), room = Reservoir<Scalar>::room(k);
    vector_.setZero(padded<Scalar>(dim));
    vector_.head(dim) = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>(user, dim);
    length_ = length_of(vector_.head(dim));
    entries_.resize(static_cast<std::size_t>(room));
    lower_.resize(room);
    best_ = Reservoir<Scalar>(entries_.data(), lower_.data(), k);
    bounds_.resize(items.tiles() * nibble_items);
    most_.resize(items.tiles() * packet);
    left_.resize(static_cast<std::size_t>(items.tiles()));
    unsure_.count = rows_.count = 0;
    rounded_.scale = 0;
    const double error = items.screened() ? items.nibbles().round(vector_, rounded_) : 0;
    unit_ = rounded_.scale > 0 ? rounded_.scale : 1;
    // The computed score is that of real numbers within its rounding, and so is the limit; the rest is for float arithmetic here.
    of_length_ = (error + 2 * items.slack() * length_) / unit_ * (1 + 0x1p-20);
    at_least_ = 2 * items.vanishing() / unit_;
    set_limit();
  }

  /// The limit in the bounds' unit; NaN, which all are above, before there is one. What the conversion is off by is less than what bounds have
  /// for rounding.
  void set_limit() {
    const double limit = static_cast<double>(best_.limit()) / unit_;
    const bool none = !(limit >= -static_cast<double>(std::numeric_limits<float>::max()));
    wanted_ = none ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(std::min(limit, 1e30));
  }

  /// Upper bounds of the items of tile t, none of them NaN.
  EIGEN_ALWAYS_INLINE void bound(const RankedRows<Scalar>& items, Index t, float* bounds) {
    constexpr float infinite = std::numeric_limits<float>::infinity();
    const double more = of_length_ * items.longest(t) + at_least_;
    if (!(more < 1e30) || (items.screened() && rounded_.scale == 0)) {
      std::fill_n(bounds, nibble_items, infinite);  // what may overflow in some order, too
    } else if (items.screened()) {
      items.nibbles().bound(rounded_, t, static_cast<float>(more), bounds);
    } else {
      const Index count = items.count(t);
      score_one_to_many(vector_, items.rows().middleRows(t * nibble_items, count),
                        std::span(scores_.data(), static_cast<std::size_t>(count)));
      const Eigen::Array<float, nibble_items, 1> scores = scores_.template cast<float>();
      Eigen::Map<Eigen::Array<float, nibble_items, 1>>{bounds} = scores + scores.abs() * 0x1p-22F + static_cast<float>(more);
    }
    std::fill(bounds + items.count(t), bounds + nibble_items, -infinite);
  }

  /// A number that the bounds of k items, and a few more, are above, nearly the largest such: by the largest of every few. Infinity if there are
  /// not many more.
  float highest(Index begin, Index end, Index k) {
    const Index tiles = end - begin, wish = k + k / 4 + 8;
    const Index share = std::min(most_share, tiles * packet / (2 * wish)), groups = share > 0 ? tiles / share : 0;
    if (groups == 0) return std::numeric_limits<float>::infinity();
    some_.resize(std::max(some_.size(), (groups + 2) * packet));
    for (Index g = 0; g < groups; ++g) {
      TilePacket<float> most = most_of(g);
      for (Index t = g + groups; t < groups * share; t += groups) most = most.max(most_of(t));
      TilePacketMap<float>(some_.data() + g * packet) = most;
    }
    return kth_largest(some_.data(), groups * packet, wish);
  }

  /// The largest bounds of a tile's items, a packet of them.
  TilePacketMap<float> most_of(Index tile) { return TilePacketMap<float>(most_.data() + tile * packet); }

  /// Looks closer at the items of tiles begin ... end - 1 whose bounds are above `limit`, each once.
  template <class Keep>
  void look(const RankedRows<Scalar>& items, Index begin, Index end, float limit, const Keep& keep) {
    for (Index t = begin; t < end; ++t) {
      if (above<float>(most_of(t - begin), most_of(t - begin), limit) == 0) continue;
      const float* const bounds = bounds_.data() + (t - begin) * nibble_items;
      std::uint64_t bits = 0;
      for (int k = 0; k < nibble_items; k += 2 * packet) {
        const TilePacket<float> low = ConstTilePacketMap<float>(bounds + k),
                                high = ConstTilePacketMap<float>(bounds + k + packet);
        bits |= above(low, high, limit) << k;
      }
      std::uint64_t& left = left_[static_cast<std::size_t>(t - begin)];
      bits &= left;
      left &= ~bits;
      for (; bits != 0; bits &= bits - 1) {
        const Index j = std::countr_zero(bits), place = t * nibble_items + j;
        if (rounded_.scale > 0) {
          items.nibbles().prefetch_lower(place);
          unsure_.add(place, bounds[j]);
        } else if (keep(items.id(place))) {
          add_row(items, place);
        }
      }
      if (unsure_.count >= enough) refine(items, keep);
      if (rows_.count >= enough) score(items);
    }
    refine(items, keep);
    score(items);
  }

  void add_row(const RankedRows<Scalar>& items, Index place) {
    prefetch(items.row(place), items.dim());
    rows_.add(place, 0);
  }

  /// Looks at the lower bits of those that are unsure.
  template <class Keep>
  EIGEN_DONT_INLINE void refine(const RankedRows<Scalar>& items, const Keep& keep) {
    for (Index n = 0; n < unsure_.count; n += 4) {
      const auto places = unsure_.four(n);
      std::array<float, 4> bounds;
      std::copy_n(unsure_.bounds.begin() + n, 4, bounds.begin());
      items.nibbles().refine(rounded_, places, bounds);
      for (Index k = 0; k < std::min<Index>(4, unsure_.count - n); ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (!(bounds[at] <= wanted_) && keep(items.id(places[at]))) add_row(items, places[at]);
      }
      if (rows_.count >= enough) score(items);
    }
    unsure_.count = 0;
  }

  /// Whether sums of products with a vector of tile t may overflow in one order, and not in another.
  bool may_overflow(const RankedRows<Scalar>& items, Index t) const {
    return !(length_ * items.longest(t) < static_cast<double>(std::numeric_limits<Scalar>::max()) / 4);
  }

  /// More than two computed dot products of a vector of tile t may differ by.
  Scalar margin(const RankedRows<Scalar>& items, Index t) const {
    if (may_overflow(items, t)) return std::numeric_limits<Scalar>::infinity();
    return static_cast<Scalar>(2 * (items.slack() * length_ * items.longest(t) + items.vanishing()));
  }

  /// Makes candidates of those whose rows are there.
  EIGEN_DONT_INLINE void score(const RankedRows<Scalar>& items) {
    for (Index n = 0; n < rows_.count; n += 4) {
      const auto places = rows_.four(n);
      const auto products = products_of(items.row(places[0]), items.row(places[1]), items.row(places[2]), items.row(places[3]));
      for (Index k = 0; k < std::min<Index>(4, rows_.count - n); ++k) {
        const Index place = places[static_cast<std::size_t>(k)];
        const Scalar off = margin(items, place / nibble_items);
        Candidate<Scalar> one{products[k] - off, products[k] + off, items.id(place), static_cast<std::uint32_t>(place)};
        const bool finite = one.upper - one.lower < std::numeric_limits<Scalar>::max();
        if (!finite) exactly(items)(std::span(&one, 1));
        if (one.upper >= best_.limit()) best_.add(one, exactly(items));  // which no NaN is
      }
    }
    rows_.count = 0;
    best_.tighten();
    set_limit();
  }

  /// The user's products with four rows.
  Lanes<Scalar, 4> products_of(const Scalar* a, const Scalar* b, const Scalar* c, const Scalar* d) const {
    constexpr int width = static_cast<int>(packet_width<Scalar>);
    using Packet = Eigen::Array<Scalar, width, 1>;
    using Map = Eigen::Map<const Packet, Eigen::AlignedMax>;
    std::array<Packet, 4> sums;
    for (Packet& sum : sums) sum.setZero();
    for (Index k = 0; k < vector_.size(); k += width) {
      const Packet user = Map(vector_.data() + k);
      multiply_add(sums[0], Packet(Map(a + k)), user), multiply_add(sums[1], Packet(Map(b + k)), user);
      multiply_add(sums[2], Packet(Map(c + k)), user), multiply_add(sums[3], Packet(Map(d + k)), user);
    }
    return sums_of(sums[0], sums[1], sums[2], sums[3]);
  }

  /// Sets the bounds of candidates to their scores.
  auto exactly(const RankedRows<Scalar>& items) {
    return [this, &items](std::span<Candidate<Scalar>> some) { scores_of_(vector_.data(), items, some); };
  }

  Eigen::Array<Scalar, Eigen::Dynamic, 1> vector_;
  double length_ = 0;
  NibbleItems::User rounded_;
  double unit_ = 1;                      // of bounds
  double of_length_ = 0, at_least_ = 0;  // what a bound has of the item's length, and besides
  float wanted_ = 0;                     // the limit
  Waiting unsure_, rows_;
  Eigen::Array<float, Eigen::Dynamic, 1> bounds_, most_, some_;
  std::vector<std::uint64_t> left_;  // of a tile's items a bit for each that was not looked at
  Eigen::Array<Scalar, nibble_items, 1> scores_ = Eigen::Array<Scalar, nibble_items, 1>::Zero();
  Reservoir<Scalar> best_;
  std::vector<Candidate<Scalar>> entries_;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> lower_;
  ExactScores<Scalar> scores_of_;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Vectors rounded to 4 bits a coordinate, and 4 more, with bounds of what the rounding can change in a dot product: what one user's list reads
/// of most items, an eighth of their memory.
///
/// An item q becomes s h', with h' from -7.5 to 7.5 in steps of 1, and more exactly s (h' + l' / 16), with l' of the same numbers; a user p
/// becomes t w in 8 bits (kernel/coarse_items.hpp). Then (Cauchy and Schwarz, twice)
///
///     p.q <= s t (w.h' + |w| e) + |p - t w| |q|,                   e >= |q - s h'| / s
///     p.q <= s t (w.h' + w.l' / 16 + |w| f) + |p - t w| |q|,       f >= |q - s (h' + l' / 16)| / s
///
/// For a normal vector of Dim 64 the first bound is 0.8 of the deviation of p.q, the second a twentieth: for a list of ten of 27,000 items one
/// in 170 passes the first once the tenth score is known, and few more than the ten the second.

#include <kindred/core/types.hpp>
#include <kindred/kernel/coarse_items.hpp>
#include <kindred/kernel/nibble_tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace kindred::detail {

/// Coordinates up to this are summed in a float without rounding: 15 * 127 * 2^13 < 2^24.
inline constexpr Index most_nibble_dim = Index{1} << 13;

/// Items in 4 bits, in tiles of 64, and in 4 more, in rows; each item with its scale.
///
/// Memory: dim + 4 bytes an item, dim rounded up to 64 and items too. Cost: a pass over the vectors.
class NibbleItems {
 public:
  /// A user in 8 bits.
  struct User {
    double scale = 0;                   ///< t; 0: not rounded, has no bounds
    float length = 0, centre = 0;       ///< |w|, and 7.5 times the sum of w
    std::vector<std::int32_t> words{};  ///< four numbers in each
  };

  NibbleItems() = default;
  /// @param row  row(i)[d] is coordinate d of item i
  template <class RowOf>
  NibbleItems(Index items, Index dim, const RowOf& row)
      : dim_(dim),
        errors_(static_cast<std::size_t>((items + nibble_items - 1) / nibble_items)),
        scales_(decltype(scales_)::Zero(static_cast<Index>(errors_.size()) * nibble_items)),
        upper_(decltype(upper_)::Zero(static_cast<Index>(errors_.size()) * tile_bytes())),
        lower_(decltype(lower_)::Zero(items * lower_bytes())) {
    // Sums are below 15 |w|_1 <= 15 sqrt(dim) |w|; float arithmetic is off by less than 16 roundings of that.
    const double rounding = 0x1p-20 * 15 * std::sqrt(static_cast<double>(dim));
    for (Index i = 0; i < items; ++i) {
      const auto& vector = row(i);
      const double largest = largest_of(vector, dim);
      Errors& most = errors_[static_cast<std::size_t>(i / nibble_items)];
      if (!can_be_coarse(largest)) most.upper = most.both = std::numeric_limits<float>::infinity();
      if (!(largest > 0) || !can_be_coarse(largest)) continue;
      const auto scale = static_cast<float>(largest / 8);
      double of_upper = 0, of_both = 0;
      for (Index d = 0; d < dim; ++d) {
        const double x = static_cast<double>(vector[d]) / static_cast<double>(scale);
        const int h = whole(x + 8);
        const double rest = x - (h - 7.5);
        const int l = whole(16 * rest + 8);
        const double left = rest - (l - 7.5) / 16;
        of_upper += rest * rest;
        of_both += left * left;
        set(upper_, i / nibble_items * tile_bytes(), upper_place(i % nibble_items, d), h);
        set(lower_, i * lower_bytes(), lower_place(d), l);
      }
      scales_[i] = scale;
      most.upper = std::max(most.upper, static_cast<float>(std::sqrt(of_upper) + rounding));
      most.both = std::max(most.both, static_cast<float>(std::sqrt(of_both) + rounding));
    }
  }

  /// Rounds a user. Returns |p - t w|.
  template <class Row>
  double round(const Row& vector, User& user) const {
    user.words.assign(static_cast<std::size_t>(lower_groups() * lower_group / coarse_word), 0);
    const CoarseUser rounded(vector, dim_, [&](Index k, std::int32_t word) { user.words[static_cast<std::size_t>(k)] = word; });
    user.scale = rounded.scale;
    if (rounded.scale == 0) return 0;
    user.length = static_cast<float>(rounded.length / rounded.scale);
    user.centre = static_cast<float>(7.5 * rounded.sum);
    return rounded.error;
  }

  /// bounds[j] = an upper bound of p.q, by the upper bits, for item j of a tile, in units of t; infinite if one of them is not rounded: a
  /// coordinate is no number, or far too large or small.
  ///
  /// @param more  what else is added, in units of t: |p - t w| |q| and more
  EIGEN_ALWAYS_INLINE void bound(const User& user, Index tile, float more, float* bounds) const {
    const float error = errors_[static_cast<std::size_t>(tile)].upper;
    if (error > std::numeric_limits<float>::max()) {
      std::fill_n(bounds, nibble_items, error);
    } else {
      nibble_bounds(upper_.data() + tile * tile_bytes(), user.words.data(), groups(), scales_.data() + tile * nibble_items,
                    user.length * error - user.centre, more, bounds);
    }
  }

  /// Adds to the bounds of four items what their lower bits tell; NaN where the bound is infinite.
  void refine(const User& user, const std::array<Index, 4>& items, std::array<float, 4>& bounds) const {
    std::array<const std::uint8_t*, 4> rows;
    for (std::size_t k = 0; k < 4; ++k) rows[k] = lower(items[k]);
    const auto products = lower_products(rows, user.words.data(), lower_groups());
    for (std::size_t k = 0; k < 4; ++k) {
      const Errors& error = errors_[static_cast<std::size_t>(items[k] / nibble_items)];
      bounds[k] +=
          scales_[items[k]] * ((static_cast<float>(products[k]) - user.centre) / 16 + user.length * (error.both - error.upper));
    }
  }
  /// Asks for the lower bits of an item ahead.
  void prefetch_lower(Index item) const { prefetch(lower(item), lower_bytes()); }

 private:
  struct Errors {
    float upper = 0, both = 0;  // of each tile the largest e and f, and what float arithmetic may add
  };
  using Bytes =
      Eigen::Array<std::uint8_t, Eigen::Dynamic, 1>;  // aligned: loads that straddle two cache lines take twice as long

  /// From 0 to 15: halves are rounded up.
  static int whole(double x) { return std::clamp(static_cast<int>(std::floor(x)), 0, 15); }
  static void set(Bytes& bytes, Index first, NibblePlace place, int bits) {
    std::uint8_t& byte = bytes[first + place.byte];
    byte = static_cast<std::uint8_t>(byte | bits << (place.second ? 4 : 0));
  }

  Index groups() const { return (dim_ + nibble_group - 1) / nibble_group; }
  Index tile_bytes() const { return groups() * nibble_items * coarse_word; }
  Index lower_groups() const { return (dim_ + lower_group - 1) / lower_group; }
  Index lower_bytes() const { return lower_groups() * lower_group / 2; }
  const std::uint8_t* lower(Index item) const { return lower_.data() + item * lower_bytes(); }

  Index dim_ = 0;
  std::vector<Errors> errors_;
  Eigen::Array<float, Eigen::Dynamic, 1> scales_;
  Bytes upper_, lower_;
};

}  // namespace kindred::detail

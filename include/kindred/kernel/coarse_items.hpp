// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Vectors rounded to 8 bits a coordinate, with bounds of what the rounding can change in a dot product: what screens items before they are
/// scored exactly.
///
/// An item q of tile t becomes s_t r with whole numbers r from -127 to 127, a user p becomes s_p w, and
///
///     |p.q - s_p s_t w.r| <= |p - s_p w| |q| + |s_p w| |q - s_t r|       (Cauchy and Schwarz, twice)
///
/// so for a normal vector of Dim 64 the bound is a tenth of the deviation of p.q, and for a list of ten a third more items than needed pass.

#include <kindred/core/types.hpp>
#include <kindred/kernel/coarse_tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace kindred::detail {

/// Coordinates up to this are summed in 32 bits without overflow: 255 * 127 * 2^15 < 2^30.
inline constexpr Index most_coarse_dim = Index{1} << 15;

/// A largest coordinate is 0 or within these, or the vector is not rounded: so products of scales stay far from the ends of the float range.
inline constexpr double least_coarse = 1e-15, most_coarse = 1e15;
inline bool can_be_coarse(double largest) { return largest == 0 || (largest >= least_coarse && largest <= most_coarse); }

/// The largest coordinate in size; NaN if there is one.
template <class Row>
double largest_of(const Row& row, Index dim) {
  double most = 0;
  for (Index d = 0; d < dim; ++d) {
    const double x = std::abs(static_cast<double>(row[d]));
    if (!(x <= most)) most = x;
    if (std::isnan(x)) break;
  }
  return most;
}

/// round(x / scale), for |x| <= 127 scale.
inline int rounded(double x, double scale) { return scale > 0 ? static_cast<int>(std::nearbyint(x / scale)) : 0; }

/// A user in 8 bits.
struct CoarseUser {
  double scale = 0;      ///< s_p; 0: not rounded, to be scored exactly
  double length = 0;     ///< |s_p w|
  double error = 0;      ///< |p - s_p w|
  std::int32_t sum = 0;  ///< of all w: items are stored as r + 128, so products are 128 times this too large

  /// Rounds dim coordinates and hands word k of the tile to write(k, word).
  template <class Row, class Write>
  CoarseUser(const Row& row, Index dim, const Write& write) {
    const double largest = largest_of(row, dim);
    if (!(largest > 0) || !can_be_coarse(largest)) return;
    scale = largest / 127;
    for (Index d = 0; d < dim; d += coarse_word) {
      std::array<std::int8_t, coarse_word> word{};
      for (Index k = d; k < std::min(dim, d + coarse_word); ++k) {
        const double x = static_cast<double>(row[k]);
        const int w = rounded(x, scale);
        word[static_cast<std::size_t>(k - d)] = static_cast<std::int8_t>(w);
        sum += w;
        length += scale * w * (scale * w);
        error += (x - scale * w) * (x - scale * w);
      }
      std::int32_t bits;
      std::memcpy(&bits, word.data(), sizeof(bits));
      write(d / coarse_word, bits);
    }
    length = std::sqrt(length);
    error = std::sqrt(error);
  }
  CoarseUser() = default;
};

/// Items in 8 bits, in tiles of 32, each tile with one scale: best made of items of similar length.
///
/// Memory: dim bytes an item, rounded up to 4 and to 32 items. Cost: a pass over the vectors.
class CoarseItems {
 public:
  struct Tile {
    double scale = 0;    ///< s_t
    double error = 0;    ///< the largest |q - s_t r| in the tile
    bool exact = false;  ///< not rounded: a coordinate is not a number, or far too large or small
  };

  CoarseItems() = default;
  /// @param row  row(i)[d] is coordinate d of item i
  template <class RowOf>
  CoarseItems(Index items, Index dim, const RowOf& row)
      : rows_((dim + coarse_word - 1) / coarse_word),
        tiles_(static_cast<std::size_t>((items + coarse_items - 1) / coarse_items)),
        value_(decltype(value_)::Constant(static_cast<Index>(tiles_.size()) * rows_ * coarse_items * coarse_word, 128)) {
    for (Index first = 0; first < items; first += coarse_items) {
      const Index t = first / coarse_items, count = std::min(coarse_items, items - first);
      Tile& about = tiles_[static_cast<std::size_t>(t)];
      double largest = 0;
      for (Index j = 0; j < count && !std::isnan(largest); ++j) {
        const double here = largest_of(row(first + j), dim);
        if (!(here <= largest)) largest = here;
      }
      about.exact = !can_be_coarse(largest);
      if (about.exact) continue;
      about.scale = largest / 127;
      std::uint8_t* to = value_.data() + t * rows_ * coarse_items * coarse_word;
      for (Index j = 0; j < count; ++j) {
        const auto& vector = row(first + j);
        double error = 0;
        for (Index d = 0; d < dim; ++d) {
          const double x = static_cast<double>(vector[d]);
          const int r = rounded(x, about.scale);
          error += (x - about.scale * r) * (x - about.scale * r);
          to[(d / coarse_word * coarse_items + j) * coarse_word + d % coarse_word] = static_cast<std::uint8_t>(r + 128);
        }
        about.error = std::max(about.error, std::sqrt(error));
      }
    }
  }

  const Tile& about(Index t) const { return tiles_[static_cast<std::size_t>(t)]; }
  const std::uint8_t* tile(Index t) const { return value_.data() + t * rows_ * coarse_items * coarse_word; }
  /// Rows of words in a tile.
  Index rows() const { return rows_; }

 private:
  Index rows_ = 0;
  std::vector<Tile> tiles_;
  Eigen::Array<std::uint8_t, Eigen::Dynamic, 1> value_;  // aligned: loads that straddle two cache lines take twice as long
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The best k of scores that are there already, with the filter inside the loop. For vectors, whose products are made on the way: top_k.hpp.
///
/// The order is that of all lists (best_k.hpp). A NaN score is never returned. Scores are compared a tile at a time with the worst of the
/// best k; only a tile with something better is looked at item by item, and only what may be better meets the filter.

#include <kindred/core/types.hpp>
#include <kindred/kernel/best_k.hpp>
#include <kindred/kernel/tile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <span>

namespace kindred {

/// The filter that lets every item pass.
struct KeepAll {
  bool operator()(Index) const { return true; }
};

/// The best out.size() of the items 0 ... scores.size() - 1 for which keep(item) holds, best first. Returns how many there are.
///
/// `keep` is any predicate on an Index; it is asked in ascending order, and only about items that could enter the list.
/// Cost: one pass over the scores, about k log(n / k) entries into a heap of k. Allocates nothing.
template <class Scalar, class Rep, class Keep = KeepAll>
Index top_k_of_scores(std::span<const Scalar> scores, std::span<BasicScored<Rep, Scalar>> out, Keep&& keep = {}) {
  constexpr Index packet = detail::tile_packet<Scalar>, width = 2 * packet;
  using Packet = detail::TilePacket<Scalar>;
  const auto n = static_cast<Index>(scores.size());
  detail::BestK<Rep, Scalar> best(out.subspan(0, std::min(out.size(), scores.size())));
  Index first = 0;
  for (; first + width <= n; first += width) {
    const Packet low = Eigen::Map<const Packet>(scores.data() + first);
    const Packet high = Eigen::Map<const Packet>(scores.data() + first + packet);
    best.offer_tile(low, high, first, width, keep);
  }
  if (first < n) {
    Scalar rest[static_cast<std::size_t>(width)] = {};
    std::copy(scores.begin() + first, scores.end(), rest);
    const Packet low = Eigen::Map<const Packet>(rest), high = Eigen::Map<const Packet>(rest + packet);
    best.offer_tile(low, high, first, n - first, keep);
  }
  return best.finish();
}

}  // namespace kindred

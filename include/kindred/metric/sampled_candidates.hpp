// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The sampled candidates among which `evaluate` ranks a user's test items if it is told not to rank among all. Include metric/evaluate.hpp.

#include <kindred/core/random.hpp>
#include <kindred/core/types.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/top_k.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace kindred::detail {

/// `count` different candidates, none of them a training or test item of the user; all there are if there are fewer.
template <class Rep>
std::vector<BasicItemId<Rep>> draw_negatives(BasicUserId<Rep> user, Index count, std::uint64_t seed, const ItemMask& candidates,
                                             std::span<const BasicItemId<Rep>> train, std::span<const BasicItemId<Rep>> test) {
  Cursor<Rep> in_train(train), in_test(test);
  std::vector<BasicItemId<Rep>> pool;
  for (Index i = 0; i < candidates.size(); ++i) {
    if (candidates[i] && !in_train.contains(i) && !in_test.contains(i)) pool.emplace_back(i);
  }
  const auto id = static_cast<std::uint64_t>(user.value());  // the high bit keeps clear of the streams of training
  Random random(seed, Stream::negatives, static_cast<std::uint32_t>(id), 0x80000000U | static_cast<std::uint32_t>(id >> 32));
  const std::size_t drawn = std::min(pool.size(), static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < drawn; ++k) {
    std::swap(pool[k], pool[k + static_cast<std::size_t>(random.below(static_cast<Index>(pool.size() - k)))]);
  }
  pool.resize(drawn);
  return pool;
}

}  // namespace kindred::detail

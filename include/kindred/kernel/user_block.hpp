// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Blocks of users whose lists are found together, and the loop over them.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>

namespace kindred::detail {

/// Users whose scores are computed together: their vectors stay in the cache while the items pass by.
inline constexpr Index user_block = 96;

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

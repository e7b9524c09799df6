// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Room for long vectors in large pages: what is written all over them then misses the table of pages less often, and the system gives
/// memory in pieces of 2 MiB in place of 4 KiB.

#include <cstddef>
#include <memory>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace kindred::detail {

/// As to.reserve(n). Asks the system for large pages wherever one lies wholly inside that room, so that none is bigger than what is used; where
/// it has none to give, or does not know them, nothing else changes.
template <class Value>
void reserve_in_large_pages(std::vector<Value>& to, std::size_t n) {
  to.reserve(n);
#if defined(__linux__)
  constexpr std::size_t page = std::size_t{1} << 21;
  void* begin = to.data();
  std::size_t bytes = to.capacity() * sizeof(Value);
  if (begin == nullptr || std::align(page, page, begin, bytes) == nullptr) return;
  madvise(begin, bytes / page * page, MADV_HUGEPAGE);
#endif
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The counting sort behind shuffles and grids: things are dealt out to numbered buckets in parallel, and keep their order in each.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kindred::detail {

/// Gives each of the things 0 ... n - 1 its place when they are sorted by bucket, stably: calls put(k, place).
///
/// `bucket_of(k)` is called twice for each k and must give the same both times; a thing
/// whose bucket is `buckets` gets no place. `begins` becomes where each bucket begins, and at [buckets] where the last one ends.
/// Cost: two passes. Memory: buckets * n / 65,536 counts. Repeatable: places do not depend on the executor.
template <class BucketOf, class Put>
void distribute(Index n, std::size_t buckets, const BucketOf& bucket_of, const Put& put, const Executor auto& executor,
                std::vector<std::size_t>& begins, std::vector<std::size_t>& counts) {
  constexpr Index grain = 65536;
  const auto chunks = static_cast<std::size_t>((n + grain - 1) / grain), width = buckets + 1;
  counts.resize(chunks * width);
  std::fill(counts.begin(), counts.end(), std::size_t{0});
  for_each_range(executor, n, grain, [&](Index begin, Index end) {
    std::size_t* count = &counts[static_cast<std::size_t>(begin / grain) * width];
    for (Index k = begin; k < end; ++k) ++count[bucket_of(k)];
  });
  begins.resize(width);
  std::size_t place = 0;
  for (std::size_t bucket = 0; bucket < width; ++bucket) {
    begins[bucket] = place;
    for (std::size_t chunk = 0; chunk < chunks && bucket < buckets; ++chunk) {
      std::size_t& count = counts[chunk * width + bucket];
      const std::size_t next = place + count;
      count = place;
      place = next;
    }
  }
  for_each_range(executor, n, grain, [&](Index begin, Index end) {
    std::size_t* next = &counts[static_cast<std::size_t>(begin / grain) * width];
    for (Index k = begin; k < end; ++k) {
      const std::size_t bucket = bucket_of(k);
      if (bucket < buckets) put(k, next[bucket]++);
    }
  });
}

}  // namespace kindred::detail

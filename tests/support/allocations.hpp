// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Counts what `f()` allocates, by operator new and by Eigen, in a program with allocations.cpp.

#ifndef EIGEN_RUNTIME_NO_MALLOC
#error "EIGEN_RUNTIME_NO_MALLOC must be defined: with it Eigen asserts, hence the test stops, if it allocates where it must not"
#endif
#include <Eigen/Core>

#include <atomic>

extern std::atomic<long> allocation_count;  ///< how often operator new was called (allocations.cpp)

/// How often `f()` calls operator new. If Eigen allocates in it, an assertion fails.
template <class F>
long allocations_of(F&& f) {
  const long before = allocation_count;
  Eigen::internal::set_is_malloc_allowed(false);
  f();
  Eigen::internal::set_is_malloc_allowed(true);
  return allocation_count - before;
}

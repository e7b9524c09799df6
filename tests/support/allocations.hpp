// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Counts what `f()` allocates, by operator new and by Eigen, in a test of one source file.

#ifndef EIGEN_RUNTIME_NO_MALLOC
#error "EIGEN_RUNTIME_NO_MALLOC must be defined: with it Eigen asserts, hence the test stops, if it allocates where it must not"
#endif
#include <Eigen/Core>

#include <atomic>
#include <cstdlib>
#include <new>

inline std::atomic<long> allocation_count{0};

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocation_count;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

/// How often `f()` calls operator new. If Eigen allocates in it, an assertion fails.
template <class F>
long allocations_of(F&& f) {
  const long before = allocation_count;
  Eigen::internal::set_is_malloc_allowed(false);
  f();
  Eigen::internal::set_is_malloc_allowed(true);
  return allocation_count - before;
}

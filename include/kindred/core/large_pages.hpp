// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Memory in large pages: the system gives their memory in pieces of 2 MiB in place of 4 KiB, which takes a small part of the time, and
/// what is written all over them misses the table of pages less often.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace kindred::detail {

inline constexpr std::size_t large_page = std::size_t{1} << 21;

/// Asks the system for large pages wherever one lies wholly inside this memory, before it is written to. Where it has none to give, or does
/// not know them, nothing changes.
inline void ask_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  const auto first = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t begin = (first + large_page - 1) / large_page * large_page,
                       end = (first + bytes) / large_page * large_page;
  if (begin < end) madvise(static_cast<char*>(memory) + (begin - first), end - begin, MADV_HUGEPAGE);
#endif
}

/// For vectors of numbers. Their elements have no value before they are written: resize(n) touches no memory.
///
/// The memory begins with a large page. Memory: the last page is made whole if that makes the vector no more than a sixteenth larger.
template <class Value>
  requires std::is_trivially_copyable_v<Value>
class LargePageAllocator {
 public:
  using value_type = Value;

  LargePageAllocator() = default;
  template <class Other>
  explicit(false) LargePageAllocator(const LargePageAllocator<Other>&) {}  // NOLINT(google-explicit-constructor)

  Value* allocate(std::size_t n) {
    if (n > (std::numeric_limits<std::ptrdiff_t>::max() - page) / sizeof(Value)) throw std::bad_array_new_length();
    const std::size_t bytes = n * sizeof(Value);
    if (bytes < page) return static_cast<Value*>(::operator new(bytes));
    const std::size_t whole = (bytes + page - 1) / page * page;
    void* const memory = ::operator new(whole, std::align_val_t{page});
    ask_large_pages(memory, whole - bytes <= bytes / 16 ? whole : bytes);
    return static_cast<Value*>(memory);
  }

  void deallocate(Value* memory, std::size_t n) {
    if (n * sizeof(Value) < page) return ::operator delete(memory);
    ::operator delete(memory, std::align_val_t{page});
  }

  template <class Any>
  void construct(Any*) {}  // memory that was allocated holds such objects already
  template <class Any, class... Args>
    requires(sizeof...(Args) > 0)
  void construct(Any* at, Args&&... args) {
    ::new (static_cast<void*>(at)) Any(std::forward<Args>(args)...);
  }

  friend bool operator==(const LargePageAllocator&, const LargePageAllocator&) { return true; }

 private:
  static constexpr std::size_t page = large_page;
};

template <class Value>
using LargeVector = std::vector<Value, LargePageAllocator<Value>>;

}  // namespace kindred::detail

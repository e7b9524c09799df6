// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Memory that is worth keeping from one call to the next, but is no part of an object's value.

#include <any>

namespace kindred::detail {

/// Holds one object of a type that only the user of the memory knows. A copy starts without it.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) {}
  Scratch& operator=(const Scratch&) {
    memory_.reset();
    return *this;
  }
  ~Scratch() = default;

  /// The object of the last call if it was of this type, else a new one.
  template <class T>
  T& get() {
    if (T* kept = std::any_cast<T>(&memory_)) return *kept;
    return memory_.emplace<T>();
  }

 private:
  std::any memory_;
};

}  // namespace kindred::detail

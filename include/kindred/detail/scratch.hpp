// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Memory that is worth keeping from one call to the next, but is no part of an object's value.

#include <memory>
#include <utility>

namespace kindred::detail {

/// Holds one object of a type that only the user of the memory knows. A copy starts without it.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) {}
  Scratch& operator=(const Scratch&) {
    held_.reset();
    return *this;
  }
  ~Scratch() = default;

  /// The object of the last call if it was of this type, else a new one.
  template <class T>
  T& get() {
    if (auto* kept = dynamic_cast<Of<T>*>(held_.get())) return kept->value;
    auto made = std::make_unique<Of<T>>();
    T& value = made->value;
    held_ = std::move(made);
    return value;
  }

 private:
  struct Held {
    virtual ~Held() = default;
  };
  template <class T>
  struct Of : Held {
    T value{};
  };

  std::unique_ptr<Held> held_;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How kindred reports what a user, a file or a data set got wrong: an exception, before any state changes.
///
/// Every message reads `where: what must hold, got what`, for example `ratings.csv:17: expected 4 fields, got 3`.
/// Arguments out of bounds are std::invalid_argument or std::out_of_range; the classes below are for what those two cannot say.

#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>

namespace kindred {

/// A text file that does not say what it should; `what()` begins with `FILE:LINE: `.
class ParseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Training left the finite numbers. The model that was being trained has been put back to its last finite epoch.
class DivergenceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// One part of a message: anything that can be written to a stream, seen without its type. So a message is put together and thrown in one
/// place, and each of the many checks compiles to a comparison and a call. Lives no longer than the expression it is made in.
class Part {
 public:
  template <class T>
  Part(const T& value)  // NOLINT: implicit
      : value_(&value), write_([](std::ostream& out, const void* part) { out << *static_cast<const T*>(part); }) {}
  Part(const char* text)  // NOLINT: implicit
      : value_(text), write_([](std::ostream& out, const void* part) { out << static_cast<const char*>(part); }) {}

  friend std::ostream& operator<<(std::ostream& out, const Part& part) {
    part.write_(out, part.value_);
    return out;
  }

 private:
  const void* value_;
  void (*write_)(std::ostream&, const void*);
};

[[gnu::cold]] inline std::string join(std::initializer_list<Part> parts) {
  std::ostringstream out;
  for (const Part& part : parts) out << part;
  return out.str();
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_invalid(std::initializer_list<Part> parts) {
  throw std::invalid_argument(join(parts));
}

template <class... Parts>
std::string concat(const Parts&... parts) {
  return join({Part(parts)...});
}

/// Throws std::invalid_argument with the parts joined unless the condition holds.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) throw_invalid({Part(parts)...});
}

/// Throws std::out_of_range unless 0 <= id < count.
template <class Number>
void require_id(const char* what, Number id, Number count) {
  if (id < 0 || id >= count) throw std::out_of_range(concat(what, " must be below ", count, ", got ", id));
}

}  // namespace detail
}  // namespace kindred

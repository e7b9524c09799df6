// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How kindred reports what a user, a file or a data set got wrong: an exception, before any state changes.
///
/// Every message reads `where: what must hold, got what`, for example `ratings.csv:17: expected 4 fields, got 3`.
/// Arguments out of bounds are std::invalid_argument or std::out_of_range; the classes below are for what those two cannot say.

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

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Throws std::invalid_argument with the parts joined unless the condition holds.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) throw std::invalid_argument(concat(parts...));
}

/// Throws std::out_of_range unless 0 <= id < count.
template <class Number>
void require_id(const char* what, Number id, Number count) {
  if (id < 0 || id >= count) throw std::out_of_range(concat(what, " must be below ", count, ", got ", id));
}

}  // namespace detail
}  // namespace kindred

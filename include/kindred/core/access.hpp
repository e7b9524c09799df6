// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How a class says, once, what a file has to keep of it.
///
/// A class that is saved has
///
///     template <class Self, class Visit>
///     static void fields(Self& self, Visit&& field) { field("table", self.table_); field("scale", self.scale_); }
///     static std::string kind() { return "my-encoder"; }
///
/// `fields` calls field(name, member) for each member, in the same order for a const and a mutable `self`. `kind` names the class in files, with what
/// of its template arguments changes their meaning; sizes and number types need not be there, since the tensors have them.
/// Optional: `void loaded()` is called after the members were read; it computes what follows from them and throws std::invalid_argument if they
/// cannot belong together, for a file may be hostile.

#include <kindred/core/error.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace kindred {

/// Makes an object for a file to fill. A class without a public default constructor has a private or protected one, and this as a friend.
class Access {
 public:
  template <class T>
  static T make() {
    return T();
  }
};

namespace detail {

struct IgnoreField {
  template <class T>
  void operator()(const char*, T&&) const {}
};

template <class T>
concept HasFields = requires(T& object) { T::fields(object, IgnoreField{}); };

template <class T>
concept HasKind = requires {
  { T::kind() } -> std::convertible_to<std::string>;
};

/// Refuses offsets that do not cut `entries` entries into `rows` parts: 0, then ascending, to `entries`.
inline void require_offsets(const char* where, const std::vector<std::size_t>& begin, std::size_t rows, std::size_t entries) {
  require(begin.size() == rows + 1 && begin.front() == 0 && begin.back() == entries, where, ": there must be ", rows + 1,
          " offsets, from 0 to ", entries, ", got ", begin.size(), begin.empty() ? "" : concat(", to ", begin.back()));
  for (std::size_t k = 0; k < rows; ++k) {
    require(begin[k] <= begin[k + 1], where, ": offsets must ascend, got ", begin[k + 1], " after ", begin[k]);
  }
}

}  // namespace detail
}  // namespace kindred

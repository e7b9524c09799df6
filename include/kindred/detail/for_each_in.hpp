// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A loop over the elements of a tuple or an array, each of its own type.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace kindred::detail {

/// f(element, k) for each element, in order; k is its place as a std::integral_constant.
template <class Tuple, class F>
void for_each_in(Tuple& tuple, F&& f) {
  [&]<std::size_t... k>(std::index_sequence<k...>) {
    (f(std::get<k>(tuple), std::integral_constant<std::size_t, k>{}), ...);
  }(std::make_index_sequence<std::tuple_size_v<std::remove_const_t<Tuple>>>{});
}

}  // namespace kindred::detail

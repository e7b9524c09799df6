// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a model or an encoder says about its parameters, once: the list. Gradients, optimizer state, counts, copies and gradient
/// checks all follow from it.

#include <kindred/detail/for_each_in.hpp>
#include <kindred/parameter/gradient.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace kindred {

namespace detail {

template <class P>
concept IsParameter = requires(P& p) {
  typename P::Scalar;
  { P::fixed_cols } -> std::convertible_to<int>;
  { P::touch } -> std::convertible_to<Touch>;
  p.padded_row(Index{0});
};

template <class T>
struct is_parameter_tuple : std::false_type {};
template <class... P>
struct is_parameter_tuple<std::tuple<P&...>> : std::bool_constant<(IsParameter<std::remove_const_t<P>> && ...)> {};

}  // namespace detail

template <class M>
using ParameterTuple = decltype(std::declval<M&>().parameters());

template <class M>
concept ListsParameters = detail::is_parameter_tuple<ParameterTuple<M>>::value;

template <class M>
concept NamesEachParameter = std::tuple_size_v<ParameterTuple<M>> == std::tuple_size_v<decltype(M::names())>;

/// A type that lists what it trains: `parameters()` returns a `std::tuple` of references to parameters, `names()` as many strings.
///
///     auto parameters() { return std::tie(user_, item_); }
///     static std::array<std::string, 2> names() { return {"user", "item"}; }
///
/// Near miss: a tuple of copies (`std::make_tuple`) would train the copies, and does not model it.
template <class M>
concept Parameterized = ListsParameters<M> && NamesEachParameter<M>;

namespace detail {

template <class T>
struct gradients_of;
template <class... P>
struct gradients_of<std::tuple<P&...>> {
  using type = std::tuple<Gradient<std::remove_const_t<P>>...>;
  using references = std::tuple<Gradient<std::remove_const_t<P>>&...>;
};

/// f(parameter, k) for each parameter, k its position as a std::integral_constant.
template <class M, class F>
void for_each_parameter(M& model, F&& f) {
  auto parameters = model.parameters();
  for_each_in(parameters, f);
}

/// References to `count` neighbouring elements of a tuple, from `first` on.
template <std::size_t first, std::size_t count, class Tuple>
auto slice(Tuple& tuple) {
  return [&]<std::size_t... K>(std::index_sequence<K...>) {
    return std::tie(std::get<first + K>(tuple)...);
  }(std::make_index_sequence<count>{});
}

/// The same of those that belong to part number `part`, where each part has so many of them.
template <auto counts, std::size_t part, class Tuple>
auto slice_of_part(Tuple& tuple) {
  constexpr std::size_t first = std::accumulate(counts.begin(), counts.begin() + part, std::size_t{0});
  return slice<first, counts[part]>(tuple);
}

}  // namespace detail

/// One `Gradient` for each parameter of `M`, in order.
template <Parameterized M>
using Gradients = typename detail::gradients_of<ParameterTuple<M>>::type;

/// References to the gradients of `M`'s parameters, wherever they live: what an encoder inside a model adds to.
template <Parameterized M>
using GradientRefs = typename detail::gradients_of<ParameterTuple<M>>::references;

/// Empty gradients with the shapes of the model's parameters.
template <Parameterized M>
Gradients<M> gradients_like(M& model) {
  Gradients<M> gradients;
  detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    using G = std::tuple_element_t<k, Gradients<M>>;
    std::get<k>(gradients) = G(parameter);
  });
  return gradients;
}

namespace detail {

/// Adds gradients behind those that are there, parameter by parameter.
template <class... G>
void append(std::tuple<G...>& to, const std::tuple<G...>& from) {
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    (std::get<K>(to).append(std::get<K>(from)), ...);
  }(std::index_sequence_for<G...>{});
}

template <class... G>
void clear(std::tuple<G...>& gradients) {
  std::apply([](auto&... gradient) { (gradient.clear(), ...); }, gradients);
}

/// Writes the names of a part's parameters; returns where the next part's begin.
inline std::string* write_names(const std::string& part, std::span<const std::string> names, std::string* to) {
  for (const std::string& name : names) *to++ = part + "." + name;
  return to;
}

/// The names of the parameters of several parts, one part after the other, each behind that of its part: "user.rows".
template <class... Names>
auto names_of_parts(const std::pair<std::string, Names>&... parts) {
  std::array<std::string, (std::size_t{0} + ... + std::tuple_size_v<Names>)> all;
  std::string* next = all.data();
  ((next = write_names(parts.first, parts.second, next)), ...);
  return all;
}
/// The same, the parts numbered from 1: "model1.user.rows".
template <class... Names>
auto names_of_parts(const std::string& kind, const Names&... names) {
  return [&]<std::size_t... k>(std::index_sequence<k...>) {
    return names_of_parts(std::pair<std::string, Names>(kind + std::to_string(k + 1), names)...);
  }(std::index_sequence_for<Names...>{});
}

/// The size of a number; of one of 16 bits as a float.
template <class Stored>
auto magnitude(Stored number) {
  return std::abs(static_cast<std::conditional_t<std::is_same_v<Stored, double>, double, float>>(number));
}

/// Whether all numbers are finite. A plain loop without a way out, which compilers vectorise, compiled once for all shapes of parameters.
template <class Stored>
bool all_finite(std::span<Stored> numbers) {
  bool finite = true;
  for (const Stored number : numbers) {
    finite &= magnitude(number) <= std::numeric_limits<decltype(magnitude(number))>::max();
  }
  return finite;
}

/// Whether the gradients have the rows of the model's parameters; after a model has grown they have not.
template <Parameterized M>
bool fits(M& model, const Gradients<M>& gradients) {
  bool same = true;
  for_each_parameter(model, [&](auto& parameter, auto k) { same = same && std::get<k>(gradients).rows() == parameter.rows(); });
  return same;
}

}  // namespace detail

/// How many scalars are trained.
template <Parameterized M>
Index parameter_count(M& model) {
  Index count = 0;
  detail::for_each_parameter(model, [&](auto& parameter, auto) { count += parameter.rows() * parameter.cols(); });
  return count;
}

/// Whether every parameter is a finite number. Cost: one pass over the model.
template <Parameterized M>
bool all_finite(M& model) {
  bool finite = true;
  detail::for_each_parameter(model, [&](auto& parameter, auto) { finite = finite && detail::all_finite(parameter.numbers()); });
  return finite;
}

}  // namespace kindred

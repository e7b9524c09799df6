// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which kinds of members a file can keep, and as what numbers: shared by `FieldWriter` and `FieldReader`.
///
///   number, bool, enum, id               a tensor without dimensions
///   std::string                          its bytes
///   Parameter                            rows x cols, without padding
///   dense matrix                         rows x cols
///   vector of numbers                    its length
///   vector of records (plain structs)    a tensor for each field: "NAME.FIELD"
///   vector of strings                    "NAME.ends" and "NAME.bytes"
///   other vectors, arrays, tuples        "NAME.0", "NAME.1", ...; a vector has "NAME.size"
///   std::optional, std::shared_ptr       what they hold; a shared object is written once
///   std::variant of dense matrices       the one it holds
///   a class with `fields`                "NAME.FIELD"

#include <kindred/core/access.hpp>
#include <kindred/core/types.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/serialize/dtype.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace kindred::detail {

template <class T>
concept IsId = requires(const T id) {
  typename T::rep_type;
  { id.value() } -> std::same_as<typename T::rep_type>;
};

/// One number in the file.
template <class T>
concept IsNumber = std::is_arithmetic_v<T> || std::is_enum_v<T> || IsId<T>;

/// The number that stands for a value in the file, and back. An enum is an I64; whether it names anything is for `loaded` to say.
template <class T>
auto plain(const T& value) {
  if constexpr (IsId<T>) {
    return value.value();
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    using Fixed = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;  // long is not the same everywhere
    if constexpr (sizeof(T) == 8) {
      return static_cast<Fixed>(value);
    } else {
      return value;
    }
  } else {
    return value;
  }
}
template <class T>
using Plain = decltype(plain(std::declval<T>()));

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_a<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t n>
inline constexpr bool is_std_array<std::array<T, n>> = true;

template <class T>
inline constexpr bool is_span = false;
template <class T>
inline constexpr bool is_span<std::span<T>> = true;

template <class T>
concept IsMatrix = std::is_base_of_v<Eigen::MatrixBase<T>, T>;

template <class T>
struct pointee {
  using type = void;
};
template <class T>
struct pointee<std::shared_ptr<T>> {
  using type = std::remove_const_t<T>;
};

/// A plain struct whose fields are all numbers: a vector of them is kept field by field.
template <class T>
concept IsRecord = HasFields<T> && std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T> && !IsNumber<T>;

}  // namespace kindred::detail

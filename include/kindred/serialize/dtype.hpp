// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The types of numbers that a safetensors file can hold, and their names there.

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kindred {

enum class DType { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

namespace detail {

struct DTypeFacts {
  DType dtype;
  std::string_view name;
  std::size_t size;
};
inline constexpr std::array<DTypeFacts, 13> dtypes{{
    {DType::boolean, "BOOL", 1},
    {DType::u8, "U8", 1},
    {DType::i8, "I8", 1},
    {DType::u16, "U16", 2},
    {DType::i16, "I16", 2},
    {DType::f16, "F16", 2},
    {DType::bf16, "BF16", 2},
    {DType::u32, "U32", 4},
    {DType::i32, "I32", 4},
    {DType::f32, "F32", 4},
    {DType::u64, "U64", 8},
    {DType::i64, "I64", 8},
    {DType::f64, "F64", 8},
}};

template <class>
inline constexpr bool no_dtype = false;

}  // namespace detail

constexpr std::string_view dtype_name(DType dtype) { return detail::dtypes[static_cast<std::size_t>(dtype)].name; }
/// In bytes.
constexpr std::size_t dtype_size(DType dtype) { return detail::dtypes[static_cast<std::size_t>(dtype)].size; }

constexpr std::optional<DType> parse_dtype(std::string_view name) {
  for (const auto& facts : detail::dtypes) {
    if (facts.name == name) return facts.dtype;
  }
  return std::nullopt;
}

/// The type in a file of a type in C++.
template <class Scalar>
inline constexpr DType dtype_of = [] {
  constexpr bool whole = std::is_integral_v<Scalar>, is_signed = std::is_signed_v<Scalar>;
  if constexpr (std::is_same_v<Scalar, bool>) {
    return DType::boolean;
  } else if constexpr (std::is_same_v<Scalar, float>) {
    return DType::f32;
  } else if constexpr (std::is_same_v<Scalar, double>) {
    return DType::f64;
  } else if constexpr (std::is_same_v<Scalar, Eigen::half>) {
    return DType::f16;
  } else if constexpr (std::is_same_v<Scalar, Eigen::bfloat16>) {
    return DType::bf16;
  } else if constexpr (whole && sizeof(Scalar) == 1) {
    return is_signed ? DType::i8 : DType::u8;
  } else if constexpr (whole && sizeof(Scalar) == 2) {
    return is_signed ? DType::i16 : DType::u16;
  } else if constexpr (whole && sizeof(Scalar) == 4) {
    return is_signed ? DType::i32 : DType::u32;
  } else if constexpr (whole && sizeof(Scalar) == 8) {
    return is_signed ? DType::i64 : DType::u64;
  } else {
    static_assert(detail::no_dtype<Scalar>, "safetensors files have no type of numbers for this one");
  }
}();

}  // namespace kindred

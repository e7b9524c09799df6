// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A tensor in memory, as a safetensors file has it, and where its bytes go.

#include <kindred/core/error.hpp>
#include <kindred/serialize/dtype.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace kindred {

static_assert(std::endian::native == std::endian::little, "safetensors files need a little-endian machine");

/// A tensor in memory that someone else keeps. Row-major: the last dimension's numbers are neighbours. No dimension: one number.
struct Tensor {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape = {};
  std::span<const std::byte> bytes = {};

  std::int64_t count() const { return static_cast<std::int64_t>(bytes.size() / dtype_size(dtype)); }
};

/// Where a tensor's bytes go, in as many pieces as it likes.
using Sink = std::function<void(std::span<const std::byte>)>;

namespace detail {

inline constexpr std::string_view checksum_key = "kindred.checksum";

inline constexpr std::size_t most_dims = 64;  // as in NumPy

/// The bytes of a tensor of this shape. Throws: std::invalid_argument for too many dimensions, a negative one, or more than 2^63 - 1 bytes.
inline std::int64_t tensor_bytes(DType dtype, std::span<const std::int64_t> shape) {
  require(shape.size() <= most_dims, "a tensor must have at most ", most_dims, " dimensions, got ", shape.size());
  auto bytes = static_cast<std::int64_t>(dtype_size(dtype));
  for (const std::int64_t dim : shape) {
    require(dim >= 0, "a dimension must not be negative, got ", dim);
    if (dim == 0) bytes = 0;
    require(dim == 0 || bytes <= std::numeric_limits<std::int64_t>::max() / dim, "the dimensions' product must be below 2^63");
    bytes *= dim == 0 ? 1 : dim;
  }
  return bytes;
}

}  // namespace detail

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Encoding one id, or all of them: where a row of a table can be read in place, it is.

#include <kindred/encoder/encoder.hpp>

#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace kindred::detail {

/// 0, 1, ..., count - 1.
inline std::vector<Index> ids_up_to(Index count) {
  std::vector<Index> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), Index{0});
  return ids;
}

/// f(vector of id), the vector a 1 x padded dim array. Allocates only for encoders that are not tables.
template <class E, class F>
decltype(auto) with_encoded(const E& encoder, Index id, F&& f) {
  if constexpr (LookupEncoder<E>) {
    return f(encoder.padded_row(id));
  } else {
    RowMatrix<typename E::Scalar> row;
    encoder.encode(std::span<const Index>(&id, 1), row);
    return f(ConstPaddedRowMap<typename E::Scalar, E::fixed_dim>(row.data(), 1, row.cols()));
  }
}

}  // namespace kindred::detail

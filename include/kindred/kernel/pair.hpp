// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The two passes over a pair of rows that a step of matrix factorisation takes: their inner products, and the move of both at once.

#include <kindred/parameter/row.hpp>

#include <algorithm>

namespace kindred::detail {

/// As much of a row as is computed with at once: a packet, or the whole of a shorter row.
template <class Scalar, int Cols>
inline constexpr int pair_block = Cols == Dynamic ? static_cast<int>(packet_width<Scalar>)
                                                  : std::min(padded_cols<Scalar, Cols>, static_cast<int>(packet_width<Scalar>));
template <class Scalar, int Cols>
using PairBlock = Eigen::Array<Scalar, 1, pair_block<Scalar, Cols>, Eigen::RowMajor>;
template <class Scalar, int Cols>
using PairBlockMap = Eigen::Map<PairBlock<Scalar, Cols>, row_alignment<Scalar, Cols>>;
template <class Scalar, int Cols>
using ConstPairBlockMap = Eigen::Map<const PairBlock<Scalar, Cols>, row_alignment<Scalar, Cols>>;

/// What p.q, |p|^2 and |q|^2 are the sums of.
template <class Block>
struct PairProducts {
  Block pq, pp, qq;
};

/// The products of two padded rows of `stride` scalars, still to be summed; the squares only if they are asked for.
template <int Cols, bool squares, class Scalar>
EIGEN_ALWAYS_INLINE PairProducts<PairBlock<Scalar, Cols>> pair_products(const Scalar* p, const Scalar* q, Index stride) {
  using Block = PairBlock<Scalar, Cols>;
  const Block first_p = ConstPairBlockMap<Scalar, Cols>(p), first_q = ConstPairBlockMap<Scalar, Cols>(q);
  Block pq = first_p * first_q, pp = Block::Zero(), qq = Block::Zero();
  if constexpr (squares) {
    pp = first_p.square();
    qq = first_q.square();
  }
  for (Index c = Block::SizeAtCompileTime; c < stride; c += Block::SizeAtCompileTime) {
    const Block a = ConstPairBlockMap<Scalar, Cols>(p + c), b = ConstPairBlockMap<Scalar, Cols>(q + c);
    pq += a * b;
    if constexpr (squares) {
      pp += a.square();
      qq += b.square();
    }
  }
  return {pq, pp, qq};
}

/// p = keep_p p - take_p q  and  q = keep_q q - take_q p, both of the rows as they were.
template <int Cols, class Scalar>
EIGEN_ALWAYS_INLINE void move_pair(Scalar* p, Scalar* q, Index stride, Scalar keep_p, Scalar take_p, Scalar keep_q,
                                   Scalar take_q) {
  using Block = PairBlock<Scalar, Cols>;
  for (Index c = 0; c < stride; c += Block::SizeAtCompileTime) {
    PairBlockMap<Scalar, Cols> to_p(p + c), to_q(q + c);
    const Block a = to_p, b = to_q;
    to_p = keep_p * a - take_p * b;
    to_q = keep_q * b - take_q * a;
  }
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The concept of a scorer: how two vectors become one number. A scorer of your own works in every model and in top-k.

#include <kindred/parameter/row.hpp>

#include <concepts>

namespace kindred {

/// A scorer has
/// - `score(a, b)`: the score of two rows (1 x padded dim Eigen arrays, padding zero);
/// - `backward(a, b, d, da, db)`: writes d * d score / d a to `da`, and the same for b to `db`, padding zero. The law: it is the exact
///   derivative (testing/scorer_laws.hpp);
/// - `index_form(a)`: changes a row in place into the vector whose plain dot products rank as the scores do. It is how one top-k
///   kernel serves every scorer. The law: index_form(a) . index_form(b) is score(a, b). A scorer where it is so only up to a strictly
///   increasing function says `static constexpr bool ranks_only = true`; it cannot have anything added to it: models refuse biases.
/// - if it has constants, perhaps `validate()`: throws std::invalid_argument for those out of range. Models call it.
///
/// A model of it: `DotProduct`. Near miss: minus the squared distance is a fine score but has no index form of the same width.
template <class S, class Scalar = float>
concept Scorer = std::copyable<S> && requires(const S scorer, ConstPaddedRowMap<Scalar> a, ConstPaddedRowMap<Scalar> b,
                                              Scalar d, PaddedRowMap<Scalar> da, PaddedRowMap<Scalar> db) {
  { scorer.score(a, b) } -> std::convertible_to<Scalar>;
  scorer.backward(a, b, d, da, db);
  scorer.index_form(da);
};

namespace detail {

template <class T>
inline constexpr bool ranks_only = requires { requires T::ranks_only; };

}  // namespace detail

}  // namespace kindred

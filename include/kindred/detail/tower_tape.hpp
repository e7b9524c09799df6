// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a training pass of a two-tower model remembers between `forward` and `backward`.

#include <kindred/core/random.hpp>
#include <kindred/encoder/encoder.hpp>

namespace kindred::detail {

/// The vectors and biases of a batch, a row for each pair, the derivatives of the loss by them, and the tapes of the encoders they came from.
template <class UserEncoder, class ItemEncoder, class UserBias, class ItemBias>
struct TowerTape {
  RowMatrix<typename UserEncoder::Scalar> user, item, d_user, d_item, user_bias, item_bias, d_bias;
  typename UserEncoder::Tape user_tape;
  typename ItemEncoder::Tape item_tape;
  typename UserBias::Tape user_bias_tape;
  typename ItemBias::Tape item_bias_tape;

  void reseed(Random& from) {
    detail::reseed(user_tape, from);
    detail::reseed(item_tape, from);
    detail::reseed(user_bias_tape, from);
    detail::reseed(item_bias_tape, from);
  }
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The hidden layers of an autoencoder: the bag of an entity's interactions, its activation, and the dense layers behind, if any.

#include <kindred/data/features.hpp>
#include <kindred/encoder/activated.hpp>
#include <kindred/encoder/interaction_bag.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/model/history_inputs.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace kindred::detail {

/// The encoder that they are together, `type`, and the way to the first of them.
template <class Scalar, int Dim, class Act, std::size_t Layers>
struct HiddenLayers {
  using First = Activated<InteractionBag<Scalar, Dim>, Act>;
  using type = std::conditional_t<Layers == 0, First, Mlp<First, Layers, Act>>;

  /// Of `options.layers` there must be as many as `Layers`. Throws: as the encoders.
  static type make(const AutoencoderOptions& options, const std::shared_ptr<Features>& features) {
    First first(InteractionBag<Scalar, Dim>(
        features,
        {.dim = options.dim, .deviation = options.deviation, .dropout = options.dropout, .seed = options.seed, .salt = 1}));
    if constexpr (Layers == 0) {
      return first;
    } else {
      std::array<Index, Layers> widths;
      std::copy(options.layers.begin(), options.layers.end(), widths.begin());
      return type(std::move(first), widths, {.seed = options.seed, .salt = 2});
    }
  }

  /// The bag, and its part of a tape.
  static const auto& bag(const type& hidden) {
    if constexpr (Layers == 0) {
      return hidden.inner();
    } else {
      return hidden.inner().inner();
    }
  }
  static auto& bag_tape(typename type::Tape& tape) {
    if constexpr (Layers == 0) {
      return tape.inner;
    } else {
      return tape.inner.inner;
    }
  }
};

}  // namespace kindred::detail

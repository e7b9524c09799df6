// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The first layer of an autoencoder: a `FeatureBag` over an entity's interactions, trained by batches of entities.

#include <kindred/encoder/feature_bag.hpp>

namespace kindred {

/// A `FeatureBag` whose gradient a trainer may postpone, to add it up for a whole batch (train/reconstruction.hpp): the bag's own way
/// needs a row for every interaction of every entity.
template <class ScalarType, int Dim>
class InteractionBag : public FeatureBag<ScalarType, Dim> {
  using Bag = FeatureBag<ScalarType, Dim>;

 public:
  struct Tape : Bag::Tape {
    bool postpone = false;
    RowMatrix<ScalarType> d_out = {};  ///< what `backward` got, if it was to postpone
  };

  using Bag::Bag;

  void backward(std::span<const Index> ids, const RowMatrix<ScalarType>& d_out, Tape& tape,
                std::tuple<Gradient<typename Bag::Table>&> gradients) const {
    if (tape.postpone) {
      tape.d_out = d_out;
    } else {
      Bag::backward(ids, d_out, tape, gradients);
    }
  }

  static std::string kind() { return "interaction-bag"; }

  /// An entity is encoded once, however many of its interactions are examples.
  void touch_counts(std::span<const double> per_entity, std::vector<std::vector<double>>& counts) const {
    const std::vector<double> once(per_entity.size(), 1.0);
    Bag::touch_counts(once, counts);
  }

 private:
  friend class Access;
  InteractionBag() = default;
};

}  // namespace kindred

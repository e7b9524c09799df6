// SPDX-License-Identifier: MIT
// A loss with a value and without a slope.
// expect: the loss must model kindred::PointwiseLoss or kindred::RankingLoss
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>

struct Loss {
  template <class Scalar>
  Scalar value(Scalar prediction, Scalar label) const {
    return prediction > label ? prediction - label : label - prediction;
  }
#ifndef MISUSE
  template <class Scalar>
  Scalar slope(Scalar prediction, Scalar label) const {
    return Scalar(prediction > label ? 1 : -1);
  }
#endif
};

int main() { kindred::GradientTrainer trainer(Loss{}, kindred::Adam{}); }

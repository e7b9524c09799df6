// SPDX-License-Identifier: MIT
// Least squares for a score that is not linear in a vector.
// expect: the model must be a CollaborativeModel with the scorer DotProduct
#include <kindred/scorer/cosine.hpp>
#include <kindred/train/alternating_least_squares.hpp>

int main() {
#ifdef MISUSE
  using Scorer = kindred::Cosine;
#else
  using Scorer = kindred::DotProduct;
#endif
  kindred::CollaborativeModel<float, 4, Scorer> model(1, 1, {.biases = false});
  const kindred::Interactions data(kindred::InteractionColumns{.users = {0}, .items = {0}});
  return kindred::AlternatingLeastSquares().epoch(model, data, kindred::Serial{}).epoch - 1;
}

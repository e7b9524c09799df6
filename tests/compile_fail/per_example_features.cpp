// SPDX-License-Identifier: MIT
// A model whose items are bags of features has no row of an example's own.
// expect: PerExampleTrainer: the model must be of a table for users and one for items
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/content.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#ifdef MISUSE
using Trainer = kindred::PerExampleTrainer<kindred::SquaredError, kindred::Sgd>;
#else
using Trainer = kindred::GradientTrainer<kindred::SquaredError, kindred::Sgd>;
#endif

void train(kindred::LinearContentModel<float, 4>& model, const kindred::Interactions& data) {
  Trainer({}, {}).epoch(model, data, kindred::Serial{});
}

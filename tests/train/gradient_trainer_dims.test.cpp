// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;

TEST_CASE("a fixed and a dynamic Dim train to nearly the same model", "[train]") {
  const auto data = made_up_ratings({.users = 40, .items = 30, .rows = 400});
  const auto check = [&](const auto& trainer) {
    CollaborativeModel<double, 5> fixed(40, 30);
    CollaborativeModel<double> dynamic(40, 30, {.dim = 5});
    auto first = trainer, second = trainer;
    first.epoch(fixed, data, Serial{});
    second.epoch(dynamic, data, Serial{});
    CHECK(PlainFactors(fixed).distance(dynamic) < 1e-12);
  };
  check(PerExampleTrainer(SquaredError{}, Adam{}, {.l2 = {.embeddings = 0.01}}));
  check(GradientTrainer(SquaredError{}, Adam{}, {.batch = 32, .l2 = {.embeddings = 0.01}}));
}

// SPDX-License-Identifier: MIT
#include "support/checkpoint.hpp"
#include "support/catch.hpp"

#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/schedule.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

using namespace kindred;
using namespace checkpoint_check;

TEST_CASE("training in two halves with a checkpoint between gives the bits of training in one", "[serialize]") {
  const CollaborativeModel<float> model(30, 20, {.dim = 5});
  SECTION("per example, a slot a row") {
    check_resumes(model, [] {
      return PerExampleTrainer(SquaredError{}, RowwiseAdagrad{.learning_rate = 0.1}, {.schedule = linear_schedule(6)});
    });
  }
  SECTION("batches, slots as large as the tables, and a step count that matters") {
    check_resumes(model, [] { return GradientTrainer(SquaredError{}, Adam{.learning_rate = 0.01}, {.batch = 16}); });
  }
}

TEST_CASE("a checkpoint that does not fit the model or the trainer is refused, and both are as they were", "[serialize]") {
  const TempFile file("");
  using Model = CollaborativeModel<float>;
  Model model(30, 20, {.dim = 5});
  GradientTrainer adam(SquaredError{}, Adam{}, {.batch = 16});
  fit(model, data(), adam, {.epochs = 1});
  save_checkpoint(file.path(), model, adam);
  const auto refused = [&](auto mine, auto trainer, const std::string& why) {
    const auto untouched = mine;
    CHECK_THROWS_AS(load_checkpoint(file.path(), mine, trainer), ParseError);
    CHECK(says([&] { load_checkpoint(file.path(), mine, trainer); }, why));
    CHECK(same_scores(mine, untouched));
    CHECK(trainer.epochs() == 0);
  };
  const Model fresh(30, 20, {.dim = 5, .seed = 9});
  refused(fresh, GradientTrainer(SquaredError{}, Adagrad{}, {.batch = 16}), "must be that of this rule");
  refused(fresh, AlternatingLeastSquares(Cholesky{}, {.feedback = Feedback::explicit_ratings}), "must be a model of kind");
  refused(CollaborativeModel<double>(30, 20, {.dim = 5}), GradientTrainer(SquaredError{}, Adam{}, {.batch = 16}),
          "must be that of this rule and of a parameter of this shape");
  CHECK(says([&] { (void)load<Model>(file.path()); }, "got 'checkpoint("));
}

TEST_CASE("a checkpoint before the first epoch is the start", "[serialize]") {
  const TempFile file("");
  CollaborativeModel<float> model(30, 20, {.dim = 5}), other(30, 20, {.dim = 5, .seed = 2});
  GradientTrainer trainer(SquaredError{}, Adam{}, {.batch = 16}), fresh = trainer;
  save_checkpoint(file.path(), model, trainer);
  load_checkpoint(file.path(), other, fresh);
  fit(model, data(), trainer, {.epochs = 2});
  fit(other, data(), fresh, {.epochs = 2});
  CHECK(same_scores(model, other));
}

// SPDX-License-Identifier: MIT
#include "support/pair_steps.hpp"

#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/sgd.hpp>

using namespace kindred;

static_assert(!detail::PairTrainable<CollaborativeModel<float, 16>, Adagrad>);
static_assert(!detail::PairTrainable<CollaborativeModel<float, 16, DotProduct, Eigen::bfloat16>, Sgd>);

TEST_CASE("steps on pairs are those of the rule on gradients: Sgd", "[train]") { pair_check::check_steps<Sgd>(); }

TEST_CASE("steps on pairs with negatives are those of the rule: Sgd", "[train]") { pair_check::check_negatives<Sgd>(); }

TEST_CASE("the square of a gradient is not negative by rounding", "[train]") {
  // Equal rows, and a label that makes the slope minus twice the lambda: the three terms of the square cancel, here below and there above 0.
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CollaborativeModel<float, 64> model(1, 1, {.biases = false, .deviation = 3, .seed = seed});
    model.item_encoder().stored_row(0) = model.user_encoder().stored_row(0);
    const float score = model.score(UserId(0), ItemId(0));
    const Interactions data(InteractionColumns{.users = {0}, .items = {0}, .values = {score + 0.5F}});
    PerExampleTrainer(SquaredError{}, RowwiseAdagrad{}, {.l2 = {.embeddings = 0.5}}).epoch(model, data, Serial{});
    CHECK(std::isfinite(model.score(UserId(0), ItemId(0))));
  }
}

// SPDX-License-Identifier: MIT
// Users and items that come after training.
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <kindred/encoder/combine.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/content.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

using namespace kindred;

namespace {

using Ids = CollaborativeModel<float, 4>;
using Content = LinearContentModel<float, 4>;

Content content(Index users, Index items) {
  const auto u = groups(users, 3), i = groups(items, 4);
  return {FeatureBag<float, 4>(u, {.salt = 2}), FeatureBag<float, 4>(i, {.salt = 3}), FeatureBag<float, 1>(u),
          FeatureBag<float, 1>(i)};
}

}  // namespace

TEST_CASE("a grown model scores old pairs as before, and new ones by what is left", "[model]") {
  const Interactions data = made_up_ratings({.users = 12, .items = 10, .rows = 80});
  Ids model(12, 10);
  GradientTrainer trainer(SquaredError{}, Adam{.learning_rate = 0.05}, {.batch = 8});
  fit(model, data, trainer, {.epochs = 5});
  const Ids before = model;
  model.add_users(3);
  model.add_items(2);
  CHECK(model.users() == 15);
  CHECK(model.items() == 12);
  for (Index u = 0; u < 12; ++u) {
    for (Index i = 0; i < 10; ++i) CHECK(model.score(UserId(u), ItemId(i)) == before.score(UserId(u), ItemId(i)));
  }
  CHECK_FALSE(model.knows(UserId(12)));
  CHECK_FALSE(model.knows(ItemId(11)));
  CHECK(model.knows(UserId(11)));
  CHECK(model.score(UserId(14), ItemId(3)) == model.global_mean() + before.item_biases().row(3)(0));

  // Training goes on with the same trainer, also where the old data is all there is.
  Ids as_before = before;
  auto other_trainer = trainer;
  fit(model, data, trainer, {.epochs = 1});
  fit(as_before, data, other_trainer, {.epochs = 1});
  CHECK(near(model.user_encoder().value().topRows(12), as_before.user_encoder().value(), 0));

  // ... and learns the new ones once they have rows.
  const Interactions more = made_up_ratings({.users = 15, .items = 12, .rows = 120});
  fit(model, more, trainer, {.epochs = 2});
  CHECK(model.knows(UserId(12)));
  CHECK(model.knows(ItemId(11)));
}

TEST_CASE("a new item of a hybrid is scored by its features", "[model]") {
  HybridModel<Ids, Content> model(Ids(12, 10), content(12, 10));
  const Interactions data = made_up_ratings({.users = 12, .items = 10, .rows = 80});
  fit(model, data, GradientTrainer(SquaredError{}, Adam{.learning_rate = 0.05}, {.batch = 8}), {.epochs = 5});
  model.add_items(2, groups(12, 4));
  model.add_users(0, groups(12, 3));
  // Items 10 and 11 have the features of items 2 and 3.
  const auto shares = model.breakdown(UserId(1), ItemId(10));
  CHECK(shares[1].score == model.breakdown(UserId(1), ItemId(2))[1].score);
  CHECK(shares[1].known);
  CHECK_FALSE(shares[0].known);
}

TEST_CASE("growth that does not fit is refused, and leaves the model as it was", "[model]") {
  Content model = content(12, 10);
  const auto bits = bits_of(model);
  CHECK_THROWS_AS(model.add_items(2), std::invalid_argument);                 // no features of the new ones
  CHECK_THROWS_AS(model.add_items(2, groups(11, 4)), std::invalid_argument);  // of too few
  CHECK(message_of([&] { model.add_items(2, groups(12, 5)); }) ==
        "FeatureBag: to grow to 12 entities it needs their features in 4 columns, got 12 entities, 5 sparse columns and "
        "vectors of 0");
  HybridModel<Ids, Content> hybrid(Ids(12, 10), content(12, 10));
  CHECK_THROWS_AS(hybrid.add_items(2), std::invalid_argument);  // the second part refuses
  CHECK(hybrid.items() == 10);
  CHECK(hybrid.part<0>().items() == 10);
  Ids ids(12, 10);
  CHECK_THROWS_AS(ids.add_users(-1), std::invalid_argument);
  CHECK(model.items() == 10);
  CHECK(bits_of(model) == bits);
}

// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/training.hpp"

#include <kindred/loss/logistic.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/train/online_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <limits>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinRel;

namespace {

using Factors = CollaborativeModel<float>;

Factors factors(Index users, Index items, bool biases = true) {
  return Factors(users, items, {.dim = 5, .biases = biases, .deviation = 1, .scale = biases ? 1.5 : 1});
}

double distance(const Factors& a, const Factors& b) {
  return static_cast<double>((a.user_encoder().value() - b.user_encoder().value()).norm() +
                             (a.item_encoder().value() - b.item_encoder().value()).norm() +
                             (a.user_biases().value() - b.user_biases().value()).norm() +
                             (a.item_biases().value() - b.item_biases().value()).norm());
}

}  // namespace

TEST_CASE("an update is a per-example step, and goes on with the state of a trainer", "[train]") {
  const Interactions data = made_up_ratings({.users = 12, .items = 10, .rows = 80});
  const Interactions one(Interactions::Columns{.users = {3}, .items = {4}, .values = {4.5F}, .weights = {2}},
                         {.users = 12, .items = 10});
  const L2 l2{.embeddings = 0.1, .biases = 0.05};
  PerExampleTrainer trainer(SquaredError{}, Adagrad{.learning_rate = 0.1}, {.l2 = l2});
  Factors model = factors(12, 10);
  trainer.epoch(model, data, Serial{});
  OnlineTrainer online(SquaredError{}, trainer.optimizer(), {.l2 = l2});
  Factors expected = model, moved = model;
  const double loss = trainer.epoch(expected, one, Serial{}).loss;
  CHECK_THAT(online.update(moved, UserId(3), ItemId(4), 4.5F, 2.0F), WithinRel(loss, 1e-5));
  CHECK(distance(moved, expected) < 1e-5);
  CHECK(distance(moved, model) > 0.01);
  CHECK(online.optimizer().steps() == 81);

  const Factors still = moved;
  CHECK(online.update(moved, UserId(3), ItemId(5), 4.5F, 0.0F) == 0);  // weight 0
  CHECK(distance(moved, still) == 0);
  CHECK(allocations_of([&] { online.update(moved, UserId(2), ItemId(4), 3.0F); }) == 0);
}

TEST_CASE("updates learn, also of users and items that are new", "[train]") {
  Factors model = factors(4, 6);
  OnlineTrainer online(SquaredError{}, Adagrad{.learning_rate = 0.3});
  online.update(model, UserId(6), ItemId(9), 5.0F);
  CHECK(model.users() == 7);
  CHECK(model.items() == 10);
  double first = 0, last = 0;
  for (int pass = 0; pass < 60; ++pass) {
    double sum = 0;
    for (const Index item : {9, 1, 2}) sum += online.update(model, UserId(6), ItemId(item), item == 1 ? 1.0F : 5.0F);
    (pass == 0 ? first : last) = sum;
  }
  CHECK(last < 0.01 * first);
  CHECK(model.score(UserId(6), ItemId(9)) - model.score(UserId(6), ItemId(1)) > 3.5F);
}

TEST_CASE("implicit updates draw negatives that the user does not have", "[train]") {
  Factors model = factors(3, 20, false);
  OnlineTrainer online(Logistic{}, Adagrad{.learning_rate = 0.2}, {.negatives = 4, .has = [&](Index user, Index item) {
                                                                     CHECK(user == 1);
                                                                     return item % 2 == 0;
                                                                   }});
  const Factors before = model;
  for (int n = 0; n < 100; ++n) online.update(model, UserId(1), ItemId(4));
  CHECK(online.updates() == 100);
  for (Index item = 0; item < 20; ++item) {
    const bool moved = (model.item_encoder().value().row(item) - before.item_encoder().value().row(item)).norm() > 0;
    CHECK(moved == (item == 4 || item % 2 == 1));
    if (item % 2 == 1) CHECK(model.score(UserId(1), ItemId(item)) < model.score(UserId(1), ItemId(4)));
  }
  OnlineTrainer none_left(Logistic{}, Adagrad{}, {.negatives = 2, .has = [](Index, Index) { return true; }});
  CHECK(none_left.update(model, UserId(1), ItemId(4)) >= 0);
}

TEST_CASE("bad updates change nothing", "[train]") {
  const Factors start = factors(4, 6);
  Factors model = start;
  OnlineTrainer online(Logistic{}, Adagrad{}, {.most_new = 2});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(message_of([&] { online.update(model, UserId(0), ItemId(8), 1.0F); }) == "OnlineTrainer: item must be below 8, got 8");
  CHECK(message_of([&] { online.update(model, UserId(6), ItemId(7), 1.0F); }) == "OnlineTrainer: user must be below 6, got 6");
  CHECK(message_of([&] { online.update(model, UserId(5), ItemId(1), nan); }) ==
        "OnlineTrainer: the value must be finite, got nan");
  CHECK(message_of([&] { online.update(model, UserId(5), ItemId(1), 1.0F, -1.0F); }) ==
        "OnlineTrainer: the weight must be finite and not negative, got -1");
  CHECK(message_of([&] { online.update(model, UserId(5), ItemId(1), 3.0F); }) ==
        "OnlineTrainer: the label must be one that the loss accepts, got 3");
  CHECK(model.users() == 4);
  CHECK(model.items() == 6);
  CHECK(distance(model, start) == 0);
  CHECK(online.optimizer().steps() == 0);
  CHECK_THROWS_AS(OnlineTrainer(Logistic{}, Adagrad{}, {.negatives = -1}), std::invalid_argument);
  CHECK_THROWS_AS(OnlineTrainer(Logistic{}, Adagrad{}, {.l2 = {.frequency_power = 0.5}}), std::invalid_argument);
  CHECK_THROWS_AS(OnlineTrainer(Logistic{}, Adagrad{}, {.rate = 0}), std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/grouped.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <typeinfo>

using namespace kindred;

namespace {

using Small = CollaborativeModel<float, 4>;

Small model_for(const Interactions& data) { return Small(data.users(), data.items(), {.seed = 3}); }

/// Calls f with each loss for implicit feedback.
template <class F>
void for_each_loss(const F& f) {
  const auto with = [&](const auto& loss) {
    INFO(typeid(loss).name());
    f(loss);
  };
  with(SquaredError{});
  with(Logistic{});
  with(Bpr{});
  with(Warp{});
  with(WarpKos{});
  with(SampledSoftmax{});
}

template <class Loss>
auto trainer_of(const Loss& loss, double rate = 0.1) {
  return GradientTrainer(loss, Sgd{.learning_rate = rate}, {.batch = 8, .negatives = {.per_positive = 3}});
}

bool finite(Small model) { return all_finite(model); }

}  // namespace

TEST_CASE("rows of weight 0 teach nothing", "[train]") {
  InteractionColumns columns{{0, 0, 1}, {0, 2, 1}, {}, {0, 0, 0}, {}};
  const Interactions data(columns, {.users = 2, .items = 4});
  for_each_loss([&](const auto& loss) {
    Small model = model_for(data), untouched = model;
    untouched.prepare(data, detail::prior_of(loss, {.per_positive = 3}, data));
    const EpochReport report = trainer_of(loss).epoch(model, data, Serial{});
    CHECK(report.loss == 0);
    CHECK(report.examples == 0);
    CHECK(bits_of(model) == bits_of(untouched));
  });
}

TEST_CASE("a user who has everything has no negatives: ranking losses learn nothing from it", "[train]") {
  const Interactions data({{0, 0, 0}, {0, 1, 2}});
  for_each_loss([&]<class Loss>(const Loss& loss) {
    Small model = model_for(data), untouched = model;
    untouched.prepare(data, 0);
    const EpochReport report = trainer_of(loss).epoch(model, data, Serial{});
    CHECK(finite(model));
    CHECK(std::isfinite(report.loss));
    CHECK((bits_of(model) == bits_of(untouched)) == RankingLoss<Loss>);
  });
}

TEST_CASE("an item that nobody has stays finite, and ends behind those that users have", "[train]") {
  InteractionColumns columns;
  for (std::uint32_t u = 0; u < 12; ++u) {
    for (const std::uint32_t i : {u % 4, (u + 1) % 4}) columns.users.push_back(u), columns.items.push_back(i);
  }
  const Interactions data(columns, {.users = 12, .items = 5});
  for_each_loss([&](const auto& loss) {
    Small model = model_for(data);
    fit(model, data, trainer_of(loss), {.epochs = 20});
    CHECK(finite(model));
    for (Index u = 0; u < 12; ++u) CHECK(model.score(UserId(u), ItemId(4)) < model.score(UserId(u), ItemId(u % 4)));
  });
}

TEST_CASE("one class only trains to finite numbers", "[train]") {
  const Interactions ones({{0, 0, 1, 2}, {0, 1, 1, 2}}), zeros({{0, 1, 2}, {0, 1, 2}, {0, 0, 0}, {}, {}});
  for (const Interactions& data : {ones, zeros}) {
    Small model = model_for(data);
    GradientTrainer trainer(Logistic{}, Sgd{.learning_rate = 0.1}, {.batch = 2});
    const double first = trainer.epoch(model, data, Serial{}).loss;
    double last = first;
    for (int epoch = 0; epoch < 50; ++epoch) last = trainer.epoch(model, data, Serial{}).loss;
    CHECK(finite(model));
    CHECK(last <= first);
  }
}

TEST_CASE("divergence of any loss is found, and the model is as before", "[train]") {
  const Interactions data = made_up_ratings({.users = 20, .items = 30, .rows = 200});
  for_each_loss([&](const auto& loss) {
    Small model = model_for(data);
    CHECK_THROWS_AS(fit(model, data, trainer_of(loss, 1e25), {.epochs = 30}), DivergenceError);
    CHECK(finite(model));
  });
}

TEST_CASE("losses refuse negatives and labels that do not fit them", "[train]") {
  const auto make = [](const auto& loss, const NegativeSampling& negatives, int batch = 8) {
    return GradientTrainer(loss, Sgd{}, {.batch = batch, .negatives = negatives});
  };
  CHECK_THROWS_AS(make(Bpr{}, {}), std::invalid_argument);
  CHECK_THROWS_AS(make(Warp{}, {}), std::invalid_argument);
  CHECK_THROWS_AS(make(Bpr{}, {.per_positive = 2, .weight = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(make(Warp{}, {.per_positive = 2, .hardest_of = 2}), std::invalid_argument);
  CHECK_THROWS_AS(make(SampledSoftmax{}, {.per_positive = 2, .hardest_of = 2}), std::invalid_argument);
  CHECK_THROWS_AS(make(Warp{.margin = -1}, {.per_positive = 2}), std::invalid_argument);
  CHECK_THROWS_AS(make(Bpr{}, {.per_positive = 2, .in_batch = true}, 1), std::invalid_argument);
  CHECK_THROWS_AS(make(Grouped{SquaredError{}}, {.per_positive = 2, .in_batch = true, .given = true}), std::invalid_argument);
  CHECK_THROWS_AS(make(Grouped{SquaredError{}, 0}, {.per_positive = 2}), std::invalid_argument);
  CHECK_THROWS_AS(make(Grouped{SquaredError{}}, {.per_positive = 2, .weight = 0.5}), std::invalid_argument);
  for (const NegativeSampling& of_groups :
       {NegativeSampling{.per_positive = 2, .in_batch = true}, NegativeSampling{.per_positive = 2, .hardest_of = 2}}) {
    CHECK(message_of([&] { make(SquaredError{}, of_groups); }).find("kindred::Grouped") != std::string::npos);
    CHECK_NOTHROW(make(Grouped{SquaredError{}}, of_groups));
    CHECK_THROWS_AS(PerExampleTrainer(SquaredError{}, Sgd{}, {.negatives = of_groups}), std::invalid_argument);
  }
  CHECK_THROWS_AS(make(SquaredError{}, {.per_positive = 0, .hardest_of = 2}), std::invalid_argument);
  CHECK_THROWS_AS(make(SquaredError{}, {.per_positive = 1, .hardest_of = 0}), std::invalid_argument);
  CHECK_THROWS_AS(make(SquaredError{}, {.per_positive = 1, .popularity_power = 1, .in_batch = true}), std::invalid_argument);
  CHECK_NOTHROW(make(Bpr{}, {.per_positive = 2, .hardest_of = 2}));

  const Interactions ratings = made_up_ratings({.users = 3, .items = 4, .rows = 8});
  Small model = model_for(ratings);
  const auto before = bits_of(model);
  GradientTrainer trainer(Logistic{}, Sgd{}, {.batch = 2});
  CHECK_THROWS_AS(trainer.epoch(model, ratings, Serial{}), std::invalid_argument);
  CHECK(bits_of(model) == before);
}

TEST_CASE("given negatives have label 0 and get none, in any path", "[train]") {
  InteractionColumns columns{{0, 0, 1}, {0, 1, 2}, {1, -1, 2}, {}, {}};
  const Interactions data(columns, {.users = 2, .items = 4});
  const auto examples = examples_of(data, {.per_positive = 2, .given = true}, 1, 0);
  REQUIRE(examples.size() == 9);
  int given = 0;
  for (std::size_t k = 0; k < 9; k += 3) {
    const bool negative = examples[k].user == 0 && examples[k].item == 1;
    CHECK(examples[k].label == (negative ? 0.0F : 1.0F));
    CHECK(examples[k + 1].weight == (negative ? 0.0F : 1.0F));
    given += negative ? 1 : 0;
  }
  CHECK(given == 1);
  // 2 positives of 2 + 1 given + 2 x 2 sampled.
  CHECK_THAT(detail::prior_of(SquaredError{}, {.per_positive = 2, .given = true}, data),
             Catch::Matchers::WithinRel(2.0 / 7, 1e-12));
  CHECK(detail::prior_of(Bpr{}, {.per_positive = 2}, data) == 0);
  CHECK(detail::prior_of(Grouped{SquaredError{}, 0.5}, {.per_positive = 2}, data) ==
        detail::prior_of(SquaredError{}, {.per_positive = 2, .weight = 0.5}, data));
}

TEST_CASE("the negatives of groups ask for L2 only if they are told to", "[train]") {
  // User 0 has all items but 2, so that every negative is item 2, and one row is one group.
  const Interactions data({{0, 0}, {0, 1}}, {.users = 1, .items = 3});
  const auto moved = [&](const L2& l2, double share) {
    Small model(1, 3, {.biases = false, .seed = 3});
    const Eigen::ArrayXf user = model.user_encoder().row(0), before = model.item_encoder().row(2) = 0.3F;
    Small first = model;
    GradientTrainer trainer(Bpr{}, Sgd{.learning_rate = 0.1}, {.batch = 2, .negatives = {.per_positive = 1}, .l2 = l2});
    first.prepare(data, 0);
    first.item_encoder().row(2) = 0.3F;
    trainer.epoch(first, data, Serial{});
    // d loss / d q_2 = mean over the two groups of sigmoid(s_2 - s_i) p_0; the L2 asks once for each group.
    double slope = 0;
    const float other = (user * before).sum();
    for (const Index i : {0, 1}) {
      slope += 0.5 * static_cast<double>(sigmoid(other - (user * model.item_encoder().row(i).transpose()).sum()));
    }
    for (Index c = 0; c < 4; ++c) {
      const double gradient = slope * static_cast<double>(user(c)) + share * 2 * l2.embeddings * 0.3;
      CHECK_THAT(static_cast<double>(first.item_encoder().row(2)(c)), Catch::Matchers::WithinAbs(0.3 - 0.1 * gradient, 1e-6));
    }
  };
  moved({.embeddings = 0.5}, 0);
  moved({.embeddings = 0.5, .negatives = true}, 1);
}

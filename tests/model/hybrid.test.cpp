// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <kindred/encoder/combine.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/testing/gradient_check.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

using namespace kindred;

namespace {

using Collaborative = CollaborativeModel<double, 3>;
using Content = TwoTower<EmbeddingTable<double>, Mlp<FeatureBag<double>, 2, Tanh>>;
using Hybrid = HybridModel<Collaborative, Content>;

Content content() {
  EmbeddingTable<double> users(5, 2);
  fill_normal(users, 1, 3, 7);
  return Content(std::move(users),
                 Mlp<FeatureBag<double>, 2, Tanh>(FeatureBag<double>(small_features(), {.dim = 4, .deviation = 1}), {3, 2}),
                 false);
}
Hybrid hybrid() { return Hybrid({1.0, 0.5}, Collaborative(5, 4, {.deviation = 1}), content()); }

Interactions ratings() { return made_up_ratings({.users = 5, .items = 4, .rows = 16}); }

}  // namespace

TEST_CASE("a hybrid scores the weighted sum of its parts, and says what each gave", "[model]") {
  const Hybrid model = hybrid();
  std::vector<double> all(4);
  for (Index u = 0; u < 5; ++u) {
    model.score_items(UserId(u), std::span<double>(all));
    for (Index i = 0; i < 4; ++i) {
      const double first = model.part<0>().score(UserId(u), ItemId(i)), second = model.part<1>().score(UserId(u), ItemId(i));
      CHECK_THAT(model.score(UserId(u), ItemId(i)), Catch::Matchers::WithinAbs(first + 0.5 * second, 1e-12));
      CHECK_THAT(all[static_cast<std::size_t>(i)], Catch::Matchers::WithinAbs(first + 0.5 * second, 1e-12));
      const auto shares = model.breakdown(UserId(u), ItemId(i));
      CHECK_THAT(shares[0].score, Catch::Matchers::WithinAbs(first, 1e-12));
      CHECK_THAT(shares[1].score, Catch::Matchers::WithinAbs(0.5 * second, 1e-12));
    }
  }
}

TEST_CASE("the vectors of a hybrid give its scores, up to a number for each user", "[model]") {
  Hybrid model = hybrid();
  model.prepare(ratings(), 3.0);
  RowMatrix<double> users, items;
  model.user_vectors(std::vector<Index>{0, 1, 2, 3, 4}, users);
  model.item_vectors(items);
  CHECK(model.vector_dim() == 3 + 1 + 2);
  const RowMatrix<double> dots = users * items.transpose();
  for (Index u = 0; u < 5; ++u) {
    const double offset = model.score(UserId(u), ItemId(0)) - dots(u, 0);
    for (Index i = 1; i < 4; ++i)
      CHECK_THAT(dots(u, i) + offset, Catch::Matchers::WithinAbs(model.score(UserId(u), ItemId(i)), 1e-12));
  }
}

TEST_CASE("the gradient of a hybrid is exact in all parts", "[model]") {
  std::vector<Example<std::uint32_t>> examples;
  const Interactions data = ratings();
  for (Index k = 0; k < data.size(); ++k) examples.push_back({data.user(k).value(), data.item(k).value(), data.value(k), 1.0F});
  CHECK(testing::check_gradient(hybrid(), examples, SquaredError{}).max_relative_error < 1e-6);
}

TEST_CASE("a frozen part keeps its bits, also its layers under a rule with momentum; the other is trained", "[model]") {
  Hybrid model = hybrid();
  GradientTrainer trainer(SquaredError{}, Adam{.learning_rate = 0.05},
                          {.batch = 4, .l2 = {.embeddings = 0.01, .features = 0.01, .layers = 0.01}});
  fit(model, ratings(), trainer, {.epochs = 2});  // all parts: the layers have moments now
  model.train_only<0>();
  const auto layers = [&] { return std::get<5>(model.parameters()).value().eval(); };
  static_assert(
      std::is_same_v<std::remove_cvref_t<decltype(std::get<6>(std::declval<Hybrid&>().parameters()))>, Weights<double>>);
  const auto before = std::get<6>(model.parameters()).value().eval();
  const auto collaborative = std::get<0>(model.parameters()).value().eval();
  const auto features = layers();
  const auto report = fit(model, ratings(), trainer, {.epochs = 20});
  CHECK(near(std::get<6>(model.parameters()).value(), before, 0));
  CHECK(near(layers(), features, 0));
  CHECK_FALSE(bool(near(std::get<0>(model.parameters()).value(), collaborative, 1e-6)));
  CHECK(report.epochs.back().loss < 0.5 * report.epochs.front().loss);
}

TEST_CASE("a part without gradients is a constant in training", "[model]") {
  const Interactions data = ratings();
  HybridModel<CollaborativeModel<float, 3>, Popularity> model({1.0, 0.1}, CollaborativeModel<float, 3>(5, 4), Popularity(data));
  const auto report =
      fit(model, data, GradientTrainer(SquaredError{}, Adam{.learning_rate = 0.05}, {.batch = 4}), {.epochs = 40});
  CHECK(report.epochs.back().loss < 0.3 * report.epochs.front().loss);
}

TEST_CASE("parts that do not fit together are refused", "[model]") {
  CHECK_THROWS_AS(Hybrid(Collaborative(5, 3), content()), std::invalid_argument);
  CHECK_THROWS_AS((Hybrid({1.0, INFINITY}, Collaborative(5, 4), content())), std::invalid_argument);
}

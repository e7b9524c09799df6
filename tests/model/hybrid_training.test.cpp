// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/hybrid.hpp"
#include "support/near.hpp"

#include <kindred/data/feature_space.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/testing/gradient_check.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

using namespace kindred;

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

TEST_CASE("a frozen part is no noisier in training than when it serves", "[model]") {
  const Interactions data = ratings();
  const auto users = std::make_shared<const Features>(identity_features(users_with_rows(data)));
  const auto items = std::make_shared<const Features>(identity_features(items_with_rows(data)));
  const auto bag = [](const auto& features) {
    return FeatureBag<double>(features, {.dim = 2, .deviation = 1, .dropout = 0.5});
  };
  using Noisy = ContentModel<FeatureBag<double>, FeatureBag<double>>;
  HybridModel<Collaborative, Noisy> model(Collaborative(5, 4), Noisy(bag(users), bag(items)));
  using Model = decltype(model);
  const std::vector<Index> u{0, 1, 2, 3}, i{3, 2, 1, 0};
  const auto forward = [&] {
    Model::Tape tape;
    Random random(1, Stream::dropout);
    tape.reseed(random);
    std::vector<double> predictions(u.size());
    model.forward(u, i, predictions, tape);
    return predictions;
  };
  std::vector<double> served;
  for (std::size_t k = 0; k < u.size(); ++k) served.push_back(model.score(UserId(u[k]), ItemId(i[k])));
  CHECK(forward() != served);
  model.train_only<0>();
  CHECK(forward() == served);
}

TEST_CASE("a part without gradients is a constant in training", "[model]") {
  const Interactions data = ratings();
  HybridModel<CollaborativeModel<float, 3>, Popularity> model({1.0, 0.1}, CollaborativeModel<float, 3>(5, 4), Popularity(data));
  const auto report =
      fit(model, data, GradientTrainer(SquaredError{}, Adam{.learning_rate = 0.05}, {.batch = 4}), {.epochs = 40});
  CHECK(report.epochs.back().loss < 0.3 * report.epochs.front().loss);
}

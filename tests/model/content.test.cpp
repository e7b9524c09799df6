// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <kindred/encoder/combine.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/content.hpp>
#include <kindred/testing/gradient_check.hpp>

using namespace kindred;

namespace {

using Linear = LinearContentModel<double, 2>;

/// Users with one feature of two (or none), the items of small_features().
std::shared_ptr<const Features> user_features() {
  auto features = std::make_shared<Features>(2);
  for (const Index feature : {0, 1, 0}) features->add_row(std::vector<FeatureWeight>{{feature, 1.0F}});
  features->add_row({});
  return features;
}

Linear linear(double scale = 1) {
  const auto bag = [](const auto& features, std::uint32_t salt) {
    return FeatureBag<double, 2>(features, {.deviation = 1, .salt = salt});
  };
  const auto bias = [](const auto& features, std::uint32_t salt) {
    return FeatureBag<double, 1>(features, {.deviation = 1, .salt = salt});
  };
  return Linear(bag(user_features(), 1), bag(small_features(), 2), bias(user_features(), 3), bias(small_features(), 4),
                {.scale = scale});
}

Interactions ratings() { return made_up_ratings({.users = 4, .items = 4, .rows = 12}); }

}  // namespace

TEST_CASE("a content model scores by sums over features, biases among them", "[model]") {
  Linear model = linear(2);
  model.prepare(ratings(), 3.5);
  const auto user = model.user_encoder().table().value(), item = model.item_encoder().table().value();
  const auto user_bias = model.user_biases().table().value(), item_bias = model.item_biases().table().value();
  // User 1 has feature 1; item 0 has feature 0 with weight 1 and feature 3 with weight 0.5.
  const double dot = user.row(1).dot(item.row(0) + 0.5 * item.row(3));
  const double expected = 3.5 + 2 * (dot + user_bias(1, 0) + item_bias(0, 0) + 0.5 * item_bias(3, 0));
  CHECK_THAT(model.score(UserId(1), ItemId(0)), Catch::Matchers::WithinAbs(expected, 1e-12));
  CHECK_THAT(model.score(UserId(3), ItemId(2)), Catch::Matchers::WithinAbs(3.5, 0));  // neither has a feature
}

TEST_CASE("the ways to score with a content model agree", "[model]") {
  Linear model = linear(2);
  model.prepare(ratings(), 3.5);
  RowMatrix<double> users, items;
  model.user_vectors(std::vector<Index>{0, 1, 2, 3}, users);
  model.item_vectors(items);
  CHECK(model.vector_dim() == 3);
  const RowMatrix<double> dots = users * items.transpose();
  std::vector<double> all(4);
  Linear::Tape tape;
  for (Index u = 0; u < 4; ++u) {
    model.score_items(UserId(u), std::span<double>(all));
    const double offset = all[0] - dots(u, 0);  // the mean and the user's bias
    for (Index i = 0; i < 4; ++i) {
      const auto place = static_cast<std::size_t>(i);
      double predicted = 0;
      model.forward(std::vector<Index>{u}, std::vector<Index>{i}, std::span<double>(&predicted, 1), tape);
      CHECK_THAT(all[place], Catch::Matchers::WithinAbs(model.score(UserId(u), ItemId(i)), 1e-12));
      CHECK_THAT(predicted, Catch::Matchers::WithinAbs(all[place], 1e-12));
      CHECK_THAT(dots(u, i) + offset, Catch::Matchers::WithinAbs(all[place], 1e-12));
    }
  }
}

TEST_CASE("the gradient of a content model is exact, also in the biases of features", "[model]") {
  std::vector<Example<std::uint32_t>> examples;
  const Interactions data = ratings();
  for (Index k = 0; k < data.size(); ++k) examples.push_back({data.user(k).value(), data.item(k).value(), data.value(k), 1.0F});
  CHECK(testing::check_gradient(linear(2), examples, SquaredError{}).max_relative_error < 1e-6);
}

TEST_CASE("a content model knows whoever has a feature", "[model]") {
  const Linear model = linear();
  CHECK(model.knows(UserId(0)));
  CHECK_FALSE(model.knows(UserId(3)));
  CHECK(model.knows(ItemId(1)));
  CHECK_FALSE(model.knows(ItemId(2)));
}

TEST_CASE("biases of features are a group of their own for L2", "[model]") {
  Linear model = linear();
  const auto groups = std::apply(
      [](auto&... parameter) { return std::vector<ParameterGroup>{std::remove_cvref_t<decltype(parameter)>::group...}; },
      model.parameters());
  CHECK(groups == std::vector<ParameterGroup>{ParameterGroup::features, ParameterGroup::features, ParameterGroup::biases,
                                              ParameterGroup::biases});
  // How often each feature is touched: that of the users by their rows.
  const auto counts = model.touch_counts(ratings());
  REQUIRE(counts.size() == 4);
  CHECK(counts[0] == counts[2]);
  CHECK(counts[1] == counts[3]);
  CHECK(counts[0][0] == static_cast<double>(ratings().items_of(UserId(0)).size() + ratings().items_of(UserId(2)).size()));
}

TEST_CASE("ids without rows lose their own vector and keep their features", "[model]") {
  using Both = SumEncoder<EmbeddingTable<double, 2>, FeatureBag<double, 2>>;
  EmbeddingTable<double, 2> ids(4);
  fill_normal(ids, 1, 1, 1);
  FeatureBag<double, 2> bag(small_features(), {.deviation = 1});
  ContentModel model(Both(ids, bag), Both(ids, bag));
  static_assert(std::is_same_v<decltype(model), ContentModel<Both, Both>>);
  InteractionColumns columns;
  columns.users = {0, 1}, columns.items = {1, 0};
  model.prepare(Interactions(std::move(columns), {.users = 4, .items = 4}), 0);
  const auto& own = model.user_encoder().part<0>();
  CHECK_FALSE(own.value().row(0).isZero(0));
  CHECK(own.value().row(2).isZero(0));
  CHECK(own.value().row(3).isZero(0));
  RowMatrix<double> vectors, features;
  model.user_embeddings(std::vector<Index>{2, 3}, vectors);
  bag.encode(std::vector<Index>{2, 3}, features);
  CHECK(near(vectors, features, 0));
  CHECK_FALSE(model.knows(UserId(2)));  // neither a row nor a feature
  CHECK(model.knows(UserId(3)));
}

TEST_CASE("towers and biases of different entities are refused", "[model]") {
  const FeatureBag<double, 2> users(user_features()), items(small_features());
  auto fewer = std::make_shared<Features>(2);
  fewer->add_row({});
  const FeatureBag<double, 1> bias(user_features()), item_bias(small_features()), wrong(fewer);
  CHECK(message_of([&] { ContentModel(users, items, wrong, item_bias); }) ==
        "TwoTower: the biases must have the encoders' rows, 4 and 4, got 1 and 4");
  CHECK_THROWS_AS((ContentModel<FeatureBag<double>, FeatureBag<double>>(FeatureBag<double>(user_features(), {.dim = 3}),
                                                                        FeatureBag<double>(small_features(), {.dim = 4}))),
                  std::invalid_argument);
}

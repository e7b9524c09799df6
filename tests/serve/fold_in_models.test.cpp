// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/fold_in.hpp"

#include <kindred/encoder/feature_bag.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/serve/fold_in.hpp>

#include <memory>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

TEST_CASE("users of other models: histories, baselines, stand-ins for new item_count, sums of parts", "[serve]") {
  const Interactions data = ratings();
  const Rows rows(data, UserId(6));
  const HistoryOptions by_value{.use_values = true, .center = 3, .decay = 20};
  const Ease ease(data, {.lambda = 20, .history = by_value});
  const FoldIn of_ease(ease, {.history = by_value});
  const BiasModel bias(data, {.user_damping = 2, .sweeps = 100});
  const FoldIn of_bias(bias, {.user_damping = 2});
  const Popularity popularity(data);
  const FoldIn of_popularity(popularity);
  Features features(1);
  for (Index i = 0; i < item_count; ++i) features.add_row(std::vector<FeatureWeight>{{0, 1.0F}});
  const ImputedModel<Ease> imputed(ease, data, features);
  const FoldIn of_imputed(imputed, {.history = by_value});
  for (Index i = 0; i < item_count; ++i) {
    const auto close = [&](const auto& folded, const auto& model) {
      const double expected = static_cast<double>(model.score(UserId(6), ItemId(i)));
      CHECK_THAT(folded.score(ItemId(i)), WithinAbs(expected, 2e-5));
      CHECK_THAT(scores_of(folded)[static_cast<std::size_t>(i)], WithinAbs(expected, 2e-5));
    };
    close(of_ease(rows.history()), ease);
    close(of_bias(rows.history()), bias);
    close(of_popularity(rows.history()), popularity);
    close(of_imputed(rows.history()), imputed);
  }
  CHECK_THROWS_AS(FoldIn(ease, {.history = {.power = -1}}), std::invalid_argument);
  CHECK_THROWS_AS(of_ease(History{.items = rows.items, .values = rows.values}), std::invalid_argument);  // no times

  // Implicit feedback: each part is told the history. Ratings: the second part is told what the first leaves.
  const AlsOptions implicit{.lambda = 0.05}, explicit_ratings{.feedback = Feedback::explicit_ratings, .lambda = 0.2};
  using Embeddings = CollaborativeModel<float>;
  const Embeddings clicks(user_count, item_count, {.dim = 5, .biases = false, .deviation = 1});
  const HybridModel<Embeddings, Ease> sum({2.0, 0.5}, clicks, ease);
  const FoldIn of_sum(sum, {.least_squares = implicit, .history = by_value});
  const FoldIn of_clicks(clicks, {.least_squares = implicit});
  const auto both = of_sum(rows.history());
  for (Index i = 0; i < item_count; ++i) {
    const double expected =
        2 * double{of_clicks(rows.history()).score(ItemId(i))} + 0.5 * double{ease.score(UserId(6), ItemId(i))};
    CHECK_THAT(both.score(ItemId(i)), WithinAbs(expected, 1e-5));
    CHECK_THAT(scores_of(both)[static_cast<std::size_t>(i)], WithinAbs(expected, 1e-5));
  }

  const Embeddings rated(user_count, item_count, {.dim = 5, .deviation = 1});
  const HybridModel<BiasModel, Embeddings> stages({1.0, 0.5}, bias, rated);
  const FoldIn of_stages(stages, {.least_squares = explicit_ratings, .user_damping = 2});
  const FoldIn of_rated(rated, {.least_squares = explicit_ratings});
  const auto first = of_bias(rows.history());
  Rows left = rows;
  for (std::size_t k = 0; k < left.items.size(); ++k) left.values[k] = (left.values[k] - first.score(left.items[k])) / 0.5F;
  const auto second = of_rated(left.history());
  const auto staged = of_stages(rows.history());
  for (Index i = 0; i < item_count; ++i) {
    CHECK_THAT(staged.score(ItemId(i)),
               WithinAbs(double{first.score(ItemId(i))} + 0.5 * double{second.score(ItemId(i))}, 1e-4));
  }
}

TEST_CASE("users made of features, alone and beside a vector of their own", "[serve]") {
  Random random(3);
  const auto features_of = [&](Index rows) {
    auto features = std::make_shared<Features>(6);
    for (Index r = 0; r < rows; ++r) {
      features->add_row(std::vector<FeatureWeight>{{r % 6, 1.0F}, {(r + 2) % 6, static_cast<float>(random.uniform())}});
    }
    return std::shared_ptr<const Features>(features);
  };
  const auto user_features = features_of(user_count), item_features = features_of(item_count);
  using Bag = FeatureBag<float, 4>;
  using Bias = FeatureBag<float, 1>;
  const auto content = [&] {
    return TwoTower<Bag, Bag, DotProduct, Bias, Bias>(
        Bag(user_features, {.deviation = 1}), Bag(item_features, {.deviation = 1, .seed = 2}),
        Bias(user_features, {.deviation = 1}), Bias(item_features, {.deviation = 1}));
  }();
  const FoldIn of_content(content);
  const auto user = of_content({.features = user_features.get(), .feature_row = 5});
  for (Index i = 0; i < item_count; ++i)
    CHECK_THAT(user.score(ItemId(i)), WithinAbs(double{content.score(UserId(5), ItemId(i))}, 1e-5));

  // With a strong penalty the vector stays at the features'; with none it fits the ratings.
  using Sum = SumEncoder<EmbeddingTable<float, 4>, Bag>;
  const TwoTower<Sum, Bag> both(Sum(EmbeddingTable<float, 4>(user_count), Bag(user_features, {.deviation = 1})),
                                Bag(item_features, {.deviation = 1, .seed = 2}), false);
  const std::vector<ItemId> two{ItemId(1), ItemId(8)};
  const std::vector<float> values{3, -2};
  const History history{.items = two, .values = values, .features = user_features.get(), .feature_row = 5};
  const auto with = [&](double lambda) {
    return FoldIn(both, {.least_squares = {.feedback = Feedback::explicit_ratings, .lambda = lambda}})(history).value();
  };
  RowMatrix<float> centre;
  const Index five = 5;
  both.user_embeddings(std::span(&five, 1), centre);
  CHECK((with(1e6).vector - centre).norm() < 1e-4F);
  const auto close = with(1e-5);
  RowMatrix<float> vectors;
  both.item_vectors(vectors);
  CHECK_THAT(close.vector.row(0).dot(vectors.row(1)), WithinAbs(3, 0.01));
  CHECK_THAT(close.vector.row(0).dot(vectors.row(8)), WithinAbs(-2, 0.01));
}

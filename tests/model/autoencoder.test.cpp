// SPDX-License-Identifier: MIT
#include <kindred/model/autoencoder.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

constexpr std::size_t at(Index k) { return static_cast<std::size_t>(k); }

/// Trained values everywhere: the biases of the output, which start from those of the ratings, too.
template <class Model>
Model stirred(Model model) {
  std::uint32_t salt = 100;
  detail::for_each_parameter(model, [&](auto& parameter, auto) {
    auto noise = parameter;
    fill_normal(noise, 0.3, 1, salt++);
    for (Index r = 0; r < parameter.rows(); ++r) parameter.row(r) += noise.row(r);
  });
  return model;
}

/// r(e, v) once more, from the ratings, in plain loops, with the entity's bias as it is before training.
template <Side side, class Model>
double plain_score(Model model, const Interactions& data, const AutoencoderOptions& options, Index e, Index v) {
  const BiasModel biases(data, options.biases);
  const auto others = side == Side::items ? biases.user_biases() : biases.item_biases();
  const double mean = options.implicit ? 0 : double{biases.global_mean()};
  double left = 0, weights = 5, count = 0;
  for (Index k = 0; k < data.size(); ++k) {
    const Index entity = side == Side::items ? data.item(k).index() : data.user(k).index();
    const Index other = side == Side::items ? data.user(k).index() : data.item(k).index();
    if (entity != e) continue;
    left += double{data.weight(k)} * (double{data.value(k)} - mean - double{others[at(other)]});
    weights += double{data.weight(k)};
    ++count;
  }
  auto parameters = model.parameters();
  auto& output = std::get<Model::output_place>(parameters);
  auto& input = std::get<Model::hidden_place>(parameters);
  auto& hidden_bias = std::get<Model::hidden_place + 1>(parameters);
  auto& output_bias = std::get<Model::output_bias_place>(parameters);
  double dot = 0;
  for (Index d = 0; d < model.dim(); ++d) {
    double z = double{hidden_bias.row(0)(d)};
    for (Index k = 0; k < data.size(); ++k) {
      const Index entity = side == Side::items ? data.item(k).index() : data.user(k).index();
      const Index other = side == Side::items ? data.user(k).index() : data.item(k).index();
      if (entity != e) continue;
      const double x = options.implicit
                           ? 1 / std::sqrt(count)
                           : (double{data.value(k)} - mean - double{others[at(other)]} - left / weights) / options.scale;
      z += x * double{input.row(other)(d)};
    }
    dot += double{output.row(v)(d)} / (1 + std::exp(-z));
  }
  const double entity_bias = options.implicit ? 0 : left / weights / options.scale;
  return mean + options.scale * (entity_bias + double{output_bias.row(v)(0)} + dot);
}

template <Side side, class Model>
auto history_of(const Model&, const Interactions& data, Index e) {
  if constexpr (side == Side::items) {
    return data.users_of(ItemId(e));
  } else {
    return data.items_of(UserId(e));
  }
}

template <Side side, class Model>
auto own_score(const Model& model, Index e, Index v) {
  return side == Side::items ? model.score(UserId(v), ItemId(e)) : model.score(UserId(e), ItemId(v));
}

/// Every entity, encoded from its own history, is the entity.
template <Side side, class Model>
void check_own_histories(const Model& model, const Interactions& data, double tolerance) {
  using Scalar = typename Model::Scalar;
  using Other = std::conditional_t<side == Side::items, UserId, ItemId>;
  const Index entities = side == Side::items ? data.items() : data.users();
  std::vector<Index> ids(at(entities));
  std::iota(ids.begin(), ids.end(), Index{0});
  RowMatrix<Scalar> embeddings;
  side == Side::items ? model.item_embeddings(ids, embeddings) : model.user_embeddings(ids, embeddings);
  std::vector<Scalar> scores(at(model.output().rows()));
  for (Index e = 0; e < entities; ++e) {
    const auto found = history_of<side>(model, data, e);
    std::vector<Other> others(found.rbegin(), found.rend());  // in any order
    std::vector<float> values, weights;
    const auto rows = Model::rows_of(data, e);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      values.push_back(data.value(*row));
      weights.push_back(data.weight(*row));
    }
    const auto encoded = model.encode(others, values, weights);
    REQUIRE(near(encoded.vector, embeddings.row(e), tolerance));
    REQUIRE(encoded.bias == model.entity_biases().data()[e]);
    model.score_all(encoded, scores);
    for (Index v = 0; v < model.output().rows(); ++v) {
      REQUIRE_THAT(double{model.score(encoded, Other(v))}, WithinAbs(double{own_score<side>(model, e, v)}, tolerance));
      REQUIRE_THAT(double{scores[at(v)]}, WithinAbs(double{own_score<side>(model, e, v)}, 1e-5));
    }
  }
}

}  // namespace

template <class M>
concept grows = requires(M& model) { model.add_users(1); } || requires(M& model) { model.add_items(1); };

TEST_CASE("an autoencoder's score is the mean and the output row times the hidden vector", "[model]") {
  // Dampings so large that all biases are 0: the mean is 3, and the inputs are the ratings less 3.
  const Interactions data({{0, 1, 0}, {0, 0, 1}, {5, 1, 3}});
  const BiasOptions none{.user_damping = 1e20, .item_damping = 1e20};
  using Model = AutoencoderModel<Side::items, double, Dynamic, Identity>;
  Model model(data, {.dim = 2, .biases = none});
  auto parameters = model.parameters();
  std::get<Model::hidden_place>(parameters).value() << 1, 0, 0.5, -1;  // V
  std::get<Model::hidden_place + 1>(parameters).value() << 0, 0.1;     // c
  std::get<Model::output_place>(parameters).value() << 2, 1, 3, -1;    // W
  // h(item 0) = 2 (1, 0) - 2 (0.5, -1) + (0, 0.1) = (1, 2.1);  W_1 . h = 3 - 2.1 = 0.9.  h(item 1) = c.
  CHECK_THAT(model.score(UserId(1), ItemId(0)), WithinAbs(3.9, 1e-12));
  CHECK_THAT(model.score(UserId(0), ItemId(0)), WithinAbs(3 + 4.1, 1e-12));
  CHECK_THAT(model.score(UserId(0), ItemId(1)), WithinAbs(3.1, 1e-12));
  // A new item that user 1 gave 4: h = (0.5, -1) + (0, 0.1) = (0.5, -0.9);  W_0 . h = 1 - 0.9.
  const auto encoded = model.encode(std::vector<UserId>{UserId(1)}, std::vector<float>{4});
  CHECK(near(encoded.vector.leftCols(2), Eigen::RowVector2d(0.5, -0.9), 1e-12));
  CHECK_THAT(model.score(encoded, UserId(0)), WithinAbs(3.1, 1e-12));
  CHECK_THAT(model.score(model.encode(std::vector<UserId>{}), UserId(0)), WithinAbs(3.1, 1e-12));  // c alone
}

TEMPLATE_TEST_CASE_SIG("an autoencoder agrees with plain loops", "[model]", ((Side side), side), Side::items, Side::users) {
  const Interactions data = made_up_ratings({.users = 9, .items = 7, .rows = 30, .weights = true});
  for (const bool implicit : {false, true}) {
    const AutoencoderOptions options{.dim = 5, .implicit = implicit, .deviation = 2, .scale = implicit ? 1 : 0.7};
    const AutoencoderModel<side, double> fresh(data, options);
    const auto model = stirred(fresh);
    std::vector<double> scores(7);
    for (Index u = 0; u < 9; ++u) {
      model.score_items(UserId(u), scores);
      for (Index i = 0; i < 7; ++i) {
        const Index e = side == Side::items ? i : u, v = side == Side::items ? u : i;
        const double moved = model.entity_biases().data()[e] - fresh.entity_biases().data()[e];
        const double expected = plain_score<side>(model, data, options, e, v) + options.scale * moved;
        CHECK_THAT(model.score(UserId(u), ItemId(i)), WithinAbs(expected, 1e-6));
        CHECK_THAT(scores[at(i)], WithinAbs(expected, 1e-6));
      }
    }
  }
}

TEMPLATE_TEST_CASE_SIG("an entity encoded from its own history is the entity, to the bit", "[model]", ((Side side), side),
                       Side::items, Side::users) {
  const Interactions data = made_up_ratings({.users = 40, .items = 30, .rows = 300, .weights = true});
  for (const bool implicit : {false, true}) {
    AutoencoderModel<side, float, 20> model(data, {.implicit = implicit, .dropout = 0.5, .scale = 1.3});
    check_own_histories<side>(model, data, 0);
  }
  check_own_histories<side>(AutoencoderModel<side, float, 20, Tanh, 2>(data, {.layers = {12, 7}}), data, 1e-5);
}

TEST_CASE("an autoencoder's vectors rank as its scores, and dropout plays no part in them", "[model]") {
  const Interactions data = made_up_ratings({.users = 12, .items = 9, .rows = 50});
  const AutoencoderOptions with{.dim = 6, .deviation = 3, .dropout = 0.5}, without{.dim = 6, .deviation = 3};
  const auto check = [&](const auto& model, const auto& other) {
    RowMatrix<float> users, items;
    std::vector<Index> ids(12);
    std::iota(ids.begin(), ids.end(), Index{0});
    model.user_vectors(ids, users);
    model.item_vectors(items);
    REQUIRE(users.cols() == items.cols());
    const RowMatrix<float> dots = users * items.transpose();
    for (Index u = 0; u < 12; ++u) {
      const float shift = model.score(UserId(u), ItemId(0)) - dots(u, 0);
      for (Index i = 0; i < 9; ++i) {
        CHECK_THAT(model.score(UserId(u), ItemId(i)), WithinAbs(static_cast<double>(dots(u, i) + shift), 1e-5));
        CHECK(model.score(UserId(u), ItemId(i)) == other.score(UserId(u), ItemId(i)));
      }
    }
  };
  check(AutoencoderModel<Side::items>(data, with), AutoencoderModel<Side::items>(data, without));
  check(AutoencoderModel<Side::users>(data, with), AutoencoderModel<Side::users>(data, without));
}

TEST_CASE("an id of the output side without interactions has no vector, an entity without any that of an empty input",
          "[model]") {
  const Interactions data({{0, 1}, {0, 1}, {5, 1}}, {.users = 3, .items = 3});
  const AutoencoderModel<> model(data);
  CHECK((model.output().padded_row(2) == 0).all());
  CHECK((model.output().padded_row(1) != 0).any());
  CHECK(model.score(UserId(2), ItemId(0)) == model.global_mean() + model.entity_biases().data()[0]);
  RowMatrix<float> rows;
  model.item_embeddings(std::vector<Index>{2}, rows);
  CHECK(near(rows.leftCols(64), Eigen::RowVectorXf::Constant(64, 0.5F), 0));
}

TEST_CASE("an autoencoder starts from the biases of the ratings", "[model]") {
  const Interactions data = made_up_ratings({.users = 9, .items = 7, .rows = 30});
  const AutoencoderOptions options{.biases = {.user_damping = 2, .item_damping = 3, .sweeps = 50}, .scale = 0.5};
  const BiasModel biases(data, options.biases);
  const AutoencoderModel<Side::items> by_items(data, options);
  const AutoencoderModel<Side::users> by_users(data, options);
  CHECK(by_items.global_mean() == biases.global_mean());
  for (Index u = 0; u < 9; ++u) {
    const double expected = 2 * double{biases.user_biases()[at(u)]};
    CHECK_THAT(double{by_items.output_biases().data()[u]}, WithinAbs(expected, 1e-5));
    CHECK_THAT(double{by_users.entity_biases().data()[u]}, WithinAbs(expected, 1e-5));
  }
  for (Index i = 0; i < 7; ++i) {
    const double expected = 2 * double{biases.item_biases()[at(i)]};
    CHECK_THAT(double{by_items.entity_biases().data()[i]}, WithinAbs(expected, 1e-5));
    CHECK_THAT(double{by_users.output_biases().data()[i]}, WithinAbs(expected, 1e-5));
  }
}

TEST_CASE("an autoencoder does not grow by the ways of tables", "[model]") {
  STATIC_REQUIRE(grows<TwoTower<EmbeddingTable<float>, EmbeddingTable<float>>>);
  STATIC_REQUIRE_FALSE(grows<AutoencoderModel<>>);
}

TEST_CASE("an autoencoder refuses options and histories that it cannot use", "[model]") {
  const Interactions data({{0, 1, 2}, {0, 1, 0}, {5, 1, 3}});
  const auto refusal = [&](const AutoencoderOptions& options) {
    return message_of([&] { AutoencoderModel<>(data, options); });
  };
  CHECK(refusal({.layers = {3}}) == "AutoencoderModel: layers must have 0 widths, got 1");
  CHECK(refusal({.power = -1}) == "AutoencoderModel: power must be finite and not negative, got -1");
  CHECK(refusal({.deviation = NAN}) == "AutoencoderModel: deviation must be finite and not negative, got nan");
  CHECK(refusal({.scale = 0}) == "AutoencoderModel: scale must be positive and finite, got 0");
  CHECK(refusal({.dropout = 1}) == "FeatureBag: dropout must be in [0, 1), got 1");
  CHECK(refusal({.biases = {.sweeps = 0}}) == "BiasModel: sweeps must be at least 1, got 0");
  CHECK_THROWS_AS(AutoencoderModel<>(data, {.dim = 0}), std::invalid_argument);
  CHECK(message_of([] { AutoencoderModel<>(Interactions({}, {.users = 2, .items = 2})); }) ==
        "AutoencoderModel: the data must have at least one interaction, got none");

  const AutoencoderModel<> model(data);
  const std::vector<UserId> two{UserId(0), UserId(2)}, twice{UserId(1), UserId(1)}, unknown{UserId(0), UserId(3)};
  const std::vector<float> values{3, 4}, one{3}, bad{3, INFINITY}, negative{1, -1};
  CHECK(message_of([&] { model.encode(two, one); }) ==
        "AutoencoderModel::encode: there must be 2 values, one for each id, got 1");
  CHECK(message_of([&] { model.encode(two); }) == "AutoencoderModel::encode: there must be 2 values, one for each id, got 0");
  CHECK(message_of([&] { model.encode(two, values, one); }) ==
        "AutoencoderModel::encode: there must be 2 weights, one for each id, or none, got 1");
  CHECK(message_of([&] { model.encode(twice, values); }) == "AutoencoderModel::encode: an id must occur once, got 1 twice");
  CHECK(message_of([&] { model.encode(two, bad); }) == "AutoencoderModel::encode: a value must be finite, got inf");
  CHECK(message_of([&] { model.encode(two, values, negative); }) ==
        "AutoencoderModel::encode: a weight must be finite and not negative, got -1");
  CHECK_THROWS_AS(model.encode(unknown, values), std::out_of_range);
  CHECK(message_of([&] { model.encode(unknown, values); }) == "AutoencoderModel::encode: id must be below 3, got 3");
  const auto encoded = model.encode(two, values);
  CHECK_THROWS_AS(model.score(encoded, UserId(3)), std::out_of_range);
  std::vector<float> out(2);
  CHECK(message_of([&] { model.score_all(encoded, out); }) == "AutoencoderModel::score_all: out must have 3 places, got 2");
  const AutoencoderModel<> implicit(data, {.implicit = true});
  CHECK(implicit.encode(two).vector == implicit.encode(two, values).vector);
}

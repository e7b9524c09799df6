// SPDX-License-Identifier: MIT
// Model files of models that are made of parts: encoders of features, networks, other models.
#include "support/catch.hpp"
#include "support/hybrid.hpp"
#include "support/model_files.hpp"

#include <kindred/encoder/dense_features.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/model/imputed.hpp>
#include <kindred/model/multi_head.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/serialize/model_file.hpp>

using namespace kindred;

namespace {

using Wide = ConcatEncoder<DenseFeatures<float>, FeatureBag<float, 3>>;
using Deep = Mlp<Wide, 1, Gelu>;
using Own = SumEncoder<EmbeddingTable<float>, FeatureBag<float>>;

Deep deep() {
  return Deep(Wide(DenseFeatures<float>(small_features()), FeatureBag<float, 3>(small_features(), {.deviation = 1})), {2},
              {.dropout = 0.25});
}
Own own() {
  EmbeddingTable<float> ids(4, 2);
  fill_normal(ids, 1, 5, 1);
  return Own(std::move(ids), FeatureBag<float>(small_features(), {.dim = 2, .deviation = 1}));
}

}  // namespace

TEST_CASE("models of features, networks and other models come back whole", "[serialize]") {
  check_round_trip(content());
  check_round_trip(hybrid());
  using Towers = ContentModel<Own, Deep, DotProduct, FeatureBag<float, 1>, FeatureBag<float, 1>>;
  check_round_trip(
      Towers(own(), deep(), FeatureBag<float, 1>(small_features(), {.deviation = 1}), FeatureBag<float, 1>(small_features())));
  check_round_trip(ImputedModel(CollaborativeModel<float>(5, 4, {.dim = 3, .deviation = 1}),
                                Interactions({.users = {0, 1}, .items = {0, 3}}, {.users = 5, .items = 4}), *small_features(),
                                {.neighbours = 2}));
}

TEST_CASE("autoencoders come back whole and encode new entities as before", "[serialize]") {
  const Interactions data = ratings();
  const AutoencoderModel<Side::users, double, 4> by_users(data);
  check_round_trip(by_users);
  using Deeper = AutoencoderModel<Side::items, float, Dynamic, Relu, 1>;
  const Deeper by_items(data, {.dim = 6, .layers = {3}, .implicit = true});
  check_round_trip(by_items);
  const TempFile file("");
  save(file.path(), by_users);
  const auto loaded = load<AutoencoderModel<Side::users, double, 4>>(file.path());
  const std::vector<ItemId> history{ItemId(1), ItemId(3)};
  const std::vector<float> values{4, 2};
  CHECK(loaded.encode(history, values).vector == by_users.encode(history, values).vector);
  CHECK(loaded.encode(history, values).bias == by_users.encode(history, values).bias);
}

TEST_CASE("each head of a model of several objectives comes back", "[serialize]") {
  using Heads = MultiHeadModel<float, Dynamic, 2>;
  Heads model(5, 4, {.dim = 3, .deviation = 1});
  model.prepare(std::tuple(ratings(), ratings()), {{3.5, 0.25}});
  const TempFile file("");
  save(file.path(), model);
  const Heads loaded = load<Heads>(file.path());
  for (const std::size_t k : {0U, 1U}) CHECK(same_scores(model.head(k), loaded.head(k)));
}

TEST_CASE("features that two encoders share are written once and shared again", "[serialize]") {
  const auto features = small_features();
  using Model = LinearContentModel<float>;
  using Bag = FeatureBag<float>;
  using Biases = FeatureBag<float, 1>;
  const Model model(Bag(features, {.dim = 2}), Bag(features, {.dim = 2}), Biases(features), Biases(features));
  const TempFile file("");
  save(file.path(), model);
  const auto loaded = load<Model>(file.path());
  CHECK(loaded.user_encoder().shared_features() == loaded.item_encoder().shared_features());
  CHECK(loaded.user_encoder().shared_features() == loaded.item_biases().shared_features());
  CHECK(same_scores(model, loaded));
  const auto copied = ModelFile::read(file.path()).tensors().names();
  CHECK(std::count_if(copied.begin(), copied.end(), [](const std::string& name) { return name.ends_with("of.known"); }) == 1);
}

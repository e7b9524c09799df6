// SPDX-License-Identifier: MIT
// Which types of the library model which of its concepts. Here and not beside each type: asked there, every file that includes the type
// would pay for the answer: the umbrella's users a second.
#include "support/catch.hpp"

#include <kindred/kindred.hpp>

#include <concepts>
#include <cstdint>

using namespace kindred;

TEST_CASE("what is said to model a concept does: tables are parameterized", "[static]") {
  STATIC_REQUIRE((Parameterized<EmbeddingTable<float, 64>>));
}

TEST_CASE("what is said to model a concept does: encoders and activations", "[static]") {
  STATIC_REQUIRE(Activation<Identity>);
  STATIC_REQUIRE(Activation<Relu>);
  STATIC_REQUIRE(Activation<Tanh>);
  STATIC_REQUIRE(Activation<Sigmoid>);
  STATIC_REQUIRE(Activation<Gelu>);
  STATIC_REQUIRE(Encoder<DenseFeatures<float>>);
  STATIC_REQUIRE((LookupEncoder<EmbeddingTable<float, 64>>));
  STATIC_REQUIRE(LookupEncoder<EmbeddingTable<double>>);
  STATIC_REQUIRE((LookupEncoder<EmbeddingTable<float, Dynamic, Eigen::half>>));
  STATIC_REQUIRE((Encoder<FeatureBag<float, 64>>));
  STATIC_REQUIRE(Encoder<FeatureBag<double>>);
  STATIC_REQUIRE((Encoder<InteractionBag<float, 64>>));
  STATIC_REQUIRE((Encoder<InteractionBag<double, Dynamic>>));
}

TEST_CASE("what is said to model a concept does: scorers", "[static]") {
  STATIC_REQUIRE(Scorer<Cosine>);
  STATIC_REQUIRE(Scorer<DotProduct>);
}

TEST_CASE("what is said to model a concept does: update rules", "[static]") {
  STATIC_REQUIRE(UpdateRule<Adagrad>);
  STATIC_REQUIRE(UpdateRule<RowwiseAdagrad>);
  STATIC_REQUIRE(UpdateRule<Adam>);
  STATIC_REQUIRE(UpdateRule<AdamW>);
  STATIC_REQUIRE(UpdateRule<Ftrl>);
  STATIC_REQUIRE(UpdateRule<RmsProp>);
  STATIC_REQUIRE(UpdateRule<Sgd>);
  STATIC_REQUIRE(UpdateRule<Momentum>);
  STATIC_REQUIRE(UpdateRule<Nesterov>);
}

TEST_CASE("what is said to model a concept does: models", "[static]") {
  STATIC_REQUIRE(VectorModel<AutoencoderModel<>>);
  STATIC_REQUIRE((HasEmbeddings<AutoencoderModel<Side::users, double, 16>>));
  STATIC_REQUIRE(VectorModel<BiasModel>);
  STATIC_REQUIRE((VectorModel<CollaborativeModel<float, 64>>));
  STATIC_REQUIRE(HasEmbeddings<CollaborativeModel<double>>);
  STATIC_REQUIRE((VectorModel<LinearContentModel<float, 64>>));
  STATIC_REQUIRE(HasEmbeddings<LinearContentModel<double>>);
  STATIC_REQUIRE(ItemWeights<DenseItemWeights>);
  STATIC_REQUIRE(Model<Ease>);
  STATIC_REQUIRE(ItemWeights<NeighbourWeights>);
  STATIC_REQUIRE(Model<ItemKnn>);
  STATIC_REQUIRE((VectorModel<ModelHead<MultiHeadModel<float, 64, 2>>>));
  STATIC_REQUIRE((HasEmbeddings<ModelHead<MultiHeadModel<double, Dynamic, 3>>>));
  STATIC_REQUIRE(Model<NeighbourhoodModel<>>);
  STATIC_REQUIRE(VectorModel<Popularity>);
}

TEST_CASE("what is said to model a concept does: solvers of rows", "[static]") {
  STATIC_REQUIRE(RowSolver<Cholesky>);
  STATIC_REQUIRE(RowSolver<ConjugateGradient>);
  STATIC_REQUIRE(RowSolver<BlockCoordinate>);
}

TEST_CASE("what is said to model a concept does: values and samplers", "[static]") {
  STATIC_REQUIRE(std::regular<FeatureSpace>);
  STATIC_REQUIRE(NegativeSampler<UniformNegatives>);
  STATIC_REQUIRE((NegativeSampler<BasicUniformNegatives<std::uint64_t>, std::uint64_t>));
  STATIC_REQUIRE(NegativeSampler<PopularityNegatives>);
  STATIC_REQUIRE((NegativeSampler<BasicPopularityNegatives<std::uint64_t>, std::uint64_t>));
}

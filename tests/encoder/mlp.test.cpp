// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/features.hpp"
#include "support/near.hpp"

#include <kindred/encoder/activated.hpp>
#include <kindred/encoder/dense_features.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/testing/gradient_check.hpp>

using namespace kindred;

namespace {

const std::vector<Index> ids{0, 2, 3, 3, 1};

FeatureBag<double> bag() { return FeatureBag<double>(small_features(), {.dim = 4, .deviation = 1}); }
DenseFeatures<double> dense() { return DenseFeatures<double>(small_features()); }

}  // namespace

TEST_CASE("one layer is a matrix product and a bias", "[encoder]") {
  Mlp<DenseFeatures<double>, 1> network(dense(), {2});
  std::get<0>(network.parameters()).value() << 1, 2, 3, 4, 5, 6;  // 3 x 2
  std::get<1>(network.parameters()).value() << 0.5, -0.5;
  RowMatrix<double> out;
  network.encode(std::vector<Index>{0, 3}, out);
  // (1, 2, -1) W = (1 + 6 - 5, 2 + 8 - 6) = (2, 4);  (0, 0.5, 1) W = (1.5 + 5, 2 + 6) = (6.5, 8).
  CHECK(near(out.leftCols(2), (Eigen::Matrix2d() << 2.5, 3.5, 7, 7.5).finished(), 1e-12));
}

TEST_CASE("hidden layers are activated, the output is not", "[encoder]") {
  Mlp<DenseFeatures<double>, 2, Relu> network(dense(), {1, 1});
  std::get<0>(network.parameters()).value() << 1, 0, 0;
  std::get<2>(network.parameters()).value() << -2;
  RowMatrix<double> out;
  network.encode(std::vector<Index>{0, 3}, out);  // first coordinates 1 and 0
  CHECK(near(out.leftCols(1), Eigen::Vector2d(-2, 0), 1e-12));
  std::get<0>(network.parameters()).value() << -1, 0, 0;
  network.encode(std::vector<Index>{0, 3}, out);
  CHECK(near(out.leftCols(1), Eigen::Vector2d(0, 0), 1e-12));
}

TEST_CASE("gradients of networks are exact, through features and all layers", "[encoder]") {
  CHECK(testing::check_encoder(Mlp<DenseFeatures<double>, 3, Sigmoid>(dense(), {7, 5, 3}), ids).max_relative_error < 1e-6);
  CHECK(testing::check_encoder(Mlp<FeatureBag<double>, 2, Tanh>(bag(), {7, 3}), ids).max_relative_error < 1e-6);
  CHECK(testing::check_encoder(Mlp<DenseFeatures<double>, 2, Gelu>(dense(), {7, 3}), ids).max_relative_error < 1e-6);
  CHECK(testing::check_encoder(Activated<FeatureBag<double>, Sigmoid>(bag()), ids).max_relative_error < 1e-6);
  CHECK(
      testing::check_encoder(Mlp<Activated<FeatureBag<double>, Tanh>, 1>(Activated<FeatureBag<double>, Tanh>(bag()), {3}), ids)
          .max_relative_error < 1e-6);
}

TEST_CASE("the gradient of a rectified network is exact away from the kink", "[encoder]") {
  // With positive weights and a positive bias no unit of the hidden layer is near 0 for entities 0 and 3.
  Mlp<DenseFeatures<double>, 2, Relu> network(dense(), {4, 2});
  std::get<0>(network.parameters()).value().array() = std::get<0>(network.parameters()).value().array().abs() + 0.1;
  std::get<1>(network.parameters()).value().array() = 2;
  CHECK(testing::check_encoder(network, {0, 3, 0}).max_relative_error < 1e-6);
}

TEST_CASE("dropout in a network: only while training, the same mask backward", "[encoder]") {
  using Network = Mlp<DenseFeatures<double>, 2, Tanh>;
  const Network network(dense(), {6, 3}, {.dropout = 0.5});
  RowMatrix<double> plain, out, again;
  network.encode(ids, plain);
  Network::Tape tape;
  network.encode(ids, out, tape);
  CHECK(near(out, plain, 0));
  Random random(3);
  tape.reseed(random);
  network.encode(ids, out, tape);
  CHECK_FALSE(bool(near(out, plain, 1e-6)));

  // The derivative along the first layer's bias, at this mask: differences with the same random numbers.
  const auto value = [&](double shift) {
    Network moved = network;
    std::get<1>(moved.parameters()).value().array() += shift;
    Network::Tape other;
    Random same(3);
    other.reseed(same);
    moved.encode(ids, again, other);
    return again.leftCols(3).sum();
  };
  auto gradients = gradients_like(const_cast<Network&>(network));
  RowMatrix<double> ones = RowMatrix<double>::Zero(out.rows(), out.cols());
  ones.leftCols(3).setOnes();
  network.backward(ids, ones, tape, std::apply([](auto&... g) { return std::tie(g...); }, gradients));
  const double analytic = std::get<1>(gradients).value().sum();
  CHECK_THAT(analytic, Catch::Matchers::WithinRel((value(1e-5) - value(-1e-5)) / 2e-5, 1e-6));
}

TEST_CASE("a network refuses widths below 1 and dropout outside [0, 1)", "[encoder]") {
  CHECK_THROWS_AS((Mlp<DenseFeatures<double>, 2>(dense(), {3, 0})), std::invalid_argument);
  CHECK_THROWS_AS((Mlp<DenseFeatures<double>, 1>(dense(), {3}, {.dropout = 1.0})), std::invalid_argument);
  CHECK_THROWS_AS((Mlp<DenseFeatures<double>, 1>(dense(), {3}, {.dropout = -0.1})), std::invalid_argument);
}

TEST_CASE("entities that an encoder was not made with are encoded from their features", "[encoder]") {
  using Bag = FeatureBag<double>;
  const Mlp<Activated<Bag>, 2> network(Activated<Bag>(bag()), {5, 3});
  Features others(5, 3);  // the rows 3 and 0 of small_features, and one without any
  others.add_row(small_features()->sparse(3));
  others.add_row(small_features()->sparse(0));
  others.add_row({});
  RowMatrix<double> known, of_others;
  const auto check = [&](const auto& encoder) {
    encoder.encode(std::vector<Index>{3, 0, 2, 3}, known);
    encoder.encode(others, std::vector<Index>{0, 1, 2, 0}, of_others);
    CHECK(near(of_others, known, 0));
    CHECK_THROWS_AS(encoder.encode(Features(4), {}, of_others), std::invalid_argument);
  };
  check(network);
  check(network.inner());
  check(network.inner().inner());
  CHECK(message_of([&] { network.encode(Features(4), {}, of_others); }) ==
        "FeatureBag: the features must have 5 sparse columns as those trained with, got 4");
}

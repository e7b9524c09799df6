// SPDX-License-Identifier: MIT
// That the gradient of L2 is the derivative of its objective: pointwise.test.cpp.
#include <kindred/model/collaborative.hpp>
#include <kindred/train/l2.hpp>

#include "support/catch.hpp"

using namespace kindred;

TEST_CASE("L2 has a weight for each group of parameters", "[train]") {
  const L2 l2{.embeddings = 1, .features = 2, .biases = 3, .layers = 4};
  CHECK(l2.of(EmbeddingTable<float, 8>::group) == 1);
  CHECK(l2.of(EmbeddingTable<float>::group) == 1);
  CHECK(l2.of(ParameterGroup::features) == 2);
  CHECK(l2.of(EmbeddingTable<float, 1>::group) == 3);
  CHECK(l2.of(Weights<float, 8>::group) == 4);
  CHECK(l2.of(Weights<float, 1>::group) == 4);
}

TEST_CASE("L2 refuses weights and powers out of range", "[train]") {
  const auto refusal = [](const L2& l2) { return message_of([&] { l2.validate(); }); };
  CHECK(refusal({}) == "(nothing was thrown)");
  CHECK(refusal({.embeddings = -1}) == "L2: a weight must be finite and not negative, got -1");
  CHECK(refusal({.features = -2}) == "L2: a weight must be finite and not negative, got -2");
  CHECK(refusal({.biases = std::numeric_limits<double>::infinity()}) ==
        "L2: a weight must be finite and not negative, got inf");
  CHECK(refusal({.layers = std::numeric_limits<double>::quiet_NaN()}) ==
        "L2: a weight must be finite and not negative, got nan");
  CHECK(refusal({.frequency_power = -0.5}) == "L2: frequency_power must be in [0, 1], got -0.5");
  CHECK(refusal({.frequency_power = 1.5}) == "L2: frequency_power must be in [0, 1], got 1.5");
}

TEST_CASE("a row's weight falls with the number of rows that touch it", "[train]") {
  // user 0 has 4 rows, user 1 one, user 2 none; item 0 has 2, item 4 none.
  const Interactions data({.users = {0, 0, 0, 0, 1}, .items = {0, 1, 2, 3, 0}}, {.users = 3, .items = 5});
  CollaborativeModel<double, 2> model(4, 6);  // one more of each than the data
  const L2Rows<CollaborativeModel<double, 2>> rows(model, data, {.embeddings = 0.8, .biases = 0.4, .frequency_power = 0.5},
                                                   false);
  using Catch::Matchers::WithinRel;
  const auto check = [&](std::size_t parameter, const std::vector<double>& lambda) {
    for (std::size_t r = 0; r < lambda.size(); ++r) CHECK_THAT(rows.of(parameter)[r], WithinRel(lambda[r], 1e-12));
  };
  const double root = std::sqrt(2.0);
  check(0, {0.4, 0.8, 0.8, 0.8});
  check(1, {0.8 / root, 0.8, 0.8, 0.8, 0.8, 0.8});
  check(2, {0.2, 0.4, 0.4, 0.4});
  check(3, {0.4 / root, 0.4, 0.4, 0.4, 0.4, 0.4});
}

TEST_CASE("sampled negatives take part in the penalty only if told to", "[train]") {
  const Interactions data({.users = {0}, .items = {0}});
  CollaborativeModel<double, 2> model(1, 1);
  using Rows = L2Rows<CollaborativeModel<double, 2>>;
  const Example<std::uint32_t> positive{0, 0, 1, 1}, negative{0, 0, 0, 1};
  CHECK(Rows(model, data, {}, true).asks(positive));
  CHECK_FALSE(Rows(model, data, {}, true).asks(negative));
  CHECK_FALSE(Rows(model, data, {}, true).all_ask());
  CHECK(Rows(model, data, {.negatives = true}, true).asks(negative));
  CHECK(Rows(model, data, {.negatives = true}, true).all_ask());
  CHECK(Rows(model, data, {}, false).asks(negative));  // explicit feedback: a rating of 0 is a rating
}

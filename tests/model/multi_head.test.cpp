// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/multi_head.hpp>
#include <kindred/testing/gradient_check.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <limits>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

/// Every parameter a normal number, and means of 2, 3, ...
template <class M>
M filled(M model) {
  std::uint32_t salt = 0;
  detail::for_each_parameter(model, [&](auto& parameter, auto) { fill_normal(parameter, 1, 9, salt++); });
  const Interactions all({{0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}});
  const Interactions rest({{0}, {5}});
  if constexpr (M::heads == 2) {
    model.prepare(std::tie(all, rest), {2.0, 3.0});
  } else {
    model.prepare(std::tie(all, rest, all), {2.0, 3.0, 4.0});
  }
  return model;
}

/// A model that predicts with one head: what the gradient check asks for.
template <class M>
struct ThroughHead {
  using Scalar = typename M::Scalar;
  using Tape = typename ModelHead<M>::Tape;

  M model;
  std::size_t k;

  auto parameters() { return model.parameters(); }
  static auto names() { return M::names(); }
  void forward(std::span<const Index> users, std::span<const Index> items, std::span<Scalar> predictions, Tape& tape) const {
    model.head(k).forward(users, items, predictions, tape);
  }
  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const Scalar> slopes, Tape& tape,
                Gradients<M>& gradients) const {
    model.head(k).backward(users, items, slopes, tape, gradients);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("Each head weighs the shared embeddings: score, score_items and the vectors agree", "[model]",
                   (MultiHeadModel<double, 3, 2>), (MultiHeadModel<float, Dynamic, 3>)) {
  using Scalar = typename TestType::Scalar;
  const double tolerance = sizeof(Scalar) == 4 ? 2e-5 : 1e-13;
  for (const bool biases : {true, false}) {
    const auto model = filled(TestType(5, 6, {.dim = 3, .biases = biases}));
    for (std::size_t k = 0; k < TestType::heads; ++k) {
      const auto head = model.head(k);
      CHECK(head.vector_dim() == (biases ? 4 : 3));
      CHECK(head.global_mean() == (biases ? static_cast<Scalar>(2 + k) : Scalar{0}));
      const std::vector<Index> ids{4, 0, 4, 2};
      RowMatrix<Scalar> users = RowMatrix<Scalar>::Constant(2, 2, 9), items = users;
      head.user_vectors(ids, users);
      head.item_vectors(items);
      REQUIRE(users.rows() == 4);
      REQUIRE(users.cols() == padded<Scalar>(head.vector_dim()));
      REQUIRE(items.rows() == 6);
      REQUIRE(items.cols() == users.cols());
      std::vector<Scalar> scores(6);
      for (std::size_t n = 0; n < ids.size(); ++n) {
        const Index u = ids[n];
        head.score_items(UserId(u), scores);
        for (Index i = 0; i < 6; ++i) {
          const auto& parts = model.parts(k);
          double dot = 0;
          for (Index d = 0; d < 3; ++d) {
            dot += static_cast<double>(parts.factors.row(0)(d)) * static_cast<double>(model.user_table().row(u)(d)) *
                   static_cast<double>(model.item_table().row(i)(d));
          }
          const double item = biases ? static_cast<double>(parts.item_biases.row(i)(0)) : 0;
          const double constant = biases ? static_cast<double>(2 + k) + static_cast<double>(parts.user_biases.row(u)(0)) : 0;
          CHECK_THAT(static_cast<double>(head.score(UserId(u), ItemId(i))), WithinAbs(constant + item + dot, tolerance));
          CHECK_THAT(static_cast<double>(scores[static_cast<std::size_t>(i)]), WithinAbs(constant + item + dot, tolerance));
          const auto product = users.row(static_cast<Index>(n)).dot(items.row(i));
          CHECK_THAT(static_cast<double>(product), WithinAbs(item + dot, tolerance));
        }
      }
    }
  }
}

TEST_CASE("The gradient of each head is exact, and leaves the other heads alone", "[model]") {
  using M = MultiHeadModel<double, 3, 2>;
  const std::vector<Example<std::uint32_t>> examples{{0, 0, 5, 1}, {0, 3, 2, 0.5F}, {4, 3, 1, 2}, {0, 0, 3, 1}, {2, 5, 4, 1}};
  for (const bool biases : {true, false}) {
    for (std::size_t k = 0; k < 2; ++k) {
      ThroughHead<M> through{filled(M(5, 6, {.biases = biases})), k};
      const auto check = testing::check_gradient(through, examples, SquaredError{});
      INFO(check);
      CHECK(check.max_relative_error < 1e-6);
      CHECK(check.checked == 4 * (5 + 6) + 2 * 4 + 2 * (5 + 6));  // with the padding of the fourth column
    }
  }
}

TEST_CASE("Factors that are not learned get no gradient", "[model]") {
  using M = MultiHeadModel<float, 4, 2>;
  M model = filled(M(5, 6, {.factors = false}));
  const std::vector<Example<std::uint32_t>> examples{{0, 0, 5, 1}, {1, 3, 2, 1}};
  auto gradients = gradients_like(model);
  PairWorkspace<ModelHead<M>> work;
  add_gradient(model.head(1), std::span(examples), SquaredError{}, 1, work, gradients);
  CHECK(std::get<0>(gradients).count() == 2);
  CHECK(std::get<2>(gradients).count() == 0);
  CHECK(std::get<5>(gradients).count() == 0);
  CHECK(std::get<7>(gradients).count() == 2);
}

TEST_CASE("The factors start at one and the biases at zero, so at first the heads agree", "[model]") {
  const MultiHeadModel<float, 8, 2> model(4, 4);
  CHECK((model.head(0).factors() == 1).all());
  for (Index i = 0; i < 4; ++i) {
    CHECK(model.head(0).score(UserId(1), ItemId(i)) == model.head(1).score(UserId(1), ItemId(i)));
  }
}

TEST_CASE("prepare sets the means and forgets ids without rows for a trained head, once", "[model]") {
  MultiHeadModel<float, 4, 2> model(3, 3);
  const Interactions first({{0}, {0}}, {.users = 3, .items = 3}), second({{1}, {1}}, {.users = 3, .items = 3});
  model.prepare(std::tie(first, second), {0.5, std::nullopt});
  CHECK(model.head(0).knows(UserId(0)));
  CHECK_FALSE(model.head(0).knows(UserId(1)));  // has rows for the other head alone, which is not trained
  CHECK(model.head(1).knows(ItemId(0)));
  CHECK_FALSE(model.head(1).knows(ItemId(2)));
  CHECK(model.head(0).global_mean() == 0.5F);
  CHECK(model.head(1).global_mean() == 0);
  model.prepare(std::tie(first, second), {7.0, 7.0});
  CHECK(model.head(0).global_mean() == 0.5F);
}

TEST_CASE("A wrong head, id or size is an error", "[model]") {
  using M = MultiHeadModel<float, 4, 2>;
  const M model(3, 5);
  CHECK_THROWS_AS(model.head(2), std::out_of_range);
  CHECK_THROWS_AS(model.head(1).score(UserId(3), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(model.head(1).score(UserId(0), ItemId(5)), std::out_of_range);
  std::vector<float> few(4);
  CHECK_THROWS_AS(model.head(0).score_items(UserId(0), few), std::invalid_argument);
  CHECK_THROWS_AS(M(0, 5), std::invalid_argument);
  CHECK_THROWS_AS(M(3, 0), std::invalid_argument);
  CHECK_THROWS_AS(M(3, 5, {.dim = 3}), std::invalid_argument);
  CHECK_THROWS_AS(M(3, 5, {.deviation = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

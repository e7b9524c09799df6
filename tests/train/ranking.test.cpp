// SPDX-License-Identifier: MIT
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/grouped.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/testing/gradient_check.hpp>
#include <kindred/train/ranking.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <set>

using namespace kindred;

namespace {

template <class Scorer = DotProduct>
using Small = CollaborativeModel<double, 3, Scorer>;

using Row = Example<std::uint32_t>;

/// Users 0 to 3, items 0 to 6. User 0 has 0-2, user 1 has 2-5, user 2 all but 5, user 3 everything.
Interactions data() {
  InteractionColumns columns;
  const auto add = [&](std::uint32_t user, std::uint32_t item) {
    columns.users.push_back(user);
    columns.items.push_back(item);
  };
  for (const std::uint32_t item : {0U, 1U, 2U}) add(0, item);
  for (const std::uint32_t item : {2U, 3U, 4U, 5U}) add(1, item);
  for (const std::uint32_t item : {0U, 1U, 2U, 3U, 4U, 6U}) add(2, item);
  for (std::uint32_t item = 0; item < 7; ++item) add(3, item);
  return Interactions(std::move(columns), {.users = 4, .items = 7});
}

std::vector<Row> rows_of(const Interactions& rows) {
  std::vector<Row> out;
  for (Index k = 0; k < rows.size(); ++k) {
    out.push_back(
        {rows.user(k).value(), rows.item(k).value(), rows.value(k), k % 5 == 4 ? 0.0F : 1 + 0.5F * static_cast<float>(k % 2)});
  }
  return out;
}

/// What a workspace makes of some rows, always with the same random numbers.
template <class Model, class Loss>
struct Pass {
  const Interactions& data;
  std::vector<Row> rows;
  Loss loss;
  NegativeSampling sampling = {.per_positive = 3};
  double scale = 1;
  PairWorkspace<Model> positives = {}, negatives = {};

  double operator()(const Model& model, Gradients<Model>& gradients) {
    RankingWorkspace<Model, std::uint32_t> work;
    Random random(3);
    const double sum =
        work.find_slopes(model, std::span<const Row>(rows), std::span<const Row>(rows),
                         NegativeSource<std::uint32_t>(data, sampling), sampling, loss, scale, random, positives, negatives);
    positives.backward(model, gradients);
    negatives.backward(model, gradients);
    return sum;
  }
};

template <class Scorer, class Loss>
double gradient_error(const Loss& loss, const NegativeSampling& sampling) {
  const Interactions rows = data();
  Small<Scorer> model(4, 7, {.deviation = 1.5, .seed = 4});
  Pass<Small<Scorer>, Loss> pass{rows, rows_of(rows), loss, sampling};
  auto gradients = gradients_like(model), unused = gradients_like(model);
  CHECK(pass(model, gradients) > 0);
  return testing::detail::compare(model, gradients, 1e-4, [&] { return pass(model, unused); }).max_relative_error;
}

/// The objective of one row of a user who lacks one item alone, so that the negative is known.
template <class Loss>
double of_user_2(const Loss& loss, const Small<>& model, const NegativeSampling& sampling = {.per_positive = 3}) {
  const Interactions rows = data();
  auto gradients = gradients_like(const_cast<Small<>&>(model));
  return Pass<Small<>, Loss>{rows, {{2, 1, 1, 2}}, loss, sampling}(model, gradients);
}

}  // namespace

TEST_CASE("the gradient of groups is exact for every loss, scorer and kind of negatives", "[train]") {
  const std::vector<NegativeSampling> samplings = {
      {.per_positive = 3}, {.per_positive = 2, .popularity_power = 0.75}, {.per_positive = 4, .in_batch = true}};
  for (const NegativeSampling& sampling : samplings) {
    CHECK(gradient_error<DotProduct>(Bpr{}, sampling) < 1e-6);
    CHECK(gradient_error<Cosine>(Bpr{}, sampling) < 1e-6);
    CHECK(gradient_error<DotProduct>(SampledSoftmax{}, sampling) < 1e-6);
    CHECK(gradient_error<Cosine>(SampledSoftmax{.temperature = 0.2}, sampling) < 1e-6);
    CHECK(gradient_error<DotProduct>(Warp{}, sampling) < 1e-6);
    CHECK(gradient_error<Cosine>(Warp{.margin = 0.5}, sampling) < 1e-6);
    CHECK(gradient_error<DotProduct>(WarpKos{}, sampling) < 1e-6);
  }
  CHECK(gradient_error<DotProduct>(Bpr{}, {.per_positive = 2, .hardest_of = 3}) < 1e-6);
  CHECK(gradient_error<DotProduct>(Grouped{SquaredError{}, 0.5}, {.per_positive = 2, .hardest_of = 3}) < 1e-6);
}

TEST_CASE("the loss of a group is that of the model's scores", "[train]") {
  const Small<> model(4, 7, {.deviation = 1, .seed = 2});
  const double positive = model.score(UserId(2), ItemId(1)), negative = model.score(UserId(2), ItemId(5));
  const double behind = negative - positive;
  CHECK_THAT(of_user_2(Bpr{}, model), Catch::Matchers::WithinRel(2 * std::log1p(std::exp(behind)), 1e-12));
  // Three draws of the only other item, each expected 3 times: the sum over them estimates e^negative.
  CHECK_THAT(of_user_2(SampledSoftmax{}, model), Catch::Matchers::WithinRel(2 * std::log1p(std::exp(behind)), 1e-12));
  CHECK_THAT(of_user_2(Warp{.margin = 10}, model), Catch::Matchers::WithinRel(2 * detail::harmonic(1) * (10 + behind), 1e-12));
  const double squared = (positive - 1) * (positive - 1) + 3 * 0.5 * negative * negative;
  CHECK_THAT(of_user_2(Grouped{SquaredError{}, 0.5}, model), Catch::Matchers::WithinRel(2 * squared, 1e-12));
}

TEST_CASE("the scale multiplies the gradient and not the sum, and positives are kept apart", "[train]") {
  const Interactions rows = data();
  Small<> model(4, 7, {.seed = 2});
  Pass<Small<>, Bpr> pass{rows, rows_of(rows), {}};
  auto one = gradients_like(model), half = gradients_like(model);
  const double sum = pass(model, one);
  CHECK(pass.positives.size() == 11);
  CHECK(pass.negatives.size() == 3 * pass.positives.size());
  for (std::size_t k = 0; k < pass.positives.size(); ++k) {
    CHECK(rows.contains(UserId(pass.positives.users[k]), ItemId(pass.positives.items[k])));
  }
  pass.scale = 0.5;
  CHECK(pass(model, half) == sum);
  std::get<0>(one).compact();
  std::get<0>(half).compact();
  for (Index k = 0; k < std::get<0>(one).count(); ++k) {
    CHECK((std::get<0>(half).row(k) == 0.5 * std::get<0>(one).row(k)).all());
  }
}

TEST_CASE("a user who has everything, and a row of weight 0, make no group", "[train]") {
  const Interactions rows = data();
  Small<> model(4, 7, {.seed = 2});
  auto gradients = gradients_like(model);
  const auto check = [&](const auto& loss) {
    CHECK(Pass<Small<>, std::remove_cvref_t<decltype(loss)>>{rows, {{3, 2, 1, 1}, {0, 1, 1, 0}}, loss}(model, gradients) == 0);
    CHECK(std::get<0>(gradients).count() == 0);
  };
  check(Bpr{});
  check(SampledSoftmax{});
  check(Warp{});
  check(WarpKos{});
}

TEST_CASE("a searching loss stops at a violation, and leaves rows alone that stand well", "[train]") {
  const Interactions rows = data();
  Small<> model(4, 7, {.deviation = 0, .seed = 2});
  auto gradients = gradients_like(model);
  model.item_biases().data()[1] = 3;  // far above all others
  Pass<Small<>, Warp> pass{rows, {{0, 1, 1, 1}}, Warp{}, {.per_positive = 50}};
  CHECK(pass(model, gradients) == 0);
  CHECK(pass.positives.size() + pass.negatives.size() == 0);
  model.item_biases().data()[5] = 2.5;  // one of user 0's four other items violates
  CHECK(pass(model, gradients) > 0);
  std::get<1>(gradients).compact();
  CHECK(std::get<1>(gradients).count() == 2);
  CHECK(std::get<1>(gradients).id(0) == 1);
  CHECK(std::get<1>(gradients).id(1) == 5);
}

TEST_CASE("given negatives: the row's item against one of the user's positives", "[train]") {
  InteractionColumns columns{{0, 0, 0, 1}, {0, 1, 2, 3}, {1, -1, 2, 0}, {}, {}};
  const Interactions rows(columns, {.users = 2, .items = 5});
  const NegativeSampling given{.per_positive = 4, .given = true};
  Small<> model(2, 5, {.deviation = 0, .seed = 2});
  model.item_biases().data()[1] = 0.5;
  const auto sum = [&](const auto& loss, Row row) {
    auto gradients = gradients_like(model);
    return Pass<Small<>, std::remove_cvref_t<decltype(loss)>>{rows, {row}, loss, given}(model, gradients);
  };
  CHECK_THAT(sum(Bpr{}, {0, 1, -1, 1}), Catch::Matchers::WithinRel(std::log1p(std::exp(0.5)), 1e-12));
  CHECK_THAT(sum(Warp{}, {0, 1, -1, 1}),
             Catch::Matchers::WithinRel(detail::harmonic(1) * 1.5, 1e-12));  // no place is estimated
  CHECK(sum(Warp{.margin = 1}, {0, 0, 1, 1}) > 0);
  CHECK(sum(Bpr{}, {1, 3, 0, 1}) == 0);  // user 1 has no positive
  CHECK(sum(Warp{}, {1, 3, 0, 1}) == 0);
  CHECK(sum(WarpKos{}, {1, 3, 0, 1}) == 0);

  const NegativeSource<std::uint32_t> source(rows, given);
  Random random(1);
  std::set<Index> drawn;
  for (int k = 0; k < 100; ++k) drawn.insert(source.positive(UserId(0), random)->index());
  CHECK(drawn == std::set<Index>{0, 2});
  CHECK(!source.positive(UserId(1), random));
}

TEST_CASE("negatives in the batch are items of its rows, and none of the user's", "[train]") {
  const Interactions rows = data();
  const NegativeSource<std::uint32_t> source(rows, {.per_positive = 1, .in_batch = true});
  const std::vector<Row> batch = {{0, 0, 1, 1}, {1, 3, 1, 1}, {1, 5, 1, 1}};
  Random random(1);
  std::set<Index> drawn;
  std::vector<Index> users(100, 0), items(100);
  users[50] = 3;
  source.negatives(users, batch, random, items);
  CHECK(items[50] == -1);
  for (std::size_t k = 0; k < users.size(); ++k) {
    if (k != 50) drawn.insert(items[k]);
  }
  CHECK(drawn == std::set<Index>{3, 5});
  // Items 3 to 6 have 3, 3, 2, 2 rows: 10 of user 0's other items.
  CHECK_THAT(source.log_probability(UserId(0), ItemId(3)), Catch::Matchers::WithinRel(std::log(0.3), 1e-12));
}

TEST_CASE("the hardest of many drawn negatives is the one with the highest score", "[train]") {
  const Interactions rows = data();
  Small<> model(4, 7, {.deviation = 0, .seed = 2});
  for (Index i = 0; i < 7; ++i) model.item_biases().data()[i] = static_cast<double>(i == 4 ? 9 : i);
  auto gradients = gradients_like(model);
  Pass<Small<>, Bpr>{rows, {{0, 1, 1, 1}}, {}, {.per_positive = 2, .hardest_of = 60}}(model, gradients);
  std::get<1>(gradients).compact();
  REQUIRE(std::get<1>(gradients).count() == 2);
  CHECK(std::get<1>(gradients).id(1) == 4);
}

TEST_CASE("k-OS takes the positive at the place it says", "[train]") {
  const Interactions rows = data();
  Small<> model(4, 7, {.deviation = 0, .seed = 2});
  for (Index i = 0; i < 7; ++i) model.item_biases().data()[i] = static_cast<double>(i);
  const auto chosen = [&](int k) {
    WarpKos loss;
    loss.of = 60;
    loss.k = k;
    auto gradients = gradients_like(model);
    Pass<Small<>, WarpKos>{rows, {{0, 1, 1, 1}}, loss, {.per_positive = 9}}(model, gradients);
    std::get<1>(gradients).compact();
    return std::get<1>(gradients).id(0);
  };
  CHECK(chosen(1) == 2);   // of user 0's items 0, 1, 2 the one with the highest score
  CHECK(chosen(60) == 0);  // the lowest
  CHECK(chosen(30) == 1);
}

TEST_CASE("a score that is no number stands last among the positives of k-OS, and shows in the loss", "[train]") {
  const Interactions rows = data();
  Small<> model(4, 7, {.deviation = 0, .seed = 2});
  model.item_biases().data()[1] = std::numeric_limits<double>::quiet_NaN();
  const auto sum = [&](int k) {
    WarpKos loss;
    loss.of = 60;
    loss.k = k;
    auto gradients = gradients_like(model);
    return Pass<Small<>, WarpKos>{rows, {{0, 0, 1, 1}}, loss, {.per_positive = 9}}(model, gradients);
  };
  CHECK(std::isfinite(sum(1)));
  CHECK(std::isnan(sum(60)));
}

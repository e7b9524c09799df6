// SPDX-License-Identifier: MIT
#include <kindred/model/collaborative.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/testing/scorer_laws.hpp>

#include "support/near.hpp"

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

// |a| = 5, |b| = 13, a.b = 15 + 48 = 63.
TEST_CASE("the cosine of two rows", "[scorer]") {
  const Eigen::Array<double, 1, 2> a(3, 4), b(5, 12);
  CHECK_THAT(Cosine{}.score(a, b), WithinRel(63.0 / 65, 1e-12));
  CHECK_THAT((Cosine{.scale = 5}.score(a, b)), WithinRel(63.0 / 13, 1e-12));
  CHECK_THAT(Cosine{}.score(a, a), WithinRel(1.0, 1e-12));
  CHECK_THAT(Cosine{}.score(a, -a), WithinRel(-1.0, 1e-12));
  CHECK_THAT(Cosine{}.score(a, 100 * b), WithinRel(63.0 / 65, 1e-12));
}

// d/da = (b / |b| - cos a / |a|) / |a| = ((5, 12) / 13 - 63/65 (3, 4) / 5) / 5 = (-64, 48) / 1625
// d/db = (a / |a| - cos b / |b|) / |b| = ((3, 4) / 5 - 63/65 (5, 12) / 13) / 13 = (192, -80) / 10985
TEST_CASE("the gradient of the cosine, by hand", "[scorer]") {
  const Eigen::Array<double, 1, 2> a(3, 4), b(5, 12);
  Eigen::Array<double, 1, 2> da, db;
  Cosine{.scale = 2}.backward(a, b, 3.0, da, db);
  CHECK(near(da, 6 * Eigen::Array<double, 1, 2>(-64, 48) / 1625, 1e-12));
  CHECK(near(db, 6 * Eigen::Array<double, 1, 2>(192, -80) / 10985, 1e-12));
}

TEST_CASE("the gradient of the cosine is exact", "[scorer]") {
  for (const double scale : {1.0, 0.1, 5.0}) {
    for (const Index dim : {2, 3, 8}) {
      const auto check = testing::check_scorer(Cosine{scale}, dim);
      INFO(check);
      CHECK(check.max_relative_error < 1e-6);
    }
  }
}

TEMPLATE_TEST_CASE("the cosine with a zero vector is 0 and has gradient 0", "[scorer]", float, double) {
  using Row = Eigen::Array<TestType, 1, 3>;
  const Row zero = Row::Zero(), a(1, 2, 3);
  for (const auto& [left, right] : {std::pair{zero, a}, std::pair{a, zero}, std::pair{zero, zero}}) {
    CHECK(Cosine{}.score(left, right) == 0);
    Row da = Row::Constant(9), db = Row::Constant(9);
    Cosine{}.backward(left, right, TestType{1}, da, db);
    CHECK((da == 0).all());
    CHECK((db == 0).all());
  }
  Row form = zero;
  Cosine{}.index_form(form);
  CHECK((form == 0).all());
}

TEST_CASE("the index form of the cosine has length 1, or the root of the scale", "[scorer]") {
  Eigen::Array<double, 1, 2> form(3, 4);
  Cosine{}.index_form(form);
  CHECK(near(form, Eigen::Array<double, 1, 2>(0.6, 0.8), 1e-15));
  form = {3, 4};
  Cosine{.scale = 4}.index_form(form);
  CHECK(near(form, Eigen::Array<double, 1, 2>(1.2, 1.6), 1e-15));
}

TEST_CASE("the laws of scorers hold for the cosine", "[scorer]") {
  CHECK(testing::scorer_laws(Cosine{}) == std::vector<std::string>{});
  CHECK(testing::scorer_laws(Cosine{.scale = 4}) == std::vector<std::string>{});
  CHECK(testing::scorer_laws(Cosine{.scale = 0.01}, {.dim = 3}) == std::vector<std::string>{});
}

TEST_CASE("a scale that is not positive and finite is an error when a model is made", "[scorer]") {
  CHECK_THROWS_AS(Cosine{.scale = 0}.validate(), std::invalid_argument);
  using Model = CollaborativeModel<float, 4, Cosine>;
  CHECK(message_of([] { Model(2, 3, {}, Cosine{.scale = -1}); }) == "Cosine: scale must be positive and finite, got -1");
  CHECK_THROWS_AS(Model(2, 3, {}, Cosine{.scale = std::nan("")}), std::invalid_argument);
}

// With biases the vectors are (form, 1) and (form, bias): the dot product must be the score, not only rank as the cosine does.
TEST_CASE("a cosine model with biases ranks by its vectors as by its scores", "[scorer]") {
  CollaborativeModel<double, 3, Cosine> model(4, 20, {.biases = true, .deviation = 1}, Cosine{.scale = 3});
  fill_normal(model.item_biases(), 1, 5, 5);
  RowMatrix<double> users, items;
  model.user_vectors(std::vector<Index>{0, 1, 2, 3}, users);
  model.item_vectors(items);
  for (Index u = 0; u < 4; ++u) {
    for (Index i = 0; i < 20; ++i)
      CHECK_THAT(users.row(u).dot(items.row(i)), WithinAbs(model.score(UserId(u), ItemId(i)), 1e-12));
  }
}

// SPDX-License-Identifier: MIT
#include "support/hybrid.hpp"
#include "support/catch.hpp"

using namespace kindred;

TEST_CASE("a hybrid scores the weighted sum of its parts, and says what each gave", "[model]") {
  const Hybrid model = hybrid();
  std::vector<double> all(4);
  for (Index u = 0; u < 5; ++u) {
    model.score_items(UserId(u), std::span<double>(all));
    for (Index i = 0; i < 4; ++i) {
      const double first = model.part<0>().score(UserId(u), ItemId(i)), second = model.part<1>().score(UserId(u), ItemId(i));
      CHECK_THAT(model.score(UserId(u), ItemId(i)), Catch::Matchers::WithinAbs(first + 0.5 * second, 1e-12));
      CHECK_THAT(all[static_cast<std::size_t>(i)], Catch::Matchers::WithinAbs(first + 0.5 * second, 1e-12));
      const auto shares = model.breakdown(UserId(u), ItemId(i));
      CHECK_THAT(shares[0].score, Catch::Matchers::WithinAbs(first, 1e-12));
      CHECK_THAT(shares[1].score, Catch::Matchers::WithinAbs(0.5 * second, 1e-12));
    }
  }
}

TEST_CASE("the vectors of a hybrid give its scores, up to a number for each user", "[model]") {
  Hybrid model = hybrid();
  model.prepare(ratings(), 3.0);
  RowMatrix<double> users, items;
  model.user_vectors(std::vector<Index>{0, 1, 2, 3, 4}, users);
  model.item_vectors(items);
  CHECK(model.vector_dim() == 3 + 1 + 2);
  const RowMatrix<double> dots = users * items.transpose();
  for (Index u = 0; u < 5; ++u) {
    const double offset = model.score(UserId(u), ItemId(0)) - dots(u, 0);
    for (Index i = 1; i < 4; ++i)
      CHECK_THAT(dots(u, i) + offset, Catch::Matchers::WithinAbs(model.score(UserId(u), ItemId(i)), 1e-12));
  }
}

TEST_CASE("the type of a hybrid follows from its parts", "[model]") {
  STATIC_REQUIRE(std::is_same_v<decltype(HybridModel(Collaborative(5, 4), content())), Hybrid>);
  STATIC_REQUIRE(std::is_same_v<decltype(HybridModel({1.0, 0.5}, Collaborative(5, 4), content())), Hybrid>);
}

TEST_CASE("parts that do not fit together are refused", "[model]") {
  CHECK_THROWS_AS(Hybrid(Collaborative(5, 3), content()), std::invalid_argument);
  CHECK_THROWS_AS((Hybrid({1.0, INFINITY}, Collaborative(5, 4), content())), std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/near.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/imputed.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/scorer/cosine.hpp>

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

// Items 0, 1, 2 are known; 3, 4, 5 are new; 5 has no features.
Interactions train() { return Interactions({.users = {0, 1, 1, 0}, .items = {0, 0, 1, 2}}, {.users = 2, .items = 6}); }

Features content() {
  Features features(3);
  features.add_row(std::vector<FeatureWeight>{{0, 1}});
  features.add_row(std::vector<FeatureWeight>{{0, 3}, {1, 4}});
  features.add_row(std::vector<FeatureWeight>{{1, 2}});
  features.add_row(std::vector<FeatureWeight>{{0, 5}, {2, 0.0F}});  // cosine 1 with item 0, 0.6 with item 1
  features.add_row(std::vector<FeatureWeight>{{1, 1}});             // 0.8 with item 1, 1 with item 2
  features.add_row({});
  return features;
}

/// score(u, i) = 10 u + i^2, and nothing is known of user 1.
struct Squares {
  using Scalar = double;
  Index users() const { return 2; }
  Index items() const { return 6; }
  template <class Rep>
  double score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    detail::require_id("Squares: user", user.index(), users());
    return static_cast<double>(10 * user.index() + item.index() * item.index());
  }
  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<double> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = score(user, BasicItemId<Rep>(i));
  }
  bool knows(UserId user) const { return user.index() == 0; }
  bool knows(ItemId item) const { return item.index() < 3; }
};

static_assert(Model<ImputedModel<Squares>> && !VectorModel<ImputedModel<Squares>>);
static_assert(VectorModel<ImputedModel<Popularity>> && VectorModel<ImputedModel<CollaborativeModel<double>>>);
static_assert(Model<ImputedModel<CollaborativeModel<float, Dynamic, Cosine>>>);

}  // namespace

TEST_CASE("a new item has the mean score of its nearest known items; others keep theirs", "[model]") {
  const ImputedModel model(Squares{}, train(), content());
  for (Index u = 0; u < 2; ++u) {
    const double offset = 10.0 * static_cast<double>(u);
    CHECK(model.score(UserId(u), ItemId(2)) == offset + 4);
    CHECK_THAT(model.score(UserId(u), ItemId(3)), WithinAbs(offset + (1 * 0 + 0.6 * 1) / 1.6, 1e-6));
    CHECK_THAT(model.score(UserId(u), ItemId(4)), WithinAbs(offset + (0.8 * 1 + 1 * 4) / 1.8, 1e-6));
    CHECK(model.score(UserId(u), ItemId(5)) == offset + 25);  // no features: as the base says
    std::vector<double> all(6);
    CHECK(allocations_of([&] { model.score_items(UserId(u), std::span<double>(all)); }) == 0);
    for (Index i = 0; i < 6; ++i) CHECK(all[static_cast<std::size_t>(i)] == model.score(UserId(u), ItemId(i)));
  }
  CHECK(model.knows(ItemId(0)));
  CHECK(model.knows(ItemId(4)));
  CHECK_FALSE(model.knows(ItemId(5)));
  CHECK(model.knows(UserId(0)));
  CHECK_FALSE(model.knows(UserId(1)));
  const ImputedModel popular(Popularity(train()), train(), content());  // a base that does not say whom it knows
  CHECK(popular.knows(ItemId(0)));
  CHECK(popular.knows(ItemId(4)));
  CHECK_FALSE(popular.knows(ItemId(5)));
  CHECK(popular.knows(UserId(1)));
}

TEST_CASE("only so many neighbours count, and only known ones", "[model]") {
  const ImputedModel model(Squares{}, train(), content(), {.neighbours = 1});
  CHECK(model.score(UserId(0), ItemId(3)) == 0.0);
  CHECK(model.score(UserId(0), ItemId(4)) == 4.0);
  REQUIRE(model.stand_ins(ItemId(4)).size() == 1);
  CHECK(model.stand_ins(ItemId(4))[0].item == ItemId(2));
  CHECK(model.stand_ins(ItemId(2)).empty());
  CHECK(model.stand_ins(ItemId(5)).empty());
}

TEST_CASE("the vectors of a new item are the same mean", "[model]") {
  CollaborativeModel<double> base(2, 6, {.dim = 5, .biases = true, .deviation = 1});
  for (Index i = 0; i < 6; ++i) base.item_biases().data()[i] = 0.1 * static_cast<double>(i);
  base.prepare(Interactions({.users = {0, 1, 0, 1, 0, 1}, .items = {0, 1, 2, 3, 4, 5}}), 2.5);  // all are known to the base
  const ImputedModel model(base, train(), content());
  RowMatrix<double> users, items, of_base;
  model.user_vectors(std::vector<Index>{0, 1}, users);
  model.item_vectors(items);
  base.item_vectors(of_base);
  CHECK(model.vector_dim() == base.vector_dim());
  CHECK(items.topRows(3) == of_base.topRows(3));
  CHECK(items.row(5) == of_base.row(5));
  CHECK_FALSE(near(items.row(4), of_base.row(4), 0.1));
  const RowMatrix<double> dots = users * items.transpose();
  for (Index u = 0; u < 2; ++u) {
    for (Index i = 0; i < 6; ++i) CHECK_THAT(model.score(UserId(u), ItemId(i)), WithinAbs(dots(u, i) + 2.5, 1e-6));
  }
}

TEST_CASE("imputed scores have the same bits for any number of threads", "[model]") {
  std::vector<double> serial(6), parallel(6);
  ImputedModel(Squares{}, train(), content()).score_items(UserId(1), std::span<double>(serial));
  for (const int threads : {1, 2, 7}) {
    ImputedModel(Squares{}, train(), content(), {}, Threads(threads)).score_items(UserId(1), std::span<double>(parallel));
    CHECK(parallel == serial);
  }
}

TEST_CASE("an imputed model refuses options out of range, other items and unknown ids", "[model]") {
  CHECK(message_of([] { ImputedModel(Squares{}, train(), content(), {.neighbours = 0}); }) ==
        "ImputedModel: neighbours must be at least 1, got 0");
  CHECK(message_of([] { ImputedModel(Squares{}, train(), Features(3)); }) ==
        "ImputedModel: the training data and the features must have the base's 6 items, got 6 and 0");
  const Interactions other({.users = {0}, .items = {0}});
  CHECK_THROWS_AS(ImputedModel(Squares{}, other, content()), std::invalid_argument);
  const ImputedModel model(Squares{}, train(), content());
  CHECK_THROWS_AS(model.score(UserId(0), ItemId(6)), std::out_of_range);
  CHECK_THROWS_AS(model.score(UserId(2), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(model.score(UserId(2), ItemId(3)), std::out_of_range);
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/evaluate_held_out.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/model/item_knn.hpp>
#include <kindred/serve/fold_in.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

/// Users of two tastes: of the even or of the odd of the first 20 items; item 20 is user 3's and item 21 user 4's alone.
Interactions tastes() {
  Interactions::Columns columns;
  Random random(6);
  for (std::uint32_t u = 0; u < 80; ++u) {
    for (std::uint32_t i = 0; i < 20; ++i) {
      if (random.uniform() > (i % 2 == u % 2 ? 0.7 : 0.05)) continue;
      columns.users.push_back(u), columns.items.push_back(i);
    }
  }
  columns.users.push_back(3), columns.items.push_back(20);
  columns.users.push_back(4), columns.items.push_back(21);
  return Interactions(columns, {.users = 80, .items = 22});
}

/// An item's score is how many items of its parity the user has.
struct ByParity {
  void operator()(const Interactions& histories, UserId user, std::span<float> out) const {
    std::fill(out.begin(), out.end(), 0.0F);
    for (const ItemId item : histories.items_of(user)) {
      for (std::size_t i = static_cast<std::size_t>(item.value() % 2); i < out.size(); i += 2) ++out[i];
    }
  }
};
static_assert(HistoryScorer<ByParity> && Model<FoldInModel<ByParity>>);

}  // namespace

TEST_CASE("held-out users are scored from what is folded in: item-item models and a scorer of one's own", "[metric]") {
  const HeldOutUsers split = split_held_out_users(tastes(), {.user_fraction = 0.3, .test_fraction = 0.3});
  const ItemKnn knn(split.train);
  const Ease ease(split.train, {.lambda = 20});
  const FoldInModel by_parity(split.fold_in, 22, ByParity{});
  const std::vector<double> figures{evaluate_held_out(fold_in(knn, split.fold_in), split, "recall@5").at("recall@5"),
                                    evaluate_held_out(fold_in(ease, split.fold_in), split, "recall@5").at("recall@5"),
                                    evaluate_held_out(by_parity, split, "recall@5").at("recall@5")};
  for (const double figure : figures) CHECK(figure > 0.75);  // at random 5 of about 15: a third
  // Without their rows nobody knows them: all items score 0.
  CHECK(evaluate_held_out(knn, split, "recall@5").at("recall@5") < 0.6);
}

TEST_CASE("the protocol: folded-in items are not ranked, candidates are trained items, users without test rows do not count",
          "[metric]") {
  const HeldOutUsers split = split_held_out_users(tastes(), {.user_fraction = 0.3, .test_fraction = 0.3});
  const FoldInModel model(split.fold_in, 22, ByParity{});
  const auto report = evaluate_held_out(model, split, "recall@4, mrr", {}, Serial{});
  // The same, written down without regard to speed.
  std::vector<double> recalls, reciprocal;
  for (Index u = 0; u < 80; ++u) {
    const UserId user(u);
    if (split.test.items_of(user).empty()) continue;
    CHECK(split.train.items_of(user).empty());
    std::vector<std::pair<float, Index>> ranking;
    for (Index i = 0; i < 22; ++i) {
      if (split.train.users_of(ItemId(i)).empty() || split.fold_in.contains(user, ItemId(i))) continue;
      float score = 0;
      for (const ItemId item : split.fold_in.items_of(user)) score += item.index() % 2 == i % 2 ? 1.0F : 0.0F;
      ranking.emplace_back(-score, i);
    }
    std::sort(ranking.begin(), ranking.end());
    double hits = 0, first = 0;
    for (std::size_t p = 0; p < ranking.size(); ++p) {
      if (!split.test.contains(user, ItemId(ranking[p].second))) continue;
      if (p < 4) ++hits;
      if (first == 0) first = 1 / static_cast<double>(p + 1);
    }
    recalls.push_back(hits / static_cast<double>(std::min<std::size_t>(4, split.test.items_of(user).size())));
    reciprocal.push_back(first);
  }
  REQUIRE(report.results[0].per_user.size() == recalls.size());
  for (std::size_t u = 0; u < recalls.size(); ++u) {
    CHECK_THAT(report.results[0].per_user[u], WithinAbs(recalls[u], 1e-12));
    CHECK_THAT(report.results[1].per_user[u], WithinAbs(reciprocal[u], 1e-12));
  }
  CHECK(report.in_training == 0);
  for (const int threads : {1, 2, 7}) {
    const auto parallel = evaluate_held_out(model, split, "recall@4, mrr", {}, Threads(threads));
    CHECK(parallel.results[0].per_user == report.results[0].per_user);
    CHECK(parallel.at("mrr") == report.at("mrr"));
  }
}

TEST_CASE("an item that only held-out users have is no candidate, unless all are; then what is folded in is still left out",
          "[metric]") {
  // User 0 trains on items 0 and 1. User 1 is told 0 and 3, and is to find 1 and 2: item 2 and item 3 are in no training row.
  const auto rows = [](std::vector<std::uint32_t> users, std::vector<std::uint32_t> items) {
    return Interactions(Interactions::Columns{.users = std::move(users), .items = std::move(items)}, {.users = 2, .items = 4});
  };
  const HeldOutUsers split{rows({0, 0}, {0, 1}), rows({1, 1}, {0, 3}), rows({1, 1}, {1, 2})};
  const auto high_ids_first = [](const Interactions&, UserId, std::span<float> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(i);
  };
  const FoldInModel model(split.fold_in, 4, high_ids_first);
  CHECK(evaluate_held_out(model, split, "coverage@9").at("coverage@9") == 0.5);                             // 1 of 0 and 1
  CHECK(evaluate_held_out(model, split, "recall@1").at("recall@1") == 1);                                   // 1
  CHECK(evaluate_held_out(model, split, "recall@2").at("recall@2") == 0.5);                                 // 1; 2 is a miss
  CHECK(evaluate_held_out(model, split, "recall@2", {.candidates = Candidates::all}).at("recall@2") == 1);  // 2, 1 and not 3
}

TEST_CASE("folding in is the model's own scoring of a history, for all models that can", "[metric]") {
  const Interactions data = tastes();
  const HeldOutUsers split = split_held_out_users(data, {.user_fraction = 0.3, .test_fraction = 0.3});
  const HistoryOptions plain{.power = 0};
  const Ease ease(split.train, {.lambda = 20, .history = plain});
  const auto folded = fold_in(ease, split.fold_in, {.history = plain});
  const AutoencoderModel<Side::users, float, 4> autoencoder(split.train, {.implicit = true});
  const auto encoded = fold_in(autoencoder, split.fold_in);
  static_assert(Model<decltype(encoded)>);
  std::vector<float> mine(22), theirs(22);
  for (Index u = 0; u < 80; ++u) {
    const UserId user(u);
    const auto items = split.fold_in.items_of(user);
    if (items.empty()) continue;
    std::vector<FeatureWeight> history;
    for (const ItemId item : items) history.push_back({item.index()});
    ease.score_items(history, mine);
    folded.score_items(user, std::span<float>(theirs));
    CHECK(mine == theirs);
    autoencoder.score_all(autoencoder.encode(items), mine);
    encoded.score_items(user, std::span<float>(theirs));
    CHECK(mine == theirs);
    CHECK(encoded.score(user, ItemId(5)) == theirs[5]);
  }
}

TEST_CASE("folding in refuses other items, and a split whose parts do not fit", "[metric]") {
  const Interactions data = tastes();
  const HeldOutUsers split = split_held_out_users(data);
  const Interactions small(Interactions::Columns{.users = {0}, .items = {0}});
  CHECK_THROWS_AS(fold_in(ItemKnn(split.train), small), std::invalid_argument);
  const AutoencoderModel<Side::users, float, 4> autoencoder(split.train, {.implicit = true});
  CHECK(message_of([&] { (void)fold_in(autoencoder, small); }) == "fold_in: the histories must be of 22 items, got 1");
  const FoldInModel model(split.fold_in, 22, ByParity{});
  CHECK_THROWS_AS(model.score(UserId(80), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(model.score(UserId(0), ItemId(22)), std::out_of_range);
  CHECK_THROWS_AS(evaluate_held_out(model, HeldOutUsers{split.train, small, split.test}, "mrr"), std::invalid_argument);
  CHECK(message_of([&] {
          (void)evaluate_held_out(model, HeldOutUsers{data, split.fold_in, split.test}, "mrr");
        }).starts_with("evaluate_held_out: a user held out must have no training row, got user "));
}

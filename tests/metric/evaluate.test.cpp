// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/metric/evaluate.hpp>
#include <kindred/testing/archetypes.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using kindred::testing::ScoreTable;
using kindred::testing::VectorTable;

namespace {

struct Case {
  Interactions train, test;
};

/// Random training rows and disjoint test rows with values 1 to 5; about a tenth of the items have no training row.
Case random_case(Index users, Index items, Random& random) {
  Interactions::Columns train, test;
  for (Index u = 0; u < users; ++u) {
    for (Index i = 0; i < items; ++i) {
      const Index what = random.below(20);
      if (what > 5) continue;
      auto& side = what < 2 && u % 4 != 0 ? test : train;
      if (&side == &train && i % 10 == 9) continue;
      side.users.push_back(static_cast<std::uint32_t>(u));
      side.items.push_back(static_cast<std::uint32_t>(i));
      side.values.push_back(static_cast<float>(1 + random.below(5)));
    }
  }
  const InteractionOptions counts{.users = users, .items = items};
  return {Interactions(train, counts), Interactions(test, counts)};
}

/// What evaluate must give at this cut (0: none), written down without regard to speed. NaN scores are not ranked.
template <class M>
std::map<std::string, double> slow(const M& model, const Case& data, Index k, bool all_items, double min_value) {
  std::map<std::string, std::vector<double>> values;
  std::set<Index> covered, catalogue;
  std::map<Index, double> times;  // recommended
  double active = 0;
  for (Index u = 0; u < data.train.users(); ++u) active += data.train.items_of(UserId(u)).empty() ? 0 : 1;
  for (Index i = 0; i < model.items(); ++i) {
    if (all_items || !data.train.users_of(ItemId(i)).empty()) catalogue.insert(i);
  }
  for (Index u = 0; u < model.users(); ++u) {
    const UserId user(u);
    if (data.test.items_of(user).empty()) continue;
    std::set<Index> relevant;
    for (Index row = 0; row < data.test.size(); ++row) {
      if (data.test.user(row) == user && static_cast<double>(data.test.value(row)) >= min_value) {
        relevant.insert(data.test.item(row).index());
      }
    }
    std::vector<float> scores;
    for (Index i = 0; i < model.items(); ++i) scores.push_back(model.score(user, ItemId(i)));
    const auto candidate = [&](Index i) { return catalogue.count(i) > 0 && !data.train.contains(user, ItemId(i)); };
    const auto ranking = sorted_top_k(scores, k == 0 ? model.items() : k, candidate);
    double bits = 0;
    for (const auto& entry : ranking) {
      covered.insert(entry.item.index());
      ++times[entry.item.index()];
      bits -= std::log2(std::max<double>(1, static_cast<double>(data.train.users_of(entry.item).size())) / active);
    }
    if (!ranking.empty()) values["novelty"].push_back(bits / static_cast<double>(ranking.size()));
    if (relevant.empty()) continue;
    double hits = 0, gain = 0, ideal = 0, precision_sum = 0, first = 0;
    for (std::size_t p = 0; p < ranking.size(); ++p) {
      if (relevant.count(ranking[p].item.index()) == 0) continue;
      const auto place = static_cast<double>(p + 1);
      ++hits;
      gain += 1 / std::log2(place + 1);
      precision_sum += hits / place;
      if (first == 0) first = 1 / place;
    }
    const double n = static_cast<double>(relevant.size()), cut = k == 0 ? n : std::min(n, static_cast<double>(k));
    for (int p = 1; p <= cut; ++p) ideal += 1 / std::log2(p + 1.0);
    values["recall"].push_back(hits / cut);
    values["precision"].push_back(hits / static_cast<double>(k));
    values["hr"].push_back(hits > 0 ? 1 : 0);
    values["ndcg"].push_back(gain / ideal);
    values["map"].push_back(precision_sum / cut);
    values["mrr"].push_back(first);
    double wins = 0, pairs = 0;
    for (const Index item : relevant) {
      for (Index i = 0; i < model.items(); ++i) {
        if (!candidate(i) || relevant.count(i) > 0) continue;
        ++pairs;
        if (!candidate(item)) continue;  // a miss wins nothing
        const float mine = scores[static_cast<std::size_t>(item)], other = scores[static_cast<std::size_t>(i)];
        wins += mine > other ? 1 : mine == other ? 0.5 : 0;
      }
    }
    if (pairs > 0) values["auc"].push_back(wins / pairs);
  }
  std::map<std::string, double> means;
  for (const auto& [name, of_users] : values) {
    means[name] = std::accumulate(of_users.begin(), of_users.end(), 0.0) / static_cast<double>(of_users.size());
  }
  means["coverage"] = static_cast<double>(covered.size()) / static_cast<double>(catalogue.size());
  double apart = 0, sum = 0;  // half the relative mean absolute difference
  for (const Index a : catalogue) {
    sum += times[a];
    for (const Index b : catalogue) apart += std::abs(times[a] - times[b]);
  }
  means["gini"] = sum == 0 ? 0 : apart / (2 * static_cast<double>(catalogue.size()) * sum);
  return means;
}

template <class M>
void check_against_slow(const M& model, const Case& data, bool full) {
  for (const bool all_items : {false, true}) {
    for (const double min_value : {0.0, 4.0}) {
      EvaluateOptions options{.candidates = all_items ? Candidates::all : Candidates::trained};
      if (min_value > 0) options.min_relevant = min_value;
      for (const Index k : {1, 3, 10}) {
        INFO("items " << model.items() << ", k " << k << ", all " << all_items << ", min " << min_value);
        std::string names = full ? "mrr, map, auc" : "recall@2";
        for (const char* name : {"recall", "precision", "ndcg", "hr", "map", "mrr", "coverage", "novelty", "gini"}) {
          names += std::string(", ") + name + "@" + std::to_string(k);
        }
        const auto report = evaluate(model, data.train, data.test, names, options, Threads(2));
        auto expected = slow(model, data, k, all_items, min_value);
        for (const char* name : {"recall", "precision", "ndcg", "hr", "map", "mrr", "coverage", "novelty", "gini"}) {
          INFO(name);
          REQUIRE_THAT(report.at(std::string(name) + "@" + std::to_string(k)), WithinAbs(expected[name], 1e-12));
        }
        if (!full) continue;
        expected = slow(model, data, 0, all_items, min_value);
        for (const char* name : {"mrr", "map", "auc"}) {
          INFO(name);
          REQUIRE_THAT(report.at(name), WithinAbs(expected[name], 1e-12));
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("two users by hand", "[metric]") {
  RowMatrix<float> scores(3, 6);
  scores << 6, 5, 4, 3, 2, 1,  // user 0 has item 0; ranking 1 2 3 4 (item 5 has no training row); test items 2 and 5
      1, 2, 3, 4, 5, 6,        // user 1 has item 4; ranking 3 2 1 0; test item 0
      9, 9, 9, 9, 9, 9;        // user 2 has no test row
  const InteractionOptions counts{.users = 3, .items = 6};
  const Interactions train({.users = {0, 1, 2, 2, 2}, .items = {0, 4, 1, 2, 3}}, counts);
  const Interactions test({.users = {0, 0, 1}, .items = {2, 5, 0}, .values = {5, 1, 4}}, counts);
  const ScoreTable<float> model(scores);

  const auto report =
      evaluate(model, train, test, "recall@2, precision@2, ndcg@2, hr@2, map@2, mrr, auc, coverage@2, rmse, mae");
  REQUIRE(report.users.size() == 2);
  CHECK(report.users[1] == UserId(1));
  CHECK(report.results[0].per_user ==
        std::vector<double>{0.5, 0});  // user 0: item 2 at place 2, item 5 missed; user 1: place 4
  CHECK(report.at("recall@2") == 0.25);
  CHECK(report.at("precision@2") == 0.25);
  CHECK_THAT(report.at("ndcg@2"), WithinAbs(0.5 * 0.6309297536 / 1.6309297536, 1e-9));
  CHECK(report.at("hr@2") == 0.5);
  CHECK(report.at("map@2") == 0.125);                                 // user 0: (1/2) / 2
  CHECK(report.at("mrr") == 0.375);                                   // 1/2 and 1/4
  CHECK_THAT(report.at("auc"), WithinAbs((2.0 / 6 + 0) / 2, 1e-12));  // item 2 beats 3 and 4 of 1, 3, 4; item 5 beats none
  CHECK(report.at("coverage@2") == 0.6);                              // lists 1 2 and 3 2, of the items 0 to 4
  CHECK_THAT(report.at("rmse"), WithinAbs(std::sqrt((1.0 + 0 + 9) / 3), 1e-12));
  CHECK_THAT(report.at("mae"), WithinAbs(4.0 / 3, 1e-12));
  CHECK_THAT(report.results[8].per_user[0], WithinAbs(std::sqrt(0.5), 1e-12));
  CHECK(report.in_training == 0);

  const auto all = evaluate(model, train, test, "mrr, coverage@2", {.candidates = Candidates::all});
  CHECK(all.results[0].per_user == std::vector<double>{0.5, 0.2});  // now item 5 heads the ranking of user 1
  CHECK(all.at("coverage@2") == 4.0 / 6);                           // lists 1 2 and 5 3, of 6 items

  const auto liked = evaluate(model, train, test, "recall@2, rmse", {.min_relevant = 5});
  CHECK(liked.at("recall@2") == 1);  // user 0 likes item 2 only, user 1 nothing
  CHECK(std::isnan(liked.results[0].per_user[1]));
  CHECK(liked.at("rmse") == report.at("rmse"));  // ratings count all the same
}

TEST_CASE("every metric agrees with a slow reading of its definition", "[metric]") {
  Random random(1);
  for (const Index items : {11, 33, 60}) {
    for (const Index users : {9, 110}) {
      const Case data = random_case(users, items, random);
      const RowMatrix<float> a = whole_numbers<float>(users, 3, random), b = whole_numbers<float>(items, 3, random);
      RowMatrix<float> table = a * b.transpose();
      for (Index k = 0; k < table.size(); ++k) {
        if (random.below(20) == 0) table.data()[k] = std::numeric_limits<float>::quiet_NaN();
      }
      for (const bool full : {false, true}) check_against_slow(VectorTable<float>(a, b, 2), data, full);
      check_against_slow(ScoreTable<float>(table), data, false);
    }
  }
}

TEST_CASE("a repeated purchase is a miss, and is counted", "[metric]") {
  const ScoreTable<float> model(RowMatrix<float>::Ones(1, 3));
  const Interactions train({.users = {0, 0}, .items = {0, 1}}, {.users = 1, .items = 3});
  const Interactions test({.users = {0, 0}, .items = {0, 2}}, {.users = 1, .items = 3});
  for (const char* names : {"recall@3", "recall@3, mrr"}) {
    const auto report = evaluate(model, train, test, names, {.candidates = Candidates::all});
    CHECK(report.at("recall@3") == 0.5);
    CHECK(report.in_training == 1);
  }
}

TEST_CASE("test items against sampled candidates", "[metric]") {
  Random random(2);
  const Index users = 20, items = 50;
  const Case data = random_case(users, items, random);
  const ScoreTable<float> model(normal_numbers<float>(users, items, random));

  SECTION("with all other candidates, the place is that among all that are neither training nor test items") {
    const auto report = evaluate(model, data.train, data.test, "hr@3, mrr, auc", {.negatives = 1000});
    REQUIRE(report.results[0].name == "hr@3[1000 sampled]");
    for (std::size_t k = 0; k < report.users.size(); ++k) {
      const UserId user = report.users[k];
      double hits = 0, reciprocal = 0;
      for (const ItemId item : data.test.items_of(user)) {
        if (data.train.users_of(item).empty()) continue;
        Index place = 1;
        for (Index i = 0; i < items; ++i) {
          const bool other = !data.train.users_of(ItemId(i)).empty() && !data.train.contains(user, ItemId(i)) &&
                             !data.test.contains(user, ItemId(i));
          if (other && model.score(user, ItemId(i)) > model.score(user, item)) ++place;
        }
        hits += place <= 3 ? 1 : 0;
        reciprocal += 1 / static_cast<double>(place);
      }
      const auto n = static_cast<double>(data.test.items_of(user).size());
      CHECK_THAT(report.results[0].per_user[k], WithinAbs(hits / n, 1e-12));
      CHECK_THAT(report.results[1].per_user[k], WithinAbs(reciprocal / n, 1e-12));
    }
    const auto whole = evaluate(model, data.train, data.test, "auc");
    CHECK_THAT(report.at("auc[1000 sampled]"), WithinAbs(whole.at("auc"), 1e-12));
  }
  SECTION("the draw depends on the seed alone, and a sample is easier than the catalogue") {
    const EvaluateOptions options{.negatives = 5, .seed = 3};
    const auto serial = evaluate(model, data.train, data.test, "recall@2", options);
    CHECK(evaluate(model, data.train, data.test, "recall@2", options, Threads(7)).results[0].per_user ==
          serial.results[0].per_user);
    CHECK(evaluate(model, data.train, data.test, "recall@2", {.negatives = 5, .seed = 4}).results[0].per_user !=
          serial.results[0].per_user);
    CHECK(serial.results[0].value > evaluate(model, data.train, data.test, "hr@2", {.negatives = 40}).results[0].value);
  }
}

TEST_CASE("an evaluation has the same bits for any number of threads", "[metric]") {
  Random random(3);
  const Index users = 500, items = 90;
  const Case data = random_case(users, items, random);
  const VectorTable<float> model(normal_numbers<float>(users, 10, random), normal_numbers<float>(items, 10, random));
  for (const char* names : {"recall@5, ndcg@5, coverage@3, rmse", "mrr, auc, map, mae, coverage@7"}) {
    const auto hash_with = [&](const auto& executor) {
      Hash hash;
      for (const MetricResult& result : evaluate(model, data.train, data.test, names, {}, executor).results) {
        hash.add(std::bit_cast<std::uint64_t>(result.value));
        for (const double value : result.per_user) hash.add(std::bit_cast<std::uint64_t>(value));
      }
      return hash.value();
    };
    const std::uint64_t serial = hash_with(Serial{});
    CHECK(hash_with(Threads(1)) == serial);
    CHECK(hash_with(Threads(2)) == serial);
    CHECK(hash_with(Threads(7)) == serial);
  }
}

TEST_CASE("evaluate gives the rmse of rmse", "[metric]") {
  Random random(4);
  const Case data = random_case(50, 40, random);
  const ScoreTable<float> model(normal_numbers<float>(50, 40, random));
  const auto report = evaluate(model, data.train, data.test, "rmse, mae");
  CHECK(report.at("rmse") == rmse(model, data.test));
  CHECK(report.at("mae") == mae(model, data.test));
}

TEST_CASE("AUC leaves out a user without other candidates", "[metric]") {
  const ScoreTable<float> model(RowMatrix<float>::Ones(2, 2));
  const Interactions train({.users = {0, 1}, .items = {0, 0}}, {.users = 2, .items = 2});
  const Interactions test({.users = {0}, .items = {1}}, {.users = 2, .items = 2});
  const auto report = evaluate(model, train, test, "auc, mrr", {.candidates = Candidates::all});
  CHECK(std::isnan(report.at("auc")));
  CHECK(report.at("mrr") == 1);
}

TEST_CASE("evaluate refuses what it cannot measure", "[metric]") {
  const ScoreTable<float> model(RowMatrix<float>::Ones(2, 3));
  const InteractionOptions counts{.users = 2, .items = 3};
  const Interactions train({.users = {0}, .items = {0}}, counts), test({.users = {1}, .items = {1}, .values = {2}}, counts),
      empty({}, counts), larger({.users = {0}, .items = {3}});
  const auto message = [&](const Interactions& a, const Interactions& b, const char* names,
                           const EvaluateOptions& options = {}) {
    return message_of([&] { evaluate(model, a, b, names, options); });
  };
  CHECK(message(train, empty, "hr@1") == "evaluate: the test set must have at least one row, got none");
  CHECK(message(train, larger, "hr@1") ==
        "evaluate: test data: the data must have at most the users and items of the model, 2 x 3, got 1 x 4");
  CHECK(message(train, test, "hr@1", {.min_relevant = 3}) ==
        "evaluate: a test row must have a value of at least 3 (min_relevant), got none");
  CHECK(message(train, test, "rmse", {.min_relevant = 3}) == "(nothing was thrown)");
  CHECK(message(train, test, "coverage@1", {.negatives = 3}) ==
        "evaluate: coverage@1 must be measured on the whole catalogue, got negatives = 3");
  CHECK(message(train, test, "hr@1", {.negatives = -3}) == "evaluate: negatives must not be negative, got -3");
  CHECK(message_of([&] { evaluate(model, train, test, std::span<const Metric>()); }) ==
        "evaluate: there must be at least one metric, got none");
  const std::vector<Metric> without_cut{{MetricKind::recall, 0}}, with_cut{{MetricKind::auc, 4}};
  CHECK(message_of([&] { evaluate(model, train, test, without_cut); }) ==
        "metric: recall must have a cut of at least 1, got 0");
  CHECK(message_of([&] { evaluate(model, train, test, with_cut); }) == "metric: auc must have no cut (k = 0), got 4");
  CHECK(message_of([&] { evaluate(model, train, test, "hr@1").at("hr@2"); }) ==
        "Evaluation: the metric must be one that was asked for, got 'hr@2'");
  CHECK(message(empty, test, "hr@1, coverage@1") == "(nothing was thrown)");  // no candidates: all misses
}

namespace {

/// Larger ids are better; item 3 is new, and the model knows it.
struct KnowsItemThree {
  using Scalar = float;
  Index users() const { return 1; }
  Index items() const { return 5; }
  float score(UserId, ItemId item) const { return static_cast<float>(item.index()); }
  void score_items(UserId, std::span<float> out) const { std::iota(out.begin(), out.end(), 0.0F); }
  bool knows(ItemId item) const { return item.index() == 3; }
};

}  // namespace

TEST_CASE("a new item is ranked if the model knows it, or if all are asked for", "[metric]") {
  InteractionColumns seen, held_out;
  seen.users = {0}, seen.items = {0};
  held_out.users = {0, 0}, held_out.items = {3, 4};
  const Interactions train(std::move(seen), {.users = 1, .items = 5}), test(std::move(held_out), {.users = 1, .items = 5});
  CHECK(evaluate(KnowsItemThree{}, train, test, "recall@1").at("recall@1") == 1);  // item 3 is first
  CHECK(evaluate(KnowsItemThree{}, train, test, "recall@2").at("recall@2") == 0.5);
  CHECK(evaluate(KnowsItemThree{}, train, test, "recall@2", {.candidates = Candidates::trained}).at("recall@2") == 0);
  CHECK(evaluate(KnowsItemThree{}, train, test, "recall@2", {.candidates = Candidates::all}).at("recall@2") == 1);
}

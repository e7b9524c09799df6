// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/beyond_accuracy.hpp>
#include <kindred/metric/bootstrap.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/serve/recommend_all.hpp>
#include <kindred/serve/similar.hpp>
#include <kindred/testing/archetypes.hpp>

#include <cmath>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

TEST_CASE("self-information: 0 for what everyone has, a bit more for each halving", "[metric]") {
  CHECK(self_information(8, 8) == 0);
  CHECK(self_information(4, 8) == 1);
  CHECK(self_information(1, 8) == 3);
  CHECK(self_information(0, 8) == 3);
  CHECK(self_information(0, 1) == 0);
  CHECK_THROWS_AS(self_information(9, 8), std::invalid_argument);
  CHECK_THROWS_AS(self_information(-1, 8), std::invalid_argument);
  CHECK_THROWS_AS(self_information(0, 0), std::invalid_argument);
}

TEST_CASE("the Gini index of equal, of single and of mixed counts", "[metric]") {
  CHECK(gini_index({3, 3, 3, 3}) == 0);
  CHECK(gini_index({0, 0, 0, 7}) == 0.75);
  CHECK(gini_index({0, 0}) == 0);
  CHECK(gini_index({5}) == 0);
  CHECK_THAT(gini_index({3, 1}), WithinAbs(0.25, 1e-15));        // |3 - 1| twice / (2 * 2 * 4)
  CHECK_THAT(gini_index({1, 3, 2}), WithinAbs(2.0 / 9, 1e-15));  // (-2 * 1 + 0 + 2 * 3) / (3 * 6)
  CHECK(gini_index({2, 6, 4}) == gini_index({3, 1, 2}));
  CHECK_THROWS_AS(gini_index({}), std::invalid_argument);
  CHECK_THROWS_AS(gini_index({1, -1}), std::invalid_argument);
}

TEST_CASE("coverage, novelty and gini of two users by hand, with thread counts and a bootstrap", "[metric]") {
  // Items 0 1 2 3 have 4 2 1 0 of 4 training users; item 3 is no candidate. Users 4 and 5 have test rows and no training rows.
  const Interactions train(Interactions::Columns{.users = {0, 1, 2, 3, 0, 1, 0}, .items = {0, 0, 0, 0, 1, 1, 2}},
                           {.users = 6, .items = 4});
  const Interactions test(Interactions::Columns{.users = {4, 5}, .items = {0, 1}}, {.users = 6, .items = 4});
  RowMatrix<float> scores = RowMatrix<float>::Zero(6, 4);
  scores.row(4) << 3, 2, 1, 9;  // 0 1 | 2
  scores.row(5) << 3, 1, 2, 9;  // 0 2 | 1
  const kindred::testing::ScoreTable<float> model(scores);
  for (const char* more : {"", ", mrr"}) {  // from best lists, and from whole rankings
    const auto names = std::string("novelty@1, novelty@2, coverage@1, gini@1, gini@2, gini@3, novelty@9") + more;
    const auto report = evaluate(model, train, test, names);
    CHECK(report.at("novelty@1") == 0);
    CHECK(report.results[1].per_user == std::vector<double>{0.5, 1});  // (0 + 1) / 2 and (0 + 2) / 2 bits
    CHECK(report.at("novelty@2") == 0.75);
    CHECK(report.at("novelty@9") == 1);
    CHECK_THAT(report.at("coverage@1"), WithinAbs(1.0 / 3, 1e-15));
    CHECK_THAT(report.at("gini@1"), WithinAbs(2.0 / 3, 1e-15));  // counts 2 0 0
    CHECK_THAT(report.at("gini@2"), WithinAbs(1.0 / 6, 1e-15));  // counts 2 1 1: 2 (2 - 1) / (3 * 4)
    CHECK(report.at("gini@3") == 0);
    for (const int threads : {2, 7}) {
      const auto parallel = evaluate(model, train, test, names, {}, Threads(threads));
      for (std::size_t m = 0; m < report.results.size(); ++m) CHECK(parallel.results[m].value == report.results[m].value);
    }
    CHECK(bootstrap_interval(report, "novelty@2").high == 1);
    CHECK_THROWS_AS(bootstrap_interval(report, "gini@2"), std::invalid_argument);
  }
  CHECK(evaluate(model, train, test, "novelty@1", {.candidates = Candidates::all}).at("novelty@1") ==
        2);  // item 3, as if 1 of 4 had it
  for (const char* name : {"novelty@1", "gini@1", "coverage@1"}) {
    CHECK(message_of([&] { (void)evaluate(model, train, test, name, {.negatives = 1}); }) ==
          "evaluate: " + std::string(name) + " must be measured on the whole catalogue, got negatives = 1");
  }
  // Users who have all candidates have empty lists: no value.
  const Interactions everything(Interactions::Columns{.users = {4, 4, 4}, .items = {0, 1, 2}}, {.users = 6, .items = 4});
  CHECK(std::isnan(evaluate(model, everything, test.select(std::vector<Index>{0}), "novelty@2").at("novelty@2")));
  CHECK(evaluate(model, everything, test.select(std::vector<Index>{0}), "gini@2").at("gini@2") == 0);
}

TEST_CASE("diversity of lists by hand", "[metric]") {
  RowMatrix<float> user = RowMatrix<float>::Ones(2, 2), item(4, 2);
  item << 1, 0,  //
      0, 3,      //
      2, 0,      //
      0, 0;      // a zero vector is like nothing
  const kindred::testing::VectorTable<float> model(user, item);
  const auto alike = item_neighbours(model);
  const std::vector<Scored> list{{ItemId(0), 0}, {ItemId(1), 0}, {ItemId(2), 0}, {ItemId(3), 0}};
  const std::span<const Scored> all(list);
  CHECK(std::isnan(intra_list_diversity(all.first(1), alike)));
  CHECK(intra_list_diversity(all.first(2), alike) == 1);
  CHECK_THAT(intra_list_diversity(all.first(3), alike), WithinAbs(2.0 / 3, 1e-12));  // 1, 0, 1
  CHECK_THAT(intra_list_diversity(all, alike), WithinAbs(5.0 / 6, 1e-12));
  CHECK_THAT(intra_list_diversity(all.first(2), [](ItemId, ItemId) { return -1; }), WithinAbs(2, 1e-12));

  const auto lists = recommend_all(model, {.count = 3});  // 1 2 0 for both
  CHECK_THAT(intra_list_diversity(lists, 3, alike), WithinAbs(2.0 / 3, 1e-6));
  CHECK_THAT(intra_list_diversity(lists, 2, alike), WithinAbs(1, 1e-6));
  CHECK_THROWS_AS(intra_list_diversity(lists, 1, alike), std::invalid_argument);
  CHECK(std::isnan(intra_list_diversity(recommend_all(model, {.count = 1}), 5, alike)));
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/bootstrap.hpp>
#include <kindred/metric/evaluate_given.hpp>
#include <kindred/testing/archetypes.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using kindred::testing::ScoreTable;

namespace {

std::vector<ItemId> ids(std::vector<Index> numbers) {
  std::vector<ItemId> out;
  for (const Index number : numbers) out.emplace_back(number);
  return out;
}

ScoreTable<float> table() {
  RowMatrix<float> scores(3, 5);
  scores << 5, 4, 3, 2, 1,  //
      1, 2, 3, 3, 5,        //
      1, 1, 1, 1, std::numeric_limits<float>::quiet_NaN();
  return ScoreTable<float>(scores);
}

}  // namespace

TEST_CASE("a test item is ranked among its given negatives, and the name says so", "[metric]") {
  // User 0: item 1 is second of 0, 1, 3. User 1: item 3 is below item 2 (equal, smaller id) and 4: third. User 2: a NaN score, a miss.
  const std::vector<GivenCandidates> given{
      {UserId(2), ItemId(4), ids({0, 1})}, {UserId(0), ItemId(1), ids({0, 3})}, {UserId(1), ItemId(3), ids({2, 4})}};
  const auto report = evaluate_given(table(), given, "hr@2, ndcg@3, mrr, auc, recall@1");
  CHECK(report.users == std::vector<UserId>{UserId(0), UserId(1), UserId(2)});
  CHECK(report.test_rows == std::vector<Index>{1, 1, 1});
  CHECK_THAT(report.at("hr@2[2 given]"), WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(report.at("ndcg@3[2 given]"), WithinAbs((1 / std::log2(3.0) + 0.5 + 0) / 3, 1e-12));
  CHECK_THAT(report.at("mrr[2 given]"), WithinAbs((1.0 / 2 + 1.0 / 3) / 3, 1e-12));
  CHECK_THAT(report.at("auc[2 given]"), WithinAbs((0.5 + 0.25 + 0) / 3, 1e-12));
  CHECK(report.at("recall@1[2 given]") == 0);
  CHECK(bootstrap_interval(report, "mrr[2 given]").users == 3);
}

TEST_CASE("a user's value is the mean over his test items; a negative given twice counts once; lines may differ in length",
          "[metric]") {
  const std::vector<GivenCandidates> given{{UserId(0), ItemId(2), ids({1, 1, 1})}, {UserId(0), ItemId(0), ids({1, 2})}};
  const auto report = evaluate_given(table(), given, "mrr");
  CHECK(report.test_rows == std::vector<Index>{2});
  CHECK_THAT(report.at("mrr[2-3 given]"), WithinAbs((0.5 + 1) / 2, 1e-12));
}

TEST_CASE("figures of given candidates are the same for any number of threads and any order of lines", "[metric]") {
  Random random(3);
  RowMatrix<float> scores(200, 40);
  for (Index k = 0; k < scores.size(); ++k) scores.data()[k] = static_cast<float>(random.below(9));
  const ScoreTable<float> model(scores);
  std::vector<GivenCandidates> given;
  for (Index u = 0; u < 200; ++u) {
    GivenCandidates line{UserId(u), ItemId(random.below(20)), {}};
    for (int n = 0; n < 9; ++n) line.negatives.emplace_back(20 + random.below(20));
    given.push_back(line);
  }
  const auto serial = evaluate_given(model, given, "ndcg@5, auc");
  random.shuffle(std::span<GivenCandidates>(given));
  for (const int threads : {1, 2, 7}) {
    const auto parallel = evaluate_given(model, given, "ndcg@5, auc", Threads(threads));
    CHECK(parallel.results[0].per_user == serial.results[0].per_user);
    CHECK(parallel.at("auc[9 given]") == serial.at("auc[9 given]"));
  }
}

TEST_CASE("given candidates that the model or the metric cannot have are refused", "[metric]") {
  const auto refusal = [](const std::vector<GivenCandidates>& given, const char* metrics) {
    return message_of([&] { (void)evaluate_given(table(), given, metrics); });
  };
  CHECK(refusal({}, "hr@1") == "evaluate_given: there must be at least one test item, got none");
  CHECK(refusal({{UserId(0), ItemId(1), {}}}, "hr@1") ==
        "evaluate_given: a test item must have negatives, got none for user 0");
  CHECK(refusal({{UserId(0), ItemId(1), ids({2, 1})}}, "hr@1") ==
        "evaluate_given: a test item must not be among its negatives, got item 1");
  CHECK(refusal({{UserId(3), ItemId(1), ids({2})}}, "hr@1") == "evaluate_given: a user must be below 3, got 3");
  CHECK(refusal({{UserId(0), ItemId(5), ids({2})}}, "hr@1") == "evaluate_given: a test item must be below 5, got 5");
  CHECK(refusal({{UserId(0), ItemId(1), ids({5})}}, "hr@1") == "evaluate_given: a negative must be below 5, got 5");
  for (const char* metric : {"rmse", "mae", "coverage@5", "novelty@5", "gini@5"}) {
    CHECK(refusal({{UserId(0), ItemId(1), ids({2})}}, metric) ==
          "evaluate_given: a metric must be of the ranking of one test item, got " + std::string(metric));
  }
  CHECK_THROWS_AS(evaluate_given(table(), std::span<const GivenCandidates>(), std::span<const Metric>()),
                  std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/ranking.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

// Four test items: three stand at places 1, 3 and 7 of the ranking, the fourth is not in it.
const std::vector<Index> ranks{1, 3, 7};
constexpr Index tests = 4;
const std::vector<Index> none;

}  // namespace

TEST_CASE("recall divides by min(k, number of test items)", "[metric]") {
  CHECK(recall_at(ranks, tests, 1) == 1);        // 1 / min(1, 4)
  CHECK(recall_at(ranks, tests, 2) == 0.5);      // 1 / min(2, 4)
  CHECK(recall_at(ranks, tests, 3) == 2.0 / 3);  // 2 / min(3, 4)
  CHECK(recall_at(ranks, tests, 6) == 0.5);      // 2 / min(6, 4)
  CHECK(recall_at(ranks, tests, 7) == 0.75);     // 3 / min(7, 4): place 7 is in a list of 7
  CHECK(recall_at(ranks, tests, 1000) == 0.75);
  CHECK(recall_at(none, 1, 10) == 0);
}

TEST_CASE("precision divides by k", "[metric]") {
  CHECK(precision_at(ranks, tests, 1) == 1);
  CHECK(precision_at(ranks, tests, 5) == 0.4);
  CHECK(precision_at(ranks, tests, 10) == 0.3);
  CHECK(precision_at(none, 1, 10) == 0);
}

TEST_CASE("the hit rate asks for one hit", "[metric]") {
  const std::vector<Index> sixth{6};
  CHECK(hit_rate_at(ranks, tests, 1) == 1);
  CHECK(hit_rate_at(sixth, tests, 5) == 0);
  CHECK(hit_rate_at(sixth, tests, 6) == 1);
  CHECK(hit_rate_at(none, 1, 10) == 0);
}

TEST_CASE("NDCG divides by the best list of min(k, number of test items)", "[metric]") {
  // 1/log2(2) = 1, 1/log2(3) = 0.6309298, 1/log2(4) = 0.5, 1/log2(5) = 0.4306766, 1/log2(8) = 1/3
  CHECK(ndcg_at(ranks, tests, 1) == 1);
  CHECK_THAT(ndcg_at(ranks, tests, 2), WithinAbs(1 / 1.6309297536, 1e-9));
  CHECK_THAT(ndcg_at(ranks, tests, 5), WithinAbs(1.5 / 2.5616063116, 1e-9));
  CHECK_THAT(ndcg_at(ranks, tests, 7), WithinAbs((1.5 + 1.0 / 3) / 2.5616063116, 1e-9));
  CHECK(ndcg_at(std::vector<Index>{1, 2, 3, 4}, 4, 10) == 1);
  CHECK(ndcg_at(std::vector<Index>{1, 2}, 4, 2) == 1);
  CHECK(ndcg_at(none, 1, 10) == 0);
}

TEST_CASE("average precision counts what was missed", "[metric]") {
  CHECK_THAT(average_precision_at(ranks, tests, 2), WithinAbs(0.5, 1e-12));                // (1/1) / min(2, 4)
  CHECK_THAT(average_precision_at(ranks, tests, 5), WithinAbs((1 + 2.0 / 3) / 4, 1e-12));  // hits at 1 and 3
  CHECK_THAT(average_precision_at(ranks, tests, 100), WithinAbs((1 + 2.0 / 3 + 3.0 / 7) / 4, 1e-12));
  CHECK_THAT(average_precision_at(std::vector<Index>{1, 2, 3}, 3, 3), WithinAbs(1, 1e-12));
  CHECK(average_precision_at(none, 1, 10) == 0);
}

TEST_CASE("the reciprocal rank looks at the best test item only", "[metric]") {
  const std::vector<Index> third{3, 4};
  CHECK(reciprocal_rank_at(ranks, tests, 10) == 1);
  CHECK(reciprocal_rank_at(third, tests, 10) == 1.0 / 3);
  CHECK(reciprocal_rank_at(third, tests, 3) == 1.0 / 3);
  CHECK(reciprocal_rank_at(third, tests, 2) == 0);
  CHECK(reciprocal_rank_at(none, 1, 10) == 0);
}

TEMPLATE_TEST_CASE("AUC is the share of pairs won, ties count half", "[metric]", float, double) {
  constexpr TestType nan = std::numeric_limits<TestType>::quiet_NaN();
  const auto of = [](std::vector<TestType> positives, std::vector<TestType> others) {
    return auc(std::span<const TestType>(positives), std::span<const TestType>(others));
  };
  CHECK(of({3}, {1, 2}) == 1);
  CHECK(of({1}, {2, 3}) == 0);
  CHECK(of({2}, {1, 2, 3}) == 0.5);  // one won, one tie, one lost
  CHECK(of({5, 5}, {5, 5, 5}) == 0.5);
  CHECK(of({3, 1}, {2, 3, 0, nan}) == 5.5 / 8);  // 3 wins against 2, 0, NaN and ties with 3; 1 wins against 0 and NaN
  CHECK(of({nan, 1}, {0, nan}) == 0.5);          // NaN wins nothing, not even against NaN
  std::vector<TestType> many(10000);
  for (std::size_t k = 0; k < many.size(); ++k) many[k] = static_cast<TestType>(k);
  CHECK_THAT(of({2500}, many), WithinAbs(0.25005, 1e-12));  // 2500 won, one tie
}

TEST_CASE("a user without test items, a cut of 0 and an AUC without pairs are errors", "[metric]") {
  CHECK(message_of([] { recall_at(none, 0, 5); }) == "recall_at: the number of test items must be at least 1, got 0");
  CHECK(message_of([] { ndcg_at(ranks, tests, 0); }) == "ndcg_at: k must be at least 1, got 0");
  CHECK(message_of([] { precision_at(ranks, 2, 5); }) == "precision_at: there must be at most 2 ranks, got 3");
  const std::vector<float> one{1};
  CHECK(message_of([&] { auc(std::span<const float>(one), std::span<const float>()); }) ==
        "auc: there must be test items and others, got 1 and 0");
}

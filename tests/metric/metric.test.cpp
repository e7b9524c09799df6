// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/metric.hpp>

using namespace kindred;

TEST_CASE("metric names are read and written back", "[metric]") {
  CHECK(parse_metric("recall@20") == Metric{MetricKind::recall, 20});
  CHECK(parse_metric("rmse") == Metric{MetricKind::rmse, 0});
  CHECK(parse_metric("map") == Metric{MetricKind::map, 0});
  CHECK(parse_metric(" map@7\r\n") == Metric{MetricKind::map, 7});
  for (const char* name : {"rmse", "mae", "auc", "mrr", "mrr@3", "map", "map@1", "recall@20", "precision@5", "ndcg@10",
                           "hr@100", "coverage@1000000", "novelty@20", "gini@3"}) {
    CHECK(to_string(parse_metric(name)) == name);
  }
}

TEST_CASE("a list of metrics keeps its order", "[metric]") {
  const auto metrics = parse_metrics("ndcg@10, rmse,recall@5");
  REQUIRE(metrics.size() == 3);
  CHECK(metrics[0] == Metric{MetricKind::ndcg, 10});
  CHECK(metrics[1] == Metric{MetricKind::rmse, 0});
  CHECK(metrics[2] == Metric{MetricKind::recall, 5});
}

TEST_CASE("an unknown name is an error that lists the known ones", "[metric]") {
  CHECK(message_of([] { parse_metric("recal@5"); }) ==
        "metric: must be one of rmse, mae, auc, mrr, mrr@K, map, map@K, recall@K, precision@K, ndcg@K, hr@K, coverage@K, "
        "novelty@K, gini@K, "
        "with a whole number from 1 for K, got 'recal@5'");
  for (const char* name :
       {"",          " ",         "@",          "@5",       "recall",     "recall@",   "recall@0",
        "recall@-3", "recall@+3", "recall@5.5", "recall@x", "recall@5@5", "recall @5", "recall@99999999999999999999",
        "rmse@5",    "auc@10",    "mae@",       "Recall@5", "recall@5x",  "recall@ 5"}) {
    INFO(name);
    CHECK_THROWS_AS(parse_metric(name), std::invalid_argument);
  }
  CHECK_THROWS_AS(parse_metrics(""), std::invalid_argument);
  CHECK_THROWS_AS(parse_metrics("rmse,"), std::invalid_argument);
  CHECK_THROWS_AS(parse_metrics("rmse,,mae"), std::invalid_argument);
}

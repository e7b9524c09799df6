// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/bootstrap.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/testing/archetypes.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

const double no_value = std::numeric_limits<double>::quiet_NaN();

Evaluation with_values(std::vector<double> values, const char* name = "recall@20", std::vector<Index> rows = {}) {
  Evaluation out;
  for (std::size_t u = 0; u < values.size(); ++u) out.users.emplace_back(u);
  out.test_rows = rows.empty() ? std::vector<Index>(values.size(), 1) : rows;
  out.results.push_back({.metric = parse_metric(name), .name = name, .value = 0, .per_user = std::move(values)});
  return out;
}

}  // namespace

TEST_CASE("an interval is about the mean plus and minus 1.96 standard errors", "[metric]") {
  std::vector<double> values;
  Random random(5);
  double sum = 0, squares = 0;
  for (int u = 0; u < 400; ++u) {
    values.push_back(random.normal());
    sum += values.back(), squares += values.back() * values.back();
  }
  values.push_back(no_value);
  const double mean = sum / 400, error = std::sqrt((squares / 400 - mean * mean) / 400);
  const auto interval = bootstrap_interval(with_values(values), "recall@20", {.samples = 4000});
  CHECK(interval.users == 400);
  CHECK_THAT(interval.value, WithinAbs(mean, 1e-12));
  CHECK_THAT(interval.low, WithinAbs(mean - 1.96 * error, 0.15 * error));  // the quantile's own error is 0.04 errors
  CHECK_THAT(interval.high, WithinAbs(mean + 1.96 * error, 0.15 * error));
  const auto narrow = bootstrap_interval(with_values(values), "recall@20", {.samples = 4000, .confidence = 0.5});
  CHECK_THAT(narrow.high - narrow.low, WithinAbs(2 * 0.674 * error, 0.15 * error));
}

TEST_CASE("an interval of 90 % holds the true mean in about 90 % of the cases", "[metric]") {
  int held = 0;
  constexpr int cases = 300;
  for (std::uint32_t k = 0; k < cases; ++k) {
    Random random(11, Stream::user, k);
    std::vector<double> values;
    for (int u = 0; u < 60; ++u) values.push_back(random.uniform() < 0.3 ? 1 : 0);
    const auto interval = bootstrap_interval(with_values(values), "recall@20", {.samples = 400, .confidence = 0.9, .seed = k});
    held += interval.low <= 0.3 && 0.3 <= interval.high ? 1 : 0;
  }
  CHECK(held > 0.84 * cases);  // standard deviation 0.017
  CHECK(held < 0.96 * cases);
}

TEST_CASE("equal values have an interval of no width, and one user one value", "[metric]") {
  const auto interval = bootstrap_interval(with_values({0.25, no_value, 0.25, 0.25}), "recall@20");
  CHECK(interval.value == 0.25);
  CHECK(interval.low == 0.25);
  CHECK(interval.high == 0.25);
  CHECK(interval.users == 3);
  CHECK(bootstrap_interval(with_values({0.5}), "recall@20").low == 0.5);
}

TEST_CASE("two users: the figure of a sample is one, the other or their mean", "[metric]") {
  // Of four equally likely samples one has user 0 twice, one user 1 twice: quantiles 0.2 and 0.8 of 0, 0.5, 0.5, 1 lie at the ends.
  const auto interval = bootstrap_interval(with_values({0, 1}), "recall@20", {.confidence = 0.6});
  CHECK(interval.low == 0);
  CHECK(interval.high == 1);
  const auto middle = bootstrap_interval(with_values({0, 1}), "recall@20", {.confidence = 0.4});
  CHECK(middle.low == 0.5);
  CHECK(middle.high == 0.5);
}

TEST_CASE("rmse and mae count a user by his rows, and give the evaluation's own figure", "[metric]") {
  using kindred::testing::ScoreTable;
  Interactions::Columns columns;
  Random random(2);
  RowMatrix<float> scores(12, 6);
  for (std::uint32_t u = 0; u < 12; ++u) {
    for (std::uint32_t i = 0; i < 6; ++i) {
      scores(u, i) = static_cast<float>(random.normal());
      if (i > u % 6) continue;
      columns.users.push_back(u), columns.items.push_back(i), columns.values.push_back(static_cast<float>(random.normal()));
    }
  }
  const Interactions test(columns);
  const ScoreTable<float> model{scores};
  const auto report = evaluate(model, test.select({}), test, "rmse, mae, hr@2", {.candidates = Candidates::all});
  for (const char* name : {"rmse", "mae", "hr@2"}) {
    const auto interval = bootstrap_interval(report, name);
    CHECK_THAT(interval.value, WithinAbs(report.at(name), 1e-12));
    CHECK(interval.low < interval.value);
    CHECK(interval.high > interval.value);
  }
  // User 0 with errors 1 in one row, user 1 with 3 in three: sqrt((1 + 27) / 4) and 10 / 4.
  CHECK_THAT(bootstrap_interval(with_values({1, 3}, "rmse", {1, 3}), "rmse").value, WithinAbs(std::sqrt(7.0), 1e-12));
  CHECK_THAT(bootstrap_interval(with_values({1, 3}, "mae", {1, 3}), "mae").value, WithinAbs(2.5, 1e-12));
  CHECK(bootstrap_interval(with_values({1, 3}, "rmse", {1, 3}), "rmse").high == 3);
}

TEST_CASE("a paired comparison finds what the intervals cannot, and says the opposite the other way round", "[metric]") {
  std::vector<double> first, second;
  Random random(8);
  for (int u = 0; u < 200; ++u) {
    second.push_back(random.normal());
    first.push_back(second.back() + 0.02 + 0.05 * random.normal());
  }
  const auto a = with_values(first), b = with_values(second);
  const auto found = compare_paired(a, b, "recall@20");
  CHECK(found.low > 0);
  CHECK(found.low < found.difference);
  CHECK(found.high > found.difference);
  CHECK(found.p_value < 0.01);
  CHECK(found.users == 200);
  const auto of_a = bootstrap_interval(a, "recall@20"), of_b = bootstrap_interval(b, "recall@20");
  CHECK(of_a.low < of_b.high);  // the intervals overlap
  const auto reversed = compare_paired(b, a, "recall@20");
  CHECK_THAT(reversed.difference, WithinAbs(-found.difference, 1e-15));
  CHECK_THAT(reversed.low, WithinAbs(-found.high, 1e-12));
  CHECK(reversed.p_value == found.p_value);
}

TEST_CASE("equal models have no difference and a p-value of 1; a sign-flip p-value worked by hand", "[metric]") {
  const auto same = compare_paired(with_values({0.1, 0.7, 0.3}), with_values({0.1, 0.7, 0.3}), "recall@20");
  CHECK(same.difference == 0);
  CHECK(same.low == 0);
  CHECK(same.high == 0);
  CHECK(same.p_value == 1);
  // Differences 1, 1, 1, 1: of the 16 signs only all + and all - are as large, hence p = 1/8.
  const auto four = compare_paired(with_values({1, 2, 3, 4}), with_values({0, 1, 2, 3}), "recall@20", {.samples = 20000});
  CHECK_THAT(four.p_value, WithinAbs(0.125, 0.01));  // standard error 0.0023
  CHECK(four.difference == 1);
}

TEST_CASE("by chance alone a p-value is below 0.1 in about a tenth of the cases", "[metric]") {
  int small = 0;
  constexpr int cases = 300;
  for (std::uint32_t k = 0; k < cases; ++k) {
    Random random(21, Stream::user, k);
    std::vector<double> first, second;
    for (int u = 0; u < 40; ++u) first.push_back(random.uniform()), second.push_back(random.uniform());
    small += compare_paired(with_values(first), with_values(second), "recall@20", {.samples = 300, .seed = k}).p_value < 0.1;
  }
  CHECK(small > 0.05 * cases);  // standard deviation 0.017
  CHECK(small < 0.16 * cases);
}

TEST_CASE("users without a value from either model are left out", "[metric]") {
  const auto found = compare_paired(with_values({1, no_value, 2, 5}), with_values({0, 3, no_value, 3}), "recall@20");
  CHECK(found.users == 2);
  CHECK(found.difference == 1.5);
}

TEST_CASE("intervals and comparisons are the same for any number of threads, and change with the seed", "[metric]") {
  std::vector<double> first, second;
  Random random(4);
  for (int u = 0; u < 50; ++u) first.push_back(random.uniform()), second.push_back(random.uniform());
  const auto a = with_values(first), b = with_values(second);
  const auto serial = bootstrap_interval(a, "recall@20");
  const auto compared = compare_paired(a, b, "recall@20");
  for (const int threads : {1, 2, 7}) {
    const auto interval = bootstrap_interval(a, "recall@20", {}, Threads(threads));
    CHECK(interval.low == serial.low);
    CHECK(interval.high == serial.high);
    const auto paired = compare_paired(a, b, "recall@20", {}, Threads(threads));
    CHECK(paired.low == compared.low);
    CHECK(paired.p_value == compared.p_value);
  }
  CHECK(bootstrap_interval(a, "recall@20", {.seed = 2}).low != serial.low);
}

TEST_CASE("what cannot be resampled or compared is refused", "[metric]") {
  const auto a = with_values({1, 2});
  auto coverage = with_values({}, "coverage@5");
  CHECK(message_of([&] { (void)bootstrap_interval(a, "hr@1"); }) ==
        "bootstrap_interval: the metric must be one that was asked for, got 'hr@1'");
  CHECK(message_of([&] { (void)bootstrap_interval(coverage, "coverage@5"); }) ==
        "bootstrap_interval: the metric must have a value for each user, got coverage@5");
  CHECK(message_of([&] { (void)bootstrap_interval(with_values({no_value}), "recall@20"); }) ==
        "bootstrap_interval: there must be a user with a value of recall@20, got none");
  CHECK_THROWS_AS(bootstrap_interval(a, "recall@20", {.samples = 0}), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_interval(a, "recall@20", {.confidence = 1}), std::invalid_argument);
  CHECK_THROWS_AS(compare_paired(a, with_values({1, 2}, "recall@10"), "recall@20"), std::invalid_argument);
  CHECK(message_of([&] { (void)compare_paired(a, with_values({1, 2, 3}), "recall@20"); }) ==
        "compare_paired: both evaluations must be of the same users with the same numbers of test rows, got 2 and 3 users");
  auto others = with_values({1, 2});
  others.users[1] = UserId(7);
  CHECK_THROWS_AS(compare_paired(a, others, "recall@20"), std::invalid_argument);
  CHECK_THROWS_AS(compare_paired(a, with_values({1, 2}, "recall@20", {1, 2}), "recall@20"), std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>

#include "support/catch.hpp"
#include "support/ranking_loss.hpp"

#include <limits>

using namespace kindred;

TEST_CASE("the slopes of every ranking loss are exact", "[loss]") {
  const std::vector<double> negatives{0.3, -1.2, 2.5, 0.9};
  for (const double positive : {-3.0, 0.4, 1.0, 8.0}) {
    CHECK(slope_error(Bpr{}, positive, negatives) < 1e-8);
    CHECK(slope_error(SampledSoftmax{}, positive, negatives) < 1e-8);
    CHECK(slope_error(SampledSoftmax{.temperature = 0.3}, positive, negatives) < 1e-8);
    CHECK(slope_error(Warp{}, positive, negatives) < 1e-7);
    CHECK(slope_error(Warp{.margin = 0.25}, positive, negatives) < 1e-7);
  }
}

TEST_CASE("Bpr by hand: the mean of -log sigmoid of the differences", "[loss]") {
  const Compared out = compared(Bpr{}, 1, {1, 1 + std::log(3.0)});  // sigmoid(0) = 1/2, sigmoid(-log 3) = 1/4
  CHECK_THAT(out.value, Catch::Matchers::WithinRel((std::log(2.0) + std::log(4.0)) / 2, 1e-12));
  CHECK_THAT(out.d_negatives[0], Catch::Matchers::WithinRel(0.25, 1e-12));
  CHECK_THAT(out.d_negatives[1], Catch::Matchers::WithinRel(0.375, 1e-12));
  CHECK_THAT(out.d_positive, Catch::Matchers::WithinRel(-0.625, 1e-12));
}

TEST_CASE("SampledSoftmax over all other items is the softmax", "[loss]") {
  const std::vector<double> negatives{0.5, -1, 2};
  const double z = std::exp(1.0) + std::exp(0.5) + std::exp(-1.0) + std::exp(2.0);
  const Compared out = compared(SampledSoftmax{}, 1, negatives);
  CHECK_THAT(out.value, Catch::Matchers::WithinRel(-std::log(std::exp(1.0) / z), 1e-12));
  CHECK_THAT(out.d_positive, Catch::Matchers::WithinRel(std::exp(1.0) / z - 1, 1e-12));
  CHECK_THAT(out.d_negatives[2], Catch::Matchers::WithinRel(std::exp(2.0) / z, 1e-12));
  const Compared sharp = compared(SampledSoftmax{.temperature = 0.5}, 0.5, {0.25, -0.5, 1});
  CHECK_THAT(sharp.value, Catch::Matchers::WithinRel(out.value, 1e-12));
  CHECK_THAT(sharp.d_positive, Catch::Matchers::WithinRel(2 * out.d_positive, 1e-12));
}

TEST_CASE("a ranking loss does not change if all scores move by a constant", "[loss]") {
  const auto same = [](const auto& loss) {
    const Compared here = compared(loss, 1, {0.5, 1.5, -2}), there = compared(loss, 4, {3.5, 4.5, 1});
    CHECK_THAT(there.value, Catch::Matchers::WithinRel(here.value, 1e-12));
    double sum = here.d_positive;
    for (const double slope : here.d_negatives) sum += slope;
    CHECK_THAT(sum, Catch::Matchers::WithinAbs(0, 1e-12));
  };
  same(Bpr{});
  same(SampledSoftmax{});
  same(Warp{});
}

TEST_CASE("scores of any size overflow nothing", "[loss]") {
  for (const double score : {1e5, -1e5}) {
    for (const Compared& out : {compared(Bpr{}, score, {-score}), compared(SampledSoftmax{}, score, {-score})}) {
      CHECK_THAT(out.value, Catch::Matchers::WithinAbs(score > 0 ? 0 : 2e5, 1e-6));
      CHECK_THAT(out.d_positive, Catch::Matchers::WithinAbs(score > 0 ? 0 : -1, 1e-12));
    }
  }
}

TEST_CASE("NaN shows in the loss", "[loss]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(compared(Bpr{}, nan, {1}).value));
  CHECK(std::isnan(compared(Bpr{}, 1, {0, nan}).value));
  CHECK(std::isnan(compared(SampledSoftmax{}, nan, {1}).value));
  CHECK(std::isnan(compared(SampledSoftmax{}, 1, {0, nan}).value));
  CHECK(std::isnan(compared(Warp{}, nan, {1}).value));
  CHECK(std::isnan(compared(Warp{}, 1, {nan}).value));
}

TEST_CASE("Warp takes the first violation, and costs what the estimated place costs", "[loss]") {
  // margin 1: of 0.2, 0.9, 5 the second is the first above 1.5 - 1; found at draw 2, so the place is 11 / 2 = 5.
  const Compared out = compared(Warp{}, 1.5, {0.2, 0.9, 5}, 11);
  const double cost = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4 + 1.0 / 5;
  CHECK_THAT(out.value, Catch::Matchers::WithinRel(cost * 0.4, 1e-4));
  CHECK(out.d_negatives[0] == 0);
  CHECK_THAT(out.d_negatives[1], Catch::Matchers::WithinRel(cost, 1e-4));
  CHECK(out.d_negatives[2] == 0);
  CHECK(out.d_positive == -out.d_negatives[1]);
  CHECK(compared(Warp{}, 3, {0.2, 0.9, 1.9}).value == 0);
  CHECK(compared(Warp{}, 3, {0.2, 0.9, 1.9}).d_positive == 0);
  CHECK(compared(Warp{.margin = 2}, 3, {0.2, 1.5}).d_negatives[1] > 0);
}

TEST_CASE("the harmonic numbers", "[loss]") {
  double sum = 0;
  for (Index n = 1; n <= 1000; ++n) {
    sum += 1 / static_cast<double>(n);
    CHECK_THAT(detail::harmonic(n), Catch::Matchers::WithinRel(sum, n == 1 ? 1e-2 : 1e-3));
  }
}

TEST_CASE("a cost is at least that of place 1, however many draws it took", "[loss]") {
  const Warp loss;
  double positive = 0, negative = 0;
  CHECK(loss.found(0.0, 0.0, Index{50}, Index{10}, positive, negative) == detail::harmonic(1));
}

TEST_CASE("options of losses out of range are refused", "[loss]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(Warp{.margin = bad}.validate(), std::invalid_argument);
    CHECK_THROWS_AS(SampledSoftmax{.temperature = bad}.validate(), std::invalid_argument);
  }
  WarpKos kos;
  CHECK_NOTHROW(kos.validate());
  kos.k = 11;
  CHECK_THROWS_AS(kos.validate(), std::invalid_argument);
  kos.k = 0;
  CHECK_THROWS_AS(kos.validate(), std::invalid_argument);
  kos = {};
  kos.margin = nan;
  CHECK_THROWS_AS(kos.validate(), std::invalid_argument);
}

TEST_CASE("losses are told apart by what they offer", "[loss]") {
  STATIC_REQUIRE(RankingLoss<Bpr, double>);
  STATIC_REQUIRE(!PointwiseLoss<Bpr>);
  STATIC_REQUIRE(!RankingLoss<SquaredError>);
  STATIC_REQUIRE(SearchingLoss<Warp, double>);
  STATIC_REQUIRE(!SearchingLoss<SampledSoftmax>);
  STATIC_REQUIRE(CorrectedLoss<SampledSoftmax>);
  STATIC_REQUIRE(!CorrectedLoss<Bpr>);
  STATIC_REQUIRE(PositiveChoosingLoss<WarpKos>);
  STATIC_REQUIRE(!PositiveChoosingLoss<Warp>);
}

TEST_CASE("the logQ correction takes off the temperature times the logarithm of how often a negative was to be expected",
          "[loss]") {
  std::vector<double> scores{1, 2};
  const auto log_probability = [](std::size_t k) { return std::log(k == 0 ? 0.5 : 0.25); };
  detail::correct(SampledSoftmax{.temperature = 0.5}, std::span<double>(scores), log_probability);
  CHECK_THAT(scores[0], Catch::Matchers::WithinAbs(1, 1e-12));  // to be expected once
  CHECK_THAT(scores[1], Catch::Matchers::WithinAbs(2 - 0.5 * std::log(0.5), 1e-12));
  detail::correct(Bpr{}, std::span<double>(scores), log_probability);
  CHECK_THAT(scores[0], Catch::Matchers::WithinAbs(1, 1e-12));
}

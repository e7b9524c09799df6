// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/cross_validate.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

Interactions numbered(Index rows) {
  Interactions::Columns columns;
  for (Index k = 0; k < rows; ++k) {
    columns.users.push_back(static_cast<std::uint32_t>(k % 4)), columns.items.push_back(static_cast<std::uint32_t>(k / 4));
    columns.values.push_back(static_cast<float>(k * k % 7));
  }
  return Interactions(columns);
}

double mean_of(const Interactions& data) {
  double sum = 0;
  for (Index k = 0; k < data.size(); ++k) sum += data.value(k);
  return sum / static_cast<double>(data.size());
}

CrossValidation folds(std::vector<double> figures) { return summarize_folds(std::move(figures)); }

}  // namespace

TEST_CASE("cross-validation trains on each fold's training rows and measures on its test rows, for any number of threads",
          "[metric]") {
  const Interactions data = numbered(23);
  const FoldOptions options{.folds = 4, .seed = 9};
  const auto fit_mean = [](const Interactions& rows) { return mean_of(rows); };
  const auto error = [](double mean, const TrainTest& fold) { return std::abs(mean - mean_of(fold.test)); };
  const auto expected_folds = k_folds(data, options);
  std::vector<double> expected;
  for (const auto& fold : expected_folds) expected.push_back(std::abs(mean_of(fold.train) - mean_of(fold.test)));
  const auto found = cross_validate(data, options, fit_mean, error);
  CHECK(found.folds == expected);
  for (const int threads : {1, 2, 7}) {
    const auto parallel = cross_validate(data, options, fit_mean, error, Threads(threads));
    CHECK(parallel.folds == found.folds);
    CHECK(parallel.mean == found.mean);
    CHECK(parallel.standard_error == found.standard_error);
  }
  CHECK_THROWS_AS(cross_validate(data, {.folds = 1}, fit_mean, error), std::invalid_argument);
}

TEST_CASE("mean and standard error of folds", "[metric]") {
  const auto found = folds({1, 2, 3, 6});  // deviations -2 -1 0 3: variance 14 / 3, error sqrt(14 / 3 / 4)
  CHECK_THAT(found.mean, WithinAbs(3, 1e-12));
  CHECK_THAT(found.standard_error, WithinAbs(std::sqrt(14.0 / 12), 1e-12));
  CHECK(folds({2, 2, 2}).standard_error == 0);
  CHECK(std::isnan(folds({1, std::nan("")}).mean));
  CHECK(message_of([] { (void)folds({1}); }) == "summarize_folds: there must be at least 2 figures, got 1");
}

TEST_CASE("the simplest setting within the noise of the best is chosen", "[metric]") {
  // The folds differ by far more than the settings do. The differences to the best, the last: 0.3 +- 0.06, 0.017 +- 0.044, 0.
  const std::vector<CrossValidation> settings{folds({1.4, 2.2, 3.3}), folds({1.0, 1.95, 3.1}), folds({1.0, 2.0, 3.0})};
  const auto choice = choose_by_folds(settings, Goal::minimize);
  CHECK(choice.best == 2);
  CHECK(choice.simplest == 1);

  const std::vector<CrossValidation> more{folds({1, 5}), folds({3, 9}), folds({3, 9}), folds({2, 2})};
  CHECK(choose_by_folds(more, Goal::maximize).best == 1);  // of equal ones the first
  CHECK(choose_by_folds(more, Goal::maximize).simplest == 1);
  CHECK(choose_by_folds(more, Goal::minimize).best == 3);

  const double nan = std::nan("");
  const std::vector<CrossValidation> some{folds({nan, 1}), folds({3, 4}), folds({3, 4})};
  CHECK(choose_by_folds(some, Goal::minimize).best == 1);
  CHECK(choose_by_folds(some, Goal::minimize).simplest == 1);
  CHECK_THROWS_AS(choose_by_folds(std::vector<CrossValidation>{folds({nan, 1})}, Goal::minimize), std::invalid_argument);
  CHECK_THROWS_AS(choose_by_folds(std::vector<CrossValidation>{}, Goal::minimize), std::invalid_argument);
  CHECK_THROWS_AS(choose_by_folds(std::vector<CrossValidation>{folds({1, 2}), folds({1, 2, 3})}, Goal::minimize),
                  std::invalid_argument);
}

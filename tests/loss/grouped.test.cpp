// SPDX-License-Identifier: MIT
#include <kindred/loss/grouped.hpp>
#include <kindred/loss/logistic.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <array>

using namespace kindred;

static_assert(RankingLoss<Grouped<SquaredError>> && !SearchingLoss<Grouped<SquaredError>> &&
              !PointwiseLoss<Grouped<SquaredError>>);

TEST_CASE("a pointwise loss over a group is that of the positive and the weighted negatives", "[loss]") {
  const std::array<double, 2> negatives{0.5, -1};
  std::array<double, 2> slopes{};
  double slope = 0;
  CHECK(Grouped{SquaredError{}, 0.25}.compare(3.0, std::span<const double>(negatives), 9, slope, std::span<double>(slopes)) ==
        4 + 0.25 * (0.25 + 1));
  CHECK(slope == 4);
  CHECK(slopes == std::array<double, 2>{0.25, -0.5});
  CHECK(Grouped<Logistic>::examples(3) == 4);
}

TEST_CASE("groups whose negatives are known train as the pointwise loss does", "[loss]") {
  // Each user lacks one item alone, so that all negatives are that item.
  InteractionColumns columns;
  for (std::uint32_t user = 0; user < 4; ++user) {
    for (std::uint32_t item = 0; item < 4; ++item) {
      if (item != user) columns.users.push_back(user), columns.items.push_back(item);
    }
  }
  const Interactions data(std::move(columns), {.users = 4, .items = 4});
  using Model = CollaborativeModel<double, 3>;
  Model groups(4, 4, {.deviation = 1}), pairs = groups;
  GradientOptions options{.batch = 100, .negatives = {.per_positive = 3}, .l2 = {.embeddings = 0.1}};
  const EpochReport of_groups =
      GradientTrainer(Grouped{Logistic{}, 0.5}, Sgd{.learning_rate = 1}, options).epoch(groups, data, Serial{});
  options.negatives.weight = 0.5;
  const EpochReport of_pairs = GradientTrainer(Logistic{}, Sgd{.learning_rate = 1}, options).epoch(pairs, data, Serial{});
  CHECK(of_groups.examples == of_pairs.examples);
  CHECK_THAT(of_groups.loss, Catch::Matchers::WithinRel(of_pairs.loss, 1e-12));
  CHECK(groups.global_mean() == pairs.global_mean());
  for (std::uint32_t user = 0; user < 4; ++user) {
    for (std::uint32_t item = 0; item < 4; ++item) {
      CHECK_THAT(groups.score(UserId(user), ItemId(item)),
                 Catch::Matchers::WithinAbs(pairs.score(UserId(user), ItemId(item)), 1e-12));
    }
  }
}

namespace {

/// Is made for ratings alone.
struct ForRatings : SquaredError {
  static bool accepts(double label) { return label >= 1; }
};

}  // namespace

TEST_CASE("a group must have a weight, and a loss that knows its labels", "[loss]") {
  CHECK(message_of([] { Grouped{SquaredError{}, 0}.validate(); }) == "Grouped: weight must be positive and finite, got 0");
  CHECK(message_of([] { Grouped{ForRatings{}}.validate(); }) == "Grouped: the loss must accept the labels 0 and 1");
  CHECK_NOTHROW(Grouped{Logistic{}}.validate());
}

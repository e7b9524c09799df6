// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;

TEST_CASE("a collaborative model starts with normal numbers of the deviation asked for, and no biases", "[model]") {
  const Index dim = 25;
  const CollaborativeModel<double> model(400, 300, {.dim = dim, .deviation = 2});
  CHECK(model.dim() == dim);
  for (const auto* table : {&model.user_encoder(), &model.item_encoder()}) {
    const auto values = table->value();
    const double count = static_cast<double>(values.size()), mean = values.sum() / count,
                 variance = values.squaredNorm() / count;
    CHECK(std::abs(mean) < 4 * 0.4 / std::sqrt(count));
    CHECK(std::abs(variance / 0.16 - 1) < 4 * std::sqrt(2 / count));  // (2 / sqrt(25))^2
  }
  CHECK(model.user_biases().value().isZero(0));
  CHECK(model.item_biases().value().isZero(0));
  CHECK(model.global_mean() == 0);
  CHECK(model.scale() == 1);
}

TEST_CASE("the first numbers depend on the seed, differ between users and items, and not on how many there are", "[model]") {
  const CollaborativeModel<float, 8> model(5, 7), again(5, 7), other(5, 7, {.seed = 2}), more(50, 70);
  CHECK(bits_of(model) == bits_of(again));
  CHECK(bits_of(model) != bits_of(other));
  CHECK((model.user_encoder().row(0) != model.item_encoder().row(0)).all());
  CHECK((model.user_encoder().row(0) != model.user_encoder().row(1)).all());
  CHECK(model.user_encoder().value() == more.user_encoder().value().topRows(5));
  CHECK(model.item_encoder().value() == more.item_encoder().value().topRows(7));
  CHECK(CollaborativeModel<float, 8>(5, 7, {.deviation = 0}).user_encoder().value().isZero(0));
}

TEST_CASE("dim is the fixed Dim, or what is asked for, or 64", "[model]") {
  CHECK(CollaborativeModel<float, 8>(2, 2).dim() == 8);
  CHECK(CollaborativeModel<float, 8>(2, 2, {.dim = 8}).dim() == 8);
  CHECK(CollaborativeModel<float>(2, 2).dim() == 64);
  CHECK(CollaborativeModel<float>(2, 2, {.dim = 1}).dim() == 1);
}

TEST_CASE("a collaborative model that cannot be is refused", "[model]") {
  using Model = CollaborativeModel<float>;
  const auto refusal = [](Index users, Index items, const CollaborativeOptions& options) {
    return message_of([&] { Model(users, items, options); });
  };
  CHECK(refusal(0, 2, {}) == "CollaborativeModel: the number of users must be at least 1, got 0");
  CHECK(refusal(-1, 2, {}) == "CollaborativeModel: the number of users must be at least 1, got -1");
  CHECK(refusal(2, 0, {}) == "CollaborativeModel: the number of items must be at least 1, got 0");
  CHECK(refusal(2, 2, {.dim = 0}) == "Parameter: the number of columns (Dim) must be at least 1, got 0");
  CHECK(refusal(2, 2, {.dim = -3}) == "Parameter: the number of columns (Dim) must be at least 1, got -3");
  CHECK(refusal(2, 2, {.deviation = -1}) == "CollaborativeModel: deviation must be finite and not negative, got -1");
  CHECK(refusal(2, 2, {.deviation = NAN}) == "CollaborativeModel: deviation must be finite and not negative, got nan");
  CHECK(refusal(2, 2, {.scale = 0}) == "TwoTower: scale must be positive and finite, got 0");
  CHECK(message_of([] { CollaborativeModel<float, 8>(2, 2, {.dim = 9}); }) ==
        "Parameter: the number of columns (Dim) is fixed at 8, got 9");
  CHECK_THROWS_AS(Model(2, 2, {.dim = 0}), std::invalid_argument);
}

TEST_CASE("64-bit ids train and score to the same bits as 32-bit ids", "[model]") {
  const auto narrow = made_up_ratings({.users = 40, .items = 30, .rows = 400});
  const auto wide = made_up_ratings<std::uint64_t>({.users = 40, .items = 30, .rows = 400});
  const auto check = [&](const auto& trainer) {
    CollaborativeModel<float, 4> a(40, 30), b(40, 30);
    auto first = trainer, second = trainer;
    first.epoch(a, narrow, Serial{});
    second.epoch(b, wide, Serial{});
    CHECK(bits_of(a) == bits_of(b));
    CHECK(a.score(UserId(3), ItemId(5)) == b.score(BasicUserId<std::uint64_t>(3), BasicItemId<std::uint64_t>(5)));
    std::vector<float> of_narrow(30), of_wide(30);
    a.score_items(UserId(3), of_narrow);
    b.score_items(BasicUserId<std::uint64_t>(3), of_wide);
    CHECK(of_narrow == of_wide);
    CHECK_THROWS_AS(b.score(BasicUserId<std::uint64_t>(std::uint64_t{1} << 40), BasicItemId<std::uint64_t>(0)),
                    std::out_of_range);
  };
  check(PerExampleTrainer(SquaredError{}, Adam{}, {.negatives = {.per_positive = 1}}));
  check(GradientTrainer(SquaredError{}, Adam{}, {.batch = 32, .negatives = {.per_positive = 1}}));
}

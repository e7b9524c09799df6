// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/data/movielens.hpp>
#include <kindred/metric/choose_als.hpp>

#include <filesystem>

using namespace kindred;

TEST_CASE("conjugate gradients and blocks rank as well as the exact solver, to 1 %", "[train]") {
  const std::filesystem::path file = std::filesystem::path(KINDRED_DATA_DIR) / "ml-100k" / "u.data";
  if (!std::filesystem::exists(file)) {
    WARN("SKIPPED: no " << file.string());
    return;
  }
  const TrainTest split = split_random(read_movielens(file.string()).interactions, {.test_fraction = 0.2, .seed = 1});
  const AlsRecipe recipe = als_recipe(split.train, Feedback::implicit, 16);
  const AlsSetting setting{.lambda = 0.01, .unobserved = 0.3};
  const auto ndcg = [&](auto solver) {
    return evaluate(fit_als<16>(split.train, recipe, setting, Serial{}, {}, solver), split.train, split.test, "ndcg@20")
        .at("ndcg@20");
  };
  const double exact = ndcg(Cholesky{});
  INFO("exact " << exact);
  CHECK(exact > 0.3);
  CHECK_THAT(ndcg(ConjugateGradient{3}), Catch::Matchers::WithinRel(exact, 0.01));
  CHECK_THAT(ndcg(BlockCoordinate{8}), Catch::Matchers::WithinRel(exact, 0.01));
}

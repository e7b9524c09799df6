// SPDX-License-Identifier: MIT
/// Which loss for clicks and purchases? One collaborative model, six losses, one shop: how good, how fast, and what each is for.
///
///     ranking_losses
// expect: WARP.*[0-9]
#include <kindred/data/read_interactions.hpp>
#include <kindred/data/split.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/train/ranking_recipe.hpp>

#include <chrono>
#include <cstdio>

namespace kd = kindred;

namespace {

struct Shop {
  kd::BasicTrainTest<std::uint32_t> rows;  ///< the last fifth of each user's purchases is there to look at
  kd::Threads threads;
};

/// Trains by the loss for ten epochs and prints a line. The L2 weight is the middle one of the recipe; choose_l2 would choose it on held-out
/// rows, and the recipe has more epochs.
template <class Loss, class Recipe>
void row(const char* name, const Shop& shop, const Loss& loss, Recipe recipe, const char* note) {
  recipe.epochs = 10;
  recipe.trainer.schedule = kd::linear_schedule(recipe.epochs);
  kd::CollaborativeModel<float, 16> model(shop.rows.train.users(), shop.rows.train.items(), recipe.model);
  const auto start = std::chrono::steady_clock::now();
  kd::fit(model, shop.rows.train, recipe.trainer_with(recipe.l2[recipe.l2.size() / 2], loss), {.epochs = recipe.epochs},
          shop.threads);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const auto figures = kd::evaluate(model, shop.rows.train, shop.rows.test, "recall@20,ndcg@20,auc", {}, shop.threads);
  std::printf("%-22s %8.2f %10.4f %8.4f %8.4f   %s\n", name, seconds.count(), figures.at("recall@20"), figures.at("ndcg@20"),
              figures.at("auc"), note);
}

}  // namespace

int main() {
  const auto purchases = kd::read_interactions(kd::TextFile(KINDRED_EXAMPLES_DATA_DIR "/online-retail-small/interactions.tsv"));
  const Shop shop{kd::split_last_fraction(purchases.interactions, {.test_fraction = 0.2}), kd::Threads()};
  const auto& train = shop.rows.train;
  constexpr kd::Index dim = 16;
  std::printf("%-22s %8s %10s %8s %8s\n", "loss", "seconds", "recall@20", "ndcg@20", "auc");

  row("squared", shop, kd::SquaredError{}, kd::collaborative_recipe(train, kd::Feedback::implicit, dim), "label 1 or 0");
  row("logistic", shop, kd::Logistic{}, recipe_for(kd::Logistic{}, train, dim), "a probability: sigmoid(score)");
  row("BPR", shop, kd::Bpr{}, recipe_for(kd::Bpr{}, train, dim), "every pair the right way round");
  row("WARP", shop, kd::Warp{}, recipe_for(kd::Warp{}, train, dim), "the top of the list");
  row("k-OS WARP", shop, kd::WarpKos{}, recipe_for(kd::Warp{}, train, dim), "of ten positives the fifth best");
  row("sampled softmax", shop, kd::SampledSoftmax{}, recipe_for(kd::SampledSoftmax{}, train, dim),
      "one of the whole catalogue");

  auto in_batch = recipe_for(kd::SampledSoftmax{}, train, dim);
  in_batch.trainer.negatives.in_batch = true;
  row("softmax, in batch", shop, kd::SampledSoftmax{}, in_batch, "negatives of the batch, corrected by logQ");
  auto hard = recipe_for(kd::Bpr{}, train, dim);
  hard.trainer.negatives.hardest_of = 4;
  row("BPR, hard negatives", shop, kd::Bpr{}, hard, "each the highest-scoring of four");
  std::printf("\nFigures of the test rows; nothing was chosen by them.\n");
}

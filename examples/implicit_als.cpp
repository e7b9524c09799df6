// SPDX-License-Identifier: MIT
// Implicit feedback by alternating least squares: purchases of a gift shop, the settings chosen on held-out training rows, then each of
// the three solvers with its time, objective and recall, and what one customer is recommended.
// expect: 5\. .*[A-Z]
#include <kindred/kindred.hpp>
#include <kindred/metric/choose_als.hpp>

#include <cstdio>
#include <string>

namespace kd = kindred;

namespace {

using Model = kd::CollaborativeModel<float, 64>;

/// Trains with this solver and prints a line of the table.
template <class Solver>
Model train_with(const char* name, Solver solver, const kd::TrainTest& split, const kd::AlsRecipe& recipe,
                 const kd::AlsSetting& setting) {
  Model model(split.train.users(), split.train.items(), recipe.model);
  const auto report = kd::fit(model, split.train, kd::AlternatingLeastSquares(solver, recipe.options_with(setting)),
                              {.epochs = recipe.epochs}, kd::Threads());
  double seconds = 0;
  for (const auto& epoch : report.epochs) seconds += epoch.seconds;
  const double recall = kd::evaluate(model, split.train, split.test, "recall@20").at("recall@20");
  std::printf("  %-24s %8.2f %12.4f %10.3f\n", name, seconds, report.epochs.back().loss, recall);
  return model;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : KINDRED_EXAMPLES_DATA_DIR "/online-retail-small";
  kd::Dataset shop =
      kd::read_interactions(kd::TextFile(folder + "/interactions.tsv"),
                            {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  const kd::FeatureRecords products =
      kd::read_features(kd::TextFile(folder + "/items.tsv"), kd::parse_feature_spec("id=product,description=text"), shop.items);
  const kd::TrainTest split = kd::split_last_fraction(shop.interactions, {.test_fraction = 0.2});

  // Two numbers must fit the data: how strong the regularisation is, and what a pair without a purchase weighs.
  kd::AlsRecipe recipe = kd::als_recipe(split.train, kd::Feedback::implicit);
  const auto chosen = kd::choose_als<64>(split.train, recipe, 1, kd::Threads(), kd::ConjugateGradient{});
  const kd::AlsSetting setting = recipe.settings[chosen.best];
  std::printf("Of %zu settings: lambda %.4f, unobserved pairs weigh %.2f (ndcg@20 on held-out training rows: %.3f)\n\n",
              recipe.settings.size(), setting.lambda, setting.unobserved, chosen.figures[chosen.best]);

  std::printf("  %-24s %8s %12s %10s\n", "solver", "seconds", "objective", "recall@20");
  const Model model = train_with("Cholesky", kd::Cholesky{}, split, recipe, setting);
  train_with("ConjugateGradient, 3", kd::ConjugateGradient{.steps = 3}, split, recipe, setting);
  train_with("BlockCoordinate, 32", kd::BlockCoordinate{.block = 32}, split, recipe, setting);

  const kd::UserId customer(0);
  const auto print = [&](kd::ItemId item) { std::printf(" %s\n", std::string(products.text(item.index(), 0)).c_str()); };
  std::printf("\nCustomer %s has bought\n", shop.users.text(0).c_str());
  const auto history = split.train.items_of(customer);
  for (const auto item : history.first(std::min<std::size_t>(5, history.size()))) print(item);
  std::printf("and is recommended\n");
  int place = 0;
  for (const auto& [item, score] : kd::recommend(model, customer, {.count = 5, .exclude = history})) {
    std::printf("  %d. %.2f", ++place, static_cast<double>(score));
    print(item);
  }
}

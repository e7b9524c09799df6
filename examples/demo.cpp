// SPDX-License-Identifier: MIT
// The tour: a year of purchases in a gift shop. Three models learn from the first 80 % of each customer's purchases and are measured on
// the rest; then one customer's history stands beside what the best of them recommends, and one product beside those like it.
// expect: Products like
#include <kindred/kindred.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace kd = kindred;

namespace {

/// The products' names, by item id.
std::vector<std::string> read_names(const std::string& path, const kd::IdMap& items) {
  std::vector<std::string> names(static_cast<std::size_t>(items.size()));
  const kd::DelimitedTable table{kd::TextFile(path), {.delimiter = "\t"}};
  const kd::Index product = table.column("product"), description = table.column("description");
  for (kd::Index row = 0; row < table.rows(); ++row) {
    const auto item = items.find(table.text(row, product));
    if (item) names[static_cast<std::size_t>(*item)] = std::string(table.text(row, description));
  }
  return names;
}

void print_row(const char* model, const kd::Evaluation& report, double seconds) {
  std::printf("  %-16s", model);
  for (const auto& result : report.results) std::printf(" %12.3f", result.value);
  std::printf(" %9.1f s\n", seconds);
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : KINDRED_EXAMPLES_DATA_DIR "/online-retail-small";
  const kd::Dataset shop =
      kd::read_interactions(kd::TextFile(folder + "/interactions.tsv"),
                            {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  const auto names = read_names(folder + "/items.tsv", shop.items);
  const kd::TrainTest split = kd::split_last_fraction(shop.interactions, {.test_fraction = 0.2});
  const auto& train = split.train;
  const auto& test = split.test;
  std::printf("Online Retail (Chen 2015, CC BY 4.0): %td customers, %td products, %td purchases to learn from, %td to find\n\n",
              train.users(), train.items(), train.size(), test.size());

  // Learn. ---------------------------------------------------------------------------------------------------------------------------
  const kd::Threads threads;
  const Stopwatch popularity_watch;
  const kd::Popularity popularity(train);
  const double popularity_seconds = popularity_watch.seconds();

  const Stopwatch collaborative_watch;
  const auto recipe = kd::collaborative_recipe(train, kd::Feedback::implicit);
  std::printf("Choosing the L2 weight on held-out purchases (recall@20 there):\n");
  const auto choice = kd::choose_l2<float, 64>(train, kd::Feedback::implicit, recipe, threads);
  for (std::size_t k = 0; k < recipe.l2.size(); ++k) {
    std::printf("  l2 %-5g %.3f %s\n", recipe.l2[k], choice.figures[k], k == choice.best ? "<- chosen" : "");
  }
  kd::CollaborativeModel<float, 64> collaborative(train.users(), train.items(), recipe.model);
  std::printf("Training on all purchases, each with %d products the customer did not buy:\n",
              recipe.trainer.negatives.per_positive);
  kd::fit(collaborative, train, recipe.trainer_with(recipe.l2[choice.best]),
          {.epochs = recipe.epochs,
           .after_epoch =
               [&](const kd::EpochReport& epoch) {
                 const auto width = static_cast<std::size_t>(std::clamp(epoch.loss * 600, 0.0, 60.0));
                 std::printf("  epoch %2d  squared error %.4f  %5.2f s  %s\n", epoch.epoch, epoch.loss, epoch.seconds,
                             std::string(width, '#').c_str());
                 std::fflush(stdout);
                 return true;
               }},
          threads);
  const double collaborative_seconds = collaborative_watch.seconds();

  const Stopwatch neighbourhood_watch;
  const kd::NeighbourhoodModel neighbourhood(collaborative, train, {}, threads);
  const double neighbourhood_seconds = neighbourhood_watch.seconds();

  // Measure. -------------------------------------------------------------------------------------------------------------------------
  const char* metrics = "recall@20,ndcg@20,coverage@20";
  std::printf("\n  %-16s %12s %12s %12s %11s\n", "model", "recall@20", "ndcg@20", "coverage@20", "to train");
  print_row("popularity", kd::evaluate(popularity, train, test, metrics, {}, threads), popularity_seconds);
  print_row("neighbourhood", kd::evaluate(neighbourhood, train, test, metrics, {}, threads), neighbourhood_seconds);
  print_row("collaborative", kd::evaluate(collaborative, train, test, metrics, {}, threads), collaborative_seconds);

  // Look. ----------------------------------------------------------------------------------------------------------------------------
  const kd::UserId customer(shop.users.at("17252"));
  const auto bought = train.rows_of(customer);
  std::vector<kd::Index> history(bought.begin(), bought.end());
  std::sort(history.begin(), history.end(),
            [&](auto a, auto b) { return train.time(a) != train.time(b) ? train.time(a) > train.time(b) : a > b; });
  const auto recommended = kd::recommend(collaborative, customer, {.count = 12, .exclude = train.items_of(customer)});
  std::printf("\nCustomer %s\n  %-38s | %s\n", shop.users.text(customer.index()).c_str(), "bought last",
              "recommended (* bought later indeed)");
  for (std::size_t k = 0; k < recommended.size(); ++k) {
    const auto name = [&](kd::Index item) { return names[static_cast<std::size_t>(item)].c_str(); };
    std::printf("  %-38s | %c %-38s %.2f\n", k < history.size() ? name(train.item(history[k]).index()) : "",
                test.contains(customer, recommended[k].item) ? '*' : ' ', name(recommended[k].item.index()),
                recommended[k].score);
  }

  const kd::ItemId product(shop.items.at("85123A"));
  std::printf("\nProducts like %s\n", names[static_cast<std::size_t>(product.index())].c_str());
  for (const auto& [item, similarity] : kd::similar_items(collaborative, product, {.count = 6})) {
    std::printf("  %.2f  %s\n", similarity, names[static_cast<std::size_t>(item.index())].c_str());
  }
}

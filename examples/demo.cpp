// SPDX-License-Identifier: MIT
// The tour: a year of purchases in a gift shop. Five models learn from the first 80 % of each customer's purchases and are measured on
// the rest; one customer's history stands beside what the best of them recommends, and why; one product beside those like it. Then
// the cold start: products that nobody has bought yet, recommended from their descriptions.
// expect: Products like
#include <kindred/kindred.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace kd = kindred;

namespace {

using Hybrid = kd::ItemHybrid<64>;

/// What is known about the products: their descriptions, as words with weights that training products decide.
kd::Features word_features(const kd::FeatureRecords& records, const kd::Interactions& train) {
  return kd::FeatureSpace(records, kd::items_with_rows(train)).transform(records);
}

/// Of what the customer has, the product whose description speaks most for this item; empty if none does.
std::string because_of(const Hybrid& hybrid, kd::UserId customer, kd::ItemId item, const kd::FeatureRecords& products) {
  const kd::ItemKnn& content = hybrid.part<2>();
  const auto history = content.histories().sparse(customer.index());
  for (const kd::Scored& near : content.neighbours(item)) {
    const bool has =
        std::any_of(history.begin(), history.end(), [&](const auto& entry) { return entry.feature == near.item.index(); });
    if (has) return std::string(products.text(near.item.index(), 0));
  }
  return {};
}

/// A recommendation, the shares of the parts that know customer and product, and a product the customer has that is like it.
void print_why(const Hybrid& hybrid, kd::UserId customer, kd::ItemId item, bool bought, const kd::FeatureRecords& products) {
  const auto shares = hybrid.breakdown(customer, item);
  std::printf("  %c %-36s", bought ? '*' : ' ', std::string(products.text(item.index(), 0)).c_str());
  for (std::size_t part = 0; part < 3; ++part) {
    if (shares[part].known) {
      std::printf(" %6.2f", shares[part].score);
    } else {
      std::printf("      -");
    }
  }
  std::printf("  %s\n", because_of(hybrid, customer, item, products).c_str());
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
  kd::Dataset shop =
      kd::read_interactions(kd::TextFile(folder + "/interactions.tsv"),
                            {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  const kd::FeatureRecords products =
      kd::read_features(kd::TextFile(folder + "/items.tsv"), kd::parse_feature_spec("id=product,description=text"), shop.items);
  const auto name = [&](kd::Index item) { return std::string(products.text(item, 0)); };
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

  const Stopwatch hybrid_watch;
  std::printf("Choosing on held-out purchases ...\n");
  const kd::Features words = word_features(products, train);
  kd::ItemHybridRecipe recipe{.collaborative = kd::collaborative_recipe(train, kd::Feedback::implicit)};
  recipe = kd::choose_item_hybrid<64>(train, words, recipe, threads);
  std::printf("  L2 weight %g; a purchase %.0f days old counts 1/e; weights: neighbours 1, collaborative %g, content %g\n",
              recipe.l2, recipe.decay, recipe.collaborative_weight, recipe.content_weight);
  std::printf("Training the collaborative model, each purchase with %d products the customer did not buy:\n",
              recipe.collaborative.trainer.negatives.per_positive);
  const Stopwatch collaborative_watch;
  const auto collaborative =
      kd::fit_collaborative<64>(train, recipe.collaborative, recipe.l2, threads, [](const kd::EpochReport& epoch) {
        const auto width = static_cast<std::size_t>(std::clamp(epoch.loss * 600, 0.0, 60.0));
        std::printf("  epoch %2d  squared error %.4f  %5.2f s  %s\n", epoch.epoch, epoch.loss, epoch.seconds,
                    std::string(width, '#').c_str());
        std::fflush(stdout);
        return true;
      });
  const double collaborative_seconds = collaborative_watch.seconds();
  const Hybrid hybrid = kd::make_item_hybrid(train, words, collaborative, recipe, threads);
  const double hybrid_seconds = hybrid_watch.seconds();

  const Stopwatch neighbourhood_watch;
  const kd::NeighbourhoodModel neighbourhood(collaborative, train, {}, threads);
  const double neighbourhood_seconds = neighbourhood_watch.seconds();

  // Measure. -------------------------------------------------------------------------------------------------------------------------
  const char* metrics = "recall@20,ndcg@20,coverage@20";
  std::printf("\n  %-16s %12s %12s %12s %11s\n", "model", "recall@20", "ndcg@20", "coverage@20", "to train");
  print_row("popularity", kd::evaluate(popularity, train, test, metrics, {}, threads), popularity_seconds);
  print_row("neighbourhood", kd::evaluate(neighbourhood, train, test, metrics, {}, threads), neighbourhood_seconds);
  print_row("collaborative", kd::evaluate(collaborative, train, test, metrics, {}, threads), collaborative_seconds);
  print_row("content", kd::evaluate(hybrid.part<2>(), train, test, metrics, {}, threads), 0);
  print_row("hybrid", kd::evaluate(hybrid, train, test, metrics, {}, threads), hybrid_seconds);

  // Look. ----------------------------------------------------------------------------------------------------------------------------
  const kd::UserId customer(shop.users.at("17252"));
  const auto bought = train.rows_of(customer);
  std::vector<kd::Index> history(bought.begin(), bought.end());
  std::sort(history.begin(), history.end(),
            [&](auto a, auto b) { return train.time(a) != train.time(b) ? train.time(a) > train.time(b) : a > b; });
  std::printf("\nCustomer %s bought last\n", shop.users.text(customer.index()).c_str());
  for (std::size_t k = 0; k < std::min<std::size_t>(6, history.size()); ++k) {
    std::printf("    %s\n", name(train.item(history[k]).index()).c_str());
  }
  std::printf("  and is recommended (* bought later indeed), with each part's share of the score:\n  %-38s %6s %6s %6s  %s\n",
              "", "neighb", "collab", "words", "like, of what the customer has");
  for (const auto& [item, score] : kd::recommend(hybrid, customer, {.count = 10, .exclude = train.items_of(customer)})) {
    print_why(hybrid, customer, item, test.contains(customer, item), products);
  }

  const kd::ItemId product(shop.items.at("85123A"));
  std::printf("\nProducts like %s\n", name(product.index()).c_str());
  for (const auto& [item, similarity] : kd::similar_items(collaborative, product, {.count = 6})) {
    std::printf("  %.2f  %s\n", similarity, name(item.index()).c_str());
  }

  // Cold start. ----------------------------------------------------------------------------------------------------------------------
  // The models know the first three quarters of the year's purchases. What was first sold later is new: only its description is known.
  const kd::TrainTest year = kd::split_time(shop.interactions, {.train_fraction = 0.75});
  const Hybrid autumn = kd::fit_item_hybrid<64>(year.train, word_features(products, year.train), recipe, threads);
  std::vector<kd::ItemId> novelties;
  for (kd::Index i = 0; i < autumn.items(); ++i) {
    const kd::ItemId item(i);
    if (year.train.users_of(item).empty() && autumn.knows(item)) novelties.push_back(item);
  }
  double found = 0, by_chance = 0;
  kd::Index buyers = 0;
  std::vector<std::pair<kd::Index, kd::UserId>> hits;
  for (kd::Index u = 0; u < autumn.users(); ++u) {
    const kd::UserId user(u);
    const auto buys = [&](kd::ItemId item) { return year.test.contains(user, item); };
    const auto wanted = std::count_if(novelties.begin(), novelties.end(), buys);
    if (wanted == 0 || year.train.items_of(user).empty()) continue;
    const auto shown = kd::recommend(autumn, user, {.count = 5, .allow = novelties});
    const auto right = std::count_if(shown.begin(), shown.end(), [&](const auto& entry) { return buys(entry.item); });
    ++buyers;
    found += static_cast<double>(right) / 5;
    by_chance += static_cast<double>(wanted) / static_cast<double>(novelties.size());
    hits.emplace_back(-right, user);
  }
  std::printf("\nCold start: %td products are new in the last quarter's purchases, known by their description alone.\n",
              std::ssize(novelties));
  std::printf(
      "Of the five shown to each customer who bought any of them, %.0f %% were bought later (by chance: %.0f %%). Three of "
      "these\n"
      "customers, with each part's share; a new product has the share of the known one nearest to it in words:\n",
      100 * found / static_cast<double>(buyers), 100 * by_chance / static_cast<double>(buyers));
  std::sort(hits.begin(), hits.end());
  for (std::size_t k = 0; k < std::min<std::size_t>(3, hits.size()); ++k) {
    const kd::UserId user = hits[k].second;
    std::printf("  Customer %-28s %6s %6s %6s  %s\n", shop.users.text(user.index()).c_str(), "neighb", "collab", "words",
                "like, of what the customer has");
    for (const auto& [item, score] : kd::recommend(autumn, user, {.count = 5, .allow = novelties})) {
      print_why(autumn, user, item, year.test.contains(user, item), products);
    }
  }
}

// SPDX-License-Identifier: MIT
// Embeddings learned by reconstruction: an autoencoder reads what a customer bought and writes it down again through a narrow layer.
// A new customer is then encoded from his purchases, without training; `Ease`, the linear one in closed form, stands beside it.
// expect: both find more than the best sellers
#include <kindred/core/executor.hpp>
#include <kindred/data/read_features.hpp>
#include <kindred/data/read_interactions.hpp>
#include <kindred/data/split.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/serve/similar.hpp>
#include <kindred/train/autoencoder_recipe.hpp>
#include <kindred/train/fit.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace kd = kindred;

int main() {
  // A year of purchases in a gift shop (Chen 2015, CC BY 4.0): of the products with 60 customers or more, so that this takes no time.
  const std::string folder = KINDRED_EXAMPLES_DATA_DIR "/online-retail-small";
  const kd::Dataset shop = kd::read_interactions(kd::TextFile(folder + "/interactions.tsv"),
                                                 {.columns = {.user = "customer", .item = "product", .time = "day"}});
  kd::IdMap items;
  kd::InteractionColumns columns;
  for (kd::Index row = 0; row < shop.interactions.size(); ++row) {
    const auto item = shop.interactions.item(row);
    if (shop.interactions.users_of(item).size() < 60) continue;
    columns.users.push_back(shop.interactions.user(row).value());
    columns.items.push_back(static_cast<std::uint32_t>(items.add(shop.items.text(item.index()))));
    columns.times.push_back(shop.interactions.time(row));
  }
  const auto products =
      kd::read_features(kd::TextFile(folder + "/items.tsv"), kd::parse_feature_spec("id=product,description=text"), items);
  const auto name = [&](kd::ItemId item) { return std::string(products.text(item.index(), 0)); };
  const kd::Interactions purchases(std::move(columns), {.users = shop.users.size()});

  // A tenth of the customers are new: no model sees them. Of each the first half of the purchases is told, the other to be found.
  const kd::TrainTest by_customer = kd::split_cold_users(purchases, {.test_fraction = 0.1});
  const kd::TrainTest halves = kd::split_last_fraction(by_customer.test, {.test_fraction = 0.5});
  const kd::Interactions &train = by_customer.train, &told = halves.train, &hidden = halves.test;

  const kd::Threads threads;
  kd::AutoencoderRecipe recipe = kd::autoencoder_recipe(train, kd::Feedback::implicit);
  recipe.model.dim = 64;
  recipe.epochs = 20;
  recipe.trainer.schedule = kd::linear_schedule(recipe.epochs);
  kd::AutoencoderModel<kd::Side::users, float, 64, kd::Tanh> autoencoder(train, recipe.model);
  const auto report = kd::fit(autoencoder, train, recipe.make_trainer(), {.epochs = recipe.epochs}, threads);
  const kd::Ease ease(train, {}, threads);
  const kd::Popularity popularity(train);
  std::printf("%td customers, %td products; squared error of the reconstruction %.3f -> %.3f\n\n", train.users(), train.items(),
              report.epochs.front().loss, report.epochs.back().loss);

  // Recommend to new customers, and count what they bought later.
  std::vector<float> scores(static_cast<std::size_t>(train.items()));
  const auto by_autoencoder = [&](kd::UserId user) {
    autoencoder.score_all(autoencoder.encode(told.items_of(user)), scores);
    return kd::recommend_from_scores(scores, {.count = 10, .exclude = told.items_of(user)});
  };
  const auto by_ease = [&](kd::UserId user) {
    std::vector<kd::FeatureWeight> history;
    for (const auto item : told.items_of(user)) history.push_back({item.index()});
    ease.score_items(history, scores);
    return kd::recommend_from_scores(scores, {.count = 10, .exclude = told.items_of(user)});
  };
  const auto by_popularity = [&](kd::UserId user) {
    return kd::recommend(popularity, user, {.count = 10, .exclude = told.items_of(user)});
  };
  const auto precision = [&](const auto& recommend) {
    double right = 0, shown = 0;
    for (kd::Index u = 0; u < hidden.users(); ++u) {
      const kd::UserId user(u);
      if (hidden.items_of(user).empty()) continue;
      for (const auto& entry : recommend(user)) {
        right += hidden.contains(user, entry.item) ? 1 : 0;
        shown += 1;
      }
    }
    return right / shown;
  };
  const double of_autoencoder = precision(by_autoencoder), of_ease = precision(by_ease),
               best_sellers = precision(by_popularity);
  std::printf(
      "Of ten products shown to a new customer are bought later: autoencoder %.0f %%, Ease %.0f %%, best sellers %.0f %%\n\n",
      100 * of_autoencoder, 100 * of_ease, 100 * best_sellers);

  const kd::UserId customer(shop.users.at("17848"));  // one of the new ones
  std::printf("New customer %s has\n", shop.users.text(customer.index()).c_str());
  for (const auto item : told.items_of(customer)) std::printf("    %s\n", name(item).c_str());
  const auto print_list = [&](const char* model, const auto& list) {
    std::printf("  and gets of %s (* bought later)\n", model);
    for (std::size_t k = 0; k < 5; ++k) {
      std::printf("  %c %.2f  %s\n", hidden.contains(customer, list[k].item) ? '*' : ' ', list[k].score,
                  name(list[k].item).c_str());
    }
  };
  print_list("the autoencoder", by_autoencoder(customer));
  print_list("Ease", by_ease(customer));
  const auto neighbours = kd::user_neighbours(autoencoder);
  std::printf("  Customers like this one, and what they share:\n");
  for (const auto& [row, similarity] : neighbours.nearest_to(autoencoder.encode(told.items_of(customer)).vector, 3)) {
    std::printf("    %.2f  %s:", similarity, shop.users.text(row.index()).c_str());
    for (const auto item : told.items_of(customer)) {
      if (train.contains(kd::UserId(row.index()), item)) std::printf("  %s", name(item).c_str());
    }
    std::printf("\n");
  }
  std::printf("%s\n", of_autoencoder > 1.1 * best_sellers && of_ease > 1.1 * best_sellers
                          ? "both find more than the best sellers"
                          : "something is wrong");
}

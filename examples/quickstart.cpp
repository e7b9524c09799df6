// SPDX-License-Identifier: MIT
// Learns embeddings from a handful of ratings, predicts a rating and recommends. The code of the README.
// expect: recommended to ann: .*Solaris
#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <iostream>

namespace kd = kindred;

int main() {
  kd::IdMap users, items;
  kd::InteractionColumns columns;
  const auto rated = [&](const char* user, const char* item, float stars) {
    columns.users.push_back(static_cast<std::uint32_t>(users.add(user)));
    columns.items.push_back(static_cast<std::uint32_t>(items.add(item)));
    columns.values.push_back(stars);
  };
  rated("ann", "Alien", 5), rated("ann", "Blade Runner", 5), rated("ann", "Amelie", 2);
  rated("bob", "Alien", 5), rated("bob", "Blade Runner", 4), rated("bob", "Solaris", 5), rated("bob", "Notting Hill", 1);
  rated("eva", "Amelie", 5), rated("eva", "Notting Hill", 5), rated("eva", "Alien", 1), rated("eva", "Solaris", 2);
  const kd::Interactions ratings(std::move(columns));

  kd::CollaborativeModel<float, 16> model(ratings.users(), ratings.items(), {.seed = 1});
  kd::fit(model, ratings, kd::GradientTrainer(kd::SquaredError{}, kd::Adam{.learning_rate = 0.02}, {.batch = 4}),
          {.epochs = 60});

  const kd::UserId ann(users.at("ann"));
  std::cout << "ann would give Solaris " << model.score(ann, kd::ItemId(items.at("Solaris"))) << " stars\n";
  std::cout << "recommended to ann:";
  for (const auto& [item, score] : kd::recommend(model, ann, {.count = 2, .exclude = ratings.items_of(ann)})) {
    std::cout << "  " << items.text(item.index()) << " (" << score << ")";
  }
  std::cout << '\n';
}

// SPDX-License-Identifier: MIT
// The collaborative model as it is often written in Keras: 1,000 users and 1,000 items, two embeddings of 100, their dot product,
// trained by Adam on the mean squared error, 10 epochs in batches of 128. The ratings are made up, with a taste to be found in them.
// expect: the loss fell in every epoch
#include <kindred/kindred.hpp>

#include <cmath>
#include <iostream>

namespace kd = kindred;

int main() {
  constexpr std::uint32_t users = 1000, items = 1000;
  constexpr int samples = 100000, dim = 100;

  // A rating is 1 where the user's taste (one of five) is the item's kind, else 0; one in ten is wrong.
  kd::Random random(7);
  kd::InteractionColumns columns;
  for (int k = 0; k < samples; ++k) {
    columns.users.push_back(static_cast<std::uint32_t>(random.below(users)));
    columns.items.push_back(static_cast<std::uint32_t>(random.below(items)));
    const bool match = columns.users.back() % 5 == columns.items.back() % 5;
    columns.values.push_back(match != (random.uniform() < 0.1) ? 1.0F : 0.0F);
  }
  const kd::Interactions data(std::move(columns), {.users = users, .items = items, .duplicates = kd::Duplicates::keep_last});

  kd::CollaborativeModel<float, dim> model(users, items, {.biases = false, .deviation = 0.5, .seed = 1});
  kd::GradientTrainer trainer(kd::SquaredError{}, kd::Adam{.learning_rate = 1e-3}, {.batch = 128, .seed = 1});

  double last = INFINITY;
  bool falling = true;
  kd::fit(model, data, trainer, {.epochs = 10, .after_epoch = [&](const kd::EpochReport& epoch) {
                                   std::cout << "epoch " << epoch.epoch << "  mse " << epoch.loss << "  " << epoch.seconds
                                             << " s\n";
                                   falling = falling && epoch.loss < last;
                                   last = epoch.loss;
                                   return true;
                                 }});
  std::cout << (falling ? "the loss fell in every epoch\n" : "the loss rose\n");
}

// SPDX-License-Identifier: MIT
/// @file
/// An epoch of a neural content model: two towers of two layers (64 inputs, 64 hidden units with ReLU, 64 outputs) and their inner product,
/// squared error, Adam, batches of 1,024, on 200,000 generated rows over 6,000 users and 4,000 items with 64 features each.
///
/// Counters: rate = rows a second, by wall time; of_fma = share of the multiply-adds that one thread could do in that time: forward and
/// backward together 6 * 2 * (64 * 64 * 2) a row. The same in PyTorch: peers/towers.py.

#include "support/machine.hpp"

#include <kindred/encoder/dense_features.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/content.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <chrono>
#include <memory>

namespace {

using kindred::Index;
using Tower = kindred::Mlp<kindred::DenseFeatures<float>, 2>;

constexpr Index users = 6000, items = 4000, rows = 200'000, width = 64;

std::shared_ptr<const kindred::Features> vectors(Index entities, std::uint64_t seed) {
  kindred::Random random(seed);
  auto features = std::make_shared<kindred::Features>(0, width);
  std::vector<float> vector(static_cast<std::size_t>(width));
  for (Index e = 0; e < entities; ++e) {
    for (float& x : vector) x = static_cast<float>(random.normal());
    features->add_row({}, vector);
  }
  return features;
}

kindred::Interactions ratings() {
  kindred::Random random(3);
  kindred::InteractionColumns columns;
  for (Index k = 0; k < rows; ++k) {
    columns.users.push_back(static_cast<std::uint32_t>(random.below(users)));
    columns.items.push_back(static_cast<std::uint32_t>(random.below(items)));
    columns.values.push_back(static_cast<float>(random.normal()));
  }
  return kindred::Interactions(std::move(columns),
                               {.users = users, .items = items, .duplicates = kindred::Duplicates::keep_last});
}

void epoch(benchmark::State& state) {
  const kindred::Interactions data = ratings();
  kindred::ContentModel model(Tower(kindred::DenseFeatures<float>(vectors(users, 1)), {width, width}, {.seed = 1}),
                              Tower(kindred::DenseFeatures<float>(vectors(items, 2)), {width, width}, {.seed = 2}));
  kindred::GradientTrainer trainer(kindred::SquaredError{}, kindred::Adam{.learning_rate = 1e-3}, {.batch = 1024});
  const kindred::Threads threads(static_cast<int>(state.range(0)));
  trainer.epoch(model, data, threads);  // memory is asked for once
  double seconds = 0;
  for (auto _ : state) seconds += trainer.epoch(model, data, threads).seconds;
  const double done = static_cast<double>(data.size()) * static_cast<double>(state.iterations());
  state.counters["rate"] = done / seconds;
  const double flops = 6.0 * 2 * (width * width * 2) * done;
  state.counters["of_fma"] = flops / seconds / benchmarks::flops<float>();
}

BENCHMARK(epoch)->Name("mlp_towers/threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) { return benchmarks::run(argc, argv); }

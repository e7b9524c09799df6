// SPDX-License-Identifier: MIT
/// @file
/// Epochs of ranking losses at the shape of MovieLens 1M, Dim 64, on one thread and on two: Bpr with one negative a positive, Warp with at most
/// 10 draws, both with per-row Adagrad; and what is often written in Keras: 1,000 users, 1,000 items, 100,000 rows, Adam, batches of 128,
/// at a Dim of 64, 100 and 128.
///
/// Counters: rate = positives (rows) a second, by processor time for one thread and by wall time for two.

#include "support/machine.hpp"
#include "support/synthetic.hpp"

#include <kindred/loss/bpr.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <chrono>
#include <ctime>
#include <string>

namespace {

using kindred::Index;

template <int Dim, class Loss, class Rule>
void epoch(benchmark::State& state, const kindred::Interactions& data, Loss loss, Rule rule, kindred::GradientOptions options,
           int threads) {
  kindred::CollaborativeModel<float, Dim> model(data.users(), data.items());
  kindred::GradientTrainer trainer(loss, rule, options);
  const kindred::Threads executor(threads);
  trainer.epoch(model, data, executor);  // memory is asked for once
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t processor_start = std::clock();
  for (auto _ : state) benchmark::DoNotOptimize(trainer.epoch(model, data, executor).loss);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
  const double rows = static_cast<double>(data.size()) * static_cast<double>(state.iterations());
  state.counters["rate"] = rows / (threads > 1 ? wall.count() : processor);
}

const kindred::Interactions& movielens() {
  static const kindred::Interactions data = benchmarks::synthetic_ratings(benchmarks::movielens_1m);
  return data;
}
const kindred::Interactions& square() {
  static const kindred::Interactions data = benchmarks::synthetic_ratings({1000, 1000, 100'000});
  return data;
}

template <class F>
void add(const std::string& name, F run) {
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark((name + "/threads_" + std::to_string(threads)).c_str(),
                                 [=](benchmark::State& state) { run(state, threads); })
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  }
}

template <int Dim>
void add_keras() {
  add("keras/" + std::to_string(Dim), [](benchmark::State& state, int threads) {
    epoch<Dim>(state, square(), kindred::SquaredError{}, kindred::Adam{}, {.batch = 128}, threads);
  });
}

}  // namespace

int main(int argc, char** argv) {
  constexpr kindred::RowwiseAdagrad rule{.learning_rate = 0.05};
  for (const int batch : {128, 1024}) {
    const std::string end = "/64/batch_" + std::to_string(batch);
    add("bpr" + end, [=](benchmark::State& state, int threads) {
      epoch<64>(state, movielens(), kindred::Bpr{}, rule, {.batch = batch, .negatives = {.per_positive = 1}}, threads);
    });
    add("warp" + end, [=](benchmark::State& state, int threads) {
      epoch<64>(state, movielens(), kindred::Warp{}, rule, {.batch = batch, .negatives = {.per_positive = 10}}, threads);
    });
  }
  add_keras<64>();
  add_keras<100>();
  add_keras<128>();
  return benchmarks::run(argc, argv);
}

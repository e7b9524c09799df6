// SPDX-License-Identifier: MIT
/// @file
/// The best 10 of 10,000 to 1,000,000 items for one user after another, one thread, dim 64: exactly, by `ItemIndex`, and by hnswlib's graph.
///
/// Vectors as trained ones are, rather than noise: coordinates of falling variance (1 / (1 + d)), and lengths that differ (log-normal).
/// Counters: rate = users a second, recall = how many of the exact 10 are found, build_s = seconds to build the graph with all threads.
/// 100,000 items take minutes to build, a million far longer: --benchmark_filter=items:10000/

#include "support/machine.hpp"

#include <kindred/adapter/hnsw.hpp>
#include <kindred/core/random.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/serve/item_index.hpp>
#include <kindred/serve/recommend.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using kindred::Index;
using Factors = kindred::CollaborativeModel<float, 64>;

constexpr Index users = 200, count = 10;

struct Catalogue {
  Factors model;
  std::vector<std::vector<kindred::Scored>> best{};
  std::unique_ptr<kindred::HnswIndex> index{};
  kindred::HnswMetric metric{};
  double build_seconds = 0;

  void build(kindred::HnswMetric wanted) {
    if (index && metric == wanted) return;
    metric = wanted;
    const auto start = std::chrono::steady_clock::now();
    index = std::make_unique<kindred::HnswIndex>(model, kindred::HnswOptions{.metric = wanted}, kindred::Threads());
    build_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  explicit Catalogue(Index items) : model(users, items, {.biases = false}) {
    fill(model.user_encoder(), 1);
    fill(model.item_encoder(), 2);
    for (Index u = 0; u < users; ++u) best.push_back(kindred::recommend(model, kindred::UserId(u), {.count = count}));
  }

  static void fill(kindred::EmbeddingTable<float, 64>& table, std::uint64_t seed) {
    kindred::Random random(seed);
    for (Index r = 0; r < table.rows(); ++r) {
      const double length = std::exp(0.4 * random.normal());
      for (Index d = 0; d < 64; ++d) {
        table.row(r)(d) = static_cast<float>(length * random.normal() / std::sqrt(1 + static_cast<double>(d)));
      }
    }
  }
};

Catalogue& catalogue(Index items) {
  static std::map<Index, std::unique_ptr<Catalogue>> all;
  auto& one = all[items];
  if (!one) one = std::make_unique<Catalogue>(items);
  return *one;
}

template <class Find>
void run(benchmark::State& state, const Catalogue& items, const Find& find) {
  Index user = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(find(kindred::UserId(user)));
    user = (user + 1) % users;
  }
  double hits = 0;
  for (Index u = 0; u < users; ++u) {
    const auto& exact = items.best[static_cast<std::size_t>(u)];
    for (const auto& entry : find(kindred::UserId(u))) {
      for (const auto& other : exact) hits += other.item == entry.item ? 1 : 0;
    }
  }
  state.counters["recall"] = hits / (users * count);
  state.counters["rate"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void exact(benchmark::State& state, Index items) {
  const Catalogue& all = catalogue(items);
  const kindred::ItemIndex index(all.model);
  kindred::ItemIndexWorkspace<> work;
  run(state, all, [&](kindred::UserId user) {
    return kindred::recommend_into(index, all.model, user, kindred::RecommendOptions{.count = count}, work);
  });
}

void graph(benchmark::State& state, Index items, Index breadth, kindred::HnswMetric metric) {
  Catalogue& all = catalogue(items);
  all.build(metric);
  run(state, all,
      [&](kindred::UserId user) { return kindred::recommend(*all.index, all.model, user, {.count = count}, breadth); });
  state.counters["build_s"] = all.build_seconds;
}

}  // namespace

int main(int argc, char** argv) {
  for (const Index items : {10'000, 100'000, 1'000'000}) {
    const std::string name = "items:" + std::to_string(items);
    benchmark::RegisterBenchmark((name + "/exact").c_str(), [=](benchmark::State& state) { exact(state, items); });
    const auto add = [&](const char* kind, kindred::HnswMetric metric, Index breadth) {
      benchmark::RegisterBenchmark((name + "/" + kind + "/breadth:" + std::to_string(breadth)).c_str(),
                                   [=](benchmark::State& state) { graph(state, items, breadth, metric); });
    };
    for (const Index breadth : {25, 50, 100, 200}) add("hnsw", kindred::HnswMetric::inner_product, breadth);
    if (items < 1'000'000) {
      for (const Index breadth : {100, 400}) add("augmented", kindred::HnswMetric::augmented, breadth);
    }
  }
  return benchmarks::run(argc, argv);
}

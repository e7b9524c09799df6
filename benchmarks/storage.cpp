// SPDX-License-Identifier: MIT
/// @file
/// Tables stored in 16 bits beside tables of floats, larger than the nearest caches: scores of one query against all rows, and
/// per-example training, where each step rounds the rows stochastically. One thread.
///
/// Counters: rate = rows or ratings a second; float = how many times faster than tables of floats, run in turns;
/// of_read = share of the machine's limit of reading memory. What the last cache holds may be read faster than that.

#include "support/machine.hpp"

#include <kindred/kernel/score.hpp>
#include <kindred/kernel/score_narrow.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/example_grid.hpp>
#include <kindred/train/l2.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

using kindred::EmbeddingTable;
using kindred::Index;

constexpr int dim = 64;

/// Runs `stored` under the benchmark's loop, and before each of its runs `floats`, which is not counted.
template <class Stored, class Floats>
void in_turns(benchmark::State& state, double items, double bytes, Stored&& stored, Floats&& floats) {
  const double most_bytes = bytes > 0 ? benchmarks::read() : 0;
  floats();
  stored();
  std::vector<double> seconds, float_seconds;
  const auto timed = [](auto& f) {
    const std::clock_t start = std::clock();
    f();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  for (auto _ : state) {
    float_seconds.push_back(timed(floats));
    seconds.push_back(timed(stored));
    state.SetIterationTime(seconds.back());
  }
  const auto median = [](std::vector<double>& all) {
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    return *middle;
  };
  const double spent = median(seconds);
  state.counters["rate"] = items / spent;
  state.counters["float"] = median(float_seconds) / spent;
  if (bytes > 0) state.counters["of_read"] = bytes / most_bytes / spent;
}

/// One query against 200,000 rows.
template <class Stored>
void score_one_to_many(benchmark::State& state) {
  constexpr Index rows = 200'000;
  EmbeddingTable<float, dim> query(1, dim), floats(rows, dim);
  kindred::fill_normal(query, 0.1, 1, 0);
  kindred::fill_normal(floats, 0.1, 2, 0);
  const auto stored = [&] {
    if constexpr (std::is_same_v<Stored, float>) {
      return floats;
    } else {
      return EmbeddingTable<float, dim, Stored>(floats);
    }
  }();
  std::vector<float> out(rows);
  const auto scores = [&](const auto& table) {
    return [&] {
      kindred::score_one_to_many(query.padded_row(0), table.padded_value(), std::span<float>(out));
      benchmark::DoNotOptimize(out.data());
      benchmark::ClobberMemory();
    };
  };
  in_turns(state, double{rows}, double{rows} * dim * sizeof(Stored), scores(stored), scores(floats));
}

/// A model and what trains it: squared error with L2 by SGD.
template <class Stored>
class Training {
 public:
  Training(Index users, Index items) : model_(users, items, {}), l2_(model_, none(), {.embeddings = 0.01}, false) {
    optimizer_.prepare(model_);
  }
  void operator()(std::span<const kindred::Example<std::uint32_t>> examples) {
    grid_.arrange(
        static_cast<Index>(examples.size()), [&](Index k) { return examples[static_cast<std::size_t>(k)]; }, model_.users(),
        model_.items(), std::nullopt, kindred::Serial{});
    benchmark::DoNotOptimize(grid_.run(model_, kindred::SquaredError{}, l2_, optimizer_, 1.0, std::nullopt, kindred::Serial{}));
  }

 private:
  using Model = kindred::CollaborativeModel<float, dim, kindred::DotProduct, Stored>;
  static kindred::Interactions none() { return kindred::Interactions(kindred::Interactions::Columns{}); }

  Model model_;
  kindred::L2Rows<Model> l2_;
  kindred::Optimizer<kindred::Sgd> optimizer_{kindred::Sgd{.learning_rate = 0.01}};
  kindred::ExampleGrid<std::uint32_t> grid_;
};

/// Chance ratings of chance users and items. Includes the sorting into the grid.
template <class Stored>
void train_examples(benchmark::State& state, Index users, Index items, Index count) {
  kindred::Random random(1);
  std::vector<kindred::Example<std::uint32_t>> examples;
  for (Index k = 0; k < count; ++k) {
    examples.push_back({static_cast<std::uint32_t>(random.below(static_cast<std::uint32_t>(users))),
                        static_cast<std::uint32_t>(random.below(static_cast<std::uint32_t>(items))),
                        static_cast<float>(1 + random.below(5)), 1.0F});
  }
  Training<Stored> stored(users, items);
  Training<float> floats(users, items);
  in_turns(state, static_cast<double>(count), 0, [&] { stored(examples); }, [&] { floats(examples); });
}

template <class Stored>
void add(const std::string& name) {
  const auto add_one = [&](const char* what, auto f) {
    benchmark::RegisterBenchmark((what + ("/" + name)).c_str(), f)->UseManualTime()->Unit(benchmark::kMillisecond);
  };
  add_one("score_one_to_many_200000", score_one_to_many<Stored>);
  // The tables of floats take 1 MiB, and 300 MiB.
  add_one("train_in_cache", [](benchmark::State& state) { train_examples<Stored>(state, 2'000, 2'000, 100'000); });
  add_one("train_in_memory", [](benchmark::State& state) { train_examples<Stored>(state, 1'000'000, 200'000, 1'000'000); });
}

}  // namespace

int main(int argc, char** argv) {
  add<float>("float");
  add<Eigen::half>("half");
  add<Eigen::bfloat16>("bfloat16");
  return benchmarks::run(argc, argv);
}

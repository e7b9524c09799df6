// SPDX-License-Identifier: MIT
/// @file
/// One epoch of alternating least squares for implicit feedback (a sweep over the users and one over the items), Dim 64 and 128, by every
/// solver, on one thread and on two, beside the loop one writes with Eigen: for each row its interactions' vectors gathered, `rankUpdate`
/// and `LLT`.
///
/// Counters: rate = interactions a second, by processor time for one thread and by wall time for two; naive = how many times faster than
/// the loop; of_fma = share of one thread's multiply-adds, those of the exact solver counted: half of A, the Gramians, the decompositions.
/// The rows of a generated data set of 2 million interactions (13,800 users x 27,000 items); with a filter that contains 20m, of one of
/// 138,000 x 27,000 and 20 million.

#include "support/machine.hpp"
#include "support/synthetic.hpp"

#include <kindred/model/collaborative.hpp>
#include <kindred/train/alternating_least_squares.hpp>

#include <Eigen/Cholesky>

#include <chrono>
#include <ctime>
#include <map>
#include <string>

namespace {

using kindred::Index;

const kindred::Interactions& interactions(bool large) {
  static std::map<bool, kindred::Interactions> made;
  const auto found = made.find(large);
  if (found != made.end()) return found->second;
  return made
      .emplace(large,
               benchmarks::synthetic_ratings(large ? benchmarks::movielens_20m : benchmarks::Shape{13'800, 27'000, 2'000'000}))
      .first->second;
}

/// The processor seconds of a sweep over every tenth user, for each of its interactions.
template <int Dim>
double naive_seconds(const kindred::Interactions& data) {
  kindred::CollaborativeModel<float, Dim> model(data.users(), data.items(), {.biases = false});
  const auto& table = model.item_encoder();
  const Eigen::MatrixXf gramian = table.value().transpose() * table.value();
  std::array<double, 5> tries{};
  for (std::size_t part = 0; part < tries.size(); ++part) {
    Index used = 0;
    const std::clock_t start = std::clock();
    for (Index u = static_cast<Index>(part); u < data.users(); u += data.users() / 500) {
      const auto items = data.items_of(kindred::UserId(u));
      const auto n = static_cast<Index>(items.size());
      Eigen::MatrixXf rows(Dim, n);
      for (Index k = 0; k < n; ++k) rows.col(k) = table.row(items[static_cast<std::size_t>(k)].index()).matrix().transpose();
      Eigen::MatrixXf normal = gramian;
      normal.diagonal().array() += 0.1F;
      normal.selfadjointView<Eigen::Lower>().rankUpdate(rows);
      Eigen::VectorXf x = rows.rowwise().sum();
      Eigen::LLT<Eigen::Ref<Eigen::MatrixXf>>(normal).solveInPlace(x);
      benchmark::DoNotOptimize(x.data());
      used += n;
    }
    tries[part] = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / static_cast<double>(used);
  }
  std::sort(tries.begin(), tries.end());
  return tries[2];
}

template <int Dim, class Solver>
void epoch(benchmark::State& state, Solver solver, int threads, bool large) {
  const kindred::Interactions& data = interactions(large);
  kindred::CollaborativeModel<float, Dim> model(data.users(), data.items(), {.biases = false});
  kindred::AlternatingLeastSquares als(solver, {.lambda = 0.003, .unobserved = 0.1});
  const kindred::Threads executor(threads);
  als.epoch(model, data, executor);  // memory is asked for once
  const auto n = static_cast<double>(data.size()), rows = static_cast<double>(data.users() + data.items());
  const double naive = threads == 1 ? 2 * naive_seconds<Dim>(data) * n : 0;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t processor_start = std::clock();
  for (auto _ : state) benchmark::DoNotOptimize(als.epoch(model, data, executor).loss);
  const auto epochs = static_cast<double>(state.iterations());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
  state.counters["rate"] = n * epochs / (threads == 1 ? processor : wall.count());
  if (threads > 1) return;
  state.counters["naive"] = naive * epochs / processor;
  const double dim = Dim, flops = 2 * n * dim * dim + rows * dim * dim + rows * dim * dim * dim / 3;
  state.counters["of_fma"] = flops * epochs / processor / benchmarks::flops<float>();
}

template <int Dim>
void add(bool large) {
  for (const int threads : {1, 2}) {
    const auto one = [&](const char* name, auto solver) {
      const std::string full = std::string("als/") + name + "/" + std::to_string(Dim) + (large ? "/20m" : "/2m") + "/threads_" +
                               std::to_string(threads);
      benchmark::RegisterBenchmark(full.c_str(), [=](benchmark::State& state) { epoch<Dim>(state, solver, threads, large); })
          ->Unit(benchmark::kMillisecond)
          ->MeasureProcessCPUTime()
          ->UseRealTime();
    };
    one("exact", kindred::Cholesky{});
    one("conjugate_gradient", kindred::ConjugateGradient{});
    one("block_32", kindred::BlockCoordinate{32});
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool large = false;
  for (int k = 1; k < argc; ++k) large = large || std::string(argv[k]).find("20m") != std::string::npos;
  add<64>(large);
  add<128>(large);
  return benchmarks::run(argc, argv);
}

// SPDX-License-Identifier: MIT
/// @file
/// Two threads beside one, and whether they give the same bits: an epoch of each trainer, the best lists of all users, and evaluation, on
/// generated ratings of the size of MovieLens 1M at Dim 64.
///
///     benchmark-threads [THREADS]
///
/// Wall time, one thread and THREADS (2 by default) in turns, the median of seven turns each. Run it on an idle machine: a second thread that
/// waits for a processor shows here as a slow library.

#include "support/synthetic.hpp"

#include <kindred/loss/bpr.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/metric/evaluate.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/serve/recommend_all.hpp>
#include <kindred/train/alternating_least_squares.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

namespace kd = kindred;
using kd::Index;

constexpr int dim = 64, turns = 7;
using Model = kd::CollaborativeModel<float, dim>;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t bits) { return kd::detail::mixed(hash ^ bits); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// make() gives a function that does the work with an executor and returns a hash of what came out.
template <class Make>
void compare(const char* what, int threads, const Make& make) {
  const kd::Threads one(1), many(threads);
  auto first = make(), second = make();
  std::vector<double> alone, together;
  bool same = true;
  for (int turn = 0; turn <= turns; ++turn) {
    std::uint64_t hash = 0;
    const auto seconds = [&](auto& work, const kd::Threads& executor) {
      const auto start = std::chrono::steady_clock::now();
      hash = work(executor);
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const double a = seconds(first, one);
    const std::uint64_t expected = hash;
    const double b = seconds(second, many);
    same = same && hash == expected;
    if (turn == 0) continue;  // memory is asked for
    alone.push_back(a);
    together.push_back(b);
  }
  const double a = median(alone), b = median(together);
  std::printf("| %-34s | %8.1f | %8.1f | %5.2f | %s |\n", what, 1e3 * a, 1e3 * b, a / b, same ? "same" : "DIFFERENT");
  std::fflush(stdout);
}

/// Epochs of a trainer; the loss, of all weights before each step, tells whether they were the same.
template <class Trainer>
auto epochs(const kd::Interactions& data, const Trainer& trainer, bool biases = true) {
  return [&data, trainer = trainer,
          model = Model(data.users(), data.items(), {.biases = biases})](const kd::Threads& executor) mutable {
    return std::bit_cast<std::uint64_t>(trainer.epoch(model, data, executor).loss);
  };
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  if (argc > 2 || threads < 1) {
    std::fprintf(stderr, "usage: %s [THREADS]; THREADS must be a number of at least 1, and is 2 unless given\n", argv[0]);
    return 2;
  }
  const kd::Interactions data = benchmarks::synthetic_ratings(benchmarks::movielens_1m);
  std::printf("| what | 1 thread, ms | %d threads, ms | ratio | bits |\n| --- | --- | --- | --- | --- |\n", threads);

  const kd::PerExampleTrainer per_example(kd::SquaredError{}, kd::RowwiseAdagrad{.learning_rate = 0.1},
                                          {.l2 = {.embeddings = 0.02}});
  compare("per-example RowwiseAdagrad", threads, [&] { return epochs(data, per_example); });
  const auto gradient = [&](auto loss, auto rule, const kd::GradientOptions& options) {
    return [&data, trainer = kd::GradientTrainer(loss, rule, options)] { return epochs(data, trainer); };
  };
  compare("minibatch Adam, batch 1024", threads, gradient(kd::SquaredError{}, kd::Adam{}, {.batch = 1024}));
  compare("Bpr, batch 1024", threads,
          gradient(kd::Bpr{}, kd::RowwiseAdagrad{}, {.batch = 1024, .negatives = {.per_positive = 1}}));
  compare("Warp, batch 1024", threads,
          gradient(kd::Warp{}, kd::RowwiseAdagrad{}, {.batch = 1024, .negatives = {.per_positive = 10}}));
  compare("ALS, Cholesky, implicit", threads, [&] {
    return epochs(data, kd::AlternatingLeastSquares(kd::Cholesky{}, {.feedback = kd::Feedback::implicit}), false);
  });

  Model model(data.users(), data.items());
  kd::PerExampleTrainer(kd::SquaredError{}, kd::RowwiseAdagrad{.learning_rate = 0.1}).epoch(model, data, kd::Threads());
  for (const Index count : {10, 100}) {
    compare(count == 10 ? "top-10 of all users, seen left out" : "top-100 of all users", threads, [&] {
      return [&](const kd::Threads& executor) {
        const auto lists = kd::recommend_all(model, kd::RecommendAllOptions{.count = count, .exclude_seen = &data}, executor);
        std::uint64_t hash = 0;
        for (Index user = 0; user < lists.size(); user += 101)
          for (const auto& entry : lists[user]) hash = mixed(hash, std::bit_cast<std::uint32_t>(entry.score));
        return hash;
      };
    });
  }
  kd::InteractionColumns held_out;
  for (Index user = 0; user < data.users(); ++user) {
    held_out.users.push_back(static_cast<std::uint32_t>(user));
    held_out.items.push_back(static_cast<std::uint32_t>(kd::detail::mixed(static_cast<std::uint64_t>(user)) %
                                                        static_cast<std::uint64_t>(data.items())));
  }
  const kd::Interactions test(std::move(held_out), {.users = data.users(), .items = data.items()});
  for (const char* metrics : {"ndcg@10,recall@20", "auc"}) {
    compare((std::string("evaluate ") + metrics).c_str(), threads, [&] {
      return [&](const kd::Threads& executor) {
        return std::bit_cast<std::uint64_t>(kd::evaluate(model, data, test, metrics, {}, executor).results.front().value);
      };
    });
  }
}

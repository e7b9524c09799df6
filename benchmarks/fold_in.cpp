// SPDX-License-Identifier: MIT
/// @file
/// Folding in one user, one thread: from item ids to the user's vector, by least squares on the vectors of 27,000 items.
///
/// Counters: p50_us and p99_us = microseconds of a call, median and 99th percentile over users of as many items.

#include "support/machine.hpp"

#include <kindred/core/random.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/serve/fold_in.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace {

using kindred::Index;
using Factors = kindred::CollaborativeModel<float>;

constexpr Index items = 27'000, users = 256;

void one_user(benchmark::State& state, kindred::Feedback feedback, Index dim, Index count) {
  const bool ratings = feedback == kindred::Feedback::explicit_ratings;
  const Factors model(1, items, {.dim = dim, .biases = ratings, .deviation = 1});
  const kindred::FoldIn fold(model, {.least_squares = {.feedback = feedback}});
  kindred::Random random(5);
  std::vector<std::vector<kindred::ItemId>> histories(users);
  for (auto& history : histories) {
    while (static_cast<Index>(history.size()) < count) {
      history.emplace_back(random.below(items));
      std::sort(history.begin(), history.end());
      history.erase(std::unique(history.begin(), history.end()), history.end());
    }
    random.shuffle(std::span(history));
  }
  const std::vector<float> values(static_cast<std::size_t>(count), 3.5F);
  kindred::FoldIn<Factors>::Workspace workspace;
  kindred::FoldedUser<Factors> user;
  std::vector<double> spent;
  std::size_t next = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    fold.into(kindred::History{.items = histories[next], .values = values}, workspace, user);
    benchmark::DoNotOptimize(user.value().vector.data());
    spent.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    next = (next + 1) % histories.size();
  }
  std::sort(spent.begin(), spent.end());
  state.counters["p50_us"] = spent[spent.size() / 2];
  state.counters["p99_us"] = spent[spent.size() * 99 / 100];
}

void add(kindred::Feedback feedback, const char* name, Index dim, Index count) {
  benchmark::RegisterBenchmark(
      ("fold_in/" + std::string(name) + "/dim:" + std::to_string(dim) + "/items:" + std::to_string(count)).c_str(),
      [=](benchmark::State& state) { one_user(state, feedback, dim, count); });
}

}  // namespace

int main(int argc, char** argv) {
  for (const Index dim : {32, 64, 128}) {
    for (const Index count : {20, 100, 500}) {
      add(kindred::Feedback::implicit, "implicit", dim, count);
      add(kindred::Feedback::explicit_ratings, "ratings", dim, count);
    }
  }
  return benchmarks::run(argc, argv);
}

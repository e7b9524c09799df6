// SPDX-License-Identifier: MIT
/// @file
/// The best 10 and the best 100 of 27,000 items, without what the user has seen: one user at a time, and 960 users together, one
/// thread or two. Beside Eigen's product for all scores followed by std::partial_sort, which is what one writes without a kernel.
///
/// Counters: rate = users a second of processor time (of both threads); naive = how many times faster than product and sort; of_fma, of_read = share of the machine's
/// limits for scoring all items in float, that of computing measured beside each benchmark: above 1 where screening in 8 or 4 bits spares the work.

#include "support/machine.hpp"
#include "support/synthetic.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/ranked_items.hpp>
#include <kindred/kernel/ranked_rows.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/kernel/top_k.hpp>
#include <kindred/kernel/top_k_one.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace {

using kindred::Index;
using kindred::RowMatrix;
using kindred::Scored;
using Table = kindred::EmbeddingTable<float>;

constexpr Index users = 960, items = 27'000;

const kindred::Interactions& seen() {
  static const kindred::Interactions data = benchmarks::synthetic_ratings({users, items, 145 * users});
  return data;
}

Table normal_table(Index rows, Index dim, std::uint64_t seed) {
  Table table(rows, dim);
  kindred::fill_normal(table, 0.1, seed, 0);
  return table;
}

/// Items whose vectors are about as long as they are popular, as implicit feedback makes them: the item of rank r by (r + 100)^-0.5.
Table popular_table(Index dim) {
  Table table = normal_table(items, dim, 2);
  std::vector<Index> rank(items);
  std::iota(rank.begin(), rank.end(), Index{0});
  kindred::Random(3).shuffle(std::span<Index>(rank));
  for (Index i = 0; i < items; ++i) {
    table.row(i) *= static_cast<float>(10 / std::sqrt(static_cast<double>(rank[static_cast<std::size_t>(i)]) + 100));
  }
  return table;
}

/// Sets what the user has seen to the lowest score and sorts the best k to the front of `order`.
[[gnu::noinline]] void sort_scores(Index user, Index k, std::span<float> scores, std::vector<std::uint32_t>& order) {
  for (const auto item : seen().items_of(kindred::UserId(user))) {
    scores[static_cast<std::size_t>(item.index())] = std::numeric_limits<float>::lowest();
  }
  std::iota(order.begin(), order.end(), 0U);
  std::partial_sort(order.begin(), order.begin() + k, order.end(),
                    [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
  benchmark::DoNotOptimize(order.data());
}

/// One request after another, as a server answers them, from items laid out beforehand.
void one_user(benchmark::State& state, Index dim, Index k) {
  const Table user_table = normal_table(users, dim, 1), item_table = normal_table(items, dim, 2);
  const kindred::RankedRows<float> ranked(item_table.padded_value(), dim);
  kindred::detail::TopKOne<float> search;
  kindred::ItemMask allowed;
  std::vector<float> scores(items);
  std::vector<std::uint32_t> order(items);
  Index user = 0, naive_user = 0;
  const double numbers = double{items} * static_cast<double>(dim);
  benchmarks::compare<float>(
      state, benchmarks::Work{.items = 1, .flops = 2 * numbers, .bytes = numbers * sizeof(float)},
      [&] {
        allowed.reset(items, true);
        for (const auto item : seen().items_of(kindred::UserId(user))) allowed.set(item.index(), false);
        benchmark::DoNotOptimize(
            search.run(user_table.padded_row(user).data(), ranked, k, [&](Index item) { return allowed[item]; }).data());
        user = (user + 1) % users;
      },
      [&] {
        Eigen::Map<Eigen::VectorXf>(scores.data(), items).noalias() =
            item_table.padded_value() * user_table.padded_value().row(naive_user).transpose();
        sort_scores(naive_user, k, scores, order);
        naive_user = (naive_user + 1) % users;
      });
}

/// All users, in one call. The other side does 96 of them, and is counted ten times. `popular`: items of different lengths, of which most
/// need not be scored, so that of_fma may be above 1.
void many_users(benchmark::State& state, Index dim, Index k, bool popular, int threads) {
  constexpr Index naive_users = 96;
  const Table user_table = normal_table(users, dim, 1), item_table = popular ? popular_table(dim) : normal_table(items, dim, 2);
  const kindred::RankedItems<float> ranked(item_table.padded_value(), dim);
  const kindred::Threads executor(threads);
  kindred::TopLists lists;
  RowMatrix<float> scores(naive_users, items);
  std::vector<std::uint32_t> order(items);
  benchmarks::compare<float>(
      state,
      benchmarks::Work{.items = double{users},
                       .flops = 2.0 * users * items * static_cast<double>(dim),
                       .naive_part = double{naive_users} / double{users}},
      [&] {
        kindred::top_k(
            user_table.padded_value(), ranked, k, lists, [](Index user) { return seen().items_of(kindred::UserId(user)); },
            kindred::KeepAll{}, executor);
        benchmark::DoNotOptimize(lists[0].data());
      },
      [&] {
        scores.noalias() = user_table.padded_value().topRows(naive_users) * item_table.padded_value().transpose();
        for (Index user = 0; user < naive_users; ++user) {
          sort_scores(user, k, std::span<float>(scores.row(user).data(), items), order);
        }
      });
}

}  // namespace

int main(int argc, char** argv) {
  for (const Index dim : {16, 64, 100, 128}) {
    for (const Index k : {10, 100}) {
      const std::string end = "/" + std::to_string(dim) + "/k_" + std::to_string(k);
      benchmark::RegisterBenchmark(("one_user" + end).c_str(), [=](benchmark::State& state) {
        one_user(state, dim, k);
      })->Unit(benchmark::kMicrosecond);
      for (const bool popular : {false, true}) {
        for (const int threads : {1, 2}) {
          const std::string start = popular ? "many_users_popular" : "many_users";
          benchmark::RegisterBenchmark((start + end + "/threads_" + std::to_string(threads)).c_str(),
                                       [=](benchmark::State& state) { many_users(state, dim, k, popular, threads); })
              ->Unit(benchmark::kMillisecond)
              ->MeasureProcessCPUTime()
              ->UseRealTime();
        }
      }
    }
  }
  return benchmarks::run(argc, argv);
}

// SPDX-License-Identifier: MIT
/// @file
/// Which entries of a batch belong to which row of a table, as `Gradient::compact` and minibatches of table models need it: by counting sort
/// (kindred's) and by a hash table, which leaves the rows in the order of their first entry. Few rows have most of the entries.
///
/// Arguments: entries of the batch, rows of the table. Counter: ns an entry, by processor time.

#include "support/machine.hpp"

#include <kindred/core/random.hpp>
#include <kindred/parameter/gradient.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <ctime>
#include <utility>
#include <vector>

namespace {

using kindred::Index;
using kindred::detail::RowOrder;

/// The same as `sort_by_row`, but for the order of the rows: open addressing, at most half full, with multiplicative hashing.
class HashedRows {
 public:
  void operator()(const std::vector<Index>& ids, RowOrder& order) {
    const std::size_t n = ids.size(), size = std::bit_ceil(2 * n + 2);
    const int shift = 65 - static_cast<int>(std::bit_width(size));
    table_.assign(size, -1);
    numbers_.resize(n);
    order.rows.clear();
    order.begins.assign(n + 1, 0);
    for (std::size_t k = 0; k < n; ++k) {
      std::size_t at = (static_cast<std::uint64_t>(ids[k]) * 0x9E3779B97F4A7C15) >> shift;
      while (table_[at] >= 0 && order.rows[static_cast<std::size_t>(table_[at])] != ids[k]) at = (at + 1) & (size - 1);
      if (table_[at] < 0) {
        table_[at] = static_cast<Index>(order.rows.size());
        order.rows.push_back(ids[k]);
      }
      numbers_[k] = static_cast<std::size_t>(table_[at]);
      ++order.begins[numbers_[k]];
    }
    Index sum = 0;
    for (std::size_t row = 0; row <= order.rows.size(); ++row) sum += std::exchange(order.begins[row], sum);
    order.sorted.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
      order.sorted[static_cast<std::size_t>(order.begins[numbers_[k]]++)] = {ids[k], static_cast<Index>(k)};
    }
    for (std::size_t row = order.rows.size(); row > 0; --row) order.begins[row] = order.begins[row - 1];
    order.begins[0] = 0;
  }

 private:
  std::vector<Index> table_;
  std::vector<std::size_t> numbers_;
};

template <class Method>
void run(benchmark::State& state, Method method) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const Index rows = state.range(1);
  kindred::Random random(1);
  std::vector<std::vector<Index>> batches(100);  // so many that their order is not learned by heart
  for (auto& batch : batches) {
    while (batch.size() < entries) batch.push_back(random.below(1 + random.below(rows)));
  }
  RowOrder order;
  const std::clock_t start = std::clock();
  for (auto _ : state) {
    for (const auto& batch : batches) method(batch, order);
    benchmark::DoNotOptimize(order.sorted.data());
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  state.counters["ns"] = 1e9 * seconds / static_cast<double>(state.iterations()) / static_cast<double>(100 * entries);
}

void counting_sort(benchmark::State& state) {
  run(state, [rows = state.range(1)](const auto& ids, RowOrder& order) { kindred::detail::sort_by_row(ids, rows, order); });
}
void hash(benchmark::State& state) { run(state, HashedRows{}); }

BENCHMARK(counting_sort)->ArgsProduct({{128, 256, 2048, 16384}, {6040, 138'000}});
BENCHMARK(hash)->ArgsProduct({{128, 256, 2048, 16384}, {6040, 138'000}});

}  // namespace

int main(int argc, char** argv) { return benchmarks::run(argc, argv); }

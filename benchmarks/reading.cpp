// SPDX-License-Identifier: MIT
/// @file
/// Reading files of interactions: text on disk to numbered ids, checked rows and both indexes, one thread or two. Beside `std::ifstream >>`
/// into three vectors, which numbers, checks and indexes nothing.
///
/// An iteration is both, one after the other. Counters, of the least wall time of each: rate = rows a second; naive = how many times faster
/// than the plain loop; read_bytes = bytes a second.

#include "support/machine.hpp"
#include "support/synthetic.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/data/read_interactions.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using kindred::Index;
using kindred::InteractionFormat;

/// Files of one shape in a temporary folder, removed at the end.
class Files {
 public:
  Files() { std::filesystem::create_directories(folder_); }
  ~Files() { std::filesystem::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  /// user, item, value, time, with what separates them; "::" as in MovieLens 1M.
  std::string path(const benchmarks::Shape& shape, const std::string& separator, const std::string& header) {
    const std::string to = folder_ / (std::to_string(shape.ratings) + '-' + std::to_string(separator[0]) + ".txt");
    if (std::filesystem::exists(to)) return to;
    const kindred::Interactions rows = benchmarks::synthetic_ratings(shape);
    std::ofstream out(to, std::ios::binary);
    out << header;
    for (Index k = 0; k < rows.size(); ++k) {
      out << rows.user(k).value() + 1 << separator << rows.item(k).value() + 1 << separator << rows.value(k) << separator
          << 970'000'000 + 7 * k << '\n';
    }
    return to;
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      ("kindred-reading-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
};

Files& files() {
  static Files all;
  return all;
}

/// What one writes without a library. A separator of punctuation is read as a character or two.
std::size_t stream_in(const std::string& path, int separator_length, bool header) {
  std::ifstream in(path);
  std::string line;
  if (header) std::getline(in, line);
  std::vector<std::uint32_t> users, items;
  std::vector<float> values;
  std::uint32_t user = 0, item = 0;
  float value = 0;
  std::int64_t time = 0;
  char c = 0;
  const auto skip = [&] {
    for (int k = 0; k < separator_length; ++k) in >> c;
  };
  while (in >> user) {
    skip(), in >> item, skip(), in >> value, skip(), in >> time;
    users.push_back(user), items.push_back(item), values.push_back(value);
  }
  return users.size() + items.size() + values.size();
}

void read(benchmark::State& state, const benchmarks::Shape& shape, InteractionFormat format, int threads) {
  const bool csv = format == InteractionFormat::csv, ml = format == InteractionFormat::movielens_1m;
  const std::string path = files().path(shape,
                                        ml    ? "::"
                                        : csv ? ","
                                              : "\t",
                                        ml    ? ""
                                        : csv ? "user,item,value,time\n"
                                              : "user\titem\tvalue\ttime\n");
  const kindred::Threads executor(threads);
  const auto wall = [](const auto& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double naive = 1e30, mine = 1e30;
  for (auto _ : state) {  // in turns; of each the least, for both wait for the same disk and memory
    naive = std::min(naive, wall([&] { benchmark::DoNotOptimize(stream_in(path, ml ? 2 : csv ? 1 : 0, !ml)); }));
    mine =
        std::min(mine, wall([&] { benchmark::DoNotOptimize(kindred::read_interactions(path, {.format = format}, executor)); }));
  }
  state.counters["rate"] = static_cast<double>(shape.ratings) / mine;
  state.counters["naive"] = naive / mine;
  state.counters["read_bytes"] = static_cast<double>(std::filesystem::file_size(path)) / mine;
}

}  // namespace

int main(int argc, char** argv) {
  struct Kind {
    const char* name;
    InteractionFormat format;
  };
  for (const Kind& kind : {Kind{"movielens", InteractionFormat::movielens_1m}, Kind{"tsv", InteractionFormat::tsv},
                           Kind{"csv", InteractionFormat::csv}}) {
    for (const auto& shape : {benchmarks::movielens_1m, benchmarks::Shape{30'000, 10'000, 5'000'000}}) {
      for (const int threads : {1, 2}) {
        benchmark::RegisterBenchmark(
            (std::string(kind.name) + "/rows_" + std::to_string(shape.ratings) + "/threads_" + std::to_string(threads)).c_str(),
            [=](benchmark::State& state) { read(state, shape, kind.format, threads); })
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime()
            ->Iterations(5);
      }
    }
  }
  return benchmarks::run(argc, argv);
}

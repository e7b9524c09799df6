// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What this machine can do at best, measured, and what it is; and the counters that set a benchmark beside that and beside a naive
/// loop. One thread, processor time: other programs slow a measurement down, but less than by wall time.

#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifndef KINDRED_BENCHMARK_FLAGS
#define KINDRED_BENCHMARK_FLAGS "unknown"
#endif

namespace benchmarks {

/// Processor seconds of one call of `f`, the least of `tries`: for limits.
template <class F>
double least_seconds(int tries, F&& f) {
  double least = 1e30;
  for (int k = 0; k < tries; ++k) {
    const std::clock_t start = std::clock();
    f();
    least = std::min(least, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return least;
}

/// Processor seconds of one call of `f`, the median of five measurements of about 4 ms each: for what stands beside a benchmark.
template <class F>
double median_seconds(F&& f) {
  std::array<double, 5> seconds{};
  std::size_t calls = 1;
  for (std::size_t k = 0; k < seconds.size();) {
    const std::clock_t start = std::clock();
    for (std::size_t n = 0; n < calls; ++n) f();
    const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (k == 0 && spent < 4e-3) {
      calls *= spent < 4e-4 ? 8 : 2;
    } else {
      seconds[k++] = spent / static_cast<double>(calls);
    }
  }
  std::nth_element(seconds.begin(), seconds.begin() + 2, seconds.end());
  return seconds[2];
}

namespace detail {

constexpr std::size_t packet_bytes = std::max(16, EIGEN_MAX_STATIC_ALIGN_BYTES);

#ifdef __GNUC__
// Not an Eigen array: compilers that fuse only within one expression do not fuse Eigen's product and sum.
template <class Scalar>
struct VectorOf {
  typedef Scalar type __attribute__((vector_size(packet_bytes)));
};
template <class Scalar>
using Packet = typename VectorOf<Scalar>::type;
#else
template <class Scalar>
using Packet = Eigen::Array<Scalar, packet_bytes / sizeof(Scalar), 1>;
#endif

/// Multiply-adds in registers for about half a millisecond. Returns how many additions and multiplications.
template <class Scalar>
double multiply_and_add() {
  constexpr int rounds = 200'000;
  Packet<Scalar> factor{}, term{}, start[12]{};  // unknown to the compiler
  benchmark::DoNotOptimize(start);
  benchmark::DoNotOptimize(factor);
  benchmark::DoNotOptimize(term);
  [&]<std::size_t... k>(std::index_sequence<k...>) {
    Packet<Scalar> sums[sizeof...(k)]{start[k]...};
    for (int n = 0; n < rounds; ++n) ((sums[k] = sums[k] * factor + term), ...);
    Packet<Scalar> total = (sums[k] + ...);
    benchmark::DoNotOptimize(total);
  }(std::make_index_sequence<12>{});
  return 2.0 * 12 * rounds * (packet_bytes / sizeof(Scalar));
}

/// Reciprocals of square roots in registers, about as long. Returns how many.
template <class Scalar>
double take_roots() {
  constexpr int rounds = 20'000;
  using Row = Eigen::Array<Scalar, 64, 1>;
  Row row = Row::Constant(Scalar(2));
  for (int n = 0; n < rounds; ++n) {
    row = Scalar(1) / row.sqrt();
    benchmark::DoNotOptimize(row);
  }
  return 64.0 * rounds;
}

}  // namespace detail

// The limits of one thread. What is computed in registers is measured for about 20 ms when it is asked for, so that the benchmark it
// stands beside had the same machine: another program on the other half of a core takes half of its multiply-adds.

/// Additions and multiplications a second.
template <class Scalar>
double flops() {
  return detail::multiply_and_add<Scalar>() / median_seconds([] { detail::multiply_and_add<Scalar>(); });
}

/// Reciprocals of square roots a second, exact to rounding: what bounds Adam and Adagrad.
template <class Scalar>
double roots() {
  return detail::take_roots<Scalar>() / median_seconds([] { detail::take_roots<Scalar>(); });
}

/// Bytes a second, summed from a buffer of 256 MiB: the best of five, measured once.
inline double read() {
  static const double bytes = [] {
    const Eigen::ArrayXf buffer = Eigen::ArrayXf::Constant(Eigen::Index{1} << 26, 1.0F);
    return static_cast<double>(buffer.size()) * sizeof(float) /
           least_seconds(5, [&] { benchmark::DoNotOptimize(buffer.sum()); });
  }();
  return bytes;
}

/// What one iteration of a benchmark does.
struct Work {
  double items = 1;  ///< what the rate counts: pairs, rows, users, ratings
  double flops = 0;
  double roots = 0;
  double bytes = 0;       ///< read from memory; 0 where the data stay in the cache
  double naive_part = 1;  ///< how much of an iteration the naive loop does
};

/// Runs `kernel` under the benchmark's loop, and `naive` outside it. Counters: `rate` (items a second), `naive` (how many times
/// faster than the naive loop), and the shares of the machine's limits that `work` can be held against.
template <class Scalar, class Kernel, class Naive>
void compare(benchmark::State& state, const Work& work, Kernel&& kernel, Naive&& naive) {
  const double naive_seconds = median_seconds(naive) / work.naive_part;
  const double most_flops = work.flops > 0 ? flops<Scalar>() : 0, most_roots = work.roots > 0 ? roots<Scalar>() : 0;
  const std::clock_t start = std::clock();
  for (auto _ : state) kernel();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / static_cast<double>(state.iterations());
  state.counters["rate"] = work.items / seconds;
  state.counters["naive"] = naive_seconds / seconds;
  if (work.flops > 0) state.counters["of_fma"] = work.flops / most_flops / seconds;
  if (work.roots > 0) state.counters["of_roots"] = work.roots / most_roots / seconds;
  if (work.bytes > 0) state.counters["of_read"] = work.bytes / read() / seconds;
}

namespace detail {

inline std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

inline std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

inline std::string giga(double value, const char* unit) {
  std::string text = std::to_string(value / 1e9);
  return text.substr(0, text.find('.') + 2) + " G" + unit;
}

}  // namespace detail

/// The `main` of every benchmark here: says once what the machine is and what it can do, then runs what was registered.
inline int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("compiler", detail::compiler());
  benchmark::AddCustomContext("flags", KINDRED_BENCHMARK_FLAGS);
  benchmark::AddCustomContext("processor", detail::processor());
  benchmark::AddCustomContext("Eigen packets", std::to_string(EIGEN_MAX_STATIC_ALIGN_BYTES) + " bytes");
  benchmark::AddCustomContext("limit multiply-adds, one thread", detail::giga(flops<float>(), "FLOP/s in float, ") +
                                                                     detail::giga(flops<double>(), "FLOP/s in double"));
  benchmark::AddCustomContext("limit 1/sqrt, one thread",
                              detail::giga(roots<float>(), "/s in float, ") + detail::giga(roots<double>(), "/s in double"));
  benchmark::AddCustomContext("limit read, one thread", detail::giga(read(), "B/s"));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace benchmarks

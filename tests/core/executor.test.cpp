// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/executor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace kindred;

namespace {

std::atomic<int> calls_of_plain_function{0};
void plain_function(Index) { ++calls_of_plain_function; }

/// A host program's own executor: the last chunk first.
struct Backwards {
  template <class F>
  void for_each(Index n, F&& f) const {
    for (Index k = n; k-- > 0;) f(k);
  }
  int concurrency() const { return 1; }
};

struct NoConcurrency {
  template <class F>
  void for_each(Index, F&&) const {}
};

template <class E>
std::vector<int> counts_of_calls(const E& executor, Index n) {
  std::vector<std::atomic<int>> calls(static_cast<std::size_t>(n));
  executor.for_each(n, [&](Index k) { ++calls[static_cast<std::size_t>(k)]; });
  return {calls.begin(), calls.end()};
}

std::vector<int> ones(Index n) { return std::vector<int>(static_cast<std::size_t>(n), 1); }

}  // namespace

TEST_CASE("the executors model the concept, and so does a host program's own", "[core]") {
  STATIC_REQUIRE(Executor<Serial>);
  STATIC_REQUIRE(Executor<Threads>);
  STATIC_REQUIRE(Executor<Backwards>);
  STATIC_REQUIRE(!Executor<NoConcurrency>);
  STATIC_REQUIRE(!Executor<int>);
}

TEST_CASE("every chunk runs once, for any number of threads", "[core]") {
  for (const Index n : {0, 1, 2, 3, 7, 100, 1000}) {
    CHECK(counts_of_calls(Serial{}, n) == ones(n));
    for (const int threads : {1, 2, 3, 7}) CHECK(counts_of_calls(Threads(threads), n) == ones(n));
  }
}

TEST_CASE("threads really are several, and as many as asked for", "[core]") {
  CHECK(Serial{}.concurrency() == 1);
  CHECK(Threads(1).concurrency() == 1);
  CHECK(Threads(3).concurrency() == 3);
  CHECK(Threads::default_threads() >= 1);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<int> waiting{0};
  Threads(3).for_each(3, [&](Index) {  // ends only if the three chunks run at the same time
    ++waiting;
    while (waiting < 3) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  CHECK(seen.size() == 3);
  CHECK(seen.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("less than one thread is an error", "[core]") {
  CHECK_THROWS_AS(Threads(0), std::invalid_argument);
  CHECK(message_of([] { Threads(-2); }) == "Threads: the number of threads must be at least 1, got -2");
}

TEST_CASE("the exception of the lowest chunk comes back, whichever is thrown first, after all chunks have ended", "[core]") {
  const auto check = [](const auto& executor, Index first_to_throw, Index second_to_throw) {
    std::atomic<int> ended{0};
    std::atomic<bool> thrown{executor.concurrency() == 1};
    const auto loop = [&] {
      executor.for_each(20, [&](Index k) {
        if (k == first_to_throw || k == second_to_throw) {
          ++ended;
          if (k == second_to_throw) {
            while (!thrown) std::this_thread::yield();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the other one has been caught by now
          }
          thrown = true;
          throw std::runtime_error("chunk " + std::to_string(k));
        }
        ++ended;
      });
    };
    CHECK(message_of(loop) == "chunk 3");
    CHECK(ended == 20);
    CHECK(counts_of_calls(executor, 50) == ones(50));  // and the pool goes on as if nothing had happened
  };
  for (int repeat = 0; repeat < 5; ++repeat) {
    check(Serial{}, 3, 7);
    check(Threads(1), 3, 7);
    check(Threads(3), 3, 7);
    check(Threads(3), 7, 3);
  }
}

TEST_CASE("what is thrown keeps its type", "[core]") {
  CHECK_THROWS_AS(Threads(2).for_each(4,
                                      [](Index k) {
                                        if (k == 2) throw std::out_of_range("x");
                                      }),
                  std::out_of_range);
  CHECK_THROWS_AS(Threads(2).for_each(4,
                                      [](Index k) {
                                        if (k == 2) throw 7;
                                      }),
                  int);
}

TEST_CASE("a loop inside a loop runs, on the same threads or on others", "[core]") {
  const Threads outer(3), other(2);
  std::vector<std::atomic<int>> calls(20 * 30 * 2);
  outer.for_each(20, [&](Index a) {
    const std::thread::id here = std::this_thread::get_id();
    outer.for_each(30, [&](Index b) {
      if (std::this_thread::get_id() == here) ++calls[static_cast<std::size_t>(a * 30 + b)];
    });
    other.for_each(30, [&](Index b) { ++calls[static_cast<std::size_t>(600 + a * 30 + b)]; });
  });
  CHECK(std::vector<int>(calls.begin(), calls.end()) == ones(1200));
  CHECK(message_of([&] {
          outer.for_each(4, [&](Index) {
            outer.for_each(4, [](Index b) {
              if (b == 1) throw std::runtime_error("inner");
            });
          });
        }) == "inner");
  std::set<std::thread::id> seen;  // the threads are free for loops of their own again
  std::mutex mutex;
  std::atomic<int> waiting{0};
  outer.for_each(3, [&](Index) {
    ++waiting;
    while (waiting < 3) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  CHECK(seen.size() == 3);
}

TEST_CASE("several host threads may call one pool at once", "[core]") {
  const Threads pool(3);
  std::vector<std::thread> hosts;
  std::vector<std::int64_t> sums(4, 0);
  for (std::size_t host = 0; host < sums.size(); ++host) {
    hosts.emplace_back([&pool, &sum = sums[host]] {
      for (int loop = 0; loop < 200; ++loop) {
        std::vector<std::int64_t> parts(17, 0);
        pool.for_each(17, [&](Index k) {
          std::this_thread::yield();  // so that the loops of two hosts would meet
          parts[static_cast<std::size_t>(k)] = k;
        });
        for (const std::int64_t part : parts) sum += part;
      }
    });
  }
  for (std::thread& host : hosts) host.join();
  CHECK(sums == std::vector<std::int64_t>(4, 200 * 136));
}

TEST_CASE("a loop ends when its slowest chunk has ended", "[core]") {
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::atomic<int> ended{0};
    const std::thread::id here = std::this_thread::get_id();
    Threads(3).for_each(6, [&](Index) {
      if (std::this_thread::get_id() != here) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      std::this_thread::yield();
      ++ended;
    });
    CHECK(ended == 6);
  }
}

TEST_CASE("what the chunks wrote is there when the loop has ended, over many loops", "[core]") {
  const Threads pool(2);
  std::vector<Index> written(8, -1);
  Index wrong = 0;
  for (Index loop = 0; loop < 5000; ++loop) {
    pool.for_each(8, [&](Index k) { written[static_cast<std::size_t>(k)] = loop + k; });
    for (Index k = 0; k < 8; ++k) wrong += written[static_cast<std::size_t>(k)] != loop + k;
  }
  CHECK(wrong == 0);
}

TEST_CASE("threads that have gone to sleep, and threads that look out, come to the next loop", "[core]") {
  const Threads threads(3);
  std::vector<int> counts(7);
  for (int loop = 0; loop < 200; ++loop) {
    threads.for_each(7, [&](Index k) { ++counts[static_cast<std::size_t>(k)]; });
    if (loop % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(counts == std::vector<int>(7, 200));
}

TEST_CASE("small work stays on the caller's thread", "[core]") {
  const Threads threads(2);
  std::vector<std::thread::id> ids(5);
  detail::for_each_unless(true, threads, 5, [&](Index k) { ids[static_cast<std::size_t>(k)] = std::this_thread::get_id(); });
  CHECK(ids == std::vector(5, std::this_thread::get_id()));
  std::vector<int> counts(5);
  detail::for_each_unless(false, threads, 5, [&](Index k) { ++counts[static_cast<std::size_t>(k)]; });
  CHECK(counts == std::vector<int>(5, 1));
}

TEST_CASE("copies share the threads and outlive the original", "[core]") {
  auto original = std::make_unique<Threads>(3);
  const Threads copy = *original;
  original.reset();
  CHECK(counts_of_calls(copy, 100) == ones(100));
}

TEST_CASE("functions, const callables and callables that change themselves can all be run", "[core]") {
  Threads(2).for_each(10, plain_function);
  Serial{}.for_each(5, &plain_function);
  CHECK(calls_of_plain_function == 15);
  std::atomic<int> calls{0};
  const auto constant = [&calls](Index) { ++calls; };
  Threads(2).for_each(10, constant);
  auto changing = [calls = std::make_unique<std::atomic<int>>(0)](Index) mutable {
    ++*calls;
    return calls->load();
  };
  Threads(2).for_each(10, changing);
  CHECK(calls == 10);
  CHECK(changing(0) == 11);
}

TEST_CASE("ranges are cut by the grain alone and cover every number once", "[core]") {
  const auto cuts = [](const auto& executor, Index n, Index grain) {
    std::mutex mutex;
    std::set<std::pair<Index, Index>> seen;
    for_each_range(executor, n, grain, [&](Index begin, Index end) {
      const std::lock_guard lock(mutex);
      CHECK(seen.emplace(begin, end).second);
    });
    return seen;
  };
  using Cuts = std::set<std::pair<Index, Index>>;
  for (const int threads : {1, 2, 7}) {
    const Threads pool(threads);
    CHECK(cuts(pool, 0, 4) == Cuts{});
    CHECK(cuts(pool, 4, 4) == Cuts{{0, 4}});
    CHECK(cuts(pool, 5, 4) == Cuts{{0, 4}, {4, 5}});
    CHECK(cuts(pool, 10, 4) == Cuts{{0, 4}, {4, 8}, {8, 10}});
    CHECK(cuts(pool, 3, 1) == Cuts{{0, 1}, {1, 2}, {2, 3}});
  }
  const Index largest = std::numeric_limits<Index>::max();
  CHECK(cuts(Serial{}, 10, largest) == Cuts{{0, 10}});
  CHECK(cuts(Backwards{}, largest, largest / 2 + 1) == Cuts{{0, largest / 2 + 1}, {largest / 2 + 1, largest}});
}

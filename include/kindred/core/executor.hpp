// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Who runs the chunks of a parallel loop: `Serial`, `Threads`, or a type of yours (a host program's own pool, for example).
///
/// Work is cut by data, never by thread: `for_each(n, f)` runs f(0) ... f(n - 1), each once, in any order and on any thread.
/// Chunk k writes place k, and whoever called adds the places up in order of k. Hence the same bits for any number of threads.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace kindred {

/// Runs f(0) ... f(n - 1), each exactly once, and returns when all have ended. If some throw, the exception of the lowest
/// number is thrown to the caller after all have ended. `concurrency()` is how many may run at once, at least 1.
template <class E>
concept Executor = requires(const E executor, Index n, void (*f)(Index)) {
  executor.for_each(n, f);
  { executor.concurrency() } -> std::convertible_to<int>;
};

/// One after the other, on the caller's thread.
class Serial {
 public:
  template <class F>
  void for_each(Index n, F&& f) const {
    std::exception_ptr first;
    for (Index k = 0; k < n; ++k) {
      try {
        f(k);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
  }
  int concurrency() const { return 1; }
};

/// A fixed set of std::threads that lives as long as the object; the caller's thread works too.
///
/// Cost: about 1 microsecond a loop if the last one ended just before, else about 5: a thread that has nothing to do looks out for the next
/// loop for some 30 microseconds before it sleeps, unless that was in vain lately (fewer processors than threads, or long work between).
/// A loop called from inside a chunk, of this or other `Threads`, runs serially on that thread; loops called from several host threads at once wait for each other. Copies share the threads.
/// Throws: std::invalid_argument if threads < 1; std::system_error if the system gives none.
class Threads {
 public:
  explicit Threads(int threads = default_threads()) : pool_(std::make_shared<Pool>(checked(threads))) {}

  static int default_threads() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

  template <class F>
  void for_each(Index n, F&& f) const {
    if (n <= 1 || pool_->workers() == 0 || Pool::inside()) return Serial{}.for_each(n, f);
    auto body = [&f](Index k) { f(k); };
    pool_->run(n, [](void* context, Index k) { (*static_cast<decltype(body)*>(context))(k); }, &body);
  }
  int concurrency() const { return pool_->workers() + 1; }

 private:
  using Call = void (*)(void*, Index);

  static int checked(int threads) {
    detail::require(threads >= 1, "Threads: the number of threads must be at least 1, got ", threads);
    return threads;
  }

  class Pool {
   public:
    explicit Pool(int threads) {
      try {
        for (int k = 1; k < threads; ++k) threads_.emplace_back([this] { work(); });
      } catch (...) {
        stop();
        throw;
      }
    }
    ~Pool() { stop(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    int workers() const { return static_cast<int>(threads_.size()); }
    static bool& inside() {
      thread_local bool value = false;
      return value;
    }

    void run(Index n, Call call, void* context) {
      const std::lock_guard one_loop_at_a_time(callers_);
      {
        const std::lock_guard lock(mutex_);
        call_ = call;
        context_ = context;
        count_ = n;
        next_.store(0, std::memory_order_relaxed);
        error_ = nullptr;
        error_chunk_ = n;
        busy_.store(workers(), std::memory_order_relaxed);
        generation_.fetch_add(1, std::memory_order_release);
      }
      wake_.notify_all();
      drain();
      await(done_, [this] { return busy_.load(std::memory_order_acquire) == 0; }, rest_);
      if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

   private:
    /// Returns when `ready()` holds: looks out for that for a while, and then sleeps until `woken` tells. Looking out in vain, as where another
    /// process has the processor, is not tried again for the next waits, which `rest` counts.
    template <class Ready>
    void await(std::condition_variable& woken, const Ready& ready, int& rest) {
      if (rest == 0) {
        for (int look = 0; look < 2048; ++look) {
          if (ready()) return;
          relax();
        }
        rest = 32;
      } else {
        --rest;
      }
      std::unique_lock lock(mutex_);
      woken.wait(lock, ready);
    }

    /// Leaves the core to its other thread for some nanoseconds.
    static void relax() {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
      __builtin_ia32_pause();
#endif
    }

    void drain() {
      inside() = true;
      for (Index k = next_.fetch_add(1); k < count_; k = next_.fetch_add(1)) {
        try {
          call_(context_, k);
        } catch (...) {
          const std::lock_guard lock(mutex_);
          if (k < error_chunk_) {
            error_ = std::current_exception();
            error_chunk_ = k;
          }
        }
      }
      inside() = false;
    }

    void work() {
      int rest = 0;
      for (std::uint64_t seen = 0;;) {
        await(wake_, [&] { return stopping_.load() || generation_.load(std::memory_order_acquire) != seen; }, rest);
        if (stopping_.load()) return;
        ++seen;  // a loop ends only when every thread has taken part in it, so there are no two to catch up with
        drain();
        if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
          const std::lock_guard lock(mutex_);  // so that a caller about to sleep hears of it
          done_.notify_one();
        }
      }
    }

    void stop() {
      {
        const std::lock_guard lock(mutex_);
        stopping_.store(true);
      }
      wake_.notify_all();
      for (std::thread& thread : threads_) thread.join();
    }

    std::vector<std::thread> threads_;
    std::mutex callers_, mutex_;
    std::condition_variable wake_, done_;
    std::atomic<Index> next_{0};
    Call call_ = nullptr;
    void* context_ = nullptr;
    Index count_ = 0, error_chunk_ = 0;
    int rest_ = 0;  // of the caller
    std::atomic<int> busy_{0};
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<bool> stopping_{false};
    std::exception_ptr error_;
  };

  std::shared_ptr<Pool> pool_;
};

static_assert(Executor<Serial>);
static_assert(Executor<Threads>);

/// Cuts [0, n) into ranges of `grain` (the last one shorter) and runs f(begin, end) for each. The cuts depend on n and grain alone.
template <Executor E, class F>
void for_each_range(const E& executor, Index n, Index grain, F&& f) {
  KINDRED_ASSERT(grain > 0);
  const Index chunks = n / grain + (n % grain != 0 ? 1 : 0);
  executor.for_each(chunks, [&](Index chunk) { f(chunk * grain, chunk * grain + std::min(grain, n - chunk * grain)); });
}

namespace detail {

/// How many numbers are read and written in less time than a parallel loop takes to begin and end.
inline constexpr Index small_work = 1 << 15;

/// A loop, on the caller's thread if it is `small`: less work than it costs to tell other threads of it.
template <Executor E, class F>
void for_each_unless(bool small, const E& executor, Index n, F&& f) {
  if (small) {
    Serial{}.for_each(n, f);
  } else {
    executor.for_each(n, f);
  }
}

}  // namespace detail

}  // namespace kindred

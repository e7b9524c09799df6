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
/// Cost: about 5 microseconds a loop. A loop called from inside a chunk, of this or other `Threads`, runs serially on that thread;
/// loops called from several host threads at once wait for each other. Copies share the threads.
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
        busy_ = workers();
        ++generation_;
      }
      wake_.notify_all();
      drain();
      std::unique_lock lock(mutex_);
      done_.wait(lock, [this] { return busy_ == 0; });
      if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

   private:
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
      std::uint64_t seen = 0;
      std::unique_lock lock(mutex_);
      for (;;) {
        wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
        if (stopping_) return;
        seen = generation_;
        lock.unlock();
        drain();
        lock.lock();
        if (--busy_ == 0) done_.notify_one();
      }
    }

    void stop() {
      {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
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
    int busy_ = 0;
    std::uint64_t generation_ = 0;
    bool stopping_ = false;
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

}  // namespace kindred

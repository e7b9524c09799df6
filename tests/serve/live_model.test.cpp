// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/serve/live_model.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using namespace kindred;

namespace {

std::atomic<int> alive{0};

/// Every number is the version's; a mixed or freed model shows.
struct Numbers {
  std::array<int, 64> values;

  explicit Numbers(int version) {
    values.fill(version);
    ++alive;
  }
  Numbers(const Numbers& other) : values(other.values) { ++alive; }
  Numbers& operator=(const Numbers&) = delete;
  ~Numbers() {
    values.fill(-1);
    --alive;
  }

  bool whole() const {
    for (const int value : values) {
      if (value != values[0]) return false;
    }
    return values[0] >= 0;
  }
};

}  // namespace

TEST_CASE("a snapshot stays as it is and alive while others are published, and is freed with its last holder", "[serve]") {
  {
    LiveModel<Numbers> live(Numbers(0));
    const auto first = live.snapshot();
    live.publish(Numbers(1));
    auto second = live.snapshot();
    live.publish(std::make_shared<const Numbers>(2));
    CHECK(first->values[63] == 0);
    CHECK(second->values[63] == 1);
    CHECK(live.snapshot()->values[63] == 2);
    CHECK(live.snapshot() == live.snapshot());
    CHECK(alive == 3);
    second.reset();
    CHECK(alive == 2);
    CHECK(message_of([&] { live.publish(LiveModel<Numbers>::Snapshot()); }) ==
          "LiveModel: the model must not be null, got null");
    CHECK(live.snapshot()->values[63] == 2);
    CHECK_THROWS_AS(LiveModel<Numbers>(LiveModel<Numbers>::Snapshot()), std::invalid_argument);
  }
  CHECK(alive == 0);
}

TEST_CASE("8 readers at full speed through 1,000 swaps see whole models only, never an older one, and none is left behind",
          "[serve]") {
  constexpr int readers = 8, swaps = 1000;
  {
    LiveModel<Numbers> live(Numbers(0));
    std::atomic<bool> done{false};
    std::atomic<int> mixed{0}, backwards{0}, stale{0}, most{0};
    std::atomic<int> published{0};
    std::array<std::atomic<long>, readers> reads{};
    std::vector<std::thread> threads;
    for (auto& count : reads) {
      threads.emplace_back([&] {
        int last = 0;
        LiveModel<Numbers>::Snapshot held;
        while (!done) {
          const int known = published;
          const auto now = live.snapshot();
          if (!now || !now->whole() || (held && !held->whole())) ++mixed;
          const int version = now->values[0];
          if (version < last) ++backwards;
          if (version < known) ++stale;
          last = version;
          if (++count % 7 == 0) held = now;  // some are held for a while
        }
      });
    }
    // Two publishers: each model is published by one of them, in order.
    std::mutex order;
    const auto publisher = [&] {
      for (;;) {
        long before = 0;
        {
          const std::lock_guard lock(order);
          if (published == swaps) return;
          live.publish(Numbers(published + 1));
          ++published;
          most = std::max<int>(most, alive);
          for (const auto& count : reads) before += count;
        }
        for (long now = 0; now < before + readers;) {  // readers are at it
          std::this_thread::yield();
          now = 0;
          for (const auto& count : reads) now += count;
        }
      }
    };
    std::thread other(publisher);
    publisher();
    other.join();
    done = true;
    for (auto& thread : threads) thread.join();
    CHECK(mixed == 0);
    CHECK(backwards == 0);
    CHECK(stale == 0);
    CHECK(published == swaps);
    CHECK(live.snapshot()->values[0] == swaps);
    CHECK(alive == 1);
    CHECK(most <= 2 + 2 * readers);  // at most what is held: no model waits to be freed
    for (const auto& count : reads) CHECK(count > 0);
  }
  CHECK(alive == 0);
}

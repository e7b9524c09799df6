// SPDX-License-Identifier: MIT
// After its first steps an epoch allocates nothing: neither through operator new nor inside Eigen.
#include <kindred/loss/bpr.hpp>
#include <kindred/loss/sampled_softmax.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/loss/warp.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/gradient_trainer.hpp>
#include <kindred/train/per_example_trainer.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  bytes = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, bytes)) return memory;
  throw std::bad_alloc();
}

[[gnu::noinline]] void release(void* memory) {
  std::free(memory);
}  // inlined, it looks to g++ as if it did not match operator new

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new[](std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {  // Catch's; without it a sanitizer sees a mismatch
  ++allocations;
  return std::malloc(std::max<std::size_t>(bytes, 1));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

using namespace kindred;

namespace {

/// From call number `warm` on, an allocation inside Eigen ends the program with an assertion, and those through operator new are counted.
class Watch {
 public:
  explicit Watch(long warm, long last) : warm_(warm), last_(last) {}
  ~Watch() { Eigen::internal::set_is_malloc_allowed(true); }

  void call() {
    ++calls_;
    if (calls_ == warm_) {
      before_ = allocations;
      Eigen::internal::set_is_malloc_allowed(false);
    }
    if (calls_ == last_) {
      Eigen::internal::set_is_malloc_allowed(true);
      during_ = allocations - before_;
    }
  }
  long calls() const { return calls_; }
  long during() const { return during_; }

 private:
  long warm_, last_, calls_ = 0, before_ = 0, during_ = -1;
};

/// The squared error, which tells a watch of each example.
struct WatchedLoss {
  Watch* watch;
  template <class Scalar>
  Scalar value(Scalar prediction, Scalar label) const {
    watch->call();
    return SquaredError{}.value(prediction, label);
  }
  template <class Scalar>
  Scalar slope(Scalar prediction, Scalar label) const {
    return SquaredError{}.slope(prediction, label);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("a step of a batch allocates nothing after the first ones of the epoch", "[train]",
                   (CollaborativeModel<float, 16>), (CollaborativeModel<float>)) {
  const Interactions data = made_up_ratings({.users = 300, .items = 100, .rows = 6400});
  for (const int per_positive : {0, 3}) {
    for (const int threads : {1, 2}) {
      Watch watch(4, 99);
      GradientOptions options{
          .batch = 64, .negatives = {.per_positive = per_positive}, .l2 = {.embeddings = 0.01}, .clip_norm = 1};
      options.schedule = [&](double) { return watch.call(), 1.0; };  // called once a batch
      TestType model(data.users(), data.items());
      GradientTrainer trainer(SquaredError{}, Adam{}, options);
      trainer.epoch(model, data, Threads(threads));
      CHECK(watch.calls() == 100);
      CHECK(watch.during() == 0);
    }
  }
}

TEMPLATE_TEST_CASE("a step of groups allocates nothing after the first ones of the epoch", "[train]", Bpr, Warp,
                   SampledSoftmax) {
  const Interactions data = made_up_ratings({.users = 300, .items = 100, .rows = 6400});
  for (const int threads : {1, 2}) {
    Watch watch(2, 99);
    GradientOptions options{.batch = 64, .negatives = {.per_positive = 3}, .l2 = {.embeddings = 0.01}};
    options.schedule = [&](double) { return watch.call(), 1.0; };  // called once a batch
    CollaborativeModel<float, 16> model(data.users(), data.items());
    GradientTrainer trainer(TestType{}, RowwiseAdagrad{}, options);
    trainer.epoch(model, data, Threads(threads));
    CHECK(watch.calls() == 100);
    CHECK(watch.during() == 0);
  }
}

TEST_CASE("training per example allocates nothing from one example to the next", "[train]") {
  // With a fixed Dim in the whole epoch; with a dynamic one in a cell of the grid, which is all of 16 users and 16 items.
  const Interactions many = made_up_ratings({.users = 300, .items = 100, .rows = 6400}),
                     few = made_up_ratings({.users = 16, .items = 16, .rows = 250});
  Watch watch_many(10, 6399), watch_few(10, 249);
  CollaborativeModel<float, 16> fixed(300, 100);
  CollaborativeModel<float> dynamic(16, 16);
  PerExampleTrainer(WatchedLoss{&watch_many}, Adam{}).epoch(fixed, many, Serial{});
  PerExampleTrainer(WatchedLoss{&watch_few}, Adam{}).epoch(dynamic, few, Serial{});
  CHECK(watch_many.calls() == 6400);
  CHECK(watch_many.during() == 0);
  CHECK(watch_few.calls() == 250);
  CHECK(watch_few.during() == 0);
}

TEST_CASE("the watch sees allocations", "[train]") {
  Watch watch(1, 2);
  watch.call();
  const int* volatile out_of_sight = new int(3);  // so that the compiler does not leave it out
  delete out_of_sight;
  CHECK_FALSE(Eigen::internal::is_malloc_allowed());
  watch.call();
  CHECK(watch.during() == 1);
  CHECK(Eigen::internal::is_malloc_allowed());
}

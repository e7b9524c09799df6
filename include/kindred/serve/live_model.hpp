// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A model that is served while new ones are published: readers never wait, and never see half a model.

#include <kindred/core/error.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace kindred {

/// Holds the model of the moment. `M` may be a model, or all that a request needs of one version:
///
/// ```cpp
/// struct Served {                                // never moves once made, so that parts may point to each other
///   Model model;
///   FoldIn<Model> fold{model, options};
/// };
/// LiveModel<Served> live(std::make_shared<const Served>(model));
/// const auto now = live.snapshot();              // a request: one snapshot, to the end
/// recommend(now->model, user);
/// live.publish(std::make_shared<const Served>(better));
/// ```
/// What is promised:
/// - `snapshot` is wait-free: three atomic additions and two loads, whatever other readers and publishers do. No lock, no allocation.
/// - A snapshot is one published model, whole, and stays as it is and alive for as long as it is held. A snapshot begun after `publish`
///   returned is that model or a later one; those of one thread never go back.
/// - `publish` waits for other publishers, and for readers that are inside `snapshot` at that moment (not for those that hold one).
/// - A replaced model is destroyed by whoever lets go of it last: by `publish`, or where a reader's last snapshot of it ends.
///
/// Memory: the models that are held, so two during a change. Throws: std::invalid_argument for a null model; nothing is changed then.
/// Source: the left-right technique of Ramalhete & Correia 2015, with a shared_ptr for the instance.
/// When not to use it: to change the model in place. `M` must be safe to read from many threads, as all models here are.
template <class M>
class LiveModel {
 public:
  using Snapshot = std::shared_ptr<const M>;

  explicit LiveModel(Snapshot model) { places_[0] = checked(std::move(model)); }
  explicit LiveModel(M model) : LiveModel(std::make_shared<const M>(std::move(model))) {}
  LiveModel(const LiveModel&) = delete;
  LiveModel& operator=(const LiveModel&) = delete;

  Snapshot snapshot() const {
    std::atomic<std::int64_t>& inside = inside_[side_.load()].count;
    inside.fetch_add(1);
    Snapshot now = places_[current_.load()];
    inside.fetch_sub(1);
    return now;
  }

  void publish(Snapshot model) {
    checked(model);
    Snapshot replaced;  // let go of after the lock
    const std::lock_guard lock(publishers_);
    const std::size_t old = current_.load();
    places_[1 - old] = std::move(model);
    current_.store(1 - old);
    // Readers that may still be at the old place are counted on either side. Each side is awaited when no new reader goes there.
    const std::size_t side = side_.load();
    await_none(1 - side);
    side_.store(1 - side);
    await_none(side);
    replaced.swap(places_[old]);
  }
  void publish(M model) { publish(std::make_shared<const M>(std::move(model))); }

 private:
  /// On a cache line of its own.
  struct alignas(64) Count {
    std::atomic<std::int64_t> count{0};
  };

  static Snapshot checked(Snapshot model) {
    detail::require(model != nullptr, "LiveModel: the model must not be null, got null");
    return model;
  }
  void await_none(std::size_t side) const {
    while (inside_[side].count.load() != 0) std::this_thread::yield();
  }

  std::array<Snapshot, 2> places_;  ///< the model, and between changes nothing
  std::atomic<std::size_t> current_{0}, side_{0};
  mutable std::array<Count, 2> inside_;
  std::mutex publishers_;
};

}  // namespace kindred

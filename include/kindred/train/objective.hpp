// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One of several objectives that are trained together, and its gradient over a batch of its own rows.

#include <kindred/train/gradient_options.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/ranking.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kindred {

/// A kind of feedback: what a wrong prediction of it costs, and how much that matters.
template <class LossType>
struct Objective {
  using Loss = LossType;

  std::string name = {};  ///< for reports and messages
  Loss loss = {};
  double weight = 1;                ///< of its mean loss in the sum; 0 switches it off
  NegativeSampling negatives = {};  ///< none: explicit feedback
};

template <class Loss>
Objective(std::string, Loss, double = 1, NegativeSampling = {}) -> Objective<Loss>;

namespace detail {

/// An epoch of one objective. `View` is what its loss sees of the model. Everything drawn depends on the seed, the epoch, the step and the
/// chunk alone, and chunks are added in order: the same bits for any executor.
template <class View, class Data, class Loss>
class ObjectivePass {
 public:
  using Rep = typename Data::rep_type;

  /// What is kept from epoch to epoch, so that its pages are not asked for again.
  struct Memory {
    ShuffleMemory<Rep> shuffle = {};
    std::vector<Example<Rep>> examples = {};
    std::vector<std::array<PointwiseWorkspace<View>, 2>> work = {};  ///< for examples that ask for L2, and for the others
    std::vector<RankingWorkspace<View, Rep>> groups = {};
    std::vector<Gradients<View>> gradients = {};
    std::vector<double> losses = {};
  };

  ObjectivePass(const Objective<Loss>& objective, View view, const Data& data, const L2& l2, std::uint64_t seed, int epoch,
                const Executor auto& executor, Memory& memory)
      : objective_(objective),
        view_(view),
        seed_(seed),
        rows_(data.size()),
        memory_(memory),
        grouped_(Ranks<Loss> || !objective.negatives.ahead()),
        source_(data, grouped_ ? NegativeSampling{} : objective.negatives, seed, static_cast<std::uint32_t>(epoch), executor,
                std::move(memory.shuffle)),
        l2_(view_, data, l2, objective.negatives.per_positive > 0) {
    if (grouped_) negatives_.emplace(data, objective.negatives);
  }

  /// The gradient of weight * (mean loss + L2) over rows [begin, end) of the epoch's order, compact; null if none of them has a weight.
  Gradients<View>* gradient(Index begin, Index end, std::int64_t step, const Executor auto& executor) {
    const auto batch = examples(begin, end, executor);
    const auto used = count(batch);
    if (used == 0) return nullptr;
    const auto size = static_cast<Index>(batch.size());
    const auto chunks = static_cast<std::size_t>((size + chunk() - 1) / chunk());
    while (memory_.gradients.size() < chunks) memory_.gradients.push_back(gradients_like(view_));
    if (grouped_ && memory_.groups.size() < chunks) memory_.groups.resize(chunks);
    if (!grouped_ && memory_.work.size() < chunks) memory_.work.resize(chunks);
    memory_.losses.assign(chunks, 0);
    const double scale = objective_.weight / static_cast<double>(used);
    for_each_range(executor, size, chunk(), [&](Index first, Index last) {
      const auto k = static_cast<std::size_t>(first / chunk());
      std::apply([](auto&... gradient) { (gradient.clear(), ...); }, memory_.gradients[k]);
      const auto rows = batch.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
      if (grouped_) {
        memory_.losses[k] = learn_groups(rows, batch, scale, step, k);
      } else if constexpr (!Ranks<Loss>) {
        memory_.losses[k] = learn(rows, scale, k);
      }
    });
    auto& total = memory_.gradients.front();
    for (std::size_t k = 1; k < chunks; ++k) append(total, memory_.gradients[k]);
    std::apply([](auto&... gradient) { (gradient.compact(), ...); }, total);
    l2_.add_gradient(view_, scale, total);
    for (const double loss : memory_.losses) loss_ += loss;
    examples_ += used;
    return &total;
  }

  /// Adds gradients after those that are there.
  static void append(Gradients<View>& to, const Gradients<View>& from) {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      (std::get<k>(to).append(std::get<k>(from)), ...);
    }(std::make_index_sequence<std::tuple_size_v<Gradients<View>>>{});
  }

  Index rows() const { return rows_; }
  std::int64_t examples() const { return examples_; }
  double mean_loss() const { return loss_ / static_cast<double>(std::max<std::int64_t>(1, examples_)); }

  /// Gives the memory back, for the next epoch.
  void release() { memory_.shuffle = std::move(source_).release(); }

 private:
  Index chunk() const { return grouped_ ? 32 : 256; }

  /// The examples of these rows. A window of whole chunks of the source is filled when the rows leave the last one.
  std::span<const Example<Rep>> examples(Index begin, Index end, const Executor auto& executor) {
    const Index width = source_.examples_per_row();
    if (end > window_end_) {
      window_begin_ = begin / ExampleSource<Data>::chunk * ExampleSource<Data>::chunk;
      window_end_ = std::min(rows_, std::max(end, window_begin_ + (Index{1} << 16)));
      window_ = source_.window(window_begin_, window_end_ - window_begin_, executor, memory_.examples);
    }
    return window_.subspan(static_cast<std::size_t>((begin - window_begin_) * width),
                           static_cast<std::size_t>((end - begin) * width));
  }

  std::int64_t count(std::span<const Example<Rep>> batch) const {
    const auto used = std::count_if(batch.begin(), batch.end(), [](const auto& example) { return example.weight != 0; });
    return used * (grouped_ && !Ranks<Loss> ? 1 + objective_.negatives.per_positive : 1);
  }

  /// Sets whether additions to gradients count as repeats from now on.
  static void count_repeats(Gradients<View>& gradients, bool counting) {
    const auto set = [&]<class G>(G& gradient) {
      if constexpr (!G::dense) gradient.count_repeats(counting);
    };
    std::apply([&](auto&... gradient) { (set(gradient), ...); }, gradients);
  }

  double learn(std::span<const Example<Rep>> rows, double scale, std::size_t k) {
    auto& gradients = memory_.gradients[k];
    const auto asks = [&](const Example<Rep>& example) { return l2_.asks(example); };
    count_repeats(gradients, true);
    double loss = add_gradient(view_, rows, objective_.loss, scale, memory_.work[k][0], gradients, asks);
    if (!l2_.all_ask()) {
      count_repeats(gradients, false);
      loss += add_gradient(view_, rows, objective_.loss, scale, memory_.work[k][1], gradients, std::not_fn(asks));
    }
    return loss;
  }

  double learn_groups(std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch, double scale, std::int64_t step,
                      std::size_t k) {
    auto& gradients = memory_.gradients[k];
    Random random(seed_, Stream::negatives, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(k));
    const auto learn = [&](const auto& loss) {
      return memory_.groups[k].add_gradient(view_, rows, batch, *negatives_, objective_.negatives, loss, scale, random,
                                            gradients, [&](bool asks) { count_repeats(gradients, asks || l2_.all_ask()); });
    };
    if constexpr (Ranks<Loss>) {
      return learn(objective_.loss);
    } else {
      return learn(PointwiseGroup<Loss>{objective_.loss, objective_.negatives.weight});
    }
  }

  const Objective<Loss>& objective_;
  View view_;
  std::uint64_t seed_;
  Index rows_;
  Memory& memory_;
  bool grouped_;
  ExampleSource<Data> source_;
  L2Rows<View> l2_;
  std::optional<NegativeSource<Rep>> negatives_;
  std::span<const Example<Rep>> window_;
  Index window_begin_ = 0, window_end_ = 0;
  double loss_ = 0;
  std::int64_t examples_ = 0;
};

}  // namespace detail

}  // namespace kindred

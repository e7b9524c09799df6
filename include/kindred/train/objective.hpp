// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One of several objectives that are trained together, and its gradient over a batch of its own rows.

#include <kindred/train/batch_gradient.hpp>

#include <algorithm>
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
    BatchGradient<View, Rep, Loss> batch = {};
  };

  ObjectivePass(const Objective<Loss>& objective, View view, const Data& data, const L2& l2, std::uint64_t seed, int epoch,
                const Executor auto& executor, Memory& memory)
      : objective_(objective),
        view_(view),
        seed_(seed),
        rows_(data.size()),
        memory_(memory),
        source_(data, Ranks<Loss> ? NegativeSampling{} : objective.negatives, seed, static_cast<std::uint32_t>(epoch), executor,
                std::move(memory.shuffle)),
        l2_(view_, data, l2, objective.negatives.per_positive > 0) {
    if constexpr (Ranks<Loss>) negatives_.emplace(data, objective.negatives);
  }

  /// The gradient of weight * (mean loss + L2) over rows [begin, end) of the epoch's order, compact; null if none of them has a weight.
  Gradients<View>* gradient(Index begin, Index end, std::int64_t step, const Executor auto& executor) {
    const auto batch = examples(begin, end, executor);
    const BatchObjective<View, Rep, Loss> objective{
        objective_.loss, objective_.negatives, negatives_ ? &*negatives_ : nullptr, l2_, objective_.weight, seed_};
    double loss = 0;
    auto* gradients = memory_.batch.compute(view_, batch, objective, step, loss, executor);
    if (gradients == nullptr) return nullptr;
    loss_ += loss;
    examples_ += count_examples<Loss>(batch, objective_.negatives);
    return gradients;
  }

  Index rows() const { return rows_; }
  std::int64_t examples() const { return examples_; }
  double mean_loss() const { return loss_ / static_cast<double>(std::max<std::int64_t>(1, examples_)); }

  /// Gives the memory back, for the next epoch.
  void release() { memory_.shuffle = std::move(source_).release(); }

 private:
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

  const Objective<Loss>& objective_;
  View view_;
  std::uint64_t seed_;
  Index rows_;
  Memory& memory_;
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

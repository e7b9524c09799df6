// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of one batch of examples: chunks in parallel, added in order, so that the bits do not depend on threads.

#include <kindred/train/gradient_options.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/ranking.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace kindred::detail {

/// Whether a loss learns from groups of a positive and its negatives (train/ranking.hpp), rather than from single labelled examples.
template <class Loss>
bool learns_groups(const NegativeSampling& negatives) {
  return Ranks<Loss> || !negatives.ahead();
}

/// How many examples the batch has: those of nonzero weight; of groups the rows, with their negatives for a pointwise loss.
template <class Loss, class Rep>
std::int64_t count_examples(std::span<const Example<Rep>> batch, const NegativeSampling& negatives) {
  const auto used = std::count_if(batch.begin(), batch.end(), [](const auto& example) { return example.weight != 0; });
  return used * (!Ranks<Loss> && learns_groups<Loss>(negatives) ? 1 + negatives.per_positive : 1);
}

/// What a batch is learned by: the same for all batches of an epoch.
template <class Model, class Rep, class Loss>
struct BatchObjective {
  const Loss& loss;
  const NegativeSampling& negatives;
  const NegativeSource<Rep>* source;  ///< of groups; null if the loss does not learn from groups
  const L2Rows<Model>& l2;
  double weight = 1;       ///< of the mean loss and its L2
  std::uint64_t seed = 1;  ///< of the negatives of groups, and of dropout
};

/// Gradients of batches of a model. Keeps its memory from batch to batch: nothing is allocated once it has seen the largest.
///
/// Each chunk draws from streams of its own, named by the seed, the step and the chunk.
template <class Model, class Rep>
class BatchGradient {
 public:
  /// weight * (the mean of weight_k loss_k over the batch + L2), compact; null if no example has a weight. `sum` is set to the sum of the
  /// losses, neither divided nor multiplied by the objective's weight.
  template <class Loss>
  Gradients<Model>* compute(Model& model, std::span<const Example<Rep>> batch,
                            const BatchObjective<Model, Rep, Loss>& objective, std::int64_t step, double& sum,
                            const Executor auto& executor) {
    sum = 0;
    const std::int64_t used = count_examples<Loss>(batch, objective.negatives);
    if (used == 0) return nullptr;
    const bool grouped = objective.source != nullptr;
    const Index chunk = grouped ? 32 : 256;  // the rows of groups are more work each
    const auto size = static_cast<Index>(batch.size());
    const auto chunks = static_cast<std::size_t>((size + chunk - 1) / chunk);
    if (!gradients_.empty() && !fits(model, gradients_.front())) gradients_.clear();  // the model has grown
    while (gradients_.size() < chunks) gradients_.push_back(gradients_like(model));
    while (grouped && groups_.size() < chunks) groups_.emplace_back();
    while (!grouped && work_.size() < chunks) work_.emplace_back();
    losses_.assign(chunks, 0);
    const double scale = objective.weight / static_cast<double>(used);
    for_each_range(executor, size, chunk, [&](Index begin, Index end) {
      const auto k = static_cast<std::size_t>(begin / chunk);
      clear(gradients_[k]);
      Random dropout(objective.seed, Stream::dropout, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(k));
      const auto rows = batch.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      if (grouped) {
        groups_[k].tape_random(dropout);
        losses_[k] = of_groups(model, rows, batch, objective, step, scale, k);
      } else if constexpr (!Ranks<Loss>) {
        for (auto& work : work_[k]) work.tape_random(dropout);
        losses_[k] = of_examples(model, rows, objective, scale, k);
      }
    });
    auto& total = gradients_.front();
    for (std::size_t k = 1; k < chunks; ++k) append(total, gradients_[k]);
    std::apply([](auto&... gradient) { (gradient.compact(), ...); }, total);
    objective.l2.add_gradient(model, scale, total);
    for (const double loss : losses_) sum += loss;
    return &total;
  }

 private:
  /// The gradient of a chunk: first the examples that ask for L2, counted, then the others.
  template <class Loss>
  double of_examples(const Model& model, std::span<const Example<Rep>> examples,
                     const BatchObjective<Model, Rep, Loss>& objective, double scale, std::size_t k) {
    const auto asks = [&](const Example<Rep>& example) { return objective.l2.asks(example); };
    count_repeats(k, true);
    double loss = add_gradient(model, examples, objective.loss, scale, work_[k][0], gradients_[k], asks);
    if (!objective.l2.all_ask()) {
      count_repeats(k, false);
      loss += add_gradient(model, examples, objective.loss, scale, work_[k][1], gradients_[k], std::not_fn(asks));
    }
    return loss;
  }

  /// The same for rows that each make a group.
  template <class Loss>
  double of_groups(const Model& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
                   const BatchObjective<Model, Rep, Loss>& objective, std::int64_t step, double scale, std::size_t k) {
    Random random(objective.seed, Stream::negatives, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(k));
    const auto count = [&](bool asks) { count_repeats(k, asks || objective.l2.all_ask()); };
    const auto learn = [&](const auto& loss) {
      return groups_[k].add_gradient(model, rows, batch, *objective.source, objective.negatives, loss, scale, random,
                                     gradients_[k], count);
    };
    if constexpr (Ranks<Loss>) {
      return learn(objective.loss);
    } else {
      return learn(PointwiseGroup<Loss>{objective.loss, objective.negatives.weight});
    }
  }

  /// Sets whether additions to the gradients of a chunk count as repeats from now on.
  void count_repeats(std::size_t k, bool counting) {
    const auto set = [&]<class G>(G& gradient) {
      if constexpr (!G::dense) gradient.count_repeats(counting);
    };
    std::apply([&](auto&... gradient) { (set(gradient), ...); }, gradients_[k]);
  }

  // Deques, because they grow without moving what they hold, which is much code.
  std::deque<std::array<PointwiseWorkspace<Model>, 2>> work_;  ///< for the examples that ask for L2, and for the others
  std::deque<RankingWorkspace<Model, Rep>> groups_;
  std::deque<Gradients<Model>> gradients_;
  std::vector<double> losses_;
};

}  // namespace kindred::detail

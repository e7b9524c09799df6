// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The gradient of one batch of examples: chunks in parallel, added in order, so that the bits do not depend on threads.

#include <kindred/optimizer/clip.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/ranking.hpp>
#include <kindred/train/table_gradient.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

namespace kindred::detail {

/// How many examples the batch has: those of nonzero weight; of groups the rows, or as many as the loss says.
template <class Loss, class Rep>
std::int64_t count_examples(std::span<const Example<Rep>> batch, [[maybe_unused]] const NegativeSampling& negatives) {
  const auto used = std::count_if(batch.begin(), batch.end(), [](const auto& example) { return example.weight != 0; });
  if constexpr (requires { Loss::examples(std::int64_t{}); }) {
    return used * Loss::examples(negatives.per_positive);
  } else {
    return used;
  }
}

/// How many pairs a batch has at most.
template <class Loss>
std::size_t most_pairs(std::size_t rows, const NegativeSampling& negatives) {
  if (!Ranks<Loss>) return rows;
  return rows * (SearchingLoss<Loss> ? 2 : 1 + static_cast<std::size_t>(negatives.per_positive));
}

/// What a batch is learned by: the same for all batches of an epoch.
template <class Model, class Rep, class Loss>
struct BatchObjective {
  const Loss& loss;
  const NegativeSampling& negatives;
  const NegativeSource<Rep>* source;  ///< of groups; null for a pointwise loss
  const L2Rows<Model>& l2;
  double weight = 1;       ///< of the mean loss and its L2
  std::uint64_t seed = 1;  ///< of the negatives of groups, and of dropout
};

/// Gradients of batches of a model. Keeps its memory from batch to batch: nothing is allocated once it has seen the largest.
///
/// Each chunk draws from streams of its own, named by the seed, the step and the chunk. For tables and an inner product the pairs of all
/// chunks are summed by row (table_gradient.hpp); of other models each chunk makes a gradient, which are added.
template <class Model, class Rep, class Loss>
class BatchGradient {
 public:
  /// weight * (the mean of weight_k loss_k over the batch + L2), compact; null if no example has a weight. `sum` is set to the sum of the
  /// losses, neither divided nor multiplied by the objective's weight.
  Gradients<Model>* compute(Model& model, std::span<const Example<Rep>> batch,
                            const BatchObjective<Model, Rep, Loss>& objective, std::int64_t step, double& sum,
                            const Executor auto& executor) {
    if (total_ && !fits(model, *total_)) {  // the model has grown
      total_.reset();
      chunks_.clear();
    }
    if (!total_) total_ = gradients_like(model);
    const double scale = learn(model, batch, objective, step, sum, executor);
    if (scale == 0) return nullptr;
    if constexpr (TableModel<Model>) {
      table_.compute(model, objective.l2, scale, *total_, executor);
    } else {
      clear(*total_);
      for (std::size_t k = 0; k < used_; ++k) append(*total_, *chunks_[k]->gradient);
      std::apply([](auto&... gradient) { (gradient.compact(), ...); }, *total_);
      objective.l2.add_gradient(model, scale, *total_);
    }
    return &*total_;
  }

  /// One step of the optimizer down that gradient, clipped to `clip_norm` unless that is 0; none if no example has a weight. Returns the sum of
  /// the losses.
  template <class Rule>
  double move(Model& model, std::span<const Example<Rep>> batch, const BatchObjective<Model, Rep, Loss>& objective,
              double clip_norm, Optimizer<Rule>& optimizer, double rate, const Executor auto& executor) {
    double sum = 0;
    if constexpr (TableModel<Model>) {
      const double scale = learn(model, batch, objective, optimizer.steps(), sum, executor);
      if (scale > 0) table_.move(model, objective.l2, scale, clip_norm, optimizer, rate, executor);
    } else if (auto* gradients = compute(model, batch, objective, optimizer.steps(), sum, executor)) {
      if (clip_norm > 0) clip_by_norm(*gradients, clip_norm);
      optimizer.step(model, *gradients, executor, rate);
    }
    return sum;
  }

 private:
  /// Pairs of those examples that ask for L2, and of the others.
  struct Chunk {
    std::array<PairWorkspace<Model>, 2> pairs = {};
    std::conditional_t<Ranks<Loss>, RankingWorkspace<Model, Rep>, std::monostate> groups = {};
    std::optional<Gradients<Model>> gradient = {};
    double loss = 0;

    void add_gradient(Model& model, bool all_ask) {
      if (!gradient) gradient = gradients_like(model);
      clear(*gradient);
      for (const bool asks : {true, false}) {
        const auto count = [&]<class G>(G& g) {
          if constexpr (!G::dense) g.count_repeats(asks || all_ask);
        };
        std::apply([&](auto&... g) { (count(g), ...); }, *gradient);
        pairs[asks ? 0 : 1].backward(model, *gradient);
      }
    }
  };

  /// Whether a batch is less work than a parallel loop; known of tables, whose pairs cost what their rows do.
  static bool small_batch([[maybe_unused]] const Model& model, [[maybe_unused]] Index rows,
                          [[maybe_unused]] const NegativeSampling& negatives) {
    if constexpr (TableModel<Model>) {
      return rows * (Ranks<Loss> ? 1 + negatives.per_positive : 1) * model.user_encoder().stride() < small_work;
    } else {
      return false;
    }
  }

  double of_examples(const Model& model, std::span<const Example<Rep>> examples,
                     const BatchObjective<Model, Rep, Loss>& objective, double scale, Chunk& chunk) {
    const auto asks = [&](const Example<Rep>& example) { return objective.l2.asks(example); };
    const double loss = find_slopes(model, examples, objective.loss, scale, chunk.pairs[0], asks);
    return loss + find_slopes(model, examples, objective.loss, scale, chunk.pairs[1], std::not_fn(asks));
  }

  /// The same for rows that each make a group.
  double of_groups(const Model& model, std::span<const Example<Rep>> rows, std::span<const Example<Rep>> batch,
                   const BatchObjective<Model, Rep, Loss>& objective, double scale, Random& random, Chunk& chunk) {
    return chunk.groups.find_slopes(model, rows, batch, *objective.source, objective.negatives, objective.loss, scale, random,
                                    chunk.pairs[0], chunk.pairs[1]);
  }

  /// Finds the slopes of the batch's pairs, and for models that are not of tables their gradients, chunk by chunk. Returns what the sum of the
  /// losses is multiplied by, 0 if no example has a weight.
  double learn(Model& model, std::span<const Example<Rep>> batch, const BatchObjective<Model, Rep, Loss>& objective,
               std::int64_t step, double& sum, const Executor auto& executor) {
    sum = 0;
    const std::int64_t used = count_examples<Loss>(batch, objective.negatives);
    if (used == 0) return 0;
    const Index grain = Ranks<Loss> ? 32 : 256;  // the rows of groups are more work each
    const auto size = static_cast<Index>(batch.size());
    used_ = static_cast<std::size_t>((size + grain - 1) / grain);
    while (chunks_.size() < used_) chunks_.push_back(std::make_unique<Chunk>());
    const double scale = objective.weight / static_cast<double>(used);
    const bool small = small_batch(model, size, objective.negatives);
    for_each_unless(small, executor, static_cast<Index>(used_), [&](Index number) {
      const Index begin = number * grain, end = std::min(size, begin + grain);
      const auto k = static_cast<std::uint32_t>(number);
      Chunk& chunk = *chunks_[k];
      Random dropout(objective.seed, Stream::dropout, static_cast<std::uint32_t>(step), k);
      for (auto& pairs : chunk.pairs) pairs.tape_random(dropout);
      const auto rows = batch.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      if constexpr (Ranks<Loss>) {
        Random random(objective.seed, Stream::negatives, static_cast<std::uint32_t>(step), k);
        chunk.loss = of_groups(model, rows, batch, objective, scale, random, chunk);
      } else {
        chunk.loss = of_examples(model, rows, objective, scale, chunk);
      }
      if constexpr (!TableModel<Model>) chunk.add_gradient(model, objective.l2.all_ask());
    });
    if constexpr (TableModel<Model>) table_.clear(most_pairs<Loss>(batch.size(), objective.negatives));
    for (std::size_t k = 0; k < used_; ++k) {
      sum += chunks_[k]->loss;
      if constexpr (TableModel<Model>) {
        table_.add(chunks_[k]->pairs[0], true);
        table_.add(chunks_[k]->pairs[1], objective.l2.all_ask());
      }
    }
    return scale;
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t used_ = 0;  ///< chunks of the batch
  std::optional<Gradients<Model>> total_;
  TableGradient<Model> table_;
};

}  // namespace kindred::detail

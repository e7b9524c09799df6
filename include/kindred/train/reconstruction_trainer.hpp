// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training of an autoencoder, by batches of whole entities: each is encoded once for all its interactions.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/clip.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/schedule.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/reconstruction.hpp>
#include <kindred/train/trainer.hpp>

#include <chrono>
#include <variant>

namespace kindred {

struct ReconstructionOptions {
  int batch = 64;                   ///< entities in a step, with all their interactions
  NegativeSampling negatives = {};  ///< for each interaction of an entity; none: explicit feedback
  L2 l2 = {};                       ///< features: the input table V; embeddings: the output table W; biases: of the output
  Schedule schedule = constant_schedule();  ///< factor of the learning rate, by time in epochs
  double clip_norm = 0;                     ///< 0: the gradient of a batch is not clipped
  std::uint64_t seed = 1;

  void validate() const {
    detail::require(batch >= 1, "ReconstructionTrainer: batch must be at least 1, got ", batch);
    detail::require(clip_norm >= 0, "ReconstructionTrainer: clip_norm must not be negative, got ", clip_norm);
    detail::require(static_cast<bool>(schedule), "ReconstructionTrainer: schedule must be a function, got none");
    negatives.validate();
    l2.validate();
  }
};

namespace detail {

/// The same interactions with users and items exchanged.
template <class Rep>
BasicInteractions<Rep> exchanged(const BasicInteractions<Rep>& data) {
  BasicInteractionColumns<Rep> columns;
  for (Index k = 0; k < data.size(); ++k) {
    columns.users.push_back(data.item(k).value());
    columns.items.push_back(data.user(k).value());
  }
  return BasicInteractions<Rep>(std::move(columns), {.users = data.items(), .items = data.users()});
}

}  // namespace detail

/// A pass over the entities of an `AutoencoderModel` in random order, a step of the rule for each batch of them. Models `Trainer`.
///
/// The objective of a step is that of `GradientTrainer` for the batch's interactions and their sampled negatives: the mean of
/// weight * loss(r(e, v), label), or of a ranking loss over each interaction and its negatives (by users only), plus L2, where an example asks for W_v and b_v, and each interaction of the input once for V_v (unless
/// dropped). Entities without interactions are not visited. Dropout, if the model has it, is drawn anew in each step.
/// Cost: about 4 interactions Dim multiply-adds an epoch and 2 negatives Dim, and a step of the rule on each touched row a batch.
/// Repeatable: the same bits for any executor. Allocates nothing in a step after the first epoch.
/// Throws: std::invalid_argument from the constructor for options out of range, from `epoch` for empty data or data with more users or
/// items than the model.
template <class Loss, class Rule>
class ReconstructionTrainer {
 public:
  explicit ReconstructionTrainer(Loss loss, Rule rule, ReconstructionOptions options = {})
      : loss_(std::move(loss)), optimizer_(std::move(rule)), options_(std::move(options)) {
    options_.validate();
    detail::require(options_.negatives.ahead() && !options_.negatives.given,
                    "ReconstructionTrainer: negatives must be sampled from all items, got in_batch, hardest_of or given");
    detail::require_fitting("ReconstructionTrainer", loss_, options_.negatives);
  }

  template <Side side, class Scalar, int Dim, class Act, std::size_t Layers, class Rep>
  EpochReport epoch(AutoencoderModel<side, Scalar, Dim, Act, Layers>& model, const BasicInteractions<Rep>& data,
                    const Executor auto& executor) {
    using Model = AutoencoderModel<side, Scalar, Dim, Act, Layers>;
    static_assert(side == Side::users || !detail::Ranks<Loss>,
                  "ReconstructionTrainer: a ranking loss compares items for a user, so it needs an autoencoder by users");
    static_assert(!PositiveChoosingLoss<Loss, Scalar>,
                  "ReconstructionTrainer: a loss that chooses its positive (k-OS) needs GradientTrainer; take Warp here");
    detail::require_covered("ReconstructionTrainer", model, data);
    detail::require_labels("ReconstructionTrainer", loss_, options_.negatives, data);
    const auto start = std::chrono::steady_clock::now();
    const L2Rows<Model> l2(model, data, options_.l2, sampling());
    const auto sampler = sampler_of<side>(data);
    const Draw<Rep> sample{sampler};
    auto& memory = scratch_.get<Reconstruction<Model>>();
    optimizer_.prepare(model);
    shuffle<Model>(data);
    memory.reserve(model, std::min(static_cast<Index>(options_.batch), static_cast<Index>(order_.size())));
    const auto batch = static_cast<std::size_t>(options_.batch);
    double loss = 0;
    std::int64_t examples = 0;
    for (std::size_t first = 0; first < order_.size(); first += batch) {
      const auto entities = std::span<const Index>(order_).subspan(first, std::min(batch, order_.size() - first));
      const ReconstructionDraw draw{options_.negatives, l2.all_ask(), options_.seed, static_cast<std::uint32_t>(epochs_),
                                    static_cast<std::uint32_t>(optimizer_.steps())};
      const auto [sum, used] = memory.compute(std::as_const(model), data, entities, loss_, draw, sample, executor);
      if (used == 0) continue;
      l2.add_gradient(model, 1 / static_cast<double>(used), memory.gradients());
      if (options_.clip_norm > 0) clip_by_norm(memory.gradients(), options_.clip_norm);
      optimizer_.step(model, memory.gradients(), executor,
                      options_.schedule(epochs_ + static_cast<double>(first) / static_cast<double>(order_.size())));
      loss += sum;
      examples += used;
    }
    ++epochs_;
    return detail::report_of(epochs_, loss, examples, start);
  }

  const Optimizer<Rule>& optimizer() const { return optimizer_; }
  const ReconstructionOptions& options() const { return options_; }
  int epochs() const { return epochs_; }

  /// What a checkpoint keeps; options, losses and schedules are code, for the caller to give again.
  static std::string kind() { return "reconstruction"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("epochs", self.epochs_);
    field("optimizer", self.optimizer_);
    field("order", self.order_);
  }

 private:
  bool sampling() const { return options_.negatives.per_positive > 0; }

  /// The entities that have interactions, in the order of this epoch.
  template <class Model, class Data>
  void shuffle(const Data& data) {
    order_.clear();
    for (Index e = 0; e < (Model::entities == Side::items ? data.items() : data.users()); ++e) {
      if (!Model::rows_of(data, e).empty()) order_.push_back(e);
    }
    Random(options_.seed, Stream::shuffle, static_cast<std::uint32_t>(epochs_)).shuffle(std::span<Index>(order_));
  }

  template <class Rep>
  using Sampler = std::variant<std::monostate, BasicUniformNegatives<Rep>, BasicPopularityNegatives<Rep>>;

  template <Side side, class Rep>
  Sampler<Rep> sampler_of(const BasicInteractions<Rep>& data) const {
    if (!sampling()) return {};
    const BasicInteractions<Rep> by_entity = side == Side::items ? detail::exchanged(data) : data;
    if (options_.negatives.popularity_power == 0) return BasicUniformNegatives<Rep>(by_entity);
    return BasicPopularityNegatives<Rep>(by_entity, {.power = options_.negatives.popularity_power});
  }

  /// Negatives of an entity, and how likely they are.
  template <class Rep>
  struct Draw {
    const Sampler<Rep>& sampler;

    std::optional<Index> operator()(Index entity, Random& random) const {
      return std::visit(
          [&]<class S>(const S& from) -> std::optional<Index> {
            if constexpr (!std::is_same_v<S, std::monostate>) {
              if (const auto other = from.sample(BasicUserId<Rep>(entity), random)) return other->index();
            }
            return std::nullopt;
          },
          sampler);
    }
    double log_probability(Index entity, Index other) const {
      return std::visit(
          [&]<class S>(const S& from) -> double {
            if constexpr (std::is_same_v<S, std::monostate>) {
              return 0;
            } else {
              return from.log_probability(BasicUserId<Rep>(entity), BasicItemId<Rep>(other));
            }
          },
          sampler);
    }
  };

  Loss loss_;
  Optimizer<Rule> optimizer_;
  ReconstructionOptions options_;
  int epochs_ = 0;
  std::vector<Index> order_;
  detail::Scratch scratch_;
};

}  // namespace kindred

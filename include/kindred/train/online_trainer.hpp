// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Learning from one interaction at a time, as they come in, after training or without it; new users and items are added on the way.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/pointwise.hpp>
#include <kindred/train/table_model.hpp>

#include <cmath>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>

namespace kindred {

struct OnlineOptions {
  int negatives = 0;  ///< 0: the value is the label. Otherwise implicit: label 1, and so many uniform negatives of label 0
  double negative_weight = 1;                            ///< of each, where the positive has that of the interaction
  std::function<bool(Index user, Index item)> has = {};  ///< if given: an item for which it is true is not drawn as a negative
  L2 l2 = {};                                            ///< asked by each example; frequency_power must be 0
  double rate = 1;                                       ///< times the rule's learning rate
  Index most_new = 100'000;  ///< an id may be at most this far beyond the model's: one wrong id must not take all memory
  std::uint64_t seed = 1;

  void validate() const {
    detail::require(negatives >= 0, "OnlineTrainer: negatives must not be negative, got ", negatives);
    detail::require(negative_weight > 0 && negative_weight < 1e30,
                    "OnlineTrainer: negative_weight must be positive and finite, got ", negative_weight);
    detail::require(rate > 0 && rate < 1e30, "OnlineTrainer: rate must be positive and finite, got ", rate);
    detail::require(most_new >= 0, "OnlineTrainer: most_new must not be negative, got ", most_new);
    l2.validate();
    detail::require(l2.frequency_power == 0, "OnlineTrainer: l2.frequency_power must be 0, as counts are not known, got ",
                    l2.frequency_power);
  }
};

/// A step of the rule for each interaction, and for each of its negatives: what `PerExampleTrainer` does.
///
/// ```cpp
/// OnlineTrainer online(SquaredError{}, trainer.optimizer(), {.rate = 0.3});  // goes on with the optimizer's state
/// online.update(model, UserId(7), ItemId(12), 4.5F);
/// live.publish(model);                                                       // now and then, for readers
/// ```
/// A user or an item beyond the model's is added first, with all ids before it, where both towers are tables; its own rows start at 0, so
/// that of a new user with a new item only the biases learn. Growing copies the tables and the optimizer's state: add many at once
/// (`add_users`) where many come.
/// Cost: O(Dim) an example for tables. Allocates nothing after the first step, if nothing is added.
/// Throws: std::invalid_argument from the constructor for options out of range; from `update`, before anything changes, for a value or
/// weight that is not finite, a negative weight and a label that the loss does not accept; std::out_of_range for an id that is too far
/// beyond, or beyond those of a model with other encoders. Not thread-safe: readers are served by `LiveModel`.
/// When not to use it: to keep a model fresh for long. Steps without reshuffling drift towards the latest interactions; retrain as well.
/// New users are served better by `FoldIn`, which needs no step.
template <class Loss, class Rule>
class OnlineTrainer {
  static_assert(PointwiseLoss<Loss>, "OnlineTrainer: the loss must model kindred::PointwiseLoss (loss/loss.hpp)");

 public:
  explicit OnlineTrainer(Loss loss, Rule rule, OnlineOptions options = {})
      : OnlineTrainer(std::move(loss), Optimizer<Rule>(std::move(rule)), std::move(options)) {}
  explicit OnlineTrainer(Loss loss, Optimizer<Rule> optimizer, OnlineOptions options = {})
      : loss_(std::move(loss)), optimizer_(std::move(optimizer)), options_(std::move(options)) {
    if constexpr (requires { loss_.validate(); }) loss_.validate();
    options_.validate();
  }

  /// Learns that the user has the item. Returns the loss of all examples together, each before its own step.
  template <class M, class Rep>
  double update(M& model, BasicUserId<Rep> user, BasicItemId<Rep> item, float value = 1, float weight = 1) {
    const bool implicit = options_.negatives > 0;
    const float label = implicit ? 1.0F : value;
    detail::require(std::isfinite(value), "OnlineTrainer: the value must be finite, got ", value);
    detail::require(std::isfinite(weight) && weight >= 0, "OnlineTrainer: the weight must be finite and not negative, got ",
                    weight);
    if constexpr (requires { loss_.accepts(0.0); }) {
      detail::require(loss_.accepts(double{label}), "OnlineTrainer: the label must be one that the loss accepts, got ", label);
    }
    cover(model, user.index(), item.index());
    if (weight == 0) return 0;
    const auto step_for = [&](Rep other, float target, float importance, bool asks) {
      return step(model, Example<Rep>{user.value(), other, target, importance}, asks);
    };
    double sum = step_for(item.value(), label, weight, true);
    Random random(options_.seed, Stream::negatives, static_cast<std::uint32_t>(updates_),
                  static_cast<std::uint32_t>(updates_ >> 32));
    for (int n = 0; n < options_.negatives; ++n) {
      if (const auto other = negative<Rep>(model.items(), user.index(), item.index(), random)) {
        sum += step_for(other->value(), 0.0F, static_cast<float>(options_.negative_weight), options_.l2.negatives);
      }
    }
    ++updates_;
    return sum;
  }

  const Optimizer<Rule>& optimizer() const { return optimizer_; }
  const OnlineOptions& options() const { return options_; }
  std::uint64_t updates() const { return updates_; }  ///< of positive weight

 private:
  /// What is kept from step to step.
  template <class M>
  struct Memory {
    PairWorkspace<M> work = {};
    std::optional<Gradients<M>> gradients = {};
  };

  template <class M>
  void cover(M& model, Index user, Index item) const {
    const auto reach = [&](const char* what, Index id, Index count) {
      const Index most = GridTrainable<M> ? count + options_.most_new : count;
      if (id >= most) throw std::out_of_range(detail::concat("OnlineTrainer: ", what, " must be below ", most, ", got ", id));
    };
    reach("user", user, model.users());
    reach("item", item, model.items());
    if constexpr (GridTrainable<M>) {
      if (user >= model.users()) model.add_users(user + 1 - model.users());
      if (item >= model.items()) model.add_items(item + 1 - model.items());
    }
  }

  template <class M, class Rep>
  double step(M& model, const Example<Rep>& example, bool asks) {
    auto& memory = scratch_.get<Memory<M>>();
    if (!memory.gradients || !detail::fits(model, *memory.gradients)) memory.gradients.emplace(gradients_like(model));
    Gradients<M>& gradients = *memory.gradients;
    detail::clear(gradients);
    Random dropout(options_.seed, Stream::dropout, static_cast<std::uint32_t>(optimizer_.steps()));
    memory.work.tape_random(dropout);
    const double loss = add_gradient(model, std::span(&example, 1), loss_, 1.0, memory.work, gradients);
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      using P = std::remove_cvref_t<decltype(parameter)>;
      using Scalar = typename P::Scalar;
      auto& gradient = std::get<k>(gradients);
      gradient.compact();
      const double lambda = P::touch == Touch::all_rows || asks ? options_.l2.of(P::group) : 0;
      if (lambda == 0) return;
      for (Index entry = 0; entry < gradient.count(); ++entry) {
        gradient.padded_row(entry) += static_cast<Scalar>(2 * lambda) * parameter.padded_row(gradient.id(entry));
      }
    });
    optimizer_.step(model, gradients, Serial{}, options_.rate);
    return loss;
  }

  /// A uniform item that is not this one, nor one that the user is said to have; none after 64 attempts.
  template <class Rep>
  std::optional<BasicItemId<Rep>> negative(Index items, Index user, Index item, Random& random) const {
    for (int attempt = 0; attempt < 64; ++attempt) {
      const Index other = random.below(items);
      if (other != item && !(options_.has && options_.has(user, other))) return BasicItemId<Rep>(other);
    }
    return std::nullopt;
  }

  Loss loss_;
  Optimizer<Rule> optimizer_;
  OnlineOptions options_;
  std::uint64_t updates_ = 0;
  detail::Scratch scratch_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The loss and its gradient over a batch of examples, as a const function of the model: what minibatch training, gradient checks
/// and parallel workers share.

#include <kindred/loss/loss.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/train/example.hpp>

#include <span>
#include <vector>

namespace kindred {

/// A model that can be trained by gradients of its predictions.
///
/// - `forward(users, items, predictions, tape)` predicts for each k and remembers; `backward(users, items, slopes, tape, gradients)`
///   adds d loss / d parameters given d loss / d predictions. Both are const.
/// - `prepare(data, mean_label)` is called once before the first step.
template <class M, class Data>
concept Trainable =
    Parameterized<M> && std::default_initializable<typename M::Tape> &&
    requires(M& model, const M& fixed, const Data& data, std::span<const Index> ids, std::span<typename M::Scalar> predictions,
             std::span<const typename M::Scalar> slopes, typename M::Tape& tape, Gradients<M>& gradients) {
      fixed.forward(ids, ids, predictions, tape);
      fixed.backward(ids, ids, slopes, tape, gradients);
      model.prepare(data, 0.0);
    };

/// The memory of one worker.
template <class M>
struct PointwiseWorkspace {
  std::vector<Index> users, items;
  std::vector<typename M::Scalar> predictions, slopes;
  typename M::Tape tape;

  /// Gives the tape fresh random numbers for dropout.
  void tape_random(Random& random) {
    if constexpr (requires { tape.reseed(random); }) tape.reseed(random);
  }
};

/// Every example.
struct TakeAll {
  template <class Rep>
  bool operator()(const Example<Rep>&) const {
    return true;
  }
};

/// Adds `scale` times the gradient of sum_k weight_k loss(prediction_k, label_k) to `gradients`; returns that sum (not scaled).
/// Examples of weight 0 and those for which `take` is false are skipped. Allocates nothing once the workspace has seen a batch of this size.
template <class M, class Rep, class Loss, class Take = TakeAll>
double add_gradient(const M& model, std::span<const Example<Rep>> examples, const Loss& loss, double scale,
                    PointwiseWorkspace<M>& work, Gradients<M>& gradients, const Take& take = {}) {
  using Scalar = typename M::Scalar;
  static_assert(PointwiseLoss<Loss, Scalar>, "the loss must model kindred::PointwiseLoss (loss/loss.hpp)");
  work.users.clear();
  work.items.clear();
  for (const Example<Rep>& example : examples) {
    if (example.weight == 0 || !take(example)) continue;
    work.users.push_back(static_cast<Index>(example.user));
    work.items.push_back(static_cast<Index>(example.item));
  }
  work.predictions.resize(work.users.size());
  work.slopes.resize(work.users.size());
  model.forward(work.users, work.items, work.predictions, work.tape);
  double sum = 0;
  std::size_t k = 0;
  for (const Example<Rep>& example : examples) {
    if (example.weight == 0 || !take(example)) continue;
    const auto label = static_cast<Scalar>(example.label), weight = static_cast<Scalar>(example.weight);
    sum += static_cast<double>(weight * loss.value(work.predictions[k], label));
    work.slopes[k] = static_cast<Scalar>(scale) * weight * loss.slope(work.predictions[k], label);
    ++k;
  }
  model.backward(work.users, work.items, work.slopes, work.tape, gradients);
  return sum;
}

}  // namespace kindred

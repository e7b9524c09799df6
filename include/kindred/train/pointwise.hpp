// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The loss and its gradient over a batch of examples, as a const function of the model: what minibatch training, gradient checks
/// and parallel workers share.

#include <kindred/encoder/encoder.hpp>
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

/// Pairs to predict and to learn from, and the memory of that.
template <class M>
struct PairWorkspace {
  using Scalar = typename M::Scalar;

  std::vector<Index> users = {}, items = {};
  std::vector<Scalar> predictions = {}, slopes = {};
  typename M::Tape tape = {};

  std::size_t size() const { return users.size(); }
  void clear() { resize(0); }
  void resize(std::size_t count) {
    users.resize(count);
    items.resize(count);
  }
  void reserve(std::size_t count) {
    users.reserve(count);
    items.reserve(count);
    predictions.reserve(count);
    slopes.reserve(count);
  }
  void push(Index user, Index item) {
    users.push_back(user);
    items.push_back(item);
  }

  /// Sets the predictions, and makes room for as many slopes.
  void forward(const M& model) {
    predictions.resize(size());
    slopes.resize(size());
    model.forward(users, items, std::span<Scalar>(predictions), tape);
  }
  /// Adds what the slopes say to `gradients`.
  void backward(const M& model, Gradients<M>& gradients) {
    if (size() > 0) model.backward(users, items, std::span<const Scalar>(slopes), tape, gradients);
  }

  /// Gives the tape fresh random numbers for dropout.
  void tape_random(Random& random) { detail::reseed(tape, random); }
};

/// Every example.
struct TakeAll {
  template <class Rep>
  bool operator()(const Example<Rep>&) const {
    return true;
  }
};

/// Makes pairs of the examples, with `scale` times the slopes of sum_k weight_k loss(prediction_k, label_k); returns that sum (not scaled).
/// Examples of weight 0 and those for which `take` is false are skipped. Allocates nothing once the workspace has seen a batch of this size.
template <class M, class Rep, class Loss, class Take = TakeAll>
double find_slopes(const M& model, std::span<const Example<Rep>> examples, const Loss& loss, double scale,
                   PairWorkspace<M>& pairs, const Take& take = {}) {
  using Scalar = typename M::Scalar;
  static_assert(PointwiseLoss<Loss, Scalar>, "the loss must model kindred::PointwiseLoss (loss/loss.hpp)");
  pairs.resize(examples.size());
  std::size_t k = 0;
  for (const Example<Rep>& example : examples) {
    if (example.weight == 0 || !take(example)) continue;
    pairs.users[k] = static_cast<Index>(example.user);
    pairs.items[k] = static_cast<Index>(example.item);
    ++k;
  }
  pairs.resize(k);
  pairs.forward(model);
  double sum = 0;
  k = 0;
  for (const Example<Rep>& example : examples) {
    if (example.weight == 0 || !take(example)) continue;
    const auto label = static_cast<Scalar>(example.label), weight = static_cast<Scalar>(example.weight);
    sum += static_cast<double>(weight * loss.value(pairs.predictions[k], label));
    pairs.slopes[k] = static_cast<Scalar>(scale) * weight * loss.slope(pairs.predictions[k], label);
    ++k;
  }
  return sum;
}

/// The same, and adds the gradient of that to `gradients`.
template <class M, class Rep, class Loss>
double add_gradient(const M& model, std::span<const Example<Rep>> examples, const Loss& loss, double scale,
                    PairWorkspace<M>& pairs, Gradients<M>& gradients) {
  const double sum = find_slopes(model, examples, loss, scale, pairs);
  pairs.backward(model, gradients);
  return sum;
}

}  // namespace kindred

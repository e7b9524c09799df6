// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The loss and its gradient over a batch of examples, as a const function of the model: what minibatch training, gradient checks
/// and parallel workers share. And L2, the regulariser that belongs to the objective.

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
concept Trainable = Parameterized<M> && std::default_initializable<typename M::Tape> &&
                    requires(M& model, const M& fixed, const Data& data, std::span<const Index> ids,
                             std::span<typename M::Scalar> predictions, std::span<const typename M::Scalar> slopes,
                             typename M::Tape& tape, Gradients<M>& gradients) {
                      fixed.forward(ids, ids, predictions, tape);
                      fixed.backward(ids, ids, slopes, tape, gradients);
                      model.prepare(data, 0.0);
                    };

/// The weights of the L2 terms in the objective, by kind of parameter. The objective of a batch of B examples is
///   (1/B) sum_examples [ loss + sum over the rows r it touches of l2 |r|^2 ]  +  l2.layers |all layer weights|^2 .
struct L2 {
  double embeddings = 0;  ///< tables with more than one column
  double biases = 0;      ///< tables with one column
  double layers = 0;      ///< dense layers

  void validate() const {
    detail::require(embeddings >= 0 && biases >= 0 && layers >= 0 && embeddings + biases + layers < 1e30,
                    "L2: the weights must be finite and not negative, got ", embeddings, ", ", biases, ", ", layers);
  }

  /// The weight for parameters of type P.
  template <class P>
  constexpr double of() const {
    if constexpr (P::touch == Touch::all_rows) {
      return layers;
    } else {
      return P::fixed_cols == 1 ? biases : embeddings;
    }
  }
};

/// The memory of one worker.
template <class M>
struct PointwiseWorkspace {
  std::vector<Index> users, items;
  std::vector<typename M::Scalar> predictions, slopes;
  typename M::Tape tape;
};

/// Adds `scale` times the gradient of sum_k weight_k loss(prediction_k, label_k) to `gradients`; returns that sum (not scaled).
/// Examples of weight 0 are skipped. Allocates nothing once the workspace has seen a batch of this size.
template <class M, class Rep, class Loss>
double add_gradient(const M& model, std::span<const Example<Rep>> examples, const Loss& loss, double scale,
                    PointwiseWorkspace<M>& work, Gradients<M>& gradients) {
  using Scalar = typename M::Scalar;
  static_assert(PointwiseLoss<Loss, Scalar>, "the loss must model kindred::PointwiseLoss (loss/loss.hpp)");
  work.users.clear();
  work.items.clear();
  for (const Example<Rep>& example : examples) {
    if (example.weight == 0) continue;
    work.users.push_back(static_cast<Index>(example.user));
    work.items.push_back(static_cast<Index>(example.item));
  }
  work.predictions.resize(work.users.size());
  work.slopes.resize(work.users.size());
  model.forward(work.users, work.items, work.predictions, work.tape);
  double sum = 0;
  std::size_t k = 0;
  for (const Example<Rep>& example : examples) {
    if (example.weight == 0) continue;
    const auto label = static_cast<Scalar>(example.label), weight = static_cast<Scalar>(example.weight);
    sum += static_cast<double>(weight * loss.value(work.predictions[k], label));
    work.slopes[k] = static_cast<Scalar>(scale) * weight * loss.slope(work.predictions[k], label);
    ++k;
  }
  model.backward(work.users, work.items, work.slopes, work.tape, gradients);
  return sum;
}

/// Adds the gradient of the L2 terms of a batch to its compacted gradients; `scale` is 1 / B.
template <class M>
void add_l2_gradient(M& model, const L2& l2, double scale, Gradients<M>& gradients) {
  using Scalar = typename M::Scalar;
  detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    using P = std::remove_cvref_t<decltype(parameter)>;
    const double weight = l2.of<P>();
    if (weight == 0) return;
    auto& gradient = std::get<k>(gradients);
    KINDRED_ASSERT(gradient.is_compact());
    for (Index entry = 0; entry < gradient.count(); ++entry) {
      const double times = P::touch == Touch::all_rows ? 1.0 : scale * static_cast<double>(gradient.repeats(entry));
      gradient.padded_row(entry) += static_cast<Scalar>(2 * weight * times) * parameter.padded_row(gradient.id(entry));
    }
  });
}

}  // namespace kindred

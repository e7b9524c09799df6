// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// L2, the regulariser that belongs to the objective (decoupled weight decay is a matter of rules: optimizer/weight_decay.hpp).

#include <kindred/parameter/parameterized.hpp>
#include <kindred/train/example.hpp>

#include <cmath>
#include <vector>

namespace kindred {

/// The weights of the L2 terms, by kind of parameter. The objective of a batch of B examples is
///   (1/B) sum_examples [ loss + sum over the rows r it touches of lambda_r |r|^2 ]  +  layers |all layer weights|^2 ,
///   lambda_r = weight of r's group / n_r^frequency_power ,  n_r = how many rows of the training data touch r .
///
/// frequency_power 0 asks the same of every example; 1 makes the whole penalty of a row the same however often it is seen; between them,
/// 0.5 is best on the rating data tried (README). Source: Zhou et al. 2008 (weighted lambda) for 0; Rendle et al. 2021, section 4.3.
struct L2 {
  double embeddings = 0;  ///< tables of users and items
  double features = 0;    ///< tables of features
  double biases = 0;      ///< tables with one column
  double layers = 0;      ///< dense layers, once a step
  double frequency_power = 0;
  bool negatives = false;  ///< whether sampled negatives ask too, or only the data's own rows

  void validate() const {
    for (const double weight : {embeddings, features, biases, layers}) {
      detail::require(weight >= 0 && weight < 1e30, "L2: a weight must be finite and not negative, got ", weight);
    }
    detail::require(frequency_power >= 0 && frequency_power <= 1, "L2: frequency_power must be in [0, 1], got ",
                    frequency_power);
  }

  double of(ParameterGroup group) const {
    switch (group) {
      case ParameterGroup::embeddings:
        return embeddings;
      case ParameterGroup::features:
        return features;
      case ParameterGroup::biases:
        return biases;
      case ParameterGroup::layers:
        return layers;
    }
    return 0;
  }
};

/// lambda_r for every row of every parameter of a model. Memory: one Scalar a row.
template <class M>
class L2Rows {
 public:
  using Scalar = typename M::Scalar;

  /// @param implicit  whether examples of label 0 are sampled negatives
  /// Throws: std::invalid_argument if frequency_power is not 0 and the model has no `touch_counts`.
  template <class Data>
  L2Rows(M& model, const Data& data, const L2& l2, bool implicit) : all_ask_(l2.negatives || !implicit) {
    std::vector<std::vector<double>> counts;
    if constexpr (requires { model.touch_counts(data); }) {
      if (l2.frequency_power > 0) counts = model.touch_counts(data);
    } else {
      detail::require(l2.frequency_power == 0, "L2: frequency_power needs a model with touch_counts(data), as TwoTower has");
    }
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      using P = std::remove_cvref_t<decltype(parameter)>;
      const bool counted = P::touch != Touch::all_rows && !counts.empty();
      weights_.push_back(weights_of(parameter.rows(), l2.of(P::group), counted ? &counts[k] : nullptr, l2.frequency_power));
    });
  }

  /// lambda of each row of the k-th parameter.
  const Scalar* of(std::size_t k) const { return weights_[k].data(); }

  /// Whether an example takes part in the penalty.
  template <class Rep>
  bool asks(const Example<Rep>& example) const {
    return all_ask_ || example.label != 0;
  }
  bool all_ask() const { return all_ask_; }

  /// Adds the gradient of the L2 terms of a batch to its compacted gradients; `scale` is 1 / B.
  void add_gradient(M& model, double scale, Gradients<M>& gradients) const {
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      auto& gradient = std::get<k>(gradients);
      KINDRED_ASSERT(gradient.is_compact());
      for (Index entry = 0; entry < gradient.count(); ++entry) add_entry<k>(parameter, scale, gradient, entry);
    });
  }

  /// The same for one entry of the gradient of the k-th parameter.
  template <std::size_t k, class P>
  void add_entry(const P& parameter, double scale, Gradient<P>& gradient, Index entry) const {
    const double times = P::touch == Touch::all_rows ? 1.0 : scale * static_cast<double>(gradient.repeats(entry));
    add_row<k>(parameter, gradient.id(entry), times, gradient.padded_row(entry));
  }

  /// Adds what `times` such terms of one row of the k-th parameter add to its gradient.
  template <std::size_t k, class P, class G>
  void add_row(const P& parameter, Index row, double times, G&& gradient) const {
    if (const Scalar slope = slope_of<k>(row, times); slope != 0) gradient += slope * parameter.padded_row(row);
  }

  /// What each of the row's numbers is multiplied by for that.
  template <std::size_t k>
  Scalar slope_of(Index row, double times) const {
    return static_cast<Scalar>(2 * times) * weights_[k][static_cast<std::size_t>(row)];
  }

 private:
  /// lambda of each row; `counts` of how many rows of the data touch each, null for a power of 0.
  static std::vector<Scalar> weights_of(Index rows, double weight, const std::vector<double>* counts, double power) {
    std::vector<Scalar> weights(static_cast<std::size_t>(rows), static_cast<Scalar>(weight));
    for (std::size_t r = 0; counts != nullptr && r < weights.size(); ++r) {
      const double n = r < counts->size() ? std::max(1.0, (*counts)[r]) : 1.0;
      weights[r] = static_cast<Scalar>(weight * std::pow(n, -power));
    }
    return weights;
  }

  bool all_ask_;
  std::vector<std::vector<Scalar>> weights_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Decoupled weight decay for any rule (Loshchilov & Hutter 2019).

#include <kindred/optimizer/rule.hpp>

namespace kindred {

/// w -= lr weight_decay w, then the rule's own step, on touched rows only. Not the same as an L2 term in the objective: the decay
/// does not pass through the rule's step sizes. For the L2 term see `L2` in train/pointwise.hpp.
///
///     WithWeightDecay{Adagrad{.learning_rate = 0.05}, 1e-3}
template <class Rule>
struct WithWeightDecay {
  Rule rule;
  double weight_decay;
  double learning_rate = rule.learning_rate;
  static constexpr auto slots = Rule::slots;

  template <class Scalar>
  auto at(Step step) const {
    const auto keep = static_cast<Scalar>(1 - step.learning_rate * weight_decay);
    return [=, move = rule.template at<Scalar>(step)](auto&& w, const auto& g, auto&&... slot) -> void {
      w *= keep;
      move(w, g, slot...);
    };
  }
  void validate() const {
    detail::require(weight_decay >= 0, "WithWeightDecay: weight_decay must not be negative, got ", weight_decay);
    detail::validate(rule);
  }
};
template <class Rule>
WithWeightDecay(Rule, double) -> WithWeightDecay<Rule>;

}  // namespace kindred

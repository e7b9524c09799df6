// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One rule for embedding tables and another for dense layers, chosen at compile time by the kind of parameter: nothing is left out
/// and nothing is updated twice, by construction.

#include <kindred/optimizer/rule.hpp>

#include <type_traits>
#include <utility>

namespace kindred {

///     Split{RowwiseAdagrad{}, Adam{}}
template <class TableRule, class LayerRule>
struct Split {
  TableRule tables;
  LayerRule layers;

  void validate() const {
    detail::validate(tables);
    detail::validate(layers);
  }
};
template <class TableRule, class LayerRule>
Split(TableRule, LayerRule) -> Split<TableRule, LayerRule>;

namespace detail {

template <class Rule>
struct is_split : std::false_type {};
template <class TableRule, class LayerRule>
struct is_split<Split<TableRule, LayerRule>> : std::true_type {};

/// The rule that moves parameters of type P.
template <class P, class Rule>
const auto& rule_for(const Rule& rule) {
  if constexpr (!is_split<Rule>::value) {
    return rule;
  } else if constexpr (P::touch == Touch::some_rows) {
    return rule.tables;
  } else {
    return rule.layers;
  }
}
template <class Rule, class P>
using RuleFor = std::remove_cvref_t<decltype(rule_for<P>(std::declval<const Rule&>()))>;

template <class Rule, class Scalar>
struct rules_hold : std::bool_constant<UpdateRule<Rule, Scalar>> {};
template <class TableRule, class LayerRule, class Scalar>
struct rules_hold<Split<TableRule, LayerRule>, Scalar>
    : std::bool_constant<UpdateRule<TableRule, Scalar> && UpdateRule<LayerRule, Scalar>> {};

}  // namespace detail

/// A rule, or a `Split` of two.
template <class Rule, class Scalar = float>
concept UpdateRules = detail::rules_hold<Rule, Scalar>::value;

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What an optimizer is in kindred: a function that moves one row of weights, given its gradient and the rule's own slots for it.
///
/// Written once, a rule serves embedding tables (a few rows a step) and dense layers (all rows) alike. A new one is a struct that
/// looks like its paper; `Adagrad` in adagrad.hpp is the example to copy.

#include <kindred/parameter/parameter.hpp>

#include <array>
#include <concepts>
#include <string_view>
#include <utility>

namespace kindred {

/// Whether a slot holds one number for each weight, or one for each row (row-wise Adagrad: Dim times less memory).
enum class SlotShape { per_element, per_row };

/// State that a rule keeps for every row: a running sum, a moment.
struct Slot {
  std::string_view name;
  SlotShape shape = SlotShape::per_element;
  double initial = 0;
};

/// What a rule is told about the step it takes part in.
struct Step {
  std::int64_t t = 1;        ///< 1 at the first step of the optimizer; the same for all parameters and rows
  double learning_rate = 0;  ///< the rule's own, times the schedule's factor
  Index dim = 1;             ///< how many columns of the row are real; those behind them are zero, and must stay so
};

namespace detail {

template <class Rule, class Scalar, std::size_t k>
using SlotArgument = std::conditional_t<Rule::slots[k].shape == SlotShape::per_row, Scalar&, PaddedRowMap<Scalar>>;

/// What `at` returns.
template <class Rule, class Scalar>
using RowFunction = std::remove_cvref_t<decltype(std::declval<const Rule&>().template at<Scalar>(Step{}))>;

template <class Rule, class Scalar>
concept HasSlots = requires(const Rule rule, Step step) {
  { rule.learning_rate } -> std::convertible_to<double>;
  { Rule::slots.size() } -> std::convertible_to<std::size_t>;
  rule.template at<Scalar>(step);
};

}  // namespace detail

/// The function that `at` returns takes the weights, the gradient and one argument for each slot. Rows are passed as temporaries: take
/// them by `auto&&` or by value, not by `auto&`.
template <class Rule, class Scalar>
concept TakesOneArgumentPerSlot = []<std::size_t... k>(std::index_sequence<k...>) {
  return requires(const detail::RowFunction<Rule, Scalar> move, const ConstPaddedRowMap<Scalar> g) {
    move(std::declval<PaddedRowMap<Scalar>>(), g, std::declval<detail::SlotArgument<Rule, Scalar, k>>()...);
  };
}(std::make_index_sequence<Rule::slots.size()>{});

/// A way to move a row.
///
/// `rule.at<Scalar>(step)` computes the constants of the step once and returns a function (w, g, slots...): `w` (to be changed)
/// and `g` are 1 x padded Dim Eigen arrays, a per-element slot is an array like `w`, a per-row slot a `Scalar&`. Where w, g and the
/// slots are zero, w must stay zero (the padding). A mean over the row divides by `step.dim`. Laws: testing/rule_laws.hpp.
/// A function declared `-> void` is not compiled just to see what it returns.
template <class Rule, class Scalar = float>
concept UpdateRule = std::copyable<Rule> && detail::HasSlots<Rule, Scalar> && TakesOneArgumentPerSlot<Rule, Scalar>;

/// A rule that moves a row by a multiple of its gradient, w -= f g, and keeps at most one number for it.
///
/// `rule.factor<Scalar>(learning_rate)` returns a function that gives f: () without a slot, and (mean of g^2, slot&) with one, for numbers
/// and for Eigen arrays of many rows at once. So a kernel can move rows without writing their gradients (train/pair_steps.hpp).
template <class Rule, class Scalar = float>
concept ScalesRows = UpdateRule<Rule, Scalar> && requires(const Rule rule, Scalar mean_square, Scalar slot) {
  requires Rule::slots.size() == 0 || requires {
    { rule.template factor<Scalar>(1.0)(mean_square, slot) } -> std::convertible_to<Scalar>;
  };
  requires Rule::slots.size() != 0 || requires {
    { rule.template factor<Scalar>(1.0)() } -> std::convertible_to<Scalar>;
  };
};

namespace detail {

/// A learning rate of 0 or below, or not a number, never trains what it seems to train.
inline void require_learning_rate(const char* rule, double rate) {
  require(rate > 0 && rate < 1e30, rule, ": learning_rate must be positive and finite, got ", rate);
}

/// Rules may check their own constants: `validate()` throws std::invalid_argument.
template <class Rule>
void validate(const Rule& rule) {
  require_learning_rate("Optimizer", rule.learning_rate);
  if constexpr (requires { rule.validate(); }) rule.validate();
}

}  // namespace detail
}  // namespace kindred

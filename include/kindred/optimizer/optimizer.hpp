// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The one optimizer: an update rule together with its state for one model's parameters.

#include <kindred/core/error.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/kernel/stochastic_rounding.hpp>
#include <kindred/optimizer/optimizer_state.hpp>
#include <kindred/optimizer/split_rule.hpp>
#include <kindred/parameter/parameterized.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred {

/// Applies a rule to the rows of a model that have a gradient.
///
/// State is found by the parameter's position in `parameters()` and named `parameter.slot`; it is made at the first step. One step
/// counter for all parameters. Rows without a gradient are not touched: no moment decay, no weight decay (lazy).
/// A parameter that is stored in 16 bits is moved in float, its slots are floats, and the row is written back rounded stochastically by random
/// numbers that are a function of (seed, parameter, step, row, column); see kernel/stochastic_rounding.hpp.
/// Memory: each per-element slot as much as its parameter in `Scalar`. Allocates nothing after the first step.
/// Throws: std::invalid_argument from the constructor for a rule with constants out of range, and for gradients of other shapes than
/// the model's; std::logic_error if a later model has other shapes than the state was made for, or fewer rows. Nothing is changed then.
template <class Rule>
  requires UpdateRules<Rule>
class Optimizer {
 public:
  /// The rule that moves parameters of type P.
  template <class P>
  using RuleFor = detail::RuleFor<Rule, P>;

  /// A rule in one step: a function as `UpdateRule` has it.
  template <class Function>
  struct RuleAt {
    Function move;
  };

  /// @param seed  of the stochastic rounding of parameters that are stored in 16 bits
  explicit Optimizer(Rule rule, std::uint64_t seed = 1) : rule_(std::move(rule)), seed_(seed) {
    if constexpr (detail::is_split<Rule>::value) {
      rule_.validate();
    } else {
      detail::validate(rule_);
    }
  }

  /// One step: compacts the gradients and moves each row that has one. `rate` multiplies the rule's learning rate (a schedule's factor).
  /// Rows of all parameters are moved in one parallel loop, each by one thread: the same bits for any executor.
  template <Parameterized M>
  void step(M& model, Gradients<M>& gradients, const Executor auto& executor, double rate = 1) {
    require_shapes(model, gradients);
    prepare(model);
    ++steps_;
    auto parameters = model.parameters();
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      (std::get<k>(gradients).compact(), ...);
      const auto moves = std::make_tuple(updater(std::get<k>(parameters), k, steps_, rate)...);
      const std::array grains{std::max<Index>(16, 4096 / std::get<k>(parameters).stride())...};
      const std::array parts{(std::get<k>(gradients).count() + grains[k] - 1) / grains[k]...};
      const Index scalars = ((std::get<k>(gradients).count() * std::get<k>(parameters).stride()) + ...);
      detail::for_each_unless(scalars < detail::small_work, executor, (parts[k] + ...), [&](Index part) {
        const auto run = [&](const auto& move, const auto& gradient, Index of_parameter, Index grain) {
          if (part >= 0 && part < of_parameter) move_rows(move, gradient, part * grain, grain);
          part -= of_parameter;
        };
        (run(std::get<k>(moves), std::get<k>(gradients), parts[k], grains[k]), ...);
      });
    }(std::make_index_sequence<std::tuple_size_v<ParameterTuple<M>>>{});
  }

  /// Makes the state if it is not there yet, and checks that it has the model's shapes; a parameter may have grown by rows, whose state then
  /// starts like that of the first. `step` does so itself; `updater` needs it before.
  template <Parameterized M>
  void prepare(M& model) {
    state_.prepare(model);
  }

  /// The per-example path: a function (row, g) that moves one row of the k-th parameter as step number `t`; `g` is 1 x stride, its
  /// padding zero. Different rows may be moved from different threads at once. `advance` counts the steps afterwards.
  template <class P>
  auto updater(P& parameter, std::size_t k, std::int64_t t, double rate = 1) {
    return updater(parameter, k, t, constants<P>(t, parameter.cols(), rate));
  }

  /// What the rule computes once for step number `t` and parameters like P of so many columns; `updater` takes it for each of them.
  template <class P>
  auto constants(std::int64_t t, Index cols, double rate = 1) const {
    const auto& rule = detail::rule_for<P>(rule_);
    using Function = detail::RowFunction<RuleFor<P>, typename P::Scalar>;
    return RuleAt<Function>{rule.template at<typename P::Scalar>(Step{t, rule.learning_rate * rate, cols})};
  }
  template <class P, class Function>
  auto updater(P& parameter, std::size_t k, std::int64_t t, const RuleAt<Function>& constants) {
    using Scalar = typename P::Scalar;
    KINDRED_ASSERT(state_.is_of(parameter, k));
    const auto& body = constants.move;
    std::array<Scalar*, RuleFor<P>::slots.size()> slots{};
    for (std::size_t s = 0; s < slots.size(); ++s) {
      slots[s] = state_.template slot<Scalar>(k, s);
    }
    const std::uint64_t key = P::narrow ? detail::mixed(detail::mixed(seed_ + k) ^ static_cast<std::uint64_t>(t)) : 0;
    return [body, slots, key, &parameter](Index row, const auto& g) {
      constexpr auto places = std::make_index_sequence<std::tuple_size_v<decltype(slots)>>{};
      if constexpr (P::narrow) {
        std::remove_const_t<typename P::ConstPaddedRow> wide = parameter.padded_row(row);
        call<P>(body, PaddedRowMap<Scalar, P::fixed_cols>(wide.data(), 1, wide.size()), row, g, slots, places);
        detail::round_stochastically(wide.data(), parameter.stored_row(row).data(), wide.size(),
                                     detail::mixed(key ^ static_cast<std::uint64_t>(row)));
      } else {
        static_cast<void>(key);
        call<P>(body, parameter.padded_row(row), row, g, slots, places);
      }
    };
  }

  /// The same for a rule that scales rows (`ScalesRows`): its function, with the slots of the k-th parameter, one number a row.
  template <class P>
    requires ScalesRows<RuleFor<P>, typename P::Scalar>
  auto factors(std::size_t k, double rate = 1) {
    using Scalar = typename P::Scalar;
    const auto& rule = detail::rule_for<P>(rule_);
    const auto factor = rule.template factor<Scalar>(rule.learning_rate * rate);
    Scalar* slots = nullptr;
    if constexpr (RuleFor<P>::slots.size() > 0) slots = state_.template slot<Scalar>(k, 0);
    return std::pair(factor, slots);
  }

  /// Counts steps taken through `updater` or `factors`.
  void advance(std::int64_t steps) { steps_ += steps; }

  std::int64_t steps() const { return steps_; }
  const Rule& rule() const { return rule_; }

  /// See core/access.hpp.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("steps", self.steps_);
    detail::OptimizerState<Rule>::fields(self.state_, field);
  }

  /// Throws: std::invalid_argument unless the state is empty or such as this rule has for this model, slot by slot.
  template <Parameterized M>
  void require_state_of(M& model) const {
    state_.require_of(model, steps_);
  }

  /// For each parameter its slots, in the order of the rule; empty before the first step.
  std::span<const std::vector<SlotState>> state() const { return state_.slots(); }

 private:
  template <class Move, class P>
  static void move_rows(const Move& move, const Gradient<P>& gradient, Index first, Index count) {
    const Index last = std::min(gradient.count(), first + count);
    for (Index entry = first; entry < last; ++entry) move(gradient.id(entry), gradient.padded_row(entry));
  }

  template <class M>
  static void require_shapes(M& model, const Gradients<M>& gradients) {
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      const auto& gradient = std::get<k>(gradients);
      if (gradient.rows() != parameter.rows() || gradient.cols() != parameter.cols()) {
        throw_other_gradient(M::names()[k], parameter.rows(), parameter.cols(), gradient.rows(), gradient.cols());
      }
    });
  }

  [[noreturn]] static void throw_other_gradient(const std::string& name, Index rows, Index cols, Index got_rows,
                                                Index got_cols) {
    throw std::invalid_argument(detail::concat("Optimizer: the gradient of '", name, "' must have the parameter's shape ", rows,
                                               " x ", cols, ", got ", got_rows, " x ", got_cols));
  }

  template <class P, class Body, class G, std::size_t n, std::size_t... s>
  static void call(const Body& body, PaddedRowMap<typename P::Scalar, P::fixed_cols> weights, [[maybe_unused]] Index row,
                   const G& g, const std::array<typename P::Scalar*, n>& slots, std::index_sequence<s...>) {
    [[maybe_unused]] const Index stride = weights.size();
    body(std::move(weights), g, slot_row<P, RuleFor<P>::slots[s].shape>(slots[s], row, stride)...);
  }

  template <class P, SlotShape shape>
  static decltype(auto) slot_row(typename P::Scalar* slot, Index row, Index stride) {
    if constexpr (shape == SlotShape::per_row) {
      return (slot[row]);
    } else {
      return PaddedRowMap<typename P::Scalar, P::fixed_cols>(slot + row * stride, 1, stride);
    }
  }

  Rule rule_;
  std::uint64_t seed_;
  std::int64_t steps_ = 0;
  detail::OptimizerState<Rule> state_;
};

}  // namespace kindred

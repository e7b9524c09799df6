// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Any update rule, chosen while the program runs: trainers are compiled once instead of once a rule. It is also an example of a rule of
/// one's own.

#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/rms_prop.hpp>
#include <kindred/optimizer/sgd.hpp>

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace workbench {

/// One of the library's rules. Memory: three numbers a weight and one a row, whichever it is. Cost: a jump a row.
class AnyRule {
  template <class... Rules>
  struct OneOf {
    using Rule = std::variant<Rules...>;
    template <class Scalar>
    using Move = std::variant<std::pair<Rules, kindred::detail::RowFunction<Rules, Scalar>>...>;
  };
  using All = OneOf<kindred::Sgd, kindred::Momentum, kindred::Nesterov, kindred::Adagrad, kindred::RowwiseAdagrad,
                    kindred::RmsProp, kindred::Adam, kindred::AdamW, kindred::Ftrl>;

 public:
  double learning_rate = 0;
  static constexpr std::array slots{kindred::Slot{"first"}, kindred::Slot{"second"}, kindred::Slot{"third"},
                                    kindred::Slot{"of_row", kindred::SlotShape::per_row}};

  template <class Rule>
  explicit AnyRule(Rule rule) : learning_rate(rule.learning_rate), rule_(std::move(rule)) {}

  /// The rule of this name, at the given learning rate or at one that suits it.
  static AnyRule named(const std::string& name, std::optional<double> rate) {
    if (name == "sgd") return AnyRule(kindred::Sgd{.learning_rate = rate.value_or(0.01)});
    if (name == "momentum") return AnyRule(kindred::Momentum{.learning_rate = rate.value_or(0.001)});
    if (name == "nesterov") return AnyRule(kindred::Nesterov{.learning_rate = rate.value_or(0.001)});
    if (name == "adagrad") return AnyRule(kindred::Adagrad{.learning_rate = rate.value_or(0.1)});
    if (name == "rmsprop") return AnyRule(kindred::RmsProp{.learning_rate = rate.value_or(0.005)});
    if (name == "adam") return AnyRule(kindred::Adam{.learning_rate = rate.value_or(0.005)});
    if (name == "adamw") return AnyRule(kindred::AdamW{.learning_rate = rate.value_or(0.005)});
    if (name == "ftrl") return AnyRule(kindred::Ftrl{.learning_rate = rate.value_or(0.1)});
    return AnyRule(kindred::RowwiseAdagrad{.learning_rate = rate.value_or(0.1)});
  }

  void validate() const {
    std::visit([](const auto& rule) { kindred::detail::validate(rule); }, rule_);
  }

  template <class Scalar>
  auto at(kindred::Step step) const {
    using Move = typename All::Move<Scalar>;
    const Move move = std::visit(
        [&step]<class Rule>(const Rule& rule) {
          return Move(std::in_place_type<std::pair<Rule, kindred::detail::RowFunction<Rule, Scalar>>>, rule,
                      rule.template at<Scalar>(step));
        },
        rule_);
    return [move](auto&& w, const auto& g, auto&& first, auto&& second, auto&& third, auto&& of_row) {
      std::visit(
          [&]<class Rule, class Function>(const std::pair<Rule, Function>& chosen) {
            constexpr std::size_t rows = rows_in<Rule>();
            const auto with = [&](auto&&... used) {
              if constexpr (rows > 0) {
                chosen.second(w, g, used..., of_row);
              } else {
                chosen.second(w, g, used...);
              }
            };
            constexpr std::size_t elements = Rule::slots.size() - rows;
            if constexpr (elements == 0) {
              with();
            } else if constexpr (elements == 1) {
              with(first);
            } else if constexpr (elements == 2) {
              with(first, second);
            } else {
              with(first, second, third);
            }
          },
          move);
    };
  }

 private:
  /// How many slots of a row the rule has; they come last.
  template <class Rule>
  static constexpr std::size_t rows_in() {
    std::size_t rows = 0;
    for (const kindred::Slot& slot : Rule::slots) rows += slot.shape == kindred::SlotShape::per_row ? 1 : 0;
    return rows;
  }

  typename All::Rule rule_;
};

static_assert(kindred::UpdateRule<AnyRule>);

/// Rules whose steps do not need the whole of an example's gradient history run well one example at a time; the moments of the others ask
/// for batches.
inline int default_batch(const std::string& rule) {
  return rule == "rmsprop" || rule == "adam" || rule == "adamw" || rule == "momentum" || rule == "nesterov" ? 256 : 1;
}

}  // namespace workbench

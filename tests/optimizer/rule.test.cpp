// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/rms_prop.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/optimizer/weight_decay.hpp>

#include "support/steps.hpp"

#include <limits>
#include <memory>

using namespace kindred;

namespace {

/// The smallest rule, and one whose function takes rows by value.
struct Plain {
  double learning_rate = 1;
  static constexpr std::array<Slot, 0> slots{};
  template <class Scalar>
  auto at(Step) const {
    return [](auto&& w, const auto& g) { w -= g; };
  }
};
struct ByValue : Plain {
  static constexpr std::array slots{Slot{"sum"}, Slot{"count", SlotShape::per_row}};
  template <class Scalar>
  auto at(Step) const {
    return [](auto w, const auto& g, auto sum, Scalar& count) {
      sum += g;
      count += 1;
      w -= g;
    };
  }
};

// Near misses.
struct SlotTooFew : Plain {
  template <class Scalar>
  auto at(Step) const {
    return [](auto&& w, const auto& g, auto&& sum) { w -= g + sum; };
  }
};
struct SlotTooMany : Plain {
  static constexpr std::array slots{Slot{"sum"}};
};
struct WrongShape : Plain {  // one number a row is no array
  static constexpr std::array slots{Slot{"sum", SlotShape::per_row}};
  template <class Scalar>
  auto at(Step) const {
    return [](auto&& w, const auto& g, PaddedRowMap<Scalar> sum) { w -= g + sum; };
  }
};
struct RowsByReference : Plain {  // rows are temporaries
  template <class Scalar>
  auto at(Step) const {
    return [](auto& w, const auto& g) { w -= g; };
  }
};
struct MutableFunction : Plain {  // what `at` returns is shared by threads
  template <class Scalar>
  auto at(Step) const {
    return [n = 0](auto&& w, const auto& g) mutable { w -= g * Scalar(++n); };
  }
};
struct NoRate {
  [[maybe_unused]] static constexpr std::array<Slot, 0> slots{};
  template <class Scalar>
  auto at(Step) const {
    return [](auto&& w, const auto& g) { w -= g; };
  }
};
struct NoSlots {
  double learning_rate = 1;
  template <class Scalar>
  auto at(Step) const {
    return [](auto&& w, const auto& g) { w -= g; };
  }
};
struct NoFunction {
  double learning_rate = 1;
  static constexpr std::array<Slot, 0> slots{};
};
struct NotCopyable : Plain {
  std::unique_ptr<int> state;
};
struct NotConst : Plain {
  template <class Scalar>
  auto at(Step) {
    return [](auto&& w, const auto& g) { w -= g; };
  }
};

}  // namespace

TEMPLATE_TEST_CASE("kindred's rules are UpdateRules", "[optimizer]", Sgd, Momentum, Nesterov, Adagrad, RowwiseAdagrad, RmsProp,
                   Adam, AdamW, Ftrl, WithWeightDecay<Sgd>, Plain, ByValue) {
  STATIC_REQUIRE(UpdateRule<TestType, float>);
  STATIC_REQUIRE(UpdateRule<TestType, double>);
  STATIC_REQUIRE(UpdateRules<TestType>);
}

TEMPLATE_TEST_CASE("near misses are no UpdateRules", "[optimizer]", SlotTooFew, SlotTooMany, WrongShape, RowsByReference,
                   MutableFunction, NoRate, NoSlots, NoFunction, NotCopyable, NotConst, int) {
  STATIC_REQUIRE(!UpdateRule<TestType, float>);
  STATIC_REQUIRE(!UpdateRules<TestType>);
}

TEST_CASE("a rule of a user's own runs", "[optimizer]") {
  CHECK(near(moved(Plain{}, {1, 2}, {{1, 1}}), numbers({0, 1}), 0));
  CHECK(near(moved(ByValue{}, {1, 2}, {{1, 1}}), numbers({0, 1}), 0));
}

TEMPLATE_TEST_CASE("a learning rate that is not positive and finite is an error", "[optimizer]", Sgd, Momentum, Nesterov,
                   Adagrad, RowwiseAdagrad, RmsProp, Adam, AdamW, Ftrl) {
  TestType rule;
  CHECK(complaint(rule) == "(nothing was thrown)");
  rule.learning_rate = 0;
  CHECK_THROWS_AS(Optimizer(rule), std::invalid_argument);
  CHECK(complaint(rule) == "Optimizer: learning_rate must be positive and finite, got 0");
  rule.learning_rate = -0.5;
  CHECK(complaint(rule) == "Optimizer: learning_rate must be positive and finite, got -0.5");
  rule.learning_rate = std::numeric_limits<double>::infinity();
  CHECK(complaint(rule) == "Optimizer: learning_rate must be positive and finite, got inf");
  rule.learning_rate = std::numeric_limits<double>::quiet_NaN();
  CHECK(complaint(rule).find("Optimizer: learning_rate must be positive and finite, got") == 0);
}

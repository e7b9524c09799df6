// SPDX-License-Identifier: MIT
// Rules that break a law are found out.
#include <kindred/optimizer/sgd.hpp>
#include <kindred/testing/rule_laws.hpp>

#include "support/catch.hpp"

#include <algorithm>

using namespace kindred;
using testing::update_rule_laws;

namespace {

struct Uphill : Sgd {
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g) { w += lr * g; };
  }
};
/// Moves without a gradient, and the padding with it.
struct Drifting : Sgd {
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g) { w -= lr * (g + Scalar(0.25)); };
  }
};
/// Moves rows that have a weight, but not those of zeros: weight decay that is not declared.
struct Shrinking : Sgd {
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g) { w -= lr * (g + w); };
  }
};
/// 0 / 0 without a gradient.
struct NoEpsilon : Sgd {
  static constexpr std::array slots{Slot{"sum"}};
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g, auto&& sum) {
      sum += g.square();
      w -= lr * g / sum.sqrt();
    };
  }
};
/// Weights that are a function of the state and of the learning rate: they follow a schedule back.
struct FollowsRate : Sgd {
  static constexpr std::array slots{Slot{"sum"}, Slot{"start"}, Slot{"touched", SlotShape::per_row}};
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g, auto&& sum, auto&& start, Scalar& touched) {
      if (touched == 0) start = w;
      touched = 1;
      sum += g;
      w = start - lr * sum;
    };
  }
};
struct DividesByRate : Sgd {
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g) { w -= lr * lr / lr * g; };
  }
};
/// State outside of the slots, so that rows are not independent.
struct Remembers : Sgd {
  template <class Scalar>
  auto at(Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    return [=](auto&& w, const auto& g) {
      static Scalar calls = 0;
      w -= lr * g / (1 + (calls += 1) / 100);
    };
  }
};

bool has(const std::vector<std::string>& laws, const std::string& part) {
  return std::any_of(laws.begin(), laws.end(), [&](const std::string& law) { return law.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("a rule that climbs is found out, and nothing else is said of it", "[testing]") {
  CHECK(update_rule_laws<float>(Uphill{}) == std::vector<std::string>{"the first move of a row must be against its gradient"});
}

TEST_CASE("a rule that moves without a gradient is found out", "[testing]") {
  const auto laws = update_rule_laws<float>(Drifting{});
  CHECK(has(laws, "a fresh row with a zero gradient must not move"));
  CHECK(has(laws, "where weights and gradient are zero, the weights must stay zero"));
  CHECK(has(laws, "the padding of a row must stay zero"));
  CHECK(has(update_rule_laws<float, 16>(Drifting{}), "where weights and gradient are zero"));  // a width without padding
}

TEST_CASE("momentum and decay must be declared", "[testing]") {
  CHECK(has(update_rule_laws<float>(Momentum{}), "(or say that the rule coasts)"));
  CHECK(has(update_rule_laws<float>(Shrinking{}), "a fresh row with a zero gradient must not move"));
  CHECK(update_rule_laws<float>(Shrinking{}, {.decays = true}).empty());
}

TEST_CASE("a division by zero is found out", "[testing]") {
  CHECK(has(update_rule_laws<float>(NoEpsilon{}), "a fresh row with a zero gradient must not move"));
  CHECK(has(update_rule_laws<float>(DividesByRate{}), "a step at learning rate 0 must not move a fresh row"));
}

TEST_CASE("weights that follow the learning rate back are found out", "[testing]") {
  const auto laws = update_rule_laws<float>(FollowsRate{});
  CHECK(has(laws, "whatever the learning rate"));
  CHECK(has(laws, "must not move a row that has moved before"));
}

TEST_CASE("rows that are not independent are found out", "[testing]") {
  const auto laws = update_rule_laws<float>(Remembers{});
  CHECK(has(laws, "a row must move as it would in a parameter of its own"));
  CHECK(has(laws, "rows must move alike in whatever order they come"));
}

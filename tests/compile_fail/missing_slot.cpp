// SPDX-License-Identifier: MIT
// A rule that declares one slot, and whose function takes two.
// expect: TakesOneArgumentPerSlot
#include <kindred/optimizer/rule.hpp>

struct Rule {
  double learning_rate = 0.1;
#ifdef MISUSE
  static constexpr std::array slots{kindred::Slot{"sum"}};
#else
  static constexpr std::array slots{kindred::Slot{"sum"}, kindred::Slot{"count", kindred::SlotShape::per_row}};
#endif

  template <class Scalar>
  auto at(kindred::Step) const {
    return [](auto&& w, const auto& g, auto&& sum, Scalar& count) {
      sum += g;
      count += 1;
      w -= sum / count;
    };
  }
};

template <kindred::UpdateRule Rule>
int train(const Rule&) {
  return 0;
}

int main() { return train(Rule{}); }

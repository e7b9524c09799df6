// SPDX-License-Identifier: MIT
// An update rule of your own: a struct with constants, a list of slots and a body that looks like the paper. Here Lion (Chen et al. 2023,
// "Symbolic discovery of optimization algorithms", algorithm 2), which the library does not have. It is checked by the library's laws and
// works in every model.
// expect: the laws hold
#include <kindred/kindred.hpp>
#include <kindred/testing/rule_laws.hpp>

#include <iostream>

namespace kd = kindred;

struct Lion {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.99;
  static constexpr std::array slots{kd::Slot{"momentum"}};  // one number for each weight, starts at 0

  template <class Scalar>
  auto at(kd::Step step) const {
    const auto lr = static_cast<Scalar>(step.learning_rate);
    const auto b1 = static_cast<Scalar>(beta1), b2 = static_cast<Scalar>(beta2);
    return [=](auto&& w, const auto& g, auto&& m) {
      w -= lr * (b1 * m + (1 - b1) * g).sign();
      m = b2 * m + (1 - b2) * g;
    };
  }
};
static_assert(kd::UpdateRule<Lion>);

int main() {
  kd::InteractionColumns columns;
  for (std::uint32_t user = 0; user < 50; ++user) {
    for (std::uint32_t item = user % 3; item < 60; item += 2) {
      columns.users.push_back(user);
      columns.items.push_back(item);
      columns.values.push_back(user % 2 == item % 4 / 2 ? 5.0F : 1.0F);
    }
  }
  const kd::Interactions data(std::move(columns));

  kd::CollaborativeModel<float, 8> model(data.users(), data.items());
  const auto report =
      kd::fit(model, data, kd::GradientTrainer(kd::SquaredError{}, Lion{.learning_rate = 0.01}, {.batch = 32}), {.epochs = 15});
  std::cout << "mean squared error " << report.epochs.front().loss << " -> " << report.epochs.back().loss << '\n';

  const auto violated = kd::testing::update_rule_laws<float, 8>(Lion{}, {.coasts = true});
  for (const auto& law : violated) std::cout << "violated: " << law << '\n';
  std::cout << (violated.empty() && report.epochs.back().loss < 0.2 * report.epochs.front().loss ? "the laws hold\n"
                                                                                                 : "something is wrong\n");
}

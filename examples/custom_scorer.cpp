// SPDX-License-Identifier: MIT
// A scorer of your own: a dot product squashed to (-1, 1), with its exact derivative. It works in every model, in training and in top-k.
// expect: the derivative is right
#include <kindred/kindred.hpp>
#include <kindred/testing/scorer_laws.hpp>

#include <cmath>
#include <iostream>

namespace kd = kindred;

struct TanhDot {
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    return std::tanh((a * b).sum());
  }

  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    const Scalar y = score(a, b), slope = d * (1 - y * y);
    da = slope * b;
    db = slope * a;
  }

  static constexpr bool ranks_only =
      true;  // tanh rises with the dot product, so the plain vectors rank the same: no biases, then
  template <class Row>
  void index_form(Row&&) const {}
};
static_assert(kd::Scorer<TanhDot>);

int main() {
  kd::InteractionColumns columns;
  for (std::uint32_t user = 0; user < 40; ++user) {
    for (std::uint32_t item = 0; item < 30; ++item) {
      if ((user + item) % 4 == 0) continue;
      columns.users.push_back(user);
      columns.items.push_back(item);
      columns.values.push_back(user % 2 == item % 2 ? 0.9F : -0.9F);
    }
  }
  const kd::Interactions data(std::move(columns));

  kd::CollaborativeModel<float, 8, TanhDot> model(data.users(), data.items(), {.biases = false, .deviation = 1});
  const auto report =
      kd::fit(model, data, kd::GradientTrainer(kd::SquaredError{}, kd::Adagrad{.learning_rate = 0.1}), {.epochs = 20});
  std::cout << "mean squared error " << report.epochs.front().loss << " -> " << report.epochs.back().loss << '\n';
  std::cout << "user 0 would like";
  for (const auto& [item, score] : kd::recommend(model, kd::UserId(0), {.count = 3, .exclude = data.items_of(kd::UserId(0))})) {
    std::cout << "  item " << item.value() << " (" << score << ")";
  }
  std::cout << '\n';

  const auto violated = kd::testing::scorer_laws(TanhDot{});
  for (const auto& law : violated) std::cout << "violated: " << law << '\n';
  std::cout << (violated.empty() && report.epochs.back().loss < 0.1 ? "the derivative is right\n" : "something is wrong\n");
}

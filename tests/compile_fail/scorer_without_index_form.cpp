// SPDX-License-Identifier: MIT
// A scorer that top-k could not serve.
// expect: the scorer must model kindred::Scorer
#include <kindred/model/collaborative.hpp>

struct Distance {
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    return -(a - b).square().sum();
  }
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    da = -2 * d * (a - b);
    db = 2 * d * (a - b);
  }
};

int main() {
#ifdef MISUSE
  using Scorer = Distance;
#else
  using Scorer = kindred::DotProduct;
#endif
  const kindred::CollaborativeModel<float, 4, Scorer> model(3, 5);
  return static_cast<int>(model.users()) - 3;
}

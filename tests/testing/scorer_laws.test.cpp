// SPDX-License-Identifier: MIT
#include <kindred/scorer/cosine.hpp>
#include <kindred/scorer/dot_product.hpp>
#include <kindred/testing/scorer_laws.hpp>

#include "support/catch.hpp"

#include <algorithm>

using namespace kindred;
using testing::scorer_laws;

namespace {

/// The dot product with one thing changed.
struct HalfGradient : DotProduct {
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    da = d * b;
    db = d * a / 2;
  }
};
struct SwappedGradient : DotProduct {
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    da = d * a;
    db = d * b;
  }
};
struct Adding : DotProduct {
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    da += d * b;
    db += d * a;
  }
};
struct UpsideDown : DotProduct {
  template <class Row>
  void index_form(Row&& row) const {
    row = -row;  // both sides: the dot product is as it was
  }
};
struct Unranked : DotProduct {
  template <class Row>
  void index_form(Row&& row) const {
    row(0) = 0;
  }
};
struct DirtyPadding : DotProduct {
  template <class Row>
  void index_form(Row&& row) const {
    row += 1;
  }
};
/// Ranks as the score does, which is enough without biases.
struct Squashed {
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    using std::tanh;
    return tanh((a * b).sum() / 8);
  }
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    const auto s = score(a, b);
    da = d * (1 - s * s) / 8 * b;
    db = d * (1 - s * s) / 8 * a;
  }
  template <class Row>
  void index_form(Row&&) const {}
};
struct SquashedRanks : Squashed {
  static constexpr bool ranks_only = true;
};
struct UnrankedRanks : Unranked {
  static constexpr bool ranks_only = true;
};
struct NoZero : Cosine {  // the textbook formula
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    return (a * b).sum() / std::sqrt(a.square().sum() * b.square().sum());
  }
};

bool has(const std::vector<std::string>& laws, const std::string& part) {
  return std::any_of(laws.begin(), laws.end(), [&](const std::string& law) { return law.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("a wrong gradient of a scorer is found out, and where", "[testing]") {
  CHECK(scorer_laws(HalfGradient{}).size() == 1);
  CHECK(has(scorer_laws(HalfGradient{}),
            "backward must write the derivative of score, and zero padding: relative error 0.5 at b("));
  CHECK(has(scorer_laws(SwappedGradient{}), "backward"));
  CHECK(has(scorer_laws(Adding{}), "backward"));
}

TEST_CASE("an index form that ranks otherwise is found out", "[testing]") {
  CHECK(scorer_laws(UpsideDown{}).empty());
  CHECK(has(scorer_laws(Unranked{}), "must rank the items as the scores do"));
  CHECK(has(scorer_laws(DirtyPadding{}, {.dim = 3}), "index_form must leave the padding at zero"));
}

TEST_CASE("a scorer whose index form only ranks must say so", "[testing]") {
  CHECK(scorer_laws(Squashed{}).size() == 1);
  CHECK(has(scorer_laws(Squashed{}), "the dot product of the index forms must be the score"));
  CHECK(scorer_laws(SquashedRanks{}).empty());
  CHECK(has(scorer_laws(UnrankedRanks{}), "must rank the items as the scores do"));
}

TEST_CASE("a score that is no number for a zero vector is found out", "[testing]") {
  CHECK(has(scorer_laws(NoZero{}), "the score of a zero vector must be a finite number"));
}

// SPDX-License-Identifier: MIT
#include <kindred/scorer/cosine.hpp>
#include <kindred/scorer/dot_product.hpp>

#include "support/catch.hpp"

#include <memory>
#include <string>

using namespace kindred;

namespace {

/// A user's own: the dot product with one weight for all numbers.
struct Scaled {
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    return 2 * (a * b).sum();
  }
  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    da = 2 * d * b;
    db = 2 * d * a;
  }
  template <class Row>
  void index_form(Row&& row) const {
    row *= 1.41421356F;
  }
};

/// Minus the squared distance: a fine score, but no vectors of the same width rank by their dot products as it does.
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

struct NoBackward {
  template <class A, class B>
  auto score(const A& a, const B& b) const {
    return (a * b).sum();
  }
  template <class Row>
  void index_form(Row&&) const {}
};
struct NotConst : Scaled {
  template <class A, class B>
  auto score(const A& a, const B& b) {
    return (a * b).sum();
  }
};
struct Textual : Scaled {
  template <class A, class B>
  std::string score(const A&, const B&) const {
    return "near";
  }
};
struct NotCopyable : Scaled {
  std::unique_ptr<int> weight;
};
struct DoubleOnly : Scaled {
  double score(ConstPaddedRowMap<double> a, ConstPaddedRowMap<double> b) const { return (a * b).sum(); }
};

}  // namespace

TEMPLATE_TEST_CASE("scorers model Scorer", "[scorer]", DotProduct, Cosine, Scaled) {
  STATIC_REQUIRE(Scorer<TestType>);
  STATIC_REQUIRE(Scorer<TestType, double>);
}

TEMPLATE_TEST_CASE("near misses do not model Scorer", "[scorer]", Distance, NoBackward, NotConst, Textual, NotCopyable, int) {
  STATIC_REQUIRE(!Scorer<TestType>);
  STATIC_REQUIRE(!Scorer<TestType, double>);
}

TEST_CASE("a scorer may be one for double alone", "[scorer]") {
  STATIC_REQUIRE(Scorer<DoubleOnly, double>);
  STATIC_REQUIRE(!Scorer<DoubleOnly, float>);
}

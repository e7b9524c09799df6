// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The cosine of the angle between two embeddings: a score in [-1, 1] that does not grow with popularity.

#include <kindred/scorer/scorer.hpp>

#include <cmath>
#include <string>

namespace kindred {

/// score(a, b) = scale a.b / (|a| |b|), and 0 if either is the zero vector (never NaN).
///
/// Gradient: d score / d a = (scale b / |b| - score a / |a|) / |a|, and 0 where the score is 0 by definition, so that a zero embedding
/// stays zero under this scorer. `scale` > 0 stretches the range for labels outside [-1, 1].
/// Prefer `DotProduct` for ratings without biases: a cosine cannot express that one item is rated higher by everyone.
struct Cosine {
  double scale = 1;

  template <class A, class B>
  auto score(const A& a, const B& b) const {
    using Scalar = typename A::Scalar;
    const Scalar norms = norm(a) * norm(b);
    return norms > 0 ? static_cast<Scalar>(scale) * (a * b).sum() / norms : Scalar{0};
  }

  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    const Scalar norm_a = norm(a), norm_b = norm(b), norms = norm_a * norm_b;
    if (!(norms > 0)) {
      da.setZero();
      db.setZero();
      return;
    }
    const Scalar factor = d * static_cast<Scalar>(scale) / norms;
    const Scalar cosine = (a * b).sum() / norms;
    da = factor * (b - cosine * (norm_b / norm_a) * a);
    db = factor * (a - cosine * (norm_a / norm_b) * b);
  }

  template <class Row>
  void index_form(Row&& row) const {
    using std::sqrt;
    const auto length = norm(row);
    if (length > 0) row *= sqrt(static_cast<decltype(length)>(scale)) / length;
  }

  static std::string kind() { return "cosine"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("scale", self.scale);
  }
  void loaded() const { validate(); }

  void validate() const {
    detail::require(scale > 0 && scale < 1e30, "Cosine: scale must be positive and finite, got ", scale);
  }

 private:
  template <class A>
  static auto norm(const A& a) {
    using std::sqrt;
    return sqrt(a.square().sum());
  }
};

}  // namespace kindred

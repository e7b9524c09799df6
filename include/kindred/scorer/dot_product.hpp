// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The inner product of two embeddings: the scorer of matrix factorisation.

#include <kindred/scorer/scorer.hpp>

#include <string>

namespace kindred {

/// score(a, b) = sum_d a_d b_d.   Gradient: b and a. Cost: Dim multiply-adds.
struct DotProduct {
  static std::string kind() { return "dot"; }

  template <class A, class B>
  auto score(const A& a, const B& b) const {
    return (a * b).sum();
  }

  template <class A, class B, class Scalar, class DA, class DB>
  void backward(const A& a, const B& b, Scalar d, DA&& da, DB&& db) const {
    da = d * b;
    db = d * a;
  }

  template <class Row>
  void index_form(Row&&) const {}
};

}  // namespace kindred

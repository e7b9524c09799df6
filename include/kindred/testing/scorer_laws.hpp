// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What must hold of every scorer beyond its syntax, as a function that returns the laws that are broken, each a sentence; none if all
/// is well. For your own scorers; no test framework is needed.

#include <kindred/testing/gradient_check.hpp>

#include <string>
#include <vector>

namespace kindred::testing {

struct ScorerLawOptions {
  Index dim = 6;
  std::uint64_t seed = 1;
};

/// The broken laws of a scorer.
template <class S>
  requires Scorer<S, double> && Scorer<S, float>
std::vector<std::string> scorer_laws(const S& scorer, const ScorerLawOptions& options = {}) {
  std::vector<std::string> broken;
  const auto law = [&](bool holds, const std::string& text) {
    if (!holds) broken.push_back(text);
  };
  constexpr bool ranks_only = kindred::detail::ranks_only<S>;
  const GradientCheck check = check_scorer(scorer, options.dim, options.seed);
  law(check.max_relative_error < 1e-6,
      detail::concat("backward must write the derivative of score, and zero padding: ", check));

  // Row 0 of the users and of the items is the zero vector.
  const Index users = 10, items = 30, dim = options.dim, width = padded<double>(dim);
  Random random(options.seed, Stream::user, 1);
  RowMatrix<double> a = RowMatrix<double>::Zero(users, width), b = RowMatrix<double>::Zero(items, width);
  for (RowMatrix<double>* rows : {&a, &b}) {
    for (double& x : rows->bottomLeftCorner(rows->rows() - 1, dim).template reshaped<Eigen::RowMajor>()) x = random.normal();
  }
  RowMatrix<double> a_form = a, b_form = b, scores(users, items);
  const auto row = [width](RowMatrix<double>& rows, Index r) {
    return PaddedRowMap<double>(rows.data() + r * width, 1, width);
  };
  for (Index u = 0; u < users; ++u) scorer.index_form(row(a_form, u));
  for (Index i = 0; i < items; ++i) scorer.index_form(row(b_form, i));
  for (Index u = 0; u < users; ++u) {
    for (Index i = 0; i < items; ++i) {
      scores(u, i) = scorer.score(ConstPaddedRowMap<double>(a.data() + u * width, 1, width),
                                  ConstPaddedRowMap<double>(b.data() + i * width, 1, width));
    }
  }
  const RowMatrix<double> dots = a_form * b_form.transpose();

  law(scores.allFinite(), "the score of a zero vector must be a finite number");
  law(a_form.allFinite() && b_form.allFinite(), "the index form of a zero vector must be finite");
  law((a_form.rightCols(width - dim).array() == 0).all(), "index_form must leave the padding at zero");
  RowMatrix<float> slopes = RowMatrix<float>::Zero(2, padded<float>(dim));
  const RowMatrix<float> zeros = slopes;
  const ConstPaddedRowMap<float> zero(zeros.data(), 1, zeros.cols());
  scorer.backward(zero, zero, 1.0F, PaddedRowMap<float>(slopes.data(), 1, slopes.cols()),
                  PaddedRowMap<float>(slopes.data() + slopes.cols(), 1, slopes.cols()));
  law(slopes.allFinite(), "the gradient at zero vectors must be finite");

  bool ranks = true;
  const double enough = 1e-9 * (1 + scores.cwiseAbs().maxCoeff());
  for (Index u = 0; u < users; ++u) {
    for (Index i = 0; i < items; ++i) {
      for (Index j = 0; j < items; ++j) ranks = ranks && (scores(u, i) - scores(u, j) <= enough || dots(u, i) > dots(u, j));
    }
  }
  law(ranks, "the dot products of the index forms must rank the items as the scores do");
  law(ranks_only || (dots - scores).cwiseAbs().maxCoeff() <= enough,
      "the dot product of the index forms must be the score (or say ranks_only, for models without biases)");
  return broken;
}

}  // namespace kindred::testing

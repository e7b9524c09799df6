// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// CHECK(near(a, b, tol)) for matrices, arrays and expressions of them: |a - b| <= tol for every coefficient.
///
/// A failed check prints the worst coefficient, its place and both values. NaN is near nothing; shapes must agree.

#include "support/catch.hpp"

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

/// The result of `near`: converts to bool in CHECK, and says why not when printed.
struct Near {
  bool holds = true;
  std::string text = "near";
  explicit operator bool() const { return holds; }
  bool operator!() const { return !holds; }
};

inline std::ostream& operator<<(std::ostream& out, const Near& near) { return out << near.text; }

template <class A, class B>
Near near(const Eigen::DenseBase<A>& left, const Eigen::DenseBase<B>& right, double tolerance) {
  const auto& a = left.derived().eval();
  const auto& b = right.derived().eval();
  std::ostringstream text;
  text.precision(std::numeric_limits<double>::max_digits10);
  if (a.rows() != b.rows() || a.cols() != b.cols()) {
    text << "shapes differ: " << a.rows() << " x " << a.cols() << " and " << b.rows() << " x " << b.cols();
    return {false, text.str()};
  }
  double worst = -1;
  Eigen::Index row = 0, col = 0;
  for (Eigen::Index r = 0; r < a.rows(); ++r) {
    for (Eigen::Index c = 0; c < a.cols(); ++c) {
      const double x = static_cast<double>(a(r, c)), y = static_cast<double>(b(r, c));
      double distance = x == y ? 0 : std::abs(x - y);  // equal infinities are near
      if (std::isnan(distance)) distance = std::numeric_limits<double>::infinity();
      if (distance > worst) worst = distance, row = r, col = c;
    }
  }
  if (worst <= tolerance) return {};
  text << "worst at (" << row << ", " << col << "): " << static_cast<double>(a(row, col)) << " and "
       << static_cast<double>(b(row, col)) << ", " << worst << " apart, tolerance " << tolerance;
  return {false, text.str()};
}

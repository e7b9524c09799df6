// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Activation functions of dense layers, coefficient by coefficient.

#include <Eigen/Core>

#include <cmath>
#include <concepts>
#include <numbers>
#include <string>

namespace kindred {

/// An activation is `apply(z)` and `slope(z, y)`, its derivative at z given y = apply(z), on Eigen arrays.
template <class A>
concept Activation = std::default_initializable<A> && requires(const A activation, const Eigen::ArrayXXf z) {
  Eigen::ArrayXXf(activation.apply(z));
  Eigen::ArrayXXf(activation.slope(z, z));
};

/// y = z.
struct Identity {
  static std::string kind() { return "identity"; }
  auto apply(const auto& z) const { return z * 1; }
  auto slope(const auto& z, const auto&) const { return z * 0 + 1; }
};

/// y = max(z, 0); slope 0 at 0   (Nair & Hinton 2010).
struct Relu {
  static std::string kind() { return "relu"; }
  auto apply(const auto& z) const { return z.max(0); }
  auto slope(const auto& z, const auto&) const {
    using Scalar = typename std::remove_cvref_t<decltype(z)>::Scalar;
    return (z > 0).template cast<Scalar>();
  }
};

/// y = tanh z; slope 1 - y^2.
struct Tanh {
  static std::string kind() { return "tanh"; }
  auto apply(const auto& z) const { return z.tanh(); }
  auto slope(const auto&, const auto& y) const { return 1 - y.square(); }
};

/// y = 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2, which does not overflow; slope y (1 - y).
struct Sigmoid {
  static std::string kind() { return "sigmoid"; }
  auto apply(const auto& z) const {
    using Scalar = typename std::remove_cvref_t<decltype(z)>::Scalar;
    return Scalar(0.5) * (Scalar(0.5) * z).tanh() + Scalar(0.5);
  }
  auto slope(const auto&, const auto& y) const { return y * (1 - y); }
};

/// y = z Phi(z), in the tanh form   y = z (1 + tanh(c (z + 0.044715 z^3))) / 2,  c = sqrt(2 / pi)   (Hendrycks & Gimpel 2016, eq. 2).
struct Gelu {
  static std::string kind() { return "gelu"; }
  auto apply(const auto& z) const {
    return z.unaryExpr([](auto x) {
      using Scalar = decltype(x);
      return x * (1 + std::tanh(inner(x))) / Scalar(2);
    });
  }
  auto slope(const auto& z, const auto&) const {
    return z.unaryExpr([](auto x) {
      using Scalar = decltype(x);
      const Scalar t = std::tanh(inner(x));
      const auto c = static_cast<Scalar>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
      return (1 + t) / 2 + x * (1 - t * t) * c * (1 + 3 * Scalar(0.044715) * x * x) / 2;
    });
  }

 private:
  template <class Scalar>
  static Scalar inner(Scalar x) {
    return static_cast<Scalar>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi) * (x + Scalar(0.044715) * x * x * x);
  }
};

}  // namespace kindred

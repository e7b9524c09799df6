// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A bias and an activation on top of an encoder: with a `FeatureBag` below, the hidden layer of an autoencoder.

#include <kindred/core/access.hpp>
#include <kindred/data/features.hpp>
#include <kindred/encoder/activation.hpp>
#include <kindred/encoder/encoder.hpp>

namespace kindred {

/// encode(e) = activation(inner(e) + bias). The bias starts at zero. Models `Encoder`.
template <Encoder Inner, Activation Act = Sigmoid>
class Activated {
 public:
  using Scalar = typename Inner::Scalar;
  static constexpr int fixed_dim = Inner::fixed_dim;

  struct Tape {
    typename Inner::Tape inner;
    RowMatrix<Scalar> linear, output, d_linear;

    void reseed(Random& from) { detail::reseed(inner, from); }
  };

  explicit Activated(Inner inner) : inner_(std::move(inner)), bias_(1, inner_.dim()) {}

  Index rows() const { return inner_.rows(); }
  Index dim() const { return inner_.dim(); }
  Inner& inner() { return inner_; }
  const Inner& inner() const { return inner_; }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    Tape tape;
    encode(ids, out, tape);
  }
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape& tape) const {
    inner_.encode(ids, tape.linear, tape.inner);
    activate(tape.linear, out);
    tape.output = out;
  }

  /// The vectors of other entities, as the encoder below sees their features.
  void encode(const Features& others, std::span<const Index> ids, RowMatrix<Scalar>& out) const
    requires requires { std::declval<const Inner&>().encode(others, ids, out); }
  {
    RowMatrix<Scalar> linear;
    inner_.encode(others, ids, linear);
    activate(linear, out);
  }

  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, Tape& tape, auto gradients) const {
    tape.d_linear = d_out;
    tape.d_linear.leftCols(dim()).array() *=
        Act{}.slope(tape.linear.leftCols(dim()).array(), tape.output.leftCols(dim()).array());
    std::get<inner_parameters>(gradients).value() += tape.d_linear.leftCols(dim()).colwise().sum();
    inner_.backward(ids, tape.d_linear, tape.inner, detail::slice<0, inner_parameters>(gradients));
  }

  bool knows(Index id) const { return detail::knows(inner_, id); }
  void forget(Index id) { detail::forget(inner_, id); }
  void grow(Index rows, const std::shared_ptr<const Features>& features) { detail::grow(inner_, rows, features); }

  void touch_counts(std::span<const double> per_entity, std::vector<std::vector<double>>& counts) const {
    detail::touch_counts(inner_, per_entity, counts);
    counts.resize(counts.size() + 1);
  }

  auto parameters() { return std::tuple_cat(inner_.parameters(), std::tie(bias_)); }
  static auto names() {
    std::array<std::string, inner_parameters + 1> all;
    for (std::size_t k = 0; k < inner_parameters; ++k) all[k] = Inner::names()[k];
    all[inner_parameters] = "hidden_bias";
    return all;
  }

  static std::string kind() { return "activated(" + Inner::kind() + ", " + Act::kind() + ")"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("inner", self.inner_);
    field("bias", self.bias_);
  }
  void loaded() const {
    detail::require(bias_.rows() == 1 && bias_.cols() == dim(), "Activated: the bias must have ", dim(), " numbers, got ",
                    bias_.cols());
  }

 private:
  friend class Access;
  Activated() : inner_(Access::make<Inner>()) {}

  static constexpr std::size_t inner_parameters = std::tuple_size_v<ParameterTuple<Inner>>;

  void activate(RowMatrix<Scalar>& linear, RowMatrix<Scalar>& out) const {
    linear.leftCols(dim()).rowwise() += bias_.value().row(0);
    out.setZero(linear.rows(), linear.cols());
    out.leftCols(dim()).array() = Act{}.apply(linear.leftCols(dim()).array());
  }

  Inner inner_;
  Weights<Scalar, fixed_dim> bias_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A multi-layer perceptron on top of any encoder: the tower of a neural content model.

#include <kindred/core/access.hpp>
#include <kindred/core/random.hpp>
#include <kindred/data/features.hpp>
#include <kindred/encoder/activation.hpp>
#include <kindred/encoder/encoder.hpp>

#include <array>
#include <cmath>
#include <optional>

namespace kindred {

struct MlpOptions {
  double dropout = 0;  ///< each input of each layer is set to zero with this probability while training, the others scaled up
  std::uint64_t seed = 1;
  std::uint32_t salt = 0;  ///< tells apart the networks of one model
};

/// x_0 = inner(e);  z_l = x_(l-1) W_l + b_l,  x_l = activation(z_l) for l < Depth,  and the output is z_Depth, without activation.
///
/// Shapes: W_l width_(l-1) x width_l. Depth is a compile-time fact, the widths are not. Weights start uniform in +- sqrt(6 / (in + out))
/// (Glorot & Bengio 2010, eq. 16), biases at 0. Models `Encoder`; gradients exact except at the kink of a Relu.
/// Cost: one matrix product a layer forward, two backward, in batches. Memory of a tape: batch x (sum of widths) x 2 scalars.
/// Throws: std::invalid_argument for a width below 1 or dropout outside [0, 1).
/// Source of dropout: Srivastava et al. 2014, in the inverted form.
template <Encoder Inner, std::size_t Depth, Activation Act = Relu>
class Mlp {
  static_assert(Depth >= 1, "Mlp: there must be at least one layer");

 public:
  using Scalar = typename Inner::Scalar;
  static constexpr int fixed_dim = Dynamic;

  struct Tape {
    typename Inner::Tape inner;
    std::array<RowMatrix<Scalar>, Depth> input, linear, keep;  // x_(l-1) after dropout, z_l, and 0 or 1 / (1 - dropout)
    RowMatrix<Scalar> d_input, d_output;
    std::optional<Random> random;

    void reseed(Random& from) {
      random.emplace(from.bits64(), Stream::dropout);
      detail::reseed(inner, from);
    }
  };

  Mlp(Inner inner, const std::array<Index, Depth>& widths, const MlpOptions& options = {})
      : inner_(std::move(inner)), dropout_(options.dropout) {
    detail::require(options.dropout >= 0 && options.dropout < 1, "Mlp: dropout must be in [0, 1), got ", options.dropout);
    Index in = inner_.dim();
    for (std::size_t l = 0; l < Depth; ++l) {
      detail::require(widths[l] >= 1, "Mlp: width ", l, " must be at least 1, got ", widths[l]);
      weights_[l] = Weights<Scalar>(in, widths[l]);
      biases_[l] = Weights<Scalar>(1, widths[l]);
      fill_uniform(weights_[l], std::sqrt(6.0 / static_cast<double>(in + widths[l])), options.seed,
                   options.salt + static_cast<std::uint32_t>(l));
      in = widths[l];
    }
  }

  Index rows() const { return inner_.rows(); }
  Index dim() const { return weights_[Depth - 1].cols(); }
  Inner& inner() { return inner_; }
  const Inner& inner() const { return inner_; }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    Tape tape;
    encode(ids, out, tape);
  }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape& tape) const {
    inner_.encode(ids, tape.input[0], tape.inner);
    run_layers(out, tape);
  }

  /// The vectors of other entities, as the encoder below sees their features.
  void encode(const Features& others, std::span<const Index> ids, RowMatrix<Scalar>& out) const
    requires requires { std::declval<const Inner&>().encode(others, ids, out); }
  {
    Tape tape;
    inner_.encode(others, ids, tape.input[0]);
    run_layers(out, tape);
  }

  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, Tape& tape, auto gradients) const {
    tape.d_output = d_out;
    for (std::size_t l = Depth; l-- > 0;) {
      const Index width = weights_[l].cols(), in = weights_[l].rows();
      if (l + 1 < Depth) {
        const auto z = tape.linear[l].leftCols(width).array();
        auto d = tape.d_output.leftCols(width).array();
        if (tape.random) {
          d *= Act{}.slope(z, Act{}.apply(z).eval());
        } else {
          d *= Act{}.slope(z, tape.input[l + 1].leftCols(width).array());
        }
      }
      add_layer_gradient(l, tape.input[l].leftCols(in), tape.d_output.leftCols(width), gradients);
      if (l == 0 && inner_parameters == 0) return;
      resize_padded(tape.d_input, d_out.rows(), tape.input[l].cols());
      tape.d_input.leftCols(in).noalias() = tape.d_output.leftCols(width) * weights_[l].value().transpose();
      if (tape.random) tape.d_input.leftCols(in).array() *= tape.keep[l].leftCols(in).array();
      tape.d_output.swap(tape.d_input);
    }
    inner_.backward(ids, tape.d_output, tape.inner, detail::slice<0, inner_parameters>(gradients));
  }

  bool knows(Index id) const { return detail::knows(inner_, id); }
  void forget(Index id) { detail::forget(inner_, id); }
  void grow(Index rows, const std::shared_ptr<const Features>& features) { detail::grow(inner_, rows, features); }

  void touch_counts(std::span<const double> per_entity, std::vector<std::vector<double>>& counts) const {
    detail::touch_counts(inner_, per_entity, counts);
    counts.resize(counts.size() + 2 * Depth);
  }

  auto parameters() {
    return [this]<std::size_t... l>(std::index_sequence<l...>) {
      return std::tuple_cat(inner_.parameters(), std::tie(weights_[l], biases_[l])...);
    }(std::make_index_sequence<Depth>{});
  }
  static auto names() {
    std::array<std::string, inner_parameters + 2 * Depth> all;
    for (std::size_t k = 0; k < inner_parameters; ++k) all[k] = Inner::names()[k];
    for (std::size_t l = 0; l < Depth; ++l) {
      all[inner_parameters + 2 * l] = "layer" + std::to_string(l + 1) + ".weights";
      all[inner_parameters + 2 * l + 1] = "layer" + std::to_string(l + 1) + ".bias";
    }
    return all;
  }

  static std::string kind() { return detail::concat("mlp(", Inner::kind(), ", ", Depth, ", ", Act::kind(), ")"); }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("inner", self.inner_);
    field("dropout", self.dropout_);
    field("weights", self.weights_);
    field("biases", self.biases_);
  }
  void loaded() const {
    detail::require(dropout_ >= 0 && dropout_ < 1, "Mlp: dropout must be in [0, 1), got ", dropout_);
    Index in = inner_.dim();
    for (std::size_t l = 0; l < Depth; ++l) {
      detail::require(weights_[l].rows() == in && biases_[l].rows() == 1 && biases_[l].cols() == weights_[l].cols(),
                      "Mlp: layer ", l + 1, " must have ", in, " inputs and a bias for each output");
      in = weights_[l].cols();
    }
  }

 private:
  friend class Access;
  Mlp() : inner_(Access::make<Inner>()) {}

  static constexpr std::size_t inner_parameters = std::tuple_size_v<ParameterTuple<Inner>>;

  static void resize_padded(RowMatrix<Scalar>& matrix, Index rows, Index cols) {
    if (matrix.rows() != rows || matrix.cols() != cols) matrix.setZero(rows, cols);
  }

  /// From tape.input[0] to the output.
  void run_layers(RowMatrix<Scalar>& out, Tape& tape) const {
    for (std::size_t l = 0; l < Depth; ++l) {
      drop(tape, l);
      RowMatrix<Scalar>& z = tape.linear[l];
      const Index width = weights_[l].cols();
      resize_padded(z, tape.input[l].rows(), weights_[l].stride());
      z.leftCols(width).noalias() = tape.input[l].leftCols(weights_[l].rows()) * weights_[l].value();
      z.leftCols(width).rowwise() += biases_[l].value().row(0);
      RowMatrix<Scalar>& next = l + 1 < Depth ? tape.input[l + 1] : out;
      resize_padded(next, z.rows(), z.cols());
      if (l + 1 < Depth) {
        next.leftCols(width).array() = Act{}.apply(z.leftCols(width).array());
      } else {
        next.leftCols(width) = z.leftCols(width);
      }
    }
  }

  void drop(Tape& tape, std::size_t l) const {
    if (!tape.random || dropout_ == 0) {
      tape.random.reset();
      return;
    }
    const auto scale = static_cast<Scalar>(1 / (1 - dropout_));
    RowMatrix<Scalar>& x = tape.input[l];
    tape.keep[l].resizeLike(x);
    for (Index k = 0; k < x.size(); ++k) tape.keep[l].data()[k] = tape.random->uniform() < dropout_ ? Scalar{0} : scale;
    x.array() *= tape.keep[l].array();
  }

  template <class X, class D, class G>
  void add_layer_gradient(std::size_t l, const X& x, const D& d, G& gradients) const {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      ((k == l ? (void)(std::get<inner_parameters + 2 * k>(gradients).value().noalias() += x.transpose() * d,
                        std::get<inner_parameters + 2 * k + 1>(gradients).value() += d.colwise().sum())
               : void()),
       ...);
    }(std::make_index_sequence<Depth>{});
  }

  Inner inner_;
  double dropout_ = 0;
  std::array<Weights<Scalar>, Depth> weights_, biases_;
};

}  // namespace kindred

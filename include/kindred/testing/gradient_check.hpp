// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Is a gradient written by hand the derivative of the function it belongs to? Compares it, number by number, with central
/// differences in double. For your own models, encoders, scorers and losses; no test framework is needed:
///
///     CollaborativeModel<double, 3> model(4, 5, {.seed = 1});
///     const auto check = kindred::testing::check_gradient(model, examples, SquaredError{});
///     assert(check.max_relative_error < 1e-6);

#include <kindred/core/random.hpp>
#include <kindred/encoder/encoder.hpp>
#include <kindred/loss/loss.hpp>
#include <kindred/scorer/scorer.hpp>
#include <kindred/train/pointwise.hpp>

#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace kindred::testing {

/// The place where a gradient and the differences disagree most.
struct GradientCheck {
  /// |analytic - numeric| / max(|analytic|, |numeric|, 1e-5 of the function and of its largest derivative); infinite where one is not
  /// finite. A right gradient of a smooth function gives less than 1e-7, a wrong one seldom less than 1e-2.
  double max_relative_error = 0;
  std::string parameter;      ///< the name of the parameter, as in `names()`
  Index row = 0, column = 0;  ///< a column from the parameter's cols() on is padding, whose gradient must be 0
  double analytic = 0, numeric = 0;
  Index checked = 0;  ///< how many numbers were compared
};

inline std::ostream& operator<<(std::ostream& out, const GradientCheck& check) {
  return out << "relative error " << check.max_relative_error << " at " << check.parameter << '(' << check.row << ", "
             << check.column << "): analytic " << check.analytic << ", numeric " << check.numeric << ", the worst of "
             << check.checked;
}

namespace detail {

using namespace kindred::detail;

struct GradientEntry {
  std::string parameter;
  Index row, column;
  double analytic, numeric;
};

inline GradientCheck worst_of(const std::vector<GradientEntry>& entries, double value) {
  double scale = std::abs(value);
  for (const GradientEntry& e : entries) {
    if (std::isfinite(e.numeric)) scale = std::max(scale, std::abs(e.numeric));
  }
  GradientCheck worst;
  for (const GradientEntry& e : entries) {
    const double size = std::max({std::abs(e.analytic), std::abs(e.numeric), 1e-5 * scale, std::numeric_limits<double>::min()});
    const double error = std::isfinite(e.analytic) && std::isfinite(e.numeric) ? std::abs(e.analytic - e.numeric) / size
                                                                               : std::numeric_limits<double>::infinity();
    if (worst.checked++ == 0 || error > worst.max_relative_error) {
      worst = {error, e.parameter, e.row, e.column, e.analytic, e.numeric, worst.checked};
    }
  }
  return worst;
}

/// d f / d x by the central difference over five points, whose error is of the order of step^4. `x` is left as it was.
template <class F>
double central_difference(double& x, double step, F&& f) {
  const double middle = x, h = step * std::max(1.0, std::abs(middle));
  const auto at = [&](double place) {
    x = place;
    return static_cast<double>(f());
  };
  const double inner = at(middle + h) - at(middle - h), outer = at(middle + 2 * h) - at(middle - 2 * h);
  x = middle;
  return (8 * inner - outer) / (12 * h);
}

/// Compares `gradients` with the differences of `value()`, a function of the model, for every scalar of every parameter.
template <class M, class F>
GradientCheck compare(M& model, Gradients<M>& gradients, double step, F&& value) {
  std::vector<GradientEntry> entries;
  kindred::detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    static_assert(std::is_same_v<typename std::remove_cvref_t<decltype(parameter)>::Scalar, double>,
                  "gradient checks need Scalar = double: float is too coarse for differences");
    auto& gradient = std::get<k>(gradients);
    gradient.compact();
    RowMatrix<double> analytic = RowMatrix<double>::Zero(parameter.rows(), parameter.stride());
    for (Index entry = 0; entry < gradient.count(); ++entry) {
      analytic.row(gradient.id(entry)).array() += gradient.padded_row(entry);
    }
    for (Index r = 0; r < parameter.rows(); ++r) {
      for (Index c = 0; c < parameter.stride(); ++c) {
        double* x = parameter.data() + r * parameter.stride() + c;
        const double numeric = c < parameter.cols() ? central_difference(*x, step, value) : 0;
        entries.push_back({M::names()[k], r, c, analytic(r, c), numeric});
      }
    }
  });
  return worst_of(entries, value());
}

}  // namespace detail

/// Checks what training uses: d (sum_k weight_k loss(prediction_k, label_k)) / d parameters, for all parameters, touched or not.
///
/// The gradient is computed in two parts that are added, so a `backward` that overwrites is found too. `model` is a copy.
/// Cost: four passes over the examples for every scalar of the model: check a small one (Dim 3, five users). Not at kinks.
/// Throws: std::invalid_argument if there are no examples.
template <Parameterized M, class Rep, class Loss>
GradientCheck check_gradient(M model, const std::vector<Example<Rep>>& examples, const Loss& loss, double step = 3e-4) {
  detail::require(!examples.empty(), "check_gradient: there must be at least one example, got none");
  Gradients<M> gradients = gradients_like(model);
  PairWorkspace<M> work;
  for (const double part : {0.25, 0.75}) add_gradient(model, std::span(examples), loss, part, work, gradients);

  std::vector<Index> users, items;
  for (const auto& example : examples) {
    users.push_back(static_cast<Index>(example.user));
    items.push_back(static_cast<Index>(example.item));
  }
  std::vector<double> predictions(examples.size());
  typename M::Tape tape;
  return detail::compare(model, gradients, step, [&] {
    model.forward(users, items, predictions, tape);
    double sum = 0;
    for (std::size_t k = 0; k < examples.size(); ++k) {
      sum += double{examples[k].weight} * loss.value(predictions[k], double{examples[k].label});
    }
    return sum;
  });
}

/// Checks `backward` of an encoder against `encode`, for a random linear function of the vectors of `ids` (which may repeat).
/// The differences use `encode(ids, out)`, the gradient `encode(ids, out, tape)`: that both give the same is checked with it.
/// Throws: std::invalid_argument if there are no ids.
template <Encoder E>
GradientCheck check_encoder(E encoder, const std::vector<Index>& ids, std::uint64_t seed = 1, double step = 3e-4) {
  detail::require(!ids.empty(), "check_encoder: there must be at least one id, got none");
  RowMatrix<double> out, d_out;
  typename E::Tape tape;
  encoder.encode(ids, out, tape);
  Random random(seed);
  d_out.setZero(out.rows(), out.cols());
  for (Index r = 0; r < d_out.rows(); ++r) {
    for (Index c = 0; c < encoder.dim(); ++c) d_out(r, c) = random.normal();
  }
  Gradients<E> gradients = gradients_like(encoder);
  for (const double part : {0.25, 0.75}) {
    encoder.encode(ids, out, tape);
    const RowMatrix<double> slopes = part * d_out;
    encoder.backward(ids, slopes, tape, std::apply([](auto&... g) { return std::tie(g...); }, gradients));
  }
  return detail::compare(encoder, gradients, step, [&] {
    encoder.encode(ids, out);
    return (out.array() * d_out.array()).sum();
  });
}

/// Checks `backward` of a scorer against `score`, at 20 random pairs of rows of `dim` numbers. In the result `parameter` is "a" or
/// "b", `row` the number of the pair. `backward` must write, not add, and must write the padding too.
template <class S>
  requires Scorer<S, double>
GradientCheck check_scorer(const S& scorer, Index dim = 5, std::uint64_t seed = 1, double step = 3e-4) {
  const Index width = padded<double>(dim);
  Random random(seed);
  std::vector<detail::GradientEntry> entries;
  double largest = 0;
  for (Index pair = 0; pair < 20; ++pair) {
    RowMatrix<double> rows = RowMatrix<double>::Zero(2, width);
    RowMatrix<double> slopes = RowMatrix<double>::Constant(2, width, std::numeric_limits<double>::quiet_NaN());
    for (double& x : rows.leftCols(dim).reshaped<Eigen::RowMajor>()) x = random.normal();
    const double slope = random.normal();
    const ConstPaddedRowMap<double> a(rows.data(), 1, width), b(rows.data() + width, 1, width);
    scorer.backward(a, b, slope, PaddedRowMap<double>(slopes.data(), 1, width),
                    PaddedRowMap<double>(slopes.data() + width, 1, width));
    for (Index side = 0; side < 2; ++side) {
      for (Index c = 0; c < width; ++c) {
        const auto value = [&] { return slope * scorer.score(a, b); };
        const double numeric = c < dim ? detail::central_difference(rows(side, c), step, value) : 0;
        entries.push_back({side == 0 ? "a" : "b", pair, c, slopes(side, c), numeric});
      }
    }
    largest = std::max(largest, std::abs(slope * scorer.score(a, b)));
  }
  return detail::worst_of(entries, largest);
}

/// Checks `slope` of a pointwise loss against `value`, at predictions from -5 to 5. In the result `row` is the number of the label,
/// `column` that of the prediction.
template <class L>
  requires PointwiseLoss<L, double>
GradientCheck check_loss(const L& loss, const std::vector<double>& labels = {0, 1}, double step = 3e-4) {
  std::vector<detail::GradientEntry> entries;
  double largest = 0;
  for (std::size_t label = 0; label < labels.size(); ++label) {
    for (Index k = 0; k < 41; ++k) {
      double x = -5 + 0.2437 * static_cast<double>(k);  // falls on no whole number, where losses have their kinks
      const double numeric = detail::central_difference(x, step, [&] { return loss.value(x, labels[label]); });
      entries.push_back({"prediction", static_cast<Index>(label), k, loss.slope(x, labels[label]), numeric});
      largest = std::max(largest, std::abs(static_cast<double>(loss.value(x, labels[label]))));
    }
  }
  return detail::worst_of(entries, largest);
}

}  // namespace kindred::testing

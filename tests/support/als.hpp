// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// For tests of alternating least squares: its objective and its linear systems once more, in plain loops over all pairs, in double.

#include "support/training.hpp"

#include <kindred/train/alternating_least_squares.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>
#include <vector>

/// A dense table of what each pair has in the objective: weight (target - x)^2, weight 0 for no such term.
struct PlainPairs {
  struct Term {
    double weight = 0, target = 0;
  };
  kindred::Index users = 0, items = 0;
  std::vector<Term> observed = {}, pulled = {};  ///< of the row; to zero
  std::vector<double> user_strength = {}, item_strength = {};
  double mean = 0;

  std::size_t at(kindred::Index u, kindred::Index i) const { return static_cast<std::size_t>(u * items + i); }
};

template <class Model>
PlainPairs plain_pairs(const Model& model, const kindred::Interactions& data, const kindred::AlsOptions& options) {
  using namespace kindred;
  PlainPairs plain{.users = model.users(), .items = model.items()};
  plain.observed.resize(static_cast<std::size_t>(plain.users * plain.items));
  plain.pulled.resize(plain.observed.size());
  const bool implicit = options.feedback == Feedback::implicit;
  std::vector<double> of_user(static_cast<std::size_t>(plain.users)), of_item(static_cast<std::size_t>(plain.items));
  plain.mean = model.has_biases() ? static_cast<double>(model.global_mean()) : 0;
  for (Index k = 0; k < data.size(); ++k) {
    const double w = static_cast<double>(data.weight(k)), v = static_cast<double>(data.value(k));
    if (w == 0) continue;
    double c = w;
    if (implicit && options.confidence.form == ConfidenceForm::linear) c = w * (1 + options.confidence.alpha * v);
    if (implicit && options.confidence.form == ConfidenceForm::logarithmic)
      c = w * (1 + options.confidence.alpha * std::log(1 + v / options.confidence.unit));
    plain.observed[plain.at(data.user(k).index(), data.item(k).index())] = {
        c, implicit ? 1 : (v - plain.mean) / static_cast<double>(model.scale())};
    ++of_user[static_cast<std::size_t>(data.user(k).index())];
    ++of_item[static_cast<std::size_t>(data.item(k).index())];
  }
  double active_users = 0, active_items = 0;
  for (const double n : of_user) active_users += n > 0 ? 1 : 0;
  for (const double n : of_item) active_items += n > 0 ? 1 : 0;
  const double zero = implicit ? options.unobserved : 0;
  for (Index u = 0; u < plain.users; ++u) {
    for (Index i = 0; i < plain.items; ++i) {
      const bool both = of_user[static_cast<std::size_t>(u)] > 0 && of_item[static_cast<std::size_t>(i)] > 0;
      const bool has = plain.observed[plain.at(u, i)].weight > 0;
      if (both && !(has && options.unobserved_pairs == Unobserved::missing_pairs)) plain.pulled[plain.at(u, i)] = {zero, 0};
    }
  }
  const auto strength = [&](double n, double others) {
    return n > 0 ? options.lambda * std::pow(n + zero * others, options.frequency_power) : 0;
  };
  for (const double n : of_user) plain.user_strength.push_back(strength(n, active_items));
  for (const double n : of_item) plain.item_strength.push_back(strength(n, active_users));
  return plain;
}

/// All vectors of one side, in double; with biases, one more coordinate.
template <class Table, class Biases>
Eigen::MatrixXd plain_vectors(const Table& table, const Biases& biases, bool with_biases) {
  Eigen::MatrixXd out(table.rows(), table.cols() + (with_biases ? 1 : 0));
  out.leftCols(table.cols()) = table.value().template cast<double>();
  if (with_biases) out.rightCols(1) = biases.value().template cast<double>();
  return out;
}

template <class Model>
double plain_objective(const Model& model, const kindred::Interactions& data, const kindred::AlsOptions& options) {
  const PlainPairs plain = plain_pairs(model, data, options);
  const Eigen::MatrixXd p = plain_vectors(model.user_encoder(), model.user_biases(), model.has_biases()),
                        q = plain_vectors(model.item_encoder(), model.item_biases(), model.has_biases());
  const kindred::Index dim = model.dim();
  double sum = 0;
  for (kindred::Index u = 0; u < plain.users; ++u) {
    for (kindred::Index i = 0; i < plain.items; ++i) {
      double x = p.row(u).head(dim).dot(q.row(i).head(dim));
      if (model.has_biases()) x += p(u, dim) + q(i, dim);
      for (const auto& term : {plain.observed[plain.at(u, i)], plain.pulled[plain.at(u, i)]})
        sum += term.weight * (term.target - x) * (term.target - x);
    }
  }
  const auto penalty = [&](const Eigen::MatrixXd& rows, const std::vector<double>& strength) {
    for (kindred::Index e = 0; e < rows.rows(); ++e) {
      double square = rows.row(e).head(dim).squaredNorm();
      if (model.has_biases()) square += options.biases * rows(e, dim) * rows(e, dim);
      sum += strength[static_cast<std::size_t>(e)] * square;
    }
  };
  penalty(p, plain.user_strength);
  penalty(q, plain.item_strength);
  return sum * static_cast<double>(model.scale() * model.scale());
}

/// The largest |A q_i - b| / |b| over the items, of the linear systems that make the objective least for the users' vectors.
template <class Model>
double plain_item_residual(const Model& model, const kindred::Interactions& data, const kindred::AlsOptions& options) {
  const PlainPairs plain = plain_pairs(model, data, options);
  const bool biases = model.has_biases();
  const Eigen::MatrixXd p = plain_vectors(model.user_encoder(), model.user_biases(), biases),
                        q = plain_vectors(model.item_encoder(), model.item_biases(), biases);
  const kindred::Index dim = q.cols();
  double worst = 0;
  for (kindred::Index i = 0; i < plain.items; ++i) {
    const double strength = plain.item_strength[static_cast<std::size_t>(i)];
    Eigen::MatrixXd a = strength * Eigen::MatrixXd::Identity(dim, dim);
    if (biases) a(dim - 1, dim - 1) *= options.biases;
    Eigen::VectorXd b = Eigen::VectorXd::Zero(dim);
    for (kindred::Index u = 0; u < plain.users; ++u) {
      Eigen::VectorXd z = p.row(u).transpose();
      if (biases) z(dim - 1) = 1;
      for (const auto& term : {plain.observed[plain.at(u, i)], plain.pulled[plain.at(u, i)]}) {
        a += term.weight * z * z.transpose();
        b += term.weight * (term.target - (biases ? p(u, dim - 1) : 0)) * z;
      }
    }
    if (strength > 0) worst = std::max(worst, (a * q.row(i).transpose() - b).norm() / b.norm());
  }
  return worst;
}

/// Any solver, for one Scalar, so that everything else is compiled once.
template <class Scalar>
class AnySolver {
 public:
  template <class Solver>
  explicit AnySolver(const Solver& solver)
      : solve_([solver](const kindred::RowProblem<Scalar>& problem, kindred::RowWorkspace<Scalar>& work) {
          solver.solve(problem, work);
        }) {}

  void validate() const {}
  template <class S>
  void solve(const kindred::RowProblem<S>& problem, kindred::RowWorkspace<S>& work) const {
    if constexpr (std::is_same_v<S, Scalar>) solve_(problem, work);
  }

 private:
  std::function<void(const kindred::RowProblem<Scalar>&, kindred::RowWorkspace<Scalar>&)> solve_;
};

/// A model that suits the objective.
template <class Scalar, int Dim>
kindred::CollaborativeModel<Scalar, Dim> model_for(const kindred::Interactions& data, const kindred::AlsOptions& options,
                                                   double scale = 1) {
  using namespace kindred;
  const bool ratings = options.feedback == Feedback::explicit_ratings;
  return CollaborativeModel<Scalar, Dim>(data.users(), data.items(),
                                         {.dim = Dim == Dynamic ? 9 : Dim, .biases = ratings, .scale = ratings ? scale : 1});
}

/// One of each kind.
inline std::vector<kindred::AlsOptions> objectives() {
  using namespace kindred;
  return {{.lambda = 0.02, .unobserved = 0.3},
          {.lambda = 0.5,
           .frequency_power = 0,
           .unobserved = 1,
           .unobserved_pairs = Unobserved::missing_pairs,
           .confidence = {.form = ConfidenceForm::linear, .alpha = 0.5}},
          {.lambda = 0.1, .frequency_power = 0.5, .confidence = {.form = ConfidenceForm::logarithmic, .alpha = 2, .unit = 0.5}},
          {.lambda = 0.3, .unobserved = 0},
          {.feedback = Feedback::explicit_ratings, .lambda = 0.05, .biases = 0.5},
          {.feedback = Feedback::explicit_ratings, .lambda = 0.4, .frequency_power = 0.3}};
}

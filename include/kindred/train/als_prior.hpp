// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Where alternating least squares shrinks rows to, if there are features: to what a ridge regression from features to rows says, instead
/// of to zero. Rows without interactions become that, so that new items are ranked by their features.

#include <kindred/core/executor.hpp>
#include <kindred/data/features.hpp>

#include <Eigen/Core>

#include <span>
#include <vector>

namespace kindred {

/// W = argmin of  sum over the entities e of weight_e |x_e - W'f_e|^2 + l2 |W|^2 , x_e a row of a table, f_e the features of e.
///
/// Solved by conjugate gradients with the diagonal as preconditioner, all columns at once, in double, from zero: no feature x feature
/// matrix. Shapes: features x Dim for W, entities x Dim for the predictions.
/// Cost: 4 entries Dim multiply-adds an iteration, 10 to 60 iterations. Memory: 32 bytes an entry, 8 Dim (entities + 4 features) bytes.
/// Repeatable: the same bits for any executor.
class FeatureRidge {
 public:
  explicit FeatureRidge(const Features& features)
      : by_entity_(static_cast<std::size_t>(features.rows())),
        by_feature_(static_cast<std::size_t>(features.sparse_dim() + features.dense_dim())) {
    for (Index e = 0; e < features.rows(); ++e) {
      const auto add = [&](Index feature, float weight) {
        by_entity_[static_cast<std::size_t>(e)].push_back({feature, weight});
        by_feature_[static_cast<std::size_t>(feature)].push_back({e, weight});
      };
      for (const FeatureWeight& entry : features.sparse(e)) add(entry.feature, entry.weight);
      const auto dense = features.dense(e);
      for (std::size_t d = 0; d < dense.size(); ++d) {
        if (dense[d] != 0) add(features.sparse_dim() + static_cast<Index>(d), dense[d]);
      }
    }
  }

  Index entities() const { return static_cast<Index>(by_entity_.size()); }
  Index features() const { return static_cast<Index>(by_feature_.size()); }

  /// @param weights  one an entity; 0 leaves it out.
  template <class Rows, Executor E>
  void fit(const Eigen::MatrixBase<Rows>& rows, std::span<const double> weights, double l2, const E& executor) {
    using Real =
        decltype(double{} * typename Rows::Scalar{});  // double; named so, what follows is compiled only where it is used
    using Matrix = RowMatrix<Real>;
    using Column = Eigen::Array<Real, Eigen::Dynamic, 1>;
    using RowVector = Eigen::Matrix<Real, 1, Eigen::Dynamic>;
    const Index dim = rows.cols();
    const Matrix wanted = rows.template cast<Real>();
    Column diagonal = Column::Constant(features(), l2);
    for (Index f = 0; f < features(); ++f) {
      for (const auto& [e, x] : by_feature_[static_cast<std::size_t>(f)]) {
        diagonal(f) += weights[static_cast<std::size_t>(e)] * double{x} * double{x};
      }
    }
    const Eigen::Matrix<Real, Eigen::Dynamic, 1> inverse = (diagonal > 0).select(1 / diagonal, 0.0).matrix();

    weights_.setZero(features(), dim);
    Matrix residual(features(), dim), product(features(), dim);
    collect(wanted, weights, residual, executor);
    Matrix scaled = inverse.asDiagonal() * residual, direction = scaled;
    RowVector square = residual.cwiseProduct(scaled).colwise().sum();
    const double enough = 1e-10 * square.maxCoeff();
    for (int step = 0; step < 60 && square.maxCoeff() > enough; ++step) {
      spread(direction, predictions_, executor);
      collect(predictions_, weights, product, executor);
      product += l2 * direction;
      const Eigen::Array<Real, Eigen::Dynamic, Eigen::Dynamic> curvature =
          direction.cwiseProduct(product).colwise().sum().array();
      const RowVector length = (curvature > 0).select(square.array() / curvature, 0.0).matrix();
      weights_ += direction * length.asDiagonal();
      residual -= product * length.asDiagonal();
      scaled = inverse.asDiagonal() * residual;
      const RowVector next = residual.cwiseProduct(scaled).colwise().sum();
      const RowVector ratio = (square.array() > 0).select(next.array() / square.array(), 0.0).matrix();
      direction = scaled + direction * ratio.asDiagonal();
      square = next;
    }
    spread(weights_, predictions_, executor);
  }

  const RowMatrix<double>& weights() const { return weights_; }
  /// W'f_e for each entity e; zero where nothing is known of it.
  const RowMatrix<double>& predictions() const { return predictions_; }

 private:
  using Lists = std::vector<std::vector<FeatureWeight>>;  // of the other side, in `feature`
  static constexpr Index grain = 256;

  template <class Matrix, Executor E>
  void spread(const Matrix& of_features, Matrix& out, const E& executor) const {
    out.resize(entities(), of_features.cols());
    for_each_range(executor, entities(), grain, [&](Index begin, Index end) {
      for (Index e = begin; e < end; ++e) {
        out.row(e).setZero();
        for (const auto& [f, x] : by_entity_[static_cast<std::size_t>(e)]) out.row(e) += double{x} * of_features.row(f);
      }
    });
  }
  template <class Matrix, Executor E>
  void collect(const Matrix& of_entities, std::span<const double> weights, Matrix& out, const E& executor) const {
    for_each_range(executor, features(), grain, [&](Index begin, Index end) {
      for (Index f = begin; f < end; ++f) {
        out.row(f).setZero();
        for (const auto& [e, x] : by_feature_[static_cast<std::size_t>(f)]) {
          out.row(f) += weights[static_cast<std::size_t>(e)] * double{x} * of_entities.row(e);
        }
      }
    });
  }

  Lists by_entity_, by_feature_;
  RowMatrix<double> weights_, predictions_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One side of alternating least squares, the users or the items: their rows, how strongly each is regularised, and towards what.

#include <kindred/core/executor.hpp>
#include <kindred/parameter/embedding_table.hpp>
#include <kindred/train/als_options.hpp>
#include <kindred/train/als_prior.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace kindred::detail {

/// Workspaces for as many chunks as run at once; a chunk takes one and gives it back. What it computes does not depend on which.
template <class Workspace>
class WorkspacePool {
 public:
  /// Calls f(a free workspace, or a new one from make()).
  template <class Make, class F>
  void with(const Make& make, const F& f) {
    std::unique_ptr<Workspace> mine;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        mine = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (!mine) mine = std::make_unique<Workspace>(make());
    f(*mine);
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(mine));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

/// What is kept of a side from epoch to epoch.
template <class Scalar>
struct AlsSideMemory {
  std::vector<double> strength;  ///< lambda times the count (and what unobserved pairs add) to the power; 0 without rows
  std::optional<FeatureRidge> prior;
  RowMatrix<Scalar> design;  ///< the vectors with a coordinate of ones, where there are biases
};

/// The vectors of one side: rows of a table and, for a model with biases, one more coordinate each.
template <class Scalar, int Dim>
struct AlsSide {
  EmbeddingTable<Scalar, Dim>& table;
  EmbeddingTable<Scalar, 1>* biases;  ///< null without
  const std::vector<double>& counts;  ///< rows of data of positive weight
  AlsSideMemory<Scalar>& memory;

  Index rows() const { return table.rows(); }
  Index dim() const { return table.cols() + (biases != nullptr ? 1 : 0); }
  bool active(Index e) const { return counts[static_cast<std::size_t>(e)] > 0; }
  Index active() const {
    return std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; });
  }

  void load(Index e, Eigen::VectorX<Scalar>& x) const {
    x.head(table.cols()) = table.row(e).matrix().transpose();
    if (biases != nullptr) x(table.cols()) = biases->row(e)(0);
  }
  template <class X>
  void store(Index e, const X& x) {
    table.row(e) = x.head(table.cols()).transpose().array().template cast<Scalar>();
    if (biases != nullptr) biases->row(e)(0) = static_cast<Scalar>(x(table.cols()));
  }

  /// Sets the strengths; `others` is how many of the other side are active.
  void regularise(const AlsOptions& options, Index others) {
    memory.strength.assign(counts.size(), 0);
    const double pairs = options.feedback == Feedback::implicit ? options.unobserved * static_cast<double>(others) : 0;
    for (std::size_t e = 0; e < counts.size(); ++e) {
      if (counts[e] > 0) memory.strength[e] = options.lambda * std::pow(counts[e] + pairs, options.frequency_power);
    }
  }
  /// The strength for each coordinate of row e, in units of `unit`.
  void ridge_of(Index e, const AlsOptions& options, double unit, Eigen::VectorX<Scalar>& ridge) const {
    const double strength = memory.strength[static_cast<std::size_t>(e)] / unit;
    ridge.setConstant(static_cast<Scalar>(strength));
    if (biases != nullptr) ridge(table.cols()) = static_cast<Scalar>(strength * options.biases);
  }

  /// The L2 weight of the regression: feature_l2 in units of the mean strength.
  double feature_l2(const AlsOptions& options) const {
    double sum = 0;
    for (const double strength : memory.strength) sum += strength;
    return options.feature_l2 * sum / static_cast<double>(std::max<Index>(1, active()));
  }
  /// W of the present rows.
  template <Executor E>
  void fit_prior(const AlsOptions& options, const E& executor) {
    if (!memory.prior) return;
    RowMatrix<double> vectors(rows(), dim());
    Eigen::VectorX<Scalar> x(dim());
    for (Index e = 0; e < rows(); ++e) {
      load(e, x);
      vectors.row(e) = x.template cast<double>();
    }
    memory.prior->fit(vectors, memory.strength, feature_l2(options), executor);
  }

  /// Rows that the data does not have become zero, or what their features say.
  void fill_inactive(bool by_features) {
    for (Index e = 0; e < rows(); ++e) {
      if (active(e)) continue;
      if (by_features && memory.prior) {
        store(e, memory.prior->predictions().row(e).transpose());
      } else {
        store(e, Eigen::VectorX<Scalar>::Zero(dim()));
      }
    }
  }

  /// This side's part of the regularisation. Cost: one pass over the table.
  double penalty(const AlsOptions& options) const {
    const Index cols = table.cols();
    double sum = 0;
    for (Index e = 0; e < rows(); ++e) {
      if (!active(e)) continue;
      double square = 0;
      for (Index d = 0; d < dim(); ++d) {
        const double centre = memory.prior ? memory.prior->predictions()(e, d) : 0;
        const double x = static_cast<double>(d < cols ? table.row(e)(d) : biases->row(e)(0)) - centre;
        square += (d < cols ? 1 : options.biases) * x * x;
      }
      sum += memory.strength[static_cast<std::size_t>(e)] * square;
    }
    if (memory.prior) {
      const auto& weights = memory.prior->weights();
      sum += feature_l2(options) *
             (weights.leftCols(cols).squaredNorm() + options.biases * weights.rightCols(dim() - cols).squaredNorm());
    }
    return sum;
  }
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Training by alternating least squares: with the items' vectors fixed, every user's vector is the solution of a small linear system, and
/// the other way round. No learning rate; about ten epochs are enough.

#include <kindred/detail/scratch.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/train/als_problem.hpp>
#include <kindred/train/als_rows.hpp>
#include <kindred/train/als_side.hpp>
#include <kindred/train/als_solvers.hpp>
#include <kindred/train/trainer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

template <class Model>
inline constexpr bool is_dot_product_collaborative =
    std::derived_from<Model, TwoTower<EmbeddingTable<typename Model::Scalar, Model::fixed_dim>,
                                      EmbeddingTable<typename Model::Scalar, Model::fixed_dim>, DotProduct>>;

}  // namespace detail

/// A sweep over the users, then one over the items: each moves every row to the minimum of the objective (see `AlsOptions`), or towards it
/// (see the solvers), the other side fixed. So the objective never rises. Models `Trainer` for `CollaborativeModel` with `DotProduct`.
///
/// Explicit ratings: the bias of a row is one more coordinate of its vector, whose partner is 1, and is solved for jointly. Implicit
/// feedback: the model must have no biases and a scale of 1. Vectors must not all start at 0 (deviation 0): they would stay there.
/// Rows without interactions become zero, or what their features say. lambda = 0 is allowed, see the solvers for singular systems.
/// EpochReport: `loss` is the objective divided by the number of rows (of positive weight), after the epoch.
///
/// Cost: see the solvers; and (users + items) Dim^2 / 2 multiply-adds for implicit feedback.
/// Memory: a Scalar a row of data, kept unless all weights are equal, and one for explicit ratings; for biases a copy of one table; a Dim x Dim matrix a thread.
/// Repeatable: the same bits for any executor. Allocates nothing after the first epoch, without features.
/// Throws: std::invalid_argument from the constructor for options out of range; from `epoch`, before anything changes, for empty data, more
/// users or items than the model, a model with biases or a scale for implicit feedback, a negative value where confidence goes by values,
/// and features of other numbers of rows.
/// Source: Hu, Koren & Volinsky, ICDM 2008; Zhou et al., AAIM 2008; Rendle, Krichene, Zhang & Koren 2021, "Revisiting the performance of
/// iALS on item recommendation benchmarks".
/// Prefer `GradientTrainer` for other losses, scorers and encoders.
template <RowSolver Solver = Cholesky>
class AlternatingLeastSquares {
 public:
  explicit AlternatingLeastSquares(Solver solver = {}, AlsOptions options = {})
      : solver_(std::move(solver)), options_(std::move(options)) {
    solver_.validate();
    options_.validate();
  }

  template <class Model, class Data>
  EpochReport epoch(Model& model, const Data& data, const Executor auto& executor) {
    static_assert(
        detail::is_dot_product_collaborative<Model>,
        "AlternatingLeastSquares: the model must be a CollaborativeModel with the scorer DotProduct, for only then is a row "
        "the solution of a linear system, and stored as its Scalar; train others with GradientTrainer");
    using Scalar = typename Model::Scalar;
    if constexpr (detail::is_dot_product_collaborative<Model>) {
      const auto start = std::chrono::steady_clock::now();
      auto& memory = scratch_.get<Memory<Scalar>>();
      detail::require_covered("AlternatingLeastSquares", model, data);
      check(model);
      auto& rows = memory.rows;
      rows.read(data, options_, model.users(), model.items());
      model.prepare(data, rows.mean());
      if (!implicit()) {
        rows.aim(data, model.has_biases() ? static_cast<double>(model.global_mean()) : 0, static_cast<double>(model.scale()));
      }

      auto users = side(model, rows.user_counts(), memory.users, model.user_encoder(), model.user_biases(),
                        options_.user_features.get());
      auto items = side(model, rows.item_counts(), memory.items, model.item_encoder(), model.item_biases(),
                        options_.item_features.get());
      users.regularise(options_, items.active());
      items.regularise(options_, users.active());
      users.fill_inactive(false);
      items.fill_inactive(false);
      users.fit_prior(options_, executor);
      items.fit_prior(options_, executor);
      const auto of_user = [&data](Index u) {
        return std::pair(data.items_of(typename Data::user_type(u)), data.rows_of(typename Data::user_type(u)));
      };
      const auto of_item = [&data](Index i) {
        return std::pair(data.users_of(typename Data::item_type(i)), data.rows_of(typename Data::item_type(i)));
      };
      sweep(users, items, data.users(), of_user, false, memory, executor);
      users.fit_prior(options_, executor);
      double loss = sweep(items, users, data.items(), of_item, true, memory, executor);
      items.fit_prior(options_, executor);
      loss += users.penalty(options_) + items.penalty(options_);
      users.fill_inactive(true);
      items.fill_inactive(true);
      const double unit = static_cast<double>(model.scale());
      return detail::report_of(++epochs_, loss * unit * unit, rows.used(), start);
    }
  }

  const Solver& solver() const { return solver_; }
  const AlsOptions& options() const { return options_; }
  int epochs() const { return epochs_; }

  /// What a checkpoint keeps; options, losses and schedules are code, for the caller to give again.
  static std::string kind() { return "alternating-least-squares"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("epochs", self.epochs_);
  }

 private:
  static constexpr Index grain = 32;

  /// What is kept from epoch to epoch, so that its pages are not asked for again.
  template <class Scalar>
  struct Memory {
    detail::AlsSideMemory<Scalar> users, items;
    detail::AlsRows<Scalar> rows;
    std::vector<Eigen::MatrixX<Scalar>> parts;
    Eigen::MatrixX<Scalar> gramian;
    std::vector<double> losses;
    std::shared_ptr<detail::WorkspacePool<RowWorkspace<Scalar>>> pool =
        std::make_shared<detail::WorkspacePool<RowWorkspace<Scalar>>>();
  };

  bool implicit() const { return options_.feedback == Feedback::implicit; }

  template <class Model>
  void check(const Model& model) const {
    detail::require(
        !implicit() || (!model.has_biases() && model.scale() == 1),
        "AlternatingLeastSquares: for implicit feedback the model must have no biases and a scale of 1, got biases ",
        model.has_biases() ? "on" : "off", " and a scale of ", model.scale());
    const auto covers = [](const char* what, const Features* features, Index rows) {
      detail::require(features == nullptr || features->rows() == rows, "AlternatingLeastSquares: there must be ", what,
                      " features for the model's ", rows, ", got ", detail::shape_of(features));
    };
    covers("user", options_.user_features.get(), model.users());
    covers("item", options_.item_features.get(), model.items());
  }

  template <class Model, class Table, class Biases>
  static detail::AlsSide<typename Model::Scalar, Model::fixed_dim> side(const Model& model, const std::vector<double>& counts,
                                                                        detail::AlsSideMemory<typename Model::Scalar>& memory,
                                                                        Table& table, Biases& biases,
                                                                        const Features* features) {
    if (features != nullptr && !memory.prior) memory.prior.emplace(*features);
    return {table, model.has_biases() ? &biases : nullptr, counts, memory};
  }

  /// Solves for the rows [0, count) of `mine`; links(e) are the other side's ids that row e has, and the rows of data. Returns what the
  /// pairs have in the objective, if `measure`.
  template <class Side, class Links, class Scalar, Executor E>
  double sweep(Side& mine, const Side& other, Index count, const Links& links, bool measure, Memory<Scalar>& memory,
               const E& executor) const {
    const Index dim = mine.dim();
    RowProblem<Scalar> common;
    common.dim = dim;
    common.design = other.table.data();
    common.stride = other.table.stride();
    if (other.biases != nullptr) {
      RowMatrix<Scalar>& design = other.memory.design;
      design.resize(other.rows(), padded<Scalar>(dim));
      design.leftCols(dim - 1) = other.table.value();
      design.rightCols(design.cols() - dim + 1).setOnes();
      common.design = design.data();
      common.stride = design.cols();
    }
    const bool pulled = implicit() && options_.unobserved > 0;
    const double excess = pulled && options_.unobserved_pairs == Unobserved::missing_pairs ? options_.unobserved : 0;
    const detail::AlsUnit<Scalar> unit(memory.rows, excess);
    if (pulled) {
      gramian(other.table.padded_value(), dim, options_.unobserved / unit.size, memory.parts, memory.gramian, executor);
      common.gramian = &memory.gramian;
    }

    memory.losses.assign(static_cast<std::size_t>((count + grain - 1) / grain), 0);
    for_each_range(executor, count, grain, [&](Index begin, Index end) {
      const auto make = [&] {
        RowWorkspace<Scalar> work;
        work.reserve(dim, memory.rows.longest());
        return work;
      };
      memory.pool->with(make, [&](RowWorkspace<Scalar>& work) {
        work.reserve(dim, memory.rows.longest());
        for (Index e = begin; e < end; ++e) {
          if (!mine.active(e)) continue;
          RowProblem<Scalar> problem = common;
          detail::gather_row(other, links(e), unit, memory.rows, work);
          problem.ids = work.ids;
          problem.weights = work.weights;
          problem.pulls = work.pulls;
          mine.ridge_of(e, options_, unit.size, work.ridge);
          problem.ridge = work.ridge.data();
          if (mine.memory.prior) {
            work.centre = mine.memory.prior->predictions().row(e).transpose().template cast<Scalar>();
            problem.centre = work.centre.data();
          }
          mine.load(e, work.x);
          solver_.solve(problem, work);
          mine.store(e, work.x);
          if (measure) memory.losses[static_cast<std::size_t>(begin / grain)] += detail::loss_of(problem, unit, work);
        }
      });
    });
    double loss = 0;
    for (const double part : memory.losses) loss += part;
    return loss * unit.size;
  }

  Solver solver_;
  AlsOptions options_;
  int epochs_ = 0;
  detail::Scratch scratch_;
};

}  // namespace kindred

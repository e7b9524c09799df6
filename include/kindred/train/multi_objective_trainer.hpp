// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Several kinds of feedback, one model: each step goes down the gradient of a weighted sum of losses, each on data of its own.

#include <kindred/detail/scratch.hpp>
#include <kindred/optimizer/clip.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/objective.hpp>
#include <kindred/train/trainer.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace kindred {

/// A pass over several data sets at once, one an objective, by steps down the gradient of
///   sum_k weight_k ( mean over its examples of the batch of [ loss_k + sum over the rows r it touches of lambda_r |r|^2 ] )
///     + layers |factors of the heads|^2 ,
/// where lambda_r is as in `L2`, with the row counts of objective k's data. Models `Trainer`, and works with `fit`.
///
/// `data` is a tuple or array with a data set for each objective: `fit(model, std::tie(clicks, purchases), trainer, ...)`. Objective k trains
/// `model.head(k)`. An epoch sees every row once: step s of S takes rows floor(s n_k / S) to floor((s + 1) n_k / S) of objective k's random
/// order, S = n / batch, rounded up, for the n rows of the largest data set. So the batches are in proportion to the data, and it is the
/// weights, not the numbers of rows, that say what matters. Of fewer rows than S, some steps have none.
/// An objective of weight 0 is switched off: its data is not looked at and may be empty, and its head stays as it is.
/// With one objective, and rows that fill its batches, the steps are those of `GradientTrainer`.
/// Report: `objectives` are the mean losses, NaN for one that is off; `loss` is their weighted sum.
/// The same bits for any executor. The trainer keeps the optimizer's state and its epoch count; `epoch` again goes on.
/// Memory: 18 bytes a row of data (32-bit ids), 16 for each of 65,536 rows' examples, and a batch's gradients for each objective.
/// Throws: std::invalid_argument from the constructor for options out of range, negatives that do not fit the loss, and weights that are
/// negative or all 0; from `epoch` for an objective without rows, with more users or items than the model, or a label that its loss does
/// not accept. Nothing is changed then.
template <class Rule, class... Losses>
class MultiObjectiveTrainer {
  static constexpr std::size_t count = sizeof...(Losses);
  static_assert(count >= 1, "MultiObjectiveTrainer: there must be at least one objective");

 public:
  /// @param options  `batch` counts rows of the largest data set; `negatives` belong to the objectives, and must be as they are by default.
  explicit MultiObjectiveTrainer(Rule rule, GradientOptions options, Objective<Losses>... objectives)
      : optimizer_(std::move(rule)), options_(std::move(options)), objectives_(std::move(objectives)...) {
    options_.validate();
    detail::require(options_.negatives.per_positive == 0,
                    "MultiObjectiveTrainer: negatives must be those of the objectives, got options.negatives.per_positive ",
                    options_.negatives.per_positive);
    double sum = 0;
    each([&](const auto& objective, auto) {
      const std::string where = name_of(objective);
      detail::require(objective.weight >= 0 && objective.weight < 1e30, where, ": weight must be finite and not negative, got ",
                      objective.weight);
      objective.negatives.validate();
      detail::require_fitting(where.c_str(), objective.loss, objective.negatives);
      sum += objective.weight;
    });
    detail::require(sum > 0, "MultiObjectiveTrainer: an objective must have a positive weight, got none");
  }

  template <class Model, class Data>
    requires(std::tuple_size_v<Data> == count && Model::heads == count)
  EpochReport epoch(Model& model, const Data& data, const Executor auto& executor) {
    const auto start = std::chrono::steady_clock::now();
    std::array<std::optional<double>, count> means;
    Index most = 0;
    each([&](const auto& objective, auto k) {
      if (objective.weight == 0) return;
      const auto& rows = std::get<k>(data);
      const std::string where = name_of(objective);
      detail::require_covered(where.c_str(), model, rows);
      detail::require_labels(where.c_str(), objective.loss, objective.negatives, rows);
      means[k] = detail::prior_of(objective.loss, objective.negatives, rows);
      most = std::max(most, rows.size());
    });
    optimizer_.prepare(model);
    model.prepare(data, means);

    auto& memory = scratch_.get<Memory<Model, Data>>();
    if (memory.total && !detail::fits(model, *memory.total)) memory = {};
    Passes<Model, Data> passes;
    each([&](const auto& objective, auto k) {
      if (objective.weight == 0) return;
      std::get<k>(passes).emplace(objective, model.head(k), std::get<k>(data), options_.l2,
                                  options_.seed + 0x9E3779B97F4A7C15U * k, epochs_, executor, std::get<k>(memory.passes));
    });
    if (!memory.total) memory.total.emplace(gradients_like(model));
    const Index steps = (most + options_.batch - 1) / options_.batch;
    for (Index s = 0; s < steps; ++s) step(model, passes, *memory.total, s, steps, executor);

    ++epochs_;
    double loss = 0;
    std::int64_t examples = 0;
    std::vector<double> losses(count, std::numeric_limits<double>::quiet_NaN());
    each([&](const auto& objective, auto k) {
      auto& pass = std::get<k>(passes);
      if (!pass) return;
      losses[k] = pass->mean_loss();
      loss += objective.weight * losses[k];
      examples += pass->examples();
      pass->release();
    });
    EpochReport report = detail::report_of(epochs_, 0, examples, start);
    report.loss = loss;
    report.objectives = std::move(losses);
    return report;
  }

  const Optimizer<Rule>& optimizer() const { return optimizer_; }
  const GradientOptions& options() const { return options_; }
  const std::tuple<Objective<Losses>...>& objectives() const { return objectives_; }
  int epochs() const { return epochs_; }

  /// What a checkpoint keeps; options, losses and schedules are code, for the caller to give again.
  static std::string kind() { return "multi-objective"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("epochs", self.epochs_);
    field("optimizer", self.optimizer_);
  }

 private:
  template <class Model, class DataSet, class Loss>
  using Pass = detail::ObjectivePass<decltype(std::declval<const Model&>().head(0)), std::remove_cvref_t<DataSet>, Loss>;

  template <class Model, class Data, class Indices = std::make_index_sequence<count>>
  struct Types;
  template <class Model, class Data, std::size_t... k>
  struct Types<Model, Data, std::index_sequence<k...>> {
    using Passes = std::tuple<std::optional<Pass<Model, std::tuple_element_t<k, Data>, Losses>>...>;
    using Memories = std::tuple<typename Pass<Model, std::tuple_element_t<k, Data>, Losses>::Memory...>;
  };
  template <class Model, class Data>
  using Passes = typename Types<Model, Data>::Passes;

  template <class Model, class Data>
  struct Memory {
    typename Types<Model, Data>::Memories passes = {};
    std::optional<Gradients<Model>> total = {};
  };

  template <class Loss>
  static std::string name_of(const Objective<Loss>& objective) {
    return "MultiObjectiveTrainer: " + objective.name;
  }

  /// f(objective, k) for each objective, k its position as a std::integral_constant.
  template <class F>
  void each(F&& f) const {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      (f(std::get<k>(objectives_), std::integral_constant<std::size_t, k>{}), ...);
    }(std::make_index_sequence<count>{});
  }

  template <class Model, class Passes>
  void step(Model& model, Passes& passes, Gradients<Model>& total, Index s, Index steps, const Executor auto& executor) {
    detail::clear(total);
    bool any = false;
    each([&](const auto&, auto k) {
      auto& pass = std::get<k>(passes);
      if (!pass) return;
      const Index n = pass->rows();
      auto* gradient = pass->gradient(s * n / steps, (s + 1) * n / steps, optimizer_.steps(), executor);
      if (gradient == nullptr) return;
      detail::append(total, *gradient);
      any = true;
    });
    if (!any) return;
    if (options_.clip_norm > 0) clip_by_norm(total, options_.clip_norm);
    const double time = static_cast<double>(epochs_) + static_cast<double>(s) / static_cast<double>(steps);
    optimizer_.step(model, total, executor, options_.schedule(time));
  }

  Optimizer<Rule> optimizer_;
  GradientOptions options_;
  std::tuple<Objective<Losses>...> objectives_;
  int epochs_ = 0;
  detail::Scratch scratch_;
};

}  // namespace kindred

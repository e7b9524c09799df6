// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Strong generalisation measured: users whom the model was not trained with are scored from the rows that it is told, and the other
/// rows are to be found.

#include <kindred/data/held_out_users.hpp>
#include <kindred/metric/evaluate.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace kindred {

namespace detail {

/// The rows that say which items are candidates (those of the training rows) and which are not for a user (those folded in).
template <class M, class Rep>
BasicInteractions<Rep> candidate_rows(const M& model, const BasicHeldOutUsers<Rep>& split, Candidates candidates) {
  const auto known = [&](BasicItemId<Rep> item) {
    if constexpr (requires { model.knows(item); }) {
      return candidates == Candidates::known && static_cast<bool>(model.knows(item));
    } else {
      return false;
    }
  };
  typename BasicInteractions<Rep>::Columns columns;
  const auto add = [&](const BasicInteractions<Rep>& data, Index row) {
    columns.users.push_back(data.user(row).value());
    columns.items.push_back(data.item(row).value());
  };
  for (Index row = 0; row < split.train.size(); ++row) add(split.train, row);
  for (Index row = 0; row < split.fold_in.size(); ++row) {
    const auto item = split.fold_in.item(row);
    // An item that only users held out have would become a candidate by its row here.
    if (candidates == Candidates::all || !split.train.users_of(item).empty() || known(item)) add(split.fold_in, row);
  }
  return BasicInteractions<Rep>(std::move(columns), {.users = split.train.users(), .items = split.train.items()});
}

}  // namespace detail

/// Measures a model, made for `split.fold_in`, on `split.test`.
/// ```cpp
/// const auto split = split_held_out_users(data, {.user_fraction = 0.2, .test_fraction = 0.2});
/// const Ease ease(split.train);
/// const auto report = evaluate_held_out(fold_in(ease, split.fold_in), split, "recall@20, ndcg@100");
/// ```
/// Protocol: as `evaluate`, where a user's rows folded in are not ranked, and the candidates are the items with a training row (those of
/// users held out do not count), and new ones that the model knows.
///
/// @param model  a `Model` whose users are those of `split.fold_in`: of `fold_in` or a `FoldInModel` of your own scorer (serve/fold_in.hpp)
/// Cost, repeatable, throws: as `evaluate`; std::invalid_argument also if the parts have different users or items.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
BasicEvaluation<Rep> evaluate_held_out(const M& model, const BasicHeldOutUsers<Rep>& split, std::span<const Metric> metrics,
                                       const EvaluateOptions& options = {}, const E& executor = {}) {
  for (const auto* part : {&split.fold_in, &split.test}) {
    detail::require(part->users() == split.train.users() && part->items() == split.train.items(),
                    "evaluate_held_out: all parts must have the ", split.train.users(), " users and ", split.train.items(),
                    " items of the training rows, got ", part->users(), " and ", part->items());
  }
  for (Index u = 0; u < split.train.users(); ++u) {
    const BasicUserId<Rep> user(u);
    detail::require(
        split.train.items_of(user).empty() || (split.fold_in.items_of(user).empty() && split.test.items_of(user).empty()),
        "evaluate_held_out: a user held out must have no training row, got user ", u);
  }
  detail::require_covered("evaluate_held_out", model, split.train);
  return evaluate(model, detail::candidate_rows(model, split, options.candidates), split.test, metrics, options, executor);
}

/// The same, with the metrics as text.
template <class M, class Rep, Executor E = Serial>
  requires Model<M, Rep>
BasicEvaluation<Rep> evaluate_held_out(const M& model, const BasicHeldOutUsers<Rep>& split, std::string_view metrics,
                                       const EvaluateOptions& options = {}, const E& executor = {}) {
  return evaluate_held_out(model, split, std::span<const Metric>(parse_metrics(metrics)), options, executor);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// k-fold cross-validation of a figure, and the choice between settings by it.

#include <kindred/core/executor.hpp>
#include <kindred/data/split.hpp>
#include <kindred/train/fit.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace kindred {

/// The figures of the folds, and what follows from them.
struct CrossValidation {
  double mean = 0;
  double standard_error = 0;    ///< of the mean: standard deviation of the folds' figures (with k - 1) / sqrt(k)
  std::vector<double> folds{};  ///< in order
};

/// Mean and standard error. Throws: std::invalid_argument for fewer than two figures.
inline CrossValidation summarize_folds(std::vector<double> figures) {
  detail::require(figures.size() >= 2, "summarize_folds: there must be at least 2 figures, got ", figures.size());
  const auto count = static_cast<double>(figures.size());
  CrossValidation result{.folds = std::move(figures)};
  for (const double figure : result.folds) result.mean += figure / count;
  double squares = 0;
  for (const double figure : result.folds) squares += (figure - result.mean) * (figure - result.mean);
  result.standard_error = std::sqrt(squares / (count - 1) / count);
  return result;
}

/// For each fold: a model by make_and_fit(fold.train), measured by figure(model, fold), where `fold.test` are the rows to measure on.
/// ```cpp
/// const auto found = cross_validate(train, {.folds = 5},
///     [&](const Interactions& rows) { return fit_collaborative<32>(rows, recipe, l2); },
///     [](const auto& model, const TrainTest& fold) { return rmse(model, fold.test); });
/// ```
/// To choose by it, `data` must be the training rows. The folds are those of `k_folds`, so that settings with one seed are measured on
/// the same ones. They share training rows, so the standard error is too small rather than too large (Bengio & Grandvalet 2004).
///
/// Cost: one fit a fold, in parallel; both functions must not share what they change. Memory: the data `folds` times.
/// Repeatable: the same result for any executor. Throws: as `k_folds`; what the functions throw.
template <class Rep, class MakeAndFit, class Figure, Executor E = Serial>
CrossValidation cross_validate(const BasicInteractions<Rep>& data, const FoldOptions& options, const MakeAndFit& make_and_fit,
                               const Figure& figure, const E& executor = {}) {
  const std::vector<BasicTrainTest<Rep>> folds = k_folds(data, options);
  std::vector<double> figures(folds.size());
  executor.for_each(static_cast<Index>(folds.size()), [&](Index k) {
    const BasicTrainTest<Rep>& fold = folds[static_cast<std::size_t>(k)];
    const auto model = make_and_fit(fold.train);
    figures[static_cast<std::size_t>(k)] = static_cast<double>(figure(model, fold));
  });
  return summarize_folds(std::move(figures));
}

/// Of settings in order of cost, measured on the same folds: the best, and the first that is as good within the noise.
struct FoldChoice {
  std::size_t best = 0;      ///< the best mean; of equal ones the first
  std::size_t simplest = 0;  ///< the first whose mean is at most one standard error of its differences to the best away from it
};

/// The rule of one standard error (Breiman et al. 1984), paired: the error is that of the differences fold by fold. Differs: the error of
/// the best mean itself, as in the book, also counts how much harder one fold is than another, which all settings share.
/// A setting with a NaN is never chosen. Throws: std::invalid_argument for no settings, different numbers of folds, or none without NaN.
inline FoldChoice choose_by_folds(std::span<const CrossValidation> settings, Goal goal) {
  detail::require(!settings.empty(), "choose_by_folds: there must be at least one setting, got none");
  FoldChoice choice;
  const auto mean = [&](std::size_t k) { return settings[k].mean; };
  for (std::size_t k = 0; k < settings.size(); ++k) {
    detail::require(settings[k].folds.size() == settings[0].folds.size(), "choose_by_folds: all settings must have the same ",
                    settings[0].folds.size(), " folds, got ", settings[k].folds.size());
    const bool better = goal == Goal::minimize ? mean(k) < mean(choice.best) : mean(k) > mean(choice.best);
    if (std::isnan(mean(choice.best)) || better) choice.best = k;
  }
  detail::require(!std::isnan(mean(choice.best)), "choose_by_folds: at least one setting must have finite figures, got none");
  for (choice.simplest = 0; choice.simplest < choice.best; ++choice.simplest) {
    if (std::isnan(mean(choice.simplest))) continue;
    std::vector<double> differences;
    for (std::size_t fold = 0; fold < settings[0].folds.size(); ++fold) {
      differences.push_back(settings[choice.simplest].folds[fold] - settings[choice.best].folds[fold]);
    }
    const CrossValidation difference = summarize_folds(std::move(differences));
    if (std::abs(difference.mean) <= difference.standard_error) break;
  }
  return choice;
}

}  // namespace kindred

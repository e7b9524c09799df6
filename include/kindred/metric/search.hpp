// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Searches a space of hyper-parameters: at random, and by successive halving, which stops early what does not look good.
/// The figure must be measured on validation parts of the training rows, never on test rows.

#include <kindred/core/executor.hpp>
#include <kindred/metric/search_file.hpp>
#include <kindred/metric/search_space.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kindred {

/// Makes the trial of a configuration: an object whose `advance(budget)` trains on until the budget (of epochs, say) is used up in all,
/// and returns the figure. So a trial that goes on does so from its state. `TrainingTrial` is one.
///
/// What must hold beyond the syntax: trials share nothing that they change, and equal calls give equal figures.
template <class F>
concept TrialFactory = requires(const F make, const Configuration& configuration, int budget) {
  { make(configuration).advance(budget) } -> std::convertible_to<double>;
};

/// The figure of a configuration with a budget, trained anew each time. Needs no thought, and about half as much time again with halving.
template <class F>
concept TrialFunction = requires(const F figure, const Configuration& configuration, int budget) {
  { figure(configuration, budget) } -> std::convertible_to<double>;
};

struct SearchOptions {
  Index trials = 20;     ///< configurations
  int budget = 1;        ///< of a trial that is never stopped: epochs, as a rule
  int first_budget = 0;  ///< successive halving begins with it; 0: each trial gets the whole budget
  int eta = 3;           ///< each rung has so many times the budget of the one before, and 1/eta of its trials
  std::uint64_t seed = 1;
  std::filesystem::path file{};  ///< if given, results are kept there, and those there are not measured again
  std::string about{};           ///< a line for the file that says what is measured: a file with another one is refused
  std::function<void(const SearchTrial&)> after_trial{};  ///< called for each new result, one at a time, in no certain order
};

struct SearchResult {
  std::vector<SearchTrial> trials{};  ///< all measurements: rung by rung, in a rung by number
  std::size_t best_place = 0;         ///< in `trials`

  const SearchTrial& best() const { return trials[best_place]; }
};

namespace detail {

inline std::vector<int> search_budgets(const SearchOptions& options) {
  require(options.trials >= 1 && options.trials <= (Index{1} << 32), "search: trials must be from 1 to 2^32, got ",
          options.trials);
  require(options.budget >= 1, "search: budget must be at least 1, got ", options.budget);
  require(options.first_budget >= 0 && options.first_budget <= options.budget,
          "search: first_budget must be from 0 to the budget, ", options.budget, ", got ", options.first_budget);
  require(options.eta >= 2, "search: eta must be at least 2, got ", options.eta);
  require(options.about.find_first_of("\r\n") == std::string::npos, "search: about must be one line, got more");
  std::vector<int> budgets;
  if (options.first_budget > 0) {
    for (std::int64_t budget = options.first_budget; budget < options.budget; budget *= options.eta) {
      budgets.push_back(static_cast<int>(budget));
    }
  }
  budgets.push_back(options.budget);
  return budgets;
}

/// Whether figure a is better than b; NaN is worse than all numbers.
inline bool is_better(Goal goal, double a, double b) {
  return !std::isnan(a) && (std::isnan(b) || (goal == Goal::minimize ? a < b : a > b));
}

template <class F>
struct FunctionTrial {
  const F& figure;
  Configuration configuration;
  double advance(int budget) { return static_cast<double>(figure(configuration, budget)); }
};

/// The results so far, in memory and in the file.
class SearchRecords {
 public:
  SearchRecords(const SearchSpace& space, SearchHead head, const SearchOptions& options)
      : head_(std::move(head)), options_(options) {
    if (options.file.empty()) return;
    if (std::filesystem::exists(options.file)) {
      for (SearchTrial& done : read_search_file(options.file, head_, space)) keep(std::move(done));
    }
    write();  // now rather than after an hour of training, if it cannot be
  }

  /// The figure of this trial, if there is one. Not while a rung is being measured.
  const double* find(Index trial, int budget) const {
    const auto found = records_.find({budget, trial});
    return found == records_.end() ? nullptr : &found->second.figure;
  }

  /// May be called from many threads at once.
  void add(const SearchTrial& done) {
    const std::lock_guard lock(mutex_);
    keep(done);
    if (!options_.file.empty()) write();
    if (options_.after_trial) options_.after_trial(done);
  }

 private:
  void keep(SearchTrial done) {
    const std::pair<int, Index> key(done.budget, done.trial);
    records_.insert_or_assign(key, std::move(done));
  }
  void write() const {
    std::vector<SearchTrial> all;
    for (const auto& [key, done] : records_) all.push_back(done);
    write_search_file(options_.file, head_, std::move(all));
  }

  SearchHead head_;
  const SearchOptions& options_;
  std::map<std::pair<int, Index>, SearchTrial> records_;
  std::mutex mutex_;
};

}  // namespace detail

/// Draws configurations from the space, measures them and finds the best.
/// ```cpp
/// const auto split = hold_out_validation(ratings, Feedback::explicit_ratings);
/// const SearchSpace space{{"l2", LogUniform{0.01, 1}}, {"learning_rate", LogUniform{0.01, 0.3}}};
/// const auto found = search(space, Goal::minimize, [&](const Configuration& c) {
///   return TrainingTrial(Model(users, items), GradientTrainer(SquaredError{}, Adagrad{c["learning_rate"]}, {...c["l2"]...}),
///                        split.train, [&](const Model& model) { return rmse(model, split.test); });
/// }, {.trials = 27, .budget = 27, .first_budget = 3}, Threads());
/// found.best().configuration["l2"];
/// ```
/// Random search: every trial gets the whole budget. Successive halving (`first_budget` > 0): all trials get the first budget, the best
/// 1/eta (rounded down, at least one; of equal ones the lower number) go on to eta times that, and so on; the last rung has `budget`.
/// The best is that of the best figure in any rung, of equal ones the first in `SearchResult::trials`, so it may have a smaller budget.
/// A figure that is not finite, or a DivergenceError, is the worst there is: the trial does not go on.
///
/// With a file, a search that was interrupted goes on, and ends with the same result as one that was not: a trial that goes on without
/// its state is advanced through the rungs before once more. More trials may be asked for than before; they are added.
/// Memory: with a `TrialFactory`, the trials of a rung at once, all of them in the first. Trials run in parallel.
/// Repeatable: the same result for any executor. Configuration k depends on space, seed and k alone.
/// Throws: std::invalid_argument for options out of range; ParseError for a file of another search or a line that is not right;
/// std::runtime_error if the file cannot be written; DivergenceError if no trial gave a number. What a trial throws otherwise passes
/// through, after the others of its rung have ended and been kept in the file.
/// Source: Bergstra & Bengio 2012 (random search); Jamieson & Talwalkar 2016 (successive halving).
/// When not to halve: if the figures of few epochs do not order those of many (a large learning rate leads early), begin higher.
template <class F, Executor E = Serial>
  requires TrialFactory<F> || TrialFunction<F>
SearchResult search(const SearchSpace& space, Goal goal, const F& evaluate_trial, const SearchOptions& options = {},
                    const E& executor = {}) {
  constexpr bool anew = !TrialFactory<F>;
  const auto make = [&](const Configuration& configuration) {
    if constexpr (anew) {
      return detail::FunctionTrial<F>{evaluate_trial, configuration};
    } else {
      return evaluate_trial(configuration);
    }
  };
  using Trial = decltype(make(std::declval<const Configuration&>()));
  struct State {
    std::unique_ptr<Trial> trial;
    std::size_t rung = 0;  // the next
  };

  const std::vector<int> budgets = detail::search_budgets(options);
  detail::SearchRecords records(
      space, {.space = to_string(space), .seed = options.seed, .goal = goal, .budgets = budgets, .about = options.about},
      options);
  std::vector<State> states(static_cast<std::size_t>(options.trials));
  std::vector<Index> going;
  for (Index trial = 0; trial < options.trials; ++trial) going.push_back(trial);

  SearchResult result;
  for (std::size_t rung = 0; rung < budgets.size() && !going.empty(); ++rung) {
    const std::size_t first = result.trials.size();
    std::vector<std::size_t> missing;  // places in result.trials
    for (const Index trial : going) {
      const double* known = records.find(trial, budgets[rung]);
      if (!known) missing.push_back(result.trials.size());
      result.trials.push_back({.trial = trial,
                               .budget = budgets[rung],
                               .configuration = space.draw(options.seed, trial),
                               .figure = known ? *known : 0});
    }
    executor.for_each(static_cast<Index>(missing.size()), [&](Index k) {
      SearchTrial& measured = result.trials[missing[static_cast<std::size_t>(k)]];
      State& state = states[static_cast<std::size_t>(measured.trial)];
      try {
        if (!state.trial) state.trial.reset(new Trial(make(measured.configuration)));
        if (anew) state.rung = rung;
        for (; state.rung <= rung; ++state.rung)
          measured.figure = static_cast<double>(state.trial->advance(budgets[state.rung]));
      } catch (const DivergenceError&) {
        measured.figure = std::numeric_limits<double>::quiet_NaN();
      }
      if (!std::isfinite(measured.figure)) measured.figure = std::numeric_limits<double>::quiet_NaN();
      records.add(measured);
    });

    std::vector<std::size_t> order;
    for (std::size_t place = first; place < result.trials.size(); ++place) {
      if (!std::isnan(result.trials[place].figure)) order.push_back(place);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return detail::is_better(goal, result.trials[a].figure, result.trials[b].figure);
    });
    order.resize(std::min(order.size(), std::max<std::size_t>(1, going.size() / static_cast<std::size_t>(options.eta))));
    std::vector<Index> next;
    for (const std::size_t place : order) next.push_back(result.trials[place].trial);
    std::sort(next.begin(), next.end());
    for (const Index trial : going) {
      if (!std::binary_search(next.begin(), next.end(), trial)) states[static_cast<std::size_t>(trial)].trial.reset();
    }
    going = std::move(next);
  }
  for (std::size_t place = 1; place < result.trials.size(); ++place) {
    if (detail::is_better(goal, result.trials[place].figure, result.best().figure)) result.best_place = place;
  }
  if (std::isnan(result.best().figure)) throw DivergenceError("search: at least one trial must give a finite figure, got none");
  return result;
}

}  // namespace kindred

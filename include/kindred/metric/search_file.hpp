// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The results of a search in a small text file, so that an interrupted search can go on: a head that says which search it is, and a
/// line for each finished trial.

#include <kindred/core/error.hpp>
#include <kindred/data/text.hpp>
#include <kindred/metric/search_space.hpp>
#include <kindred/train/fit.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kindred {

/// One measurement: a configuration, trained up to a budget.
struct SearchTrial {
  Index trial = 0;                ///< the number of the configuration
  int budget = 0;                 ///< in all, from the start
  Configuration configuration{};  ///< SearchSpace::draw(seed, trial)
  double figure = 0;              ///< NaN if it diverged
};

/// Which search it is. Two searches with equal heads measure the same for the same trial and budget.
struct SearchHead {
  std::string space{};  ///< to_string(SearchSpace)
  std::uint64_t seed = 1;
  Goal goal = Goal::minimize;
  std::vector<int> budgets{};
  std::string about{};  ///< one line of the caller's own: of which data and which model

  std::vector<std::string> lines() const {
    std::string rungs = "budgets";
    for (const int budget : budgets) rungs += " " + std::to_string(budget);
    return {"kindred-search 1",
            "about " + about,
            "space " + space,
            "seed " + std::to_string(seed),
            goal == Goal::minimize ? "goal minimize" : "goal maximize",
            rungs};
  }
};

namespace detail {

inline std::string configuration_text(const Configuration& configuration) {
  std::string text;
  for (const auto& [name, value] : configuration.values()) text += (text.empty() ? "" : " ") + name + "=" + exact_text(value);
  return text;
}

/// Takes the text up to the next tab off the line.
inline std::string_view next_field(std::string_view& line) {
  const std::string_view field = line.substr(0, line.find('\t'));
  line.remove_prefix(std::min(line.size(), field.size() + 1));
  return field;
}

inline std::runtime_error cannot_write(const std::filesystem::path& path, const char* what) {
  return std::runtime_error(concat(path.string(), ": the file must be writable, got ", what));
}

}  // namespace detail

/// Writes the trials, by budget and then by number. The file is replaced as a whole: whoever reads it finds the old one or the new.
///
/// A line a trial: number, budget, figure ("diverged" for NaN) and the configuration, separated by tabs. Numbers read back exactly.
/// Throws: std::runtime_error if it cannot be written.
inline void write_search_file(const std::filesystem::path& path, const SearchHead& head, std::vector<SearchTrial> trials) {
  std::sort(trials.begin(), trials.end(), [](const SearchTrial& a, const SearchTrial& b) {
    return std::pair(a.budget, a.trial) < std::pair(b.budget, b.trial);
  });
  std::filesystem::path aside = path;
  aside += ".tmp";
  {
    std::ofstream out(aside, std::ios::binary);
    for (const std::string& line : head.lines()) out << line << '\n';
    for (const SearchTrial& done : trials) {
      out << done.trial << '\t' << done.budget << '\t'
          << (std::isnan(done.figure) ? std::string("diverged") : detail::exact_text(done.figure)) << '\t'
          << detail::configuration_text(done.configuration) << '\n';
    }
    out.close();
    if (!out) throw detail::cannot_write(aside, "an error");
  }
  std::error_code error;
  std::filesystem::rename(aside, path, error);
  if (error) throw detail::cannot_write(path, error.message().c_str());
}

/// Reads what `write_search_file` wrote for this very search.
///
/// Throws: ParseError, which names the line, for a file of another search (space, seed, goal, budgets or about differ), a line that is
/// not a trial of it, a configuration that the space does not draw for that number, and a trial twice.
inline std::vector<SearchTrial> read_search_file(const TextFile& file, const SearchHead& head, const SearchSpace& space) {
  LineReader reader(file);
  std::string_view line;
  for (const std::string& expected : head.lines()) {
    if (!reader.next(line))
      file.fail(reader.line() + 1, "expected ", detail::shown(expected, 200), ", got the end of the file");
    if (line != expected) {
      file.fail(reader.line(), "expected ", detail::shown(expected, 200), " as this search has it, got ",
                detail::shown(line, 200));
    }
  }
  std::vector<SearchTrial> trials;
  std::set<std::pair<int, Index>> known;
  while (reader.next(line)) {
    const Index at = reader.line();
    SearchTrial done;
    done.trial = parse_number<Index>(file, at, "the number of the trial", detail::next_field(line));
    if (!std::in_range<std::uint32_t>(done.trial)) {
      file.fail(at, "expected a number of a trial from 0 to ", std::numeric_limits<std::uint32_t>::max(), ", got ", done.trial);
    }
    done.budget = parse_number<int>(file, at, "the budget", detail::next_field(line));
    if (std::find(head.budgets.begin(), head.budgets.end(), done.budget) == head.budgets.end()) {
      file.fail(at, "expected one of the budgets of the search, got ", done.budget);
    }
    const std::string_view figure = detail::next_field(line);
    done.figure =
        figure == "diverged" ? std::numeric_limits<double>::quiet_NaN() : parse_number<double>(file, at, "the figure", figure);
    done.configuration = space.draw(head.seed, done.trial);
    const std::string expected = detail::configuration_text(done.configuration);
    if (line != expected) {
      file.fail(at, "expected ", detail::shown(expected, 200), " for trial ", done.trial, ", got ", detail::shown(line, 200));
    }
    if (!known.emplace(done.budget, done.trial).second) {
      file.fail(at, "expected each trial once with a budget, got trial ", done.trial, " twice with ", done.budget);
    }
    trials.push_back(std::move(done));
  }
  return trials;
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a search for hyper-parameters may choose from: named parameters with ranges, and the configurations drawn from them.

#include <kindred/core/error.hpp>
#include <kindred/core/random.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kindred {

/// Any number from low to high, each as likely.
struct Uniform {
  double low = 0, high = 1;
};

/// Any number from low to high, its logarithm uniform: for what matters by its order of magnitude, as L2 weights and learning rates do.
struct LogUniform {
  double low = 1e-3, high = 1;
};

/// A whole number from low to high, both included, each as likely.
struct Integer {
  std::int64_t low = 1, high = 10;
};

/// One of a list of numbers, each as likely: `Choice{8, 16, 32}`.
struct Choice {
  Choice(std::initializer_list<double> list) : values(list) {}
  explicit Choice(std::vector<double> list) : values(std::move(list)) {}
  std::vector<double> values;
};

using SearchRange = std::variant<Uniform, LogUniform, Integer, Choice>;

struct SearchParameter {
  std::string name;
  SearchRange range;
};

/// A value for each parameter of a space, in the order of the space.
class Configuration {
 public:
  Configuration() = default;
  explicit Configuration(std::vector<std::pair<std::string, double>> values) : values_(std::move(values)) {}

  /// The value of this parameter. Throws: std::out_of_range if there is none of the name.
  double operator[](std::string_view name) const {
    for (const auto& [known, value] : values_) {
      if (known == name) return value;
    }
    throw std::out_of_range(detail::concat("Configuration: the parameter must be one of the space, got '", name, "'"));
  }

  /// The same as a whole number. Throws: also std::invalid_argument if it is not one.
  Index whole(std::string_view name) const {
    const double value = (*this)[name];
    detail::require(std::abs(value) <= 0x1p53 && value == std::floor(value), "Configuration: '", name,
                    "' must be a whole number, got ", value);
    return static_cast<Index>(value);
  }

  const std::vector<std::pair<std::string, double>>& values() const { return values_; }

  friend bool operator==(const Configuration&, const Configuration&) = default;

 private:
  std::vector<std::pair<std::string, double>> values_;
};

namespace detail {

/// The shortest text that reads back as the same number.
inline std::string exact_text(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

inline std::string text_of(const Uniform& range) {
  return concat("uniform ", exact_text(range.low), " ", exact_text(range.high));
}
inline std::string text_of(const LogUniform& range) {
  return concat("log ", exact_text(range.low), " ", exact_text(range.high));
}
inline std::string text_of(const Integer& range) { return concat("integer ", range.low, " ", range.high); }
inline std::string text_of(const Choice& range) {
  std::string text = "choice";
  for (const double value : range.values) text += " " + exact_text(value);
  return text;
}

inline double draw(const Uniform& range, Random random) {
  return std::min(range.high, range.low + (range.high - range.low) * random.uniform());
}
inline double draw(const LogUniform& range, Random random) {
  const double low = std::log(range.low), high = std::log(range.high);
  return std::clamp(std::exp(low + (high - low) * random.uniform()), range.low, range.high);
}
inline double draw(const Integer& range, Random random) {
  return static_cast<double>(range.low + random.below(range.high - range.low + 1));
}
inline double draw(const Choice& range, Random random) {
  return range.values[static_cast<std::size_t>(random.below(static_cast<Index>(range.values.size())))];
}

/// Throws unless there is something to draw.
inline void require_range(const std::string& name, const SearchRange& range) {
  const auto within = [&](double low, double high) {
    require(std::isfinite(low) && std::isfinite(high) && std::isfinite(high - low) && low <= high,
            "SearchSpace: the range of '", name, "' must be finite, and low at most high, got ", low, " and ", high);
  };
  if (const auto* uniform = std::get_if<Uniform>(&range)) within(uniform->low, uniform->high);
  if (const auto* log = std::get_if<LogUniform>(&range)) {
    within(log->low, log->high);
    require(log->low > 0, "SearchSpace: the range of '", name, "' must be above 0 for LogUniform, got ", log->low);
  }
  if (const auto* integer = std::get_if<Integer>(&range)) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;  // beyond, a double does not hold every whole number
    require(integer->low >= -exact && integer->high <= exact, "SearchSpace: the range of '", name,
            "' must be between -2^53 and 2^53, got ", integer->low, " and ", integer->high);
    within(static_cast<double>(integer->low), static_cast<double>(integer->high));
  }
  if (const auto* choice = std::get_if<Choice>(&range)) {
    require(!choice->values.empty(), "SearchSpace: '", name, "' must have something to choose from, got no values");
    for (const double value : choice->values) {
      require(std::isfinite(value), "SearchSpace: the values of '", name, "' must be finite, got ", value);
    }
  }
}

}  // namespace detail

/// Named parameters with their ranges.
/// ```cpp
/// const SearchSpace space{{"dim", Choice{8, 16, 32, 64}}, {"l2", LogUniform{1e-3, 1}}, {"epochs", Integer{5, 40}}};
/// ```
/// Throws: std::invalid_argument for no parameters, a name twice, a name that is empty or has a blank or '=' in it, and a range
///         that is empty or not finite, or not above 0 for LogUniform.
class SearchSpace {
 public:
  SearchSpace(std::initializer_list<SearchParameter> parameters) : SearchSpace(std::vector<SearchParameter>(parameters)) {}
  explicit SearchSpace(std::vector<SearchParameter> parameters) : parameters_(std::move(parameters)) {
    detail::require(!parameters_.empty(), "SearchSpace: there must be at least one parameter, got none");
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      const std::string& name = parameters_[k].name;
      detail::require(!name.empty() && name.find_first_of(" \t\r\n=;") == std::string::npos,
                      "SearchSpace: a name must not be empty, and be without blanks, '=' and ';', got '", name, "'");
      for (std::size_t other = 0; other < k; ++other) {
        detail::require(parameters_[other].name != name, "SearchSpace: the names must differ, got '", name, "' twice");
      }
      detail::require_range(name, parameters_[k].range);
    }
  }

  /// Configuration number `trial` of a random search. A function of space, seed and trial, whatever was drawn before; each parameter
  /// is drawn apart, so that a longer list of choices for one leaves the others as they are.
  /// Throws: std::out_of_range unless 0 <= trial < 2^32.
  Configuration draw(std::uint64_t seed, Index trial) const {
    detail::require_id("SearchSpace::draw: trial", trial, Index{1} << 32);
    std::vector<std::pair<std::string, double>> values;
    for (const SearchParameter& parameter : parameters_) {
      const Random random(seed, Stream::search, static_cast<std::uint32_t>(trial), static_cast<std::uint32_t>(values.size()));
      values.emplace_back(parameter.name,
                          std::visit([&](const auto& range) { return detail::draw(range, random); }, parameter.range));
    }
    return Configuration(std::move(values));
  }

  const std::vector<SearchParameter>& parameters() const { return parameters_; }

 private:
  std::vector<SearchParameter> parameters_;
};

/// "dim choice 8 16; l2 log 0.001 1": the same text for the same space only.
inline std::string to_string(const SearchSpace& space) {
  std::string text;
  for (const SearchParameter& parameter : space.parameters()) {
    if (!text.empty()) text += "; ";
    text += parameter.name + " " + std::visit([](const auto& range) { return detail::text_of(range); }, parameter.range);
  }
  return text;
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which columns of a table describe an entity, and how each is to be read: "id=product,genres=set(|),price=number,title=text".

#include <kindred/core/error.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

enum class FeatureKind {
  category,  ///< one value of a few: a country
  set,       ///< any number of values of a few, in one cell: genres
  number,    ///< a quantity: a price
  text,      ///< words: a description
};

/// Every kind with its name.
inline constexpr std::array<std::pair<std::string_view, FeatureKind>, 4> feature_kinds{{
    {"category", FeatureKind::category},
    {"set", FeatureKind::set},
    {"number", FeatureKind::number},
    {"text", FeatureKind::text},
}};

inline std::string_view name_of(FeatureKind kind) {
  const auto same = [&](const auto& entry) { return entry.second == kind; };
  return std::find_if(feature_kinds.begin(), feature_kinds.end(), same)->first;
}

/// A column of a table. `separator` stands between the members of a set, and is empty for the other kinds.
struct FeatureColumn {
  std::string name{};
  FeatureKind kind = FeatureKind::category;
  std::string separator{};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("name", self.name);
    field("kind", self.kind);
    field("separator", self.separator);
  }
  void loaded() const {
    detail::require(kind >= FeatureKind::category && kind <= FeatureKind::text,
                    "FeatureColumn: the kind must be from 0 to 3, got ", static_cast<int>(kind));
  }

  friend bool operator==(const FeatureColumn&, const FeatureColumn&) = default;
};

/// The column of ids and the columns of features, each by its name in the header or by its position from 1.
struct FeatureSpec {
  std::string id{};
  std::vector<FeatureColumn> columns{};

  friend bool operator==(const FeatureSpec&, const FeatureSpec&) = default;
};

namespace detail {

/// Reads the parts of a specification one after the other; `where` begins every message.
class FeatureSpecParser {
 public:
  FeatureSpecParser(std::string_view text, std::string_view where) : rest_(text), where_(where) {}

  FeatureSpec parse() {
    FeatureSpec spec;
    for (bool more = true; more; more = take_comma()) take_entry(spec);
    require(!spec.id.empty(), where_, ": must name the column of ids, as in id=product, got none");
    require(!spec.columns.empty(), where_, ": must name a column of features, got only that of ids");
    return spec;
  }

 private:
  void take_entry(FeatureSpec& spec) {
    entry_ = rest_.substr(0, rest_.find(','));
    const std::size_t equals = entry_.find('=');
    if (equals == std::string_view::npos || equals == 0) refuse();
    const std::string name(entry_.substr(0, equals));
    rest_.remove_prefix(equals + 1);
    if (name == "id") {
      require(spec.id.empty(), where_, ": must name one column of ids, got ", shown(spec.id), " and ",
              shown(entry_.substr(equals + 1)));
      spec.id = entry_.substr(equals + 1);
      if (spec.id.empty()) refuse();
      rest_.remove_prefix(spec.id.size());
      return;
    }
    FeatureColumn column{.name = name};
    take_kind(column);
    const auto same = [&](const FeatureColumn& other) { return other.name == column.name && other.kind == column.kind; };
    require(std::none_of(spec.columns.begin(), spec.columns.end(), same), where_,
            ": must have a column once for each kind, got ", shown(name), " twice as ", name_of(column.kind));
    spec.columns.push_back(std::move(column));
  }

  void take_kind(FeatureColumn& column) {
    if (rest_.starts_with("set")) {
      rest_.remove_prefix(3);
      column.kind = FeatureKind::set;
      column.separator = take_separator();
      return;
    }
    for (const auto& [word, kind] : feature_kinds) {
      if (!rest_.starts_with(word) || !ends_at(word.size())) continue;
      column.kind = kind;
      rest_.remove_prefix(word.size());
      return;
    }
    refuse();
  }

  /// What stands between "(" and the first ")" that ends the entry: at least one byte, which may be a comma or a parenthesis.
  std::string take_separator() {
    for (std::size_t close = 2; rest_.starts_with('(') && close < rest_.size(); ++close) {
      if (rest_[close] != ')' || !ends_at(close + 1)) continue;
      const std::string separator(rest_.substr(1, close - 1));
      if (separator.size() > 1 && separator.find_first_of("=)") != std::string::npos) break;  // it has run into another entry
      rest_.remove_prefix(close + 1);
      return separator;
    }
    throw std::invalid_argument(
        concat(where_, ": a set must have its separator in parentheses, as in genres=set(|), got ", shown(entry_)));
  }

  bool take_comma() {
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);  // entries end at a comma
    return true;
  }

  bool ends_at(std::size_t k) const { return k == rest_.size() || rest_[k] == ','; }

  [[noreturn]] void refuse() const {
    throw std::invalid_argument(concat(where_, ": must be id=NAME and NAME=category, NAME=set(SEPARATOR), NAME=number or ",
                                       "NAME=text, separated by commas, got ", shown(entry_)));
  }

  std::string_view rest_, where_, entry_{};
};

}  // namespace detail

/// The specification that the text spells: `id=NAME` once, and `NAME=category`, `NAME=set(SEPARATOR)`, `NAME=number` or
/// `NAME=text` for each column of features, separated by commas. A column may come once for each kind. The separator may be a
/// comma or a parenthesis: `set(,)`. A column with a comma or an equals sign in its name is given by its position.
///
/// Throws: std::invalid_argument for anything else; `where` begins the message.
inline FeatureSpec parse_feature_spec(std::string_view text, std::string_view where = "FeatureSpec") {
  return detail::FeatureSpecParser(text, where).parse();
}

}  // namespace kindred

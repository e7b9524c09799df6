// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What must hold of every update rule beyond its syntax, as a function that returns the laws that are broken, each a sentence; none
/// if all is well. For your own rules; no test framework is needed:
///
///     for (const auto& law : kindred::testing::update_rule_laws<double, 16>(MyRule{})) std::cout << law << '\n';

#include <kindred/optimizer/optimizer.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace kindred::testing {

/// What a zero gradient may do. Neither for a rule such as Sgd or Adagrad.
struct RuleTraits {
  bool coasts = false;  ///< it may move a row that has moved before: momentum (Momentum, Nesterov, Adam)
  bool decays = false;  ///< it may shrink a row: decoupled weight decay (AdamW, WithWeightDecay)
};

namespace detail {

using namespace kindred::detail;

/// A model that is nothing but a layer and a table.
template <class Scalar, int Cols>
struct LayerAndTable {
  Weights<Scalar, Cols> layer;
  EmbeddingTable<Scalar, Cols> table;

  auto parameters() { return std::tie(layer, table); }
  static std::array<std::string, 2> names() { return {"layer", "table"}; }
};

/// Runs the chunks of a loop in order, or last to first.
struct InOrder {
  bool backwards = false;

  template <class F>
  void for_each(Index n, F&& f) const {
    for (Index k = 0; k < n; ++k) f(backwards ? n - 1 - k : k);
  }
  int concurrency() const { return 1; }
};

template <class Scalar>
RowMatrix<Scalar> random_rows(Random& random, Index rows, Index cols) {
  RowMatrix<Scalar> all(rows, cols);
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) all(r, c) = static_cast<Scalar>(random.normal());
  }
  return all;
}

/// Bit for bit (but 0 is -0), and no NaN.
template <class Scalar>
bool same(const RowMatrix<Scalar>& a, const RowMatrix<Scalar>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && (a.array() == b.array()).all();
}

/// The laws are checked on six rows over four steps.
template <class Scalar, int Cols, class Rule>
class RuleLaws {
 public:
  RuleLaws(Rule rule, RuleTraits traits, Index cols) : rule_(std::move(rule)), traits_(traits), cols_(cols) {
    start_ = random_rows<Scalar>(random_, 6, cols);
    for (Rows& g : gradients_) g = random_rows<Scalar>(random_, 6, cols);
  }

  std::vector<std::string> broken() {
    zero_gradient();
    rate();
    direction();
    layers();
    repeats();
    untouched();
    order();
    return std::move(broken_);
  }

 private:
  using Rows = RowMatrix<Scalar>;
  using Ids = std::vector<Index>;

  /// A model with an optimizer of its own.
  struct Case {
    LayerAndTable<Scalar, Cols> model;
    Optimizer<Rule> optimizer;

    Case(const Rule& rule, const Rows& layer, const Rows& table)
        : model{Weights<Scalar, Cols>(layer.rows(), layer.cols()), EmbeddingTable<Scalar, Cols>(table.rows(), table.cols())},
          optimizer(rule) {
      for (Index r = 0; r < layer.rows(); ++r) model.layer.row(r) = layer.row(r).array();
      for (Index r = 0; r < table.rows(); ++r) model.table.row(r) = table.row(r).array();
    }

    /// One step. Row ids[k] of the table has the gradient g.row(k), and the layer g, if it has as many rows.
    void step(const Ids& ids, const Rows& g, double rate = 1, bool backwards = false) {
      auto gradients = gradients_like(model);
      for (std::size_t k = 0; k < ids.size(); ++k) std::get<1>(gradients).add(ids[k], g.row(static_cast<Index>(k)).array());
      for (Index r = 0; r < model.layer.rows(); ++r) std::get<0>(gradients).add(r, g.row(r).array());
      optimizer.step(model, gradients, InOrder{backwards}, rate);
    }
    const Rows& table() const { return model.table.padded_value(); }
    const Rows& layer() const { return model.layer.padded_value(); }
  };

  void law(bool holds, const char* text) {
    if (!holds && (broken_.empty() || broken_.back() != text)) broken_.emplace_back(text);
  }
  Case with_table(const Rows& table) const { return {rule_, Rows(0, cols_), table}; }

  void zero_gradient() {
    const Rows zero = Rows::Zero(1, cols_);
    Case row = with_table(start_);
    Rows before = row.table();
    row.step({2}, zero);
    law(traits_.decays || same(before, row.table()), "a fresh row with a zero gradient must not move");
    for (const Rows& g : gradients_) row.step({2}, g);
    before = row.table();
    row.step({2}, zero, 0.5);
    law(traits_.coasts || traits_.decays || same(before, row.table()),
        "a row with a zero gradient must not move, whatever it did before and whatever the learning rate (or say that the rule coasts)");
    law((row.table().rightCols(row.table().cols() - cols_).array() == 0).all(), "the padding of a row must stay zero");

    Case zeros = with_table(zero);
    zeros.step({0}, zero);
    law((zeros.table().array() == 0).all(), "where weights and gradient are zero, the weights must stay zero");
  }

  void rate() {
    Case row = with_table(start_);
    const Rows before = row.table();
    row.step({2}, gradients_[0], 0);
    law(same(before, row.table()), "a step at learning rate 0 must not move a fresh row (a schedule may give 0)");
    row.step({2}, gradients_[1]);
    const Rows moved = row.table();
    law(moved.allFinite() && !same(before, moved), "a step after one at learning rate 0 must move the row");
    row.step({2}, gradients_[2], 0);
    law(same(moved, row.table()), "a step at learning rate 0 must not move a row that has moved before");
  }

  void direction() {
    Case row = with_table(Rows::Zero(3, cols_));
    row.step({1}, gradients_[0]);
    law(row.table().row(1).head(cols_).dot(gradients_[0].row(0)) < 0, "the first move of a row must be against its gradient");
  }

  void layers() {
    Case both(rule_, start_, start_), one(rule_, start_.row(3), Rows(0, cols_));
    for (const Rows& g : gradients_) {
      both.step({0, 1, 2, 3, 4, 5}, g);
      one.step({}, g.row(3));
    }
    law(same(both.table(), both.layer()), "a table whose rows are all touched must move as a layer");
    law(same<Scalar>(both.table().row(3), one.layer()), "a row must move as it would in a parameter of its own");
    law(both.optimizer.steps() == static_cast<std::int64_t>(gradients_.size()), "steps() must count each step once");
  }

  void repeats() {
    Case parts = with_table(start_), sums = with_table(start_);
    for (const Rows& g : gradients_) {
      parts.step({4, 0, 4}, g.topRows(3));
      Rows sum(2, cols_);
      sum << g.row(1), g.row(0) + g.row(2);
      sums.step({0, 4}, sum);
    }
    law(same(parts.table(), sums.table()), "the parts of a row's gradient must count as their sum");
  }

  void untouched() {
    Case rows = with_table(start_);
    const Rows before = rows.table();
    for (const Rows& g : gradients_) rows.step({1, 5}, g.topRows(2));
    bool slots = true;
    for (const Index row : {0, 2, 3, 4}) {
      law(same<Scalar>(before.row(row), rows.table().row(row)), "a row without a gradient must keep its bits");
      for (std::size_t s = 0; s < Rule::slots.size(); ++s) {
        const auto& values = std::get<Rows>(rows.optimizer.state()[1][s].values);
        slots = slots && (values.row(row).array() == static_cast<Scalar>(Rule::slots[s].initial)).all();
      }
    }
    law(slots, "the slots of a row without a gradient must keep their initial value");
  }

  /// Rows enough for several chunks, given and moved in the other order, and one by one.
  void order() {
    const Index rows = 40 * 1024 / padded<Scalar, Cols>(cols_) + 130;
    Ids upwards(static_cast<std::size_t>(rows)), downwards = upwards;
    std::iota(upwards.begin(), upwards.end(), Index{0});
    std::iota(downwards.rbegin(), downwards.rend(), Index{0});
    Case first = with_table(Rows::Zero(rows, cols_)), second = first, third = first;
    third.optimizer.prepare(third.model);
    for (int t = 1; t <= 2; ++t) {
      const Rows g = random_rows<Scalar>(random_, rows, cols_);
      first.step(upwards, g);
      second.step(downwards, g.colwise().reverse(), 1, true);
      auto gradient = std::get<1>(gradients_like(third.model));
      const auto move = third.optimizer.updater(third.model.table, std::integral_constant<std::size_t, 1>{}, t);
      for (Index r = rows; r-- > 0;) {
        gradient.clear();
        gradient.add(r, g.row(r).array());
        move(r, std::as_const(gradient).padded_row(0));
      }
      third.optimizer.advance(1);
    }
    law(same(first.table(), second.table()), "rows must move alike in whatever order they come");
    law(same(first.table(), third.table()) && first.optimizer.steps() == third.optimizer.steps(),
        "a row must move alike through step() and through updater()");
  }

  Rule rule_;
  RuleTraits traits_;
  Index cols_;
  Random random_{20260101};
  Rows start_;
  std::array<Rows, 4> gradients_;
  std::vector<std::string> broken_;
};

}  // namespace detail

/// The broken laws of an update rule, for rows of `cols` numbers. Try a width that is a whole number of SIMD packets (16) and one that
/// is not (5), fixed and dynamic, float and double.
template <class Scalar = float, int Cols = Dynamic, class Rule>
  requires UpdateRule<Rule, Scalar>
std::vector<std::string> update_rule_laws(const Rule& rule, RuleTraits traits = {}, Index cols = Cols == Dynamic ? 5 : Cols) {
  return detail::RuleLaws<Scalar, Cols, Rule>(rule, traits, cols).broken();
}

}  // namespace kindred::testing

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
#include <cmath>
#include <functional>
#include <memory>
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

using Rows = RowMatrix<double>;
using Ids = std::vector<Index>;

/// A model of a layer and a table, with an optimizer of its own. Numbers come and go as double, which holds a float exactly: so the
/// laws below are compiled once, for all rules and types.
class RuleCase {
 public:
  virtual ~RuleCase() = default;
  /// One step. Row ids[k] of the table has the gradient g.row(k), and the layer g, if it has as many rows.
  virtual void step(const Ids& ids, const Rows& g, double rate = 1, bool backwards = false) = 0;
  /// The same for the table through `updater`, from the last row to the first.
  virtual void step_by_rows(const Ids& ids, const Rows& g) = 0;
  virtual Rows table() const = 0;
  virtual Rows layer() const = 0;
  virtual bool slots_as_at_first(Index row) const = 0;
  virtual std::int64_t steps() const = 0;
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

template <class Scalar, int Cols, class Rule>
class RuleCaseOf final : public RuleCase {
 public:
  RuleCaseOf(const Rule& rule, const Rows& layer, const Rows& table)
      : model_{Weights<Scalar, Cols>(layer.rows(), layer.cols()), EmbeddingTable<Scalar, Cols>(table.rows(), table.cols())},
        optimizer_(rule) {
    for (Index r = 0; r < layer.rows(); ++r) model_.layer.row(r) = layer.row(r).array().template cast<Scalar>();
    for (Index r = 0; r < table.rows(); ++r) model_.table.row(r) = table.row(r).array().template cast<Scalar>();
  }

  void step(const Ids& ids, const Rows& g, double rate, bool backwards) override {
    auto gradients = gradients_of(ids, g);
    for (Index r = 0; r < model_.layer.rows(); ++r) std::get<0>(gradients).add(r, g.row(r).array().template cast<Scalar>());
    optimizer_.step(model_, gradients, InOrder{backwards}, rate);
  }
  void step_by_rows(const Ids& ids, const Rows& g) override {
    const auto gradients = gradients_of(ids, g);
    optimizer_.prepare(model_);
    const auto move = optimizer_.updater(model_.table, std::integral_constant<std::size_t, 1>{}, optimizer_.steps() + 1);
    for (std::size_t k = ids.size(); k-- > 0;) move(ids[k], std::get<1>(gradients).padded_row(static_cast<Index>(k)));
    optimizer_.advance(1);
  }

  Rows table() const override { return model_.table.padded_value().template cast<double>(); }
  Rows layer() const override { return model_.layer.padded_value().template cast<double>(); }
  std::int64_t steps() const override { return optimizer_.steps(); }
  bool slots_as_at_first(Index row) const override {
    for (std::size_t s = 0; s < Rule::slots.size(); ++s) {
      const auto& values = optimizer_.state()[1][s].template values<Scalar>();
      for (Index c = 0; c < values.cols(); ++c) {
        if (values(row, c) != static_cast<Scalar>(Rule::slots[s].initial)) return false;
      }
    }
    return true;
  }

 private:
  struct Model {
    Weights<Scalar, Cols> layer;
    EmbeddingTable<Scalar, Cols> table;
    auto parameters() { return std::tie(layer, table); }
    static std::array<std::string, 2> names() { return {"layer", "table"}; }
  };

  auto gradients_of(const Ids& ids, const Rows& g) {
    auto gradients = gradients_like(model_);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      std::get<1>(gradients).add(ids[k], g.row(static_cast<Index>(k)).array().template cast<Scalar>());
    }
    return gradients;
  }

  Model model_;
  Optimizer<Rule> optimizer_;
};

/// The laws, on six rows over four steps.
class RuleLaws {
 public:
  using Case = std::unique_ptr<RuleCase>;
  using MakeCase = std::function<Case(const Rows& layer, const Rows& table)>;

  RuleLaws(MakeCase make, RuleTraits traits, Index cols)
      : make_(std::move(make)), traits_(traits), cols_(cols), start_(random_rows(6)) {
    for (Rows& g : gradients_) g = random_rows(6);
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
  void law(bool holds, const char* text) {
    if (!holds && (broken_.empty() || broken_.back() != text)) broken_.emplace_back(text);
  }

  /// Multiples of 1 / 256, so that a sum of a few is exact in float too.
  Rows random_rows(Index rows) {
    return Rows::NullaryExpr(rows, cols_, [this](Index, Index) { return std::round(256 * random_.normal()) / 256; });
  }

  /// Bit for bit (but 0 is -0), and no NaN.
  static bool same(const Rows& a, const Rows& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() && (a.array() == b.array()).all();
  }

  Case with_table(const Rows& table) const { return make_(Rows(0, cols_), table); }

  void zero_gradient() {
    const Rows zero = Rows::Zero(1, cols_);
    const Case row = with_table(start_);
    Rows before = row->table();
    row->step({2}, zero);
    law(traits_.decays || same(before, row->table()), "a fresh row with a zero gradient must not move");
    for (const Rows& g : gradients_) row->step({2}, g);
    before = row->table();
    row->step({2}, zero, 0.5);
    const double moved = (row->table() - before).cwiseAbs().maxCoeff();
    law(traits_.coasts || traits_.decays ||
            moved <= 1e-6 * before.cwiseAbs().maxCoeff(),  // Ftrl computes w anew, up to rounding
        "a row with a zero gradient must not move, whatever it did before and whatever the learning rate (or say that the rule "
        "coasts)");
    law((row->table().rightCols(before.cols() - cols_).array() == 0).all(), "the padding of a row must stay zero");

    const Case zeros = with_table(zero);
    zeros->step({0}, zero);
    law((zeros->table().array() == 0).all(), "where weights and gradient are zero, the weights must stay zero");
  }

  void rate() {
    const Case row = with_table(start_);
    const Rows before = row->table();
    row->step({2}, gradients_[0], 0);
    law(same(before, row->table()), "a step at learning rate 0 must not move a fresh row (a schedule may give 0)");
    row->step({2}, gradients_[1]);
    const Rows moved = row->table();
    law(moved.allFinite() && !same(before, moved), "a step after one at learning rate 0 must move the row");
    row->step({2}, gradients_[2], 0);
    law(same(moved, row->table()), "a step at learning rate 0 must not move a row that has moved before");
  }

  void direction() {
    const Case row = with_table(Rows::Zero(3, cols_));
    row->step({1}, gradients_[0]);
    law(row->table().row(1).head(cols_).dot(gradients_[0].row(0)) < 0, "the first move of a row must be against its gradient");
  }

  void layers() {
    const Case both = make_(start_, start_), one = make_(start_.row(3), Rows(0, cols_));
    for (const Rows& g : gradients_) {
      both->step({0, 1, 2, 3, 4, 5}, g);
      one->step({}, g.row(3));
    }
    law(same(both->table(), both->layer()), "a table whose rows are all touched must move as a layer");
    law(same(both->table().row(3), one->layer()), "a row must move as it would in a parameter of its own");
    law(both->steps() == static_cast<std::int64_t>(gradients_.size()), "steps() must count each step once");
  }

  void repeats() {
    const Case parts = with_table(start_), sums = with_table(start_);
    for (const Rows& g : gradients_) {
      parts->step({4, 0, 4}, g);
      Rows sum = g;
      sum.row(0) += g.row(2);
      sums->step({4, 0}, sum);
    }
    law(same(parts->table(), sums->table()), "the parts of a row's gradient must count as their sum");
  }

  void untouched() {
    const Case rows = with_table(start_);
    const Rows before = rows->table();
    for (const Rows& g : gradients_) rows->step({1, 5}, g);
    const Rows after = rows->table();
    for (const Index row : {0, 2, 3, 4})
      law(same(before.row(row), after.row(row)), "a row without a gradient must keep its bits");
    for (const Index row : {0, 2, 3, 4}) {
      law(rows->slots_as_at_first(row), "the slots of a row without a gradient must keep their initial value");
    }
  }

  /// Rows enough for several chunks, given and moved in the other order, and one by one.
  void order() {
    const Index rows = 40 * 1024 / cols_ + 130;
    Ids upwards(static_cast<std::size_t>(rows)), downwards = upwards;
    std::iota(upwards.begin(), upwards.end(), Index{0});
    std::iota(downwards.rbegin(), downwards.rend(), Index{0});
    const Rows start = Rows::Zero(rows, cols_);
    const Case first = with_table(start), second = with_table(start), third = with_table(start);
    for (int t = 0; t < 2; ++t) {
      const Rows g = random_rows(rows);
      first->step(upwards, g);
      second->step(downwards, g.colwise().reverse(), 1, true);
      third->step_by_rows(upwards, g);
    }
    law(same(first->table(), second->table()), "rows must move alike in whatever order they come");
    law(same(first->table(), third->table()) && first->steps() == third->steps(),
        "a row must move alike through step() and through updater()");
  }

  MakeCase make_;
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
  using Case = detail::RuleCaseOf<Scalar, Cols, Rule>;
  const auto make = [&](const auto& layer, const auto& table) { return std::make_unique<Case>(rule, layer, table); };
  return detail::RuleLaws(make, traits, cols).broken();
}

}  // namespace kindred::testing

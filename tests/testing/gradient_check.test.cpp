// SPDX-License-Identifier: MIT
// Wrong gradients are found out, and where; right ones pass.
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/testing/gradient_check.hpp>

#include "support/catch.hpp"

using namespace kindred;
using testing::check_encoder;
using testing::check_gradient;

namespace {

using Examples = std::vector<Example<std::uint32_t>>;
const Examples examples = {{0, 6, 4.5F, 1}, {3, 5, 1, 2}, {0, 1, 2, 0.5F}, {1, 6, 3, 1}, {2, 0, 5, 0}, {3, 6, 2.5F, 1}};

enum class Bug { none, factor, item_row, overwrites, forgets_bias, dirty_padding, train_only };

/// An encoder by a table and a layer: row x layer, plus a bias for all.
class Affine {
 public:
  using Scalar = double;
  struct Tape {
    RowMatrix<double> rows;
  };
  static constexpr int fixed_dim = Dynamic;

  explicit Affine(Bug bug) : bug_(bug) {
    fill_normal(table_, 1, 1, 0);
    fill_normal(layer_, 1, 1, 1);
    fill_normal(bias_, 1, 1, 2);
  }

  Index rows() const { return table_.rows(); }
  Index dim() const { return 3; }

  void encode(std::span<const Index> ids, RowMatrix<double>& out) const {
    Tape tape;
    encode(ids, out, tape);
    if (bug_ == Bug::train_only) out.leftCols(3) *= 1.01;
  }
  void encode(std::span<const Index> ids, RowMatrix<double>& out, Tape& tape) const {
    table_.encode(ids, tape.rows);
    out.setZero(tape.rows.rows(), padded<double>(3));
    out.leftCols(3) = tape.rows.leftCols(2) * layer_.value() + bias_.value().replicate(tape.rows.rows(), 1);
  }
  void backward(std::span<const Index> ids, const RowMatrix<double>& d_out, Tape& tape,
                std::tuple<Gradient<EmbeddingTable<double>>&, Gradient<Weights<double>>&, Gradient<Weights<double>>&> g) const {
    const double factor = bug_ == Bug::factor ? 0.5 : 1;
    const RowMatrix<double> d_rows = factor * d_out.leftCols(3) * layer_.value().transpose();
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const Index id = bug_ == Bug::item_row ? (ids[k] + 1) % rows() : ids[k];
      std::get<0>(g).add(id, d_rows.row(static_cast<Index>(k)).array());
    }
    const RowMatrix<double> d_layer = tape.rows.leftCols(2).transpose() * d_out.leftCols(3);
    if (bug_ == Bug::overwrites) {
      std::get<1>(g).value() = d_layer;
    } else {
      std::get<1>(g).value() += d_layer;
    }
    if (bug_ != Bug::forgets_bias) std::get<2>(g).add(0, d_out.leftCols(3).colwise().sum().array());
    if (bug_ == Bug::dirty_padding) std::get<2>(g).padded_row(0)(3) = 1e-9;
  }

  auto parameters() { return std::tie(table_, layer_, bias_); }
  static std::array<std::string, 3> names() { return {"table", "layer", "bias"}; }

 private:
  Bug bug_;
  EmbeddingTable<double> table_{5, 2};
  Weights<double> layer_{2, 3};
  Weights<double> bias_{1, 3};
};

testing::GradientCheck check(Bug bug) { return check_encoder(Affine(bug), {0, 4, 2, 4}); }

}  // namespace

TEST_CASE("a right gradient passes with room to spare", "[testing]") { CHECK(check(Bug::none).max_relative_error < 1e-8); }

TEST_CASE("a wrong gradient of an encoder is found out, and where", "[testing]") {
  CHECK(check(Bug::factor).max_relative_error > 0.4);
  CHECK(check(Bug::factor).parameter == "table");
  CHECK(check(Bug::item_row).max_relative_error > 0.9);
  CHECK(check(Bug::item_row).parameter == "table");
  CHECK(check(Bug::overwrites).max_relative_error > 0.2);
  CHECK(check(Bug::overwrites).parameter == "layer");
  CHECK(check(Bug::forgets_bias).max_relative_error > 0.9);
  CHECK(check(Bug::forgets_bias).parameter == "bias");
  CHECK(check(Bug::train_only).max_relative_error > 0.005);
  const auto padding = check(Bug::dirty_padding);
  CHECK(padding.parameter == "bias");
  CHECK(padding.column == 3);
  CHECK(padding.max_relative_error > 1e-6);
}

TEST_CASE("the gradients of collaborative models are exact", "[testing]") {
  const CollaborativeOptions options{.deviation = 1};
  for (const auto& result : {check_gradient(CollaborativeModel<double, 3>(4, 7, options), examples, SquaredError{}),
                             check_gradient(CollaborativeModel<double, Dynamic, Cosine>(4, 7, {.dim = 3, .deviation = 1}),
                                            examples, SquaredError{})}) {
    INFO(result);
    CHECK(result.max_relative_error < 1e-6);
    CHECK(result.checked >= 4 * 3 + 7 * 3 + 4 + 7);
  }
}

TEST_CASE("a loss whose slope is wrong is found out through a model", "[testing]") {
  struct Wrong : SquaredError {
    double slope(double prediction, double label) const { return prediction - label; }
  };
  const auto result = check_gradient(CollaborativeModel<double, 3>(4, 7, {.deviation = 1}), examples, Wrong{});
  CHECK(result.max_relative_error > 0.4);
  CHECK(result.max_relative_error < 0.6);
}

TEST_CASE("a check leaves the caller's model as it was, and says what it found", "[testing]") {
  const CollaborativeModel<double, 3> model(4, 7, {.deviation = 1}), same = model;
  const auto result = check_gradient(model, examples, SquaredError{});
  CHECK(model.score(UserId(1), ItemId(6)) == same.score(UserId(1), ItemId(6)));
  std::ostringstream text;
  text << testing::GradientCheck{
      .max_relative_error = 0.5, .parameter = "item.rows", .row = 2, .column = 1, .analytic = 1, .numeric = 2, .checked = 9};
  CHECK(text.str() == "relative error 0.5 at item.rows(2, 1): analytic 1, numeric 2, the worst of 9");
  CHECK(result.checked > 0);
}

TEST_CASE("a check of nothing is an error", "[testing]") {
  CHECK_THROWS_AS(check_gradient(CollaborativeModel<double, 3>(4, 7), Examples{}, SquaredError{}), std::invalid_argument);
  CHECK_THROWS_AS(check_encoder(Affine(Bug::none), {}), std::invalid_argument);
}

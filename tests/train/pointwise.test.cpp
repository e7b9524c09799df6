// SPDX-License-Identifier: MIT
#include <kindred/loss/squared_error.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pointwise.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

using namespace kindred;

namespace {

using Examples = std::vector<Example<std::uint32_t>>;

/// 4 users, 7 items, so that a swapped axis runs out of its table or into the wrong row. Rows repeat; one example has weight 0.
const Examples examples = {{0, 6, 4.5F, 1}, {3, 5, 1, 2},    {0, 1, 2, 0.5F}, {1, 6, 3, 1},
                           {2, 0, 5, 0},    {3, 6, 2.5F, 1}, {0, 5, 1, 1}};
constexpr double used = 6;

/// The examples as data: user 0 has 3 rows, item 6 has 3, and so on.
Interactions rows() {
  BasicInteractionColumns<std::uint32_t> columns;
  for (const auto& e : examples) columns.users.push_back(e.user), columns.items.push_back(e.item);
  return Interactions(columns, {.users = 4, .items = 7});
}

/// The loss by the model's own scores, one at a time; the mean over the examples of nonzero weight, and the L2 terms of `L2`.
template <class Model>
double objective(const Model& model, const L2& l2) {
  double sum = 0;
  for (const auto& e : examples) {
    if (e.weight == 0) continue;
    const double error = model.score(UserId(e.user), ItemId(e.item)) - static_cast<double>(e.label);
    sum += static_cast<double>(e.weight) * error * error;
    const PlainPenalty penalty = penalty_of(rows(), l2, {});
    const auto of_user = [&](double lambda) { return penalty.of(lambda, penalty.user_rows, e.user); };
    const auto of_item = [&](double lambda) { return penalty.of(lambda, penalty.item_rows, e.item); };
    sum += of_user(l2.embeddings) * model.user_encoder().row(e.user).square().sum();
    sum += of_item(l2.embeddings) * model.item_encoder().row(e.item).square().sum();
    if (!model.has_biases()) continue;
    sum += of_user(l2.biases) * model.user_biases().row(e.user).square().sum();
    sum += of_item(l2.biases) * model.item_biases().row(e.item).square().sum();
  }
  return sum / used;
}

template <class Model>
Gradients<Model> gradient_of(Model& model, const L2& l2, std::size_t parts = 1) {
  PairWorkspace<Model> work;
  auto total = gradients_like(model);
  double loss = 0;
  for (std::size_t k = 0; k < parts; ++k) {
    const std::size_t begin = examples.size() * k / parts, end = examples.size() * (k + 1) / parts;
    loss += add_gradient(std::as_const(model), std::span(examples).subspan(begin, end - begin), SquaredError{}, 1 / used, work,
                         total);
  }
  CHECK_THAT(loss / used, Catch::Matchers::WithinRel(objective(model, {}), 1e-12));
  std::apply([](auto&... gradient) { (gradient.compact(), ...); }, total);
  L2Rows<Model>(model, rows(), l2, false).add_gradient(model, 1 / used, total);
  return total;
}

/// The largest distance of a derivative from the central difference, over the largest derivative.
template <class Model>
double gradient_error(Model& model, const L2& l2) {
  const auto gradients = gradient_of(model, l2);
  double worst = 0, largest = 0;
  detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    const auto& gradient = std::get<k>(gradients);
    std::vector<double> of(static_cast<std::size_t>(parameter.rows() * parameter.cols()));
    for (Index entry = 0; entry < gradient.count(); ++entry) {
      for (Index c = 0; c < parameter.cols(); ++c) {
        of[static_cast<std::size_t>(gradient.id(entry) * parameter.cols() + c)] = gradient.row(entry)(c);
      }
    }
    for (Index r = 0; r < parameter.rows(); ++r) {
      for (Index c = 0; c < parameter.cols(); ++c) {
        constexpr double step = 1e-6;
        double& weight = parameter.row(r)(c);
        const double before = weight;
        weight = before + step;
        const double above = objective(model, l2);
        weight = before - step;
        const double below = objective(model, l2);
        weight = before;
        const double derivative = (above - below) / (2 * step);
        worst = std::max(worst, std::abs(derivative - of[static_cast<std::size_t>(r * parameter.cols() + c)]));
        largest = std::max(largest, std::abs(derivative));
      }
    }
  });
  return worst / largest;
}

template <class ScorerType>
CollaborativeModel<double, 5, ScorerType> model_with(bool biases, ScorerType scorer = {}, double scale = 1) {
  CollaborativeModel<double, 5, ScorerType> model(4, 7, {.biases = biases, .deviation = 2, .scale = scale}, scorer);
  if (biases) {
    fill_normal(model.user_biases(), 1, 3, 0);
    fill_normal(model.item_biases(), 1, 3, 1);
  }
  return model;
}

}  // namespace

TEMPLATE_TEST_CASE("the gradient of a batch is that of the objective, by central differences", "[train]", DotProduct, Cosine) {
  for (const bool biases : {true, false}) {
    auto model = model_with<TestType>(biases);
    CHECK(gradient_error(model, {}) < 1e-7);
    CHECK(gradient_error(model, {.embeddings = 0.2, .biases = 0.3}) < 1e-7);
    CHECK(gradient_error(model, {.embeddings = 0.2, .biases = 0.3, .frequency_power = 0.5}) < 1e-7);
  }
}

TEST_CASE("the gradient knows the scale of the model", "[train]") {
  auto with_biases = model_with<DotProduct>(true, {}, 1.5), without = model_with<DotProduct>(false, {}, 1.5);
  CHECK(gradient_error(with_biases, {.embeddings = 0.2}) < 1e-7);
  CHECK(gradient_error(without, {.embeddings = 0.2}) < 1e-7);
}

TEST_CASE("a stretched cosine has a stretched gradient", "[train]") {
  auto model = model_with<Cosine>(true, Cosine{.scale = 4});
  CHECK(gradient_error(model, {}) < 1e-7);
}

TEST_CASE("the gradients of the parts of a batch add up to that of the batch", "[train]") {
  auto model = model_with<DotProduct>(true);
  const L2 l2{.embeddings = 0.2, .biases = 0.3};
  const auto whole = gradient_of(model, l2), parts = gradient_of(model, l2, 3);
  detail::for_each_parameter(model, [&](auto&, auto k) {
    const auto &a = std::get<k>(whole), &b = std::get<k>(parts);
    REQUIRE(a.count() == b.count());
    for (Index entry = 0; entry < a.count(); ++entry) {
      REQUIRE(a.id(entry) == b.id(entry));
      CHECK((a.row(entry) - b.row(entry)).abs().maxCoeff() < 1e-13);
    }
  });
}

namespace {

/// A table that does not say it is one: its vectors and gradients go through matrices.
class Veiled {
 public:
  using Table = EmbeddingTable<double, 5>;
  using Scalar = double;
  using Tape = Table::Tape;
  static constexpr int fixed_dim = 5;

  explicit Veiled(Table table) : table_(std::move(table)) {}
  Index rows() const { return table_.rows(); }
  Index dim() const { return table_.dim(); }
  void encode(std::span<const Index> ids, RowMatrix<double>& out) const { table_.encode(ids, out); }
  void encode(std::span<const Index> ids, RowMatrix<double>& out, Tape& tape) const { table_.encode(ids, out, tape); }
  void backward(std::span<const Index> ids, const RowMatrix<double>& d_out, Tape& tape, auto gradients) const {
    table_.backward(ids, d_out, tape, gradients);
  }
  auto parameters() { return table_.parameters(); }
  static auto names() { return Table::names(); }

 private:
  Table table_;
};
static_assert(Encoder<Veiled> && !LookupEncoder<Veiled>);

}  // namespace

TEMPLATE_TEST_CASE("encoders that are no tables get the gradient that tables get", "[train]", DotProduct, Cosine) {
  const auto tables = model_with<TestType>(true, {}, 1.5);
  const auto gradients_from = [&](auto model) {
    model.user_biases() = tables.user_biases();
    model.item_biases() = tables.item_biases();
    PairWorkspace<decltype(model)> work;
    auto gradients = gradients_like(model);
    add_gradient(std::as_const(model), std::span(examples), SquaredError{}, 1 / used, work, gradients);
    std::vector<RowMatrix<double>> dense;
    detail::for_each_parameter(model, [&](auto& parameter, auto k) {
      auto& gradient = std::get<k>(gradients);
      gradient.compact();
      auto& rows = dense.emplace_back(RowMatrix<double>::Zero(parameter.rows(), parameter.stride()));
      for (Index entry = 0; entry < gradient.count(); ++entry) {
        rows.row(gradient.id(entry)) = std::as_const(gradient).padded_row(entry).matrix();
      }
    });
    return dense;
  };
  const auto expected = gradients_from(tables);
  const auto veiled = gradients_from(
      TwoTower<Veiled, Veiled, TestType>(Veiled(tables.user_encoder()), Veiled(tables.item_encoder()), true, TestType{}, 1.5));
  const auto mixed = gradients_from(TwoTower<Veiled, EmbeddingTable<double, 5>, TestType>(
      Veiled(tables.user_encoder()), tables.item_encoder(), true, TestType{}, 1.5));
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK_FALSE(expected[k].isZero(0.1));
    CHECK(near(expected[k], veiled[k], 1e-13));
    CHECK(near(expected[k], mixed[k], 1e-13));
  }
}

TEST_CASE("an example of weight 0 touches nothing, not even with an infinite label", "[train]") {
  auto model = model_with<DotProduct>(true);
  PairWorkspace<decltype(model)> work;
  auto gradients = gradients_like(model);
  const Examples skipped = {{1, 2, INFINITY, 0}};
  CHECK(add_gradient(std::as_const(model), std::span(skipped), SquaredError{}, 1, work, gradients) == 0);
  CHECK(std::get<0>(gradients).count() + std::get<1>(gradients).count() + std::get<2>(gradients).count() +
            std::get<3>(gradients).count() ==
        0);
}

namespace {

struct NoTape {
  using Scalar = double;
  Weights<double> w{1, 1};
  auto parameters() { return std::tie(w); }
  static std::array<std::string, 1> names() { return {"w"}; }
};
struct NoBackward : NoTape {
  struct Tape {};
  void forward(std::span<const Index>, std::span<const Index>, std::span<double>, Tape&) const {}
  void prepare(const Interactions&, double) {}
};
struct NotConst : NoBackward {
  void backward(std::span<const Index>, std::span<const Index>, std::span<const double>, Tape&, Gradients<NoTape>&) {}
};
struct Constant : NoBackward {
  void backward(std::span<const Index>, std::span<const Index>, std::span<const double>, Tape&, Gradients<NoTape>&) const {}
};

}  // namespace

TEST_CASE("what can be trained is told from what cannot", "[train]") {
  STATIC_REQUIRE(Trainable<CollaborativeModel<float, 8>, Interactions>);
  STATIC_REQUIRE(Trainable<CollaborativeModel<double, Dynamic, Cosine>, BasicInteractions<std::uint64_t>>);
  STATIC_REQUIRE(Trainable<Constant, Interactions>);
  STATIC_REQUIRE_FALSE(Trainable<Constant, std::vector<int>>);
  STATIC_REQUIRE_FALSE(Trainable<EmbeddingTable<float, 8>, Interactions>);
  STATIC_REQUIRE_FALSE(Trainable<NoBackward, Interactions>);
  STATIC_REQUIRE_FALSE(Trainable<NotConst, Interactions>);
}

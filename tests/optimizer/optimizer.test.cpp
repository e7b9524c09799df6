// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/ftrl.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/sgd.hpp>

#include "support/steps.hpp"

using namespace kindred;

namespace {

template <class Scalar = float, int Dim = 3>
struct TableAndLayer {
  EmbeddingTable<Scalar, Dim> item;
  Weights<Scalar> layer;

  explicit TableAndLayer(Index rows = 4, Index cols = 2, Index dim = 3) : item(rows, dim), layer(2, cols) {}
  auto parameters() { return std::tie(item, layer); }
  static std::array<std::string, 2> names() { return {"item", "layer"}; }
};

/// The first parameter of `TableAndLayer` alone.
struct Part {
  EmbeddingTable<float, 3> item{4};
  auto parameters() { return std::tie(item); }
  static std::array<std::string, 1> names() { return {"item"}; }
};

/// Writes its slots to the weights.
struct WriteSlots : Sgd {
  static constexpr std::array slots{Slot{"a", SlotShape::per_element, 0.5}, Slot{"b", SlotShape::per_row, 2}};
  template <class Scalar>
  auto at(Step) const {
    return [](auto&& w, const auto&, auto&& a, Scalar& b) { w = a * b; };
  }
};

/// Writes to the weights what it is told.
struct WriteStep {
  double learning_rate = 0.5;
  static constexpr std::array<Slot, 0> slots{};
  template <class Scalar>
  auto at(Step step) const {
    return [step](auto&& w, const auto&) {
      w(0) = static_cast<Scalar>(step.t);
      w(1) = static_cast<Scalar>(step.learning_rate);
      w(2) = static_cast<Scalar>(step.dim);
    };
  }
};

const Eigen::Array<float, 1, 3> g3(1, 2, 3);
const Eigen::Array<float, 1, 2> g2(5, 6);

Gradients<TableAndLayer<>> gradients_of(TableAndLayer<>& model) {
  auto gradients = gradients_like(model);
  std::get<0>(gradients).add(3, g3);
  std::get<1>(gradients).add(0, g2);
  return gradients;
}

template <class Optimizer>
const RowMatrix<float>& slot(const Optimizer& optimizer, std::size_t parameter, std::size_t s) {
  return optimizer.state()[parameter][s].template values<float>();
}

}  // namespace

TEST_CASE("the state has a slot of each name for each parameter, in its shape", "[optimizer]") {
  TableAndLayer model;
  Optimizer adam(Adam{});
  CHECK(adam.state().empty());
  CHECK(adam.steps() == 0);
  auto gradients = gradients_of(model);
  adam.step(model, gradients, Serial{});
  CHECK(adam.steps() == 1);
  REQUIRE(adam.state().size() == 2);
  REQUIRE(adam.state()[0].size() == 2);
  CHECK(adam.state()[0][0].name == "item.first_moment");
  CHECK(adam.state()[0][1].name == "item.second_moment");
  CHECK(adam.state()[1][0].name == "layer.first_moment");
  CHECK(slot(adam, 0, 0).rows() == 4);
  CHECK(slot(adam, 0, 0).cols() == model.item.stride());
  CHECK(slot(adam, 1, 1).rows() == 2);
  CHECK(slot(adam, 1, 1).cols() == model.layer.stride());

  Optimizer rowwise(RowwiseAdagrad{});
  rowwise.prepare(model);
  CHECK(rowwise.steps() == 0);
  CHECK(rowwise.state()[0][0].name == "item.sum");
  CHECK(slot(rowwise, 0, 0).rows() == 4);
  CHECK(slot(rowwise, 0, 0).cols() == 1);

  TableAndLayer<double> doubles;
  Optimizer other(Adagrad{});
  other.prepare(doubles);
  CHECK(other.state()[0][0].doubles.size() > 0);
}

TEST_CASE("slots begin at their initial value", "[optimizer]") {
  TableAndLayer model;
  Optimizer optimizer(WriteSlots{});
  auto gradients = gradients_of(model);
  optimizer.step(model, gradients, Serial{});
  CHECK((model.item.row(3) == 1).all());
  CHECK((slot(optimizer, 0, 0).array() == 0.5F).all());
  CHECK((slot(optimizer, 0, 1).array() == 2).all());
}

TEST_CASE("a rule is told the step, the rate and the real width", "[optimizer]") {
  EmbeddingTable<float> table(2, 5);
  Optimizer optimizer(WriteStep{});
  auto gradients = gradients_like(table);
  std::get<0>(gradients).add(1, Eigen::Array<float, 1, 5>::Ones());
  optimizer.step(table, gradients, Serial{});
  CHECK((table.row(1).head(3) == Eigen::Array<float, 1, 3>(1, 0.5F, 5)).all());
  optimizer.step(table, gradients, Serial{}, 0.25);
  CHECK((table.row(1).head(3) == Eigen::Array<float, 1, 3>(2, 0.125F, 5)).all());
  CHECK(optimizer.rule().learning_rate == 0.5);
}

TEST_CASE("rows without a gradient are not touched", "[optimizer]") {
  TableAndLayer model;
  model.item.row(0) = 7;
  Optimizer optimizer(Adam{});
  auto gradients = gradients_of(model);
  optimizer.step(model, gradients, Serial{});
  const RowMatrix<float> after = model.item.padded_value();
  CHECK((model.item.row(0) == 7).all());
  CHECK((model.item.row(1) == 0).all());
  CHECK((model.item.row(3) != 0).all());
  // A step in which no row of a parameter has a gradient moves nothing: Adam's moments do not coast.
  for (int t = 0; t < 3; ++t) {
    std::apply([](auto&... gradient) { (gradient.clear(), ...); }, gradients);
    optimizer.step(model, gradients, Serial{});
  }
  CHECK(near(model.item.padded_value(), after, 0));
  CHECK(optimizer.steps() == 4);
}

TEST_CASE("a gradient of another shape is an error, and nothing has moved", "[optimizer]") {
  TableAndLayer model(4, 2), taller(5, 2), wider(4, 3);
  Optimizer optimizer(Sgd{});
  auto good = gradients_of(model);
  auto tall = gradients_like(taller);
  auto wide = gradients_like(wider);
  std::get<0>(wide).add(3, g3);  // of the right shape: it must not move before the second is found wrong
  CHECK_THROWS_AS(optimizer.step(model, tall, Serial{}), std::invalid_argument);
  CHECK(message_of([&] { optimizer.step(model, tall, Serial{}); }) ==
        "Optimizer: the gradient of 'item' must have the parameter's shape 4 x 3, got 5 x 3");
  CHECK(message_of([&] { optimizer.step(model, wide, Serial{}); }) ==
        "Optimizer: the gradient of 'layer' must have the parameter's shape 2 x 2, got 2 x 3");
  CHECK((model.item.row(3) == 0).all());
  CHECK(optimizer.steps() == 0);
  CHECK(optimizer.state().empty());
  optimizer.step(model, good, Serial{});
  CHECK(optimizer.steps() == 1);
}

TEST_CASE("a parameter may grow by rows: their state starts as that of the first did", "[optimizer]") {
  TableAndLayer model;
  Optimizer optimizer(Ftrl{});
  auto gradients = gradients_of(model);
  optimizer.step(model, gradients, Serial{});
  const auto slot = [&](std::size_t s) { return optimizer.state()[0][s].template values<float>(); };
  const RowMatrix<float> z = slot(0), n = slot(1);
  const auto items = model.item.value().eval();
  model.item.add_rows(2);
  CHECK(near(model.item.value().topRows(4), items, 0));
  CHECK(model.item.value().bottomRows(2).isZero(0));
  auto none = gradients_like(model);
  optimizer.step(model, none, Serial{});
  CHECK(slot(0).rows() == 6);
  CHECK(near(slot(0).topRows(4), z, 0));
  CHECK(near(slot(1).topRows(4), n, 0));
  CHECK(slot(0).bottomRows(2).isZero(0));
  const TableAndLayer fresh(6, 2);
  TableAndLayer copy = fresh;
  Optimizer first(Ftrl{});
  first.prepare(copy);
  CHECK(near(slot(1).bottomRows(2), first.state()[0][1].template values<float>().bottomRows(2), 0));
}

TEST_CASE("the state of one model does not serve a model of other shape", "[optimizer]") {
  TableAndLayer model;
  Optimizer optimizer(Adagrad{});
  auto gradients = gradients_of(model);
  optimizer.step(model, gradients, Serial{});

  TableAndLayer shorter(3, 2);
  auto gradients_of_shorter = gradients_like(shorter);
  CHECK_THROWS_AS(optimizer.step(shorter, gradients_of_shorter, Serial{}), std::logic_error);
  CHECK_THROWS_AS(optimizer.prepare(shorter), std::logic_error);
  CHECK(message_of([&] {
          optimizer.prepare(shorter);
        }).find("Optimizer: 'item' must have the shape its state was made for, 4 x 3 ") == 0);
  TableAndLayer wider(4, 3);
  CHECK(message_of([&] {
          optimizer.prepare(wider);
        }).find("Optimizer: 'layer' must have the shape its state was made for, 2 x 2 ") == 0);
  Part part;
  CHECK(message_of([&] { optimizer.prepare(part); }) ==
        "Optimizer: the model must have the 2 parameters its state was made for, got 1");
  TableAndLayer<double> doubles;
  CHECK_THROWS_AS(optimizer.prepare(doubles), std::logic_error);
  EmbeddingTable<float, 1> narrow(4);  // rows of other padding: one float, and a whole packet
  EmbeddingTable<float> padded_rows(4, 1);
  Optimizer second(Adagrad{});
  second.prepare(narrow);
  if (padded<float>(1) > 1) CHECK_THROWS_AS(second.prepare(padded_rows), std::logic_error);  // without vectors they are alike

  CHECK(optimizer.steps() == 1);
  auto again = gradients_of(model);
  optimizer.step(model, again, Serial{});
  CHECK(optimizer.steps() == 2);
}

TEST_CASE("a copy of an optimizer goes on by itself", "[optimizer]") {
  TableAndLayer first, second;
  Optimizer optimizer(Adam{});
  auto gradients = gradients_of(first);
  optimizer.step(first, gradients, Serial{});
  second = first;
  Optimizer copy = optimizer;
  optimizer.step(first, gradients, Serial{});
  copy.step(second, gradients, Serial{});
  CHECK(near(first.item.padded_value(), second.item.padded_value(), 0));
  CHECK(copy.steps() == 2);
}

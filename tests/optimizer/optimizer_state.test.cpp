// SPDX-License-Identifier: MIT
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/optimizer_state.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <tuple>
#include <type_traits>

using namespace kindred;
using detail::OptimizerState;

namespace {

template <class Scalar = float>
struct TableThenLayer {
  EmbeddingTable<Scalar> table;
  Weights<Scalar> layer;

  explicit TableThenLayer(Index rows = 4, Index cols = 2, Index dim = 3) : table(rows, dim), layer(2, cols) {}
  auto parameters() { return std::tie(table, layer); }
  static std::array<std::string, 2> names() { return {"table", "layer"}; }
};

/// The layer of the same name alone.
struct LayerAlone {
  Weights<float> layer{2, 2};
  auto parameters() { return std::tie(layer); }
  static std::array<std::string, 1> names() { return {"layer"}; }
};

/// A slot of each shape.
struct TwoSlots : Sgd {
  static constexpr std::array slots{Slot{"of_element", SlotShape::per_element, 0.5}, Slot{"of_row", SlotShape::per_row, 2}};
};

/// Calls change(slots of all parameters) on what a checkpoint would read.
template <class Rule, class Change>
void forge(OptimizerState<Rule>& state, const Change& change) {
  OptimizerState<Rule>::fields(state, [&]<class Field>(const char*, Field& field) {
    if constexpr (std::is_same_v<Field, std::vector<std::vector<SlotState>>>) change(field);
  });
}

const std::string wrong_slots = "' must be that of this rule and of a parameter of this shape and padding";

}  // namespace

TEST_CASE("a state has the slots of each parameter's rule, of its rows, at their initial values", "[optimizer]") {
  TableThenLayer model;
  OptimizerState<Split<TwoSlots, Adam>> state;
  CHECK(state.slots().empty());
  state.prepare(model);
  REQUIRE(state.slots().size() == 2);
  REQUIRE(state.slots()[0].size() == 2);
  REQUIRE(state.slots()[1].size() == 2);
  CHECK(state.slots()[0][0].name == "table.of_element");
  CHECK(state.slots()[0][1].name == "table.of_row");
  CHECK(state.slots()[1][0].name == "layer.first_moment");
  CHECK(state.slots()[1][1].name == "layer.second_moment");
  const RowMatrix<float>& elements = state.slots()[0][0].floats;
  const RowMatrix<float>& rows = state.slots()[0][1].floats;
  REQUIRE(elements.rows() == 4);
  REQUIRE(elements.cols() == model.table.stride());
  REQUIRE(rows.rows() == 4);
  REQUIRE(rows.cols() == 1);
  CHECK((elements.array() == 0.5F).all());  // in the padding as well
  CHECK((rows.array() == 2).all());
  CHECK(state.slots()[0][0].doubles.size() == 0);
  CHECK(state.slot<float>(0, 1) == rows.data());

  TableThenLayer<double> doubles;
  OptimizerState<TwoSlots> other;
  other.prepare(doubles);
  CHECK(other.slots()[1][0].floats.size() == 0);
  CHECK(other.slots()[1][0].doubles.rows() == 2);
}

TEST_CASE("a state is kept for the same model, and grows with its rows", "[optimizer]") {
  TableThenLayer model;
  OptimizerState<TwoSlots> state;
  state.prepare(model);
  const Index stride = model.table.stride();
  for (Index k = 0; k < 4 * stride; ++k) state.slot<float>(0, 0)[k] = static_cast<float>(k);
  state.slot<float>(0, 1)[3] = 7;
  state.slot<float>(1, 1)[1] = 9;
  state.prepare(model);
  CHECK(state.slot<float>(0, 1)[3] == 7);

  model.table.add_rows(2);
  CHECK_FALSE(state.is_of(model.table, 0));
  state.prepare(model);
  CHECK(state.is_of(model.table, 0));
  REQUIRE(state.slots()[0][0].floats.rows() == 6);
  for (Index k = 0; k < 4 * stride; ++k) CHECK(state.slot<float>(0, 0)[k] == static_cast<float>(k));
  for (Index k = 4 * stride; k < 6 * stride; ++k) CHECK(state.slot<float>(0, 0)[k] == 0.5F);
  CHECK(state.slot<float>(0, 1)[3] == 7);
  CHECK(state.slot<float>(0, 1)[4] == 2);
  CHECK(state.slot<float>(0, 1)[5] == 2);
  CHECK(state.slot<float>(1, 1)[1] == 9);
  state.prepare(model);
  CHECK(state.slots()[0][0].floats.rows() == 6);
}

TEST_CASE("a state is refused by models of other shapes, and stays as it was", "[optimizer]") {
  TableThenLayer model;
  OptimizerState<TwoSlots> state;
  state.prepare(model);
  state.slot<float>(0, 1)[3] = 7;
  const auto refused = [&](auto other, const std::string& begin) {
    CHECK_THROWS_AS(state.prepare(other), std::logic_error);
    CHECK(message_of([&] { state.prepare(other); }).find(begin) == 0);
  };
  const std::string table = "Optimizer: 'table' must have the shape its state was made for, 4 x 3 (4-byte scalars, stride " +
                            std::to_string(model.table.stride()) + ", 2 slots), got ";
  refused(TableThenLayer(3), table + "3 x 3");
  refused(TableThenLayer(4, 2, 2), table + "4 x 2");
  refused(TableThenLayer<double>(), table + "4 x 3 (8-byte scalars");
  refused(TableThenLayer(6, 9),
          "Optimizer: 'layer' must have the shape its state was made for, 2 x 2");  // the table could grow
  refused(LayerAlone(), "Optimizer: the model must have the 2 parameters its state was made for, got 1");
  CHECK(state.slots()[0][0].floats.rows() == 4);
  CHECK(state.is_of(model.table, 0));
  CHECK(state.slot<float>(0, 1)[3] == 7);
  state.prepare(model);
}

TEST_CASE("a state knows which parameter it was made for", "[optimizer]") {
  TableThenLayer model, taller(5), wider(4, 2, 40);
  TableThenLayer<double> doubles;
  OptimizerState<TwoSlots> state;
  CHECK_FALSE(state.is_of(model.table, 0));
  state.prepare(model);
  CHECK(state.is_of(model.table, 0));
  CHECK(state.is_of(model.layer, 1));
  CHECK_FALSE(state.is_of(model.table, 1));
  CHECK_FALSE(state.is_of(model.layer, 2));
  CHECK_FALSE(state.is_of(taller.table, 0));
  CHECK_FALSE(state.is_of(wider.table, 0));
  CHECK_FALSE(state.is_of(doubles.table, 0));
}

TEST_CASE("a state that was read is that of the rule and the model, or is refused", "[optimizer]") {
  TableThenLayer model, taller(5), wider(4, 2, 4);  // the last of as many padded columns, where there is padding
  LayerAlone part;
  OptimizerState<TwoSlots> made;
  CHECK_NOTHROW(made.require_of(model, 0));  // before the first step
  CHECK_THROWS_AS(made.require_of(model, 1), std::invalid_argument);
  CHECK(message_of([&] { made.require_of(model, 1); }) == "Optimizer: the state must be of the model's 2 parameters, got 0");
  made.prepare(model);
  CHECK_NOTHROW(made.require_of(model, 0));
  CHECK_NOTHROW(made.require_of(model, 12));
  CHECK_THROWS_AS(made.require_of(model, -1), std::invalid_argument);
  CHECK(message_of([&] { made.require_of(part, 1); }) == "Optimizer: the state must be of the model's 1 parameters, got 2");
  CHECK(message_of([&] { made.require_of(taller, 1); }) == "Optimizer: the state of 'table" + wrong_slots);
  CHECK_THROWS_AS(made.require_of(wider, 1), std::invalid_argument);

  const auto refused = [&](const std::string& name, const auto& change) {
    OptimizerState<TwoSlots> state = made;
    forge(state, change);
    CHECK_THROWS_AS(state.require_of(model, 1), std::invalid_argument);
    CHECK(message_of([&] { state.require_of(model, 1); }) == "Optimizer: the state of '" + name + wrong_slots);
  };
  refused("table", [](auto& slots) { slots[0][1].name = "table.of_element"; });
  refused("layer", [](auto& slots) { slots[1].pop_back(); });
  refused("table", [](auto& slots) { slots[0][0].floats.resize(4, 1); });
  refused("table", [](auto& slots) { slots[0][1].floats.resize(4, 3); });
  refused("layer", [](auto& slots) { slots[1][1].floats.resize(3, 1); });
  refused("layer", [](auto& slots) {
    slots[1][0].doubles = slots[1][0].floats.template cast<double>();
    slots[1][0].floats.resize(0, 0);
  });
  OptimizerState<TwoSlots> cut = made;
  forge(cut, [](auto& slots) { slots.pop_back(); });
  CHECK(message_of([&] { cut.require_of(model, 1); }) == "Optimizer: the state must be of the model's 2 parameters, got 1");
}

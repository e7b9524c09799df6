// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What an optimizer remembers of a model: for each parameter the slots of the rule that moves it. Made at the first step, grown by rows
/// when the model is, refused for a model of other shapes.

#include <kindred/core/error.hpp>
#include <kindred/optimizer/rule.hpp>
#include <kindred/optimizer/slot_state.hpp>
#include <kindred/optimizer/split_rule.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/parameter/row_storage.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred::detail {

/// The state of an `Optimizer<Rule>`, whose name is in the messages. Found by the parameter's position in `parameters()`.
///
/// Memory: each per-element slot as much as its parameter in `Scalar`.
/// Throws: std::logic_error if a later model has other shapes than the state was made for, or fewer rows. Nothing is changed then.
template <class Rule>
class OptimizerState {
 public:
  /// Makes the state if it is not there yet, and checks that it has the model's shapes; a parameter may have grown by rows, whose state then
  /// starts like that of the first.
  template <Parameterized M>
  void prepare(M& model) {
    if (!states_.empty()) {
      require_same_shapes(model);
      return add_rows(model);
    }
    const auto names = M::names();
    const auto shapes = shapes_of(model);
    std::vector<std::vector<SlotState>> states(shapes.size());
    for_each_parameter(model, [&]<class P>(P&, auto k) {
      states[k] = first_state<typename P::Scalar>(names[k], shapes[k], RuleFor<Rule, P>::slots);
    });
    states_ = std::move(states);
    shapes_.assign(shapes.begin(), shapes.end());
  }

  /// Whether the state of the k-th parameter was made for one of this shape.
  template <class P>
  bool is_of(const P& parameter, std::size_t k) const {
    return k < states_.size() && shapes_[k] == shape_of(parameter);
  }

  /// The numbers of slot s of the k-th parameter: rows x stride, or rows x 1.
  template <class Scalar>
  Scalar* slot(std::size_t k, std::size_t s) {
    return states_[k][s].template values<Scalar>().data();
  }

  std::span<const std::vector<SlotState>> slots() const { return states_; }

  /// Throws: std::invalid_argument unless the state is empty or such as this rule has for this model, slot by slot, after so many steps.
  template <Parameterized M>
  void require_of(M& model, std::int64_t steps) const {
    constexpr std::size_t parameters = std::tuple_size_v<ParameterTuple<M>>;
    if (states_.empty() && shapes_.empty() && steps == 0) return;
    require(steps >= 0 && states_.size() == parameters && shapes_.size() == parameters,
            "Optimizer: the state must be of the model's ", parameters, " parameters, got ", states_.size());
    for_each_parameter(model, [&, this](auto& parameter, auto k) {
      using P = std::remove_cvref_t<decltype(parameter)>;
      const auto& slots = RuleFor<Rule, P>::slots;
      bool fits = shapes_[k] == shape_of(parameter) && states_[k].size() == slots.size();
      for (std::size_t s = 0; fits && s < slots.size(); ++s) {
        const auto& values = states_[k][s].template values<typename P::Scalar>();
        fits = states_[k][s].name == M::names()[k] + "." + std::string(slots[s].name) && values.rows() == parameter.rows() &&
               values.cols() == (slots[s].shape == SlotShape::per_row ? 1 : parameter.stride());
      }
      require(fits, "Optimizer: the state of '", M::names()[k],
              "' must be that of this rule and of a parameter of this shape and padding");
    });
  }

  /// See core/access.hpp.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("shapes", self.shapes_);
    field("states", self.states_);
  }

 private:
  /// What the state of a parameter was made for.
  struct Shape {
    Index rows = 0, cols = 0, stride = 0;
    std::size_t scalar_bytes = 0, slots = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& field) {
      field("rows", self.rows);
      field("cols", self.cols);
      field("stride", self.stride);
      field("scalar_bytes", self.scalar_bytes);
      field("slots", self.slots);
    }
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  template <class P>
  static Shape shape_of(const P& parameter) {
    return {parameter.rows(), parameter.cols(), parameter.stride(), sizeof(typename P::Scalar), RuleFor<Rule, P>::slots.size()};
  }

  template <class M>
  static auto shapes_of(M& model) {
    std::array<Shape, std::tuple_size_v<ParameterTuple<M>>> shapes;
    for_each_parameter(model, [&](const auto& parameter, auto k) { shapes[k] = shape_of(parameter); });
    return shapes;
  }

  template <class Scalar>
  static std::vector<SlotState> first_state(const std::string& name, const Shape& shape, std::span<const Slot> slots) {
    std::vector<SlotState> state;
    for (const Slot& slot : slots) {
      const Index cols = slot.shape == SlotShape::per_row ? 1 : shape.stride;
      auto& values = state.emplace_back(SlotState{.name = concat(name, ".", slot.name)}).template values<Scalar>();
      values = rows_in_large_pages<Scalar>(shape.rows, cols);
      std::fill_n(values.data(), values.size(), static_cast<Scalar>(slot.initial));
    }
    return state;
  }

  template <class M>
  void require_same_shapes(M& model) const {
    const auto shapes = shapes_of(model);
    if (shapes_.size() != shapes.size()) {
      throw std::logic_error(concat("Optimizer: the model must have the ", shapes_.size(),
                                    " parameters its state was made for, got ", shapes.size()));
    }
    for (std::size_t k = 0; k < shapes.size(); ++k) {
      Shape grown = shapes_[k];
      grown.rows = std::max(grown.rows, shapes[k].rows);
      if (grown != shapes[k]) throw_other_shape(M::names()[k], shapes_[k], shapes[k]);
    }
  }

  [[noreturn]] static void throw_other_shape(const std::string& name, const Shape& made, const Shape& got) {
    const auto text = [](const Shape& shape) {
      return concat(shape.rows, " x ", shape.cols, " (", shape.scalar_bytes, "-byte scalars, stride ", shape.stride, ", ",
                    shape.slots, " slots)");
    };
    throw std::logic_error(
        concat("Optimizer: '", name, "' must have the shape its state was made for, ", text(made), ", got ", text(got)));
  }

  template <class M>
  void add_rows(M& model) {
    for_each_parameter(model, [this]<class P>(P& parameter, auto k) {
      if (parameter.rows() == shapes_[k].rows) return;
      add_rows<typename P::Scalar>(states_[k], parameter.rows(), RuleFor<Rule, P>::slots);
      shapes_[k].rows = parameter.rows();
    });
  }

  template <class Scalar>
  static void add_rows(std::vector<SlotState>& state, Index rows, std::span<const Slot> slots) {
    for (std::size_t s = 0; s < slots.size(); ++s) {
      auto& values = state[s].template values<Scalar>();
      RowMatrix<Scalar> grown = rows_in_large_pages<Scalar>(rows, values.cols());
      Scalar* const added = std::copy_n(values.data(), values.size(), grown.data());
      std::fill(added, grown.data() + grown.size(), static_cast<Scalar>(slots[s].initial));
      values.swap(grown);
    }
  }

  std::vector<std::vector<SlotState>> states_;  // of each parameter, in the order of its rule's slots
  std::vector<Shape> shapes_;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#include <kindred/parameter/parameter.hpp>

#include "support/catch.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

using namespace kindred;

TEMPLATE_TEST_CASE_SIG("a parameter starts at zero, and its rows are its value", "[parameter]",
                       ((class Scalar, int Cols), Scalar, Cols), (float, 3), (float, Dynamic), (double, 16),
                       (double, Dynamic)) {
  constexpr Index cols = Cols == Dynamic ? 5 : Cols;
  Weights<Scalar, Cols> weights(4, cols);
  CHECK(weights.rows() == 4);
  CHECK(weights.cols() == cols);
  CHECK(weights.padded_value().rows() == 4);
  CHECK(weights.padded_value().cols() == weights.stride());
  CHECK((weights.padded_value().array() == 0).all());

  weights.row(2).setLinSpaced(1, Scalar(cols));
  CHECK(weights.value()(2, cols - 1) == cols);
  CHECK(std::as_const(weights).row(2)(0) == 1);
  CHECK(weights.data() + 2 * weights.stride() == weights.row(2).data());
  CHECK(weights.value().sum() == Scalar(cols * (cols + 1) / 2));
  CHECK(weights.padded_value().sum() == weights.value().sum());
  CHECK((weights.row(1) == 0).all());
}

TEST_CASE("a parameter may have no rows", "[parameter]") {
  const Weights<float> none(0, 3);
  CHECK(none.rows() == 0);
  CHECK(none.cols() == 3);
  CHECK(Weights<float, 4>().cols() == 4);
  CHECK(Weights<float>().rows() == 0);
}

TEST_CASE("a parameter of impossible shape is an error that says so", "[parameter]") {
  CHECK_THROWS_AS(Weights<float>(3, 0), std::invalid_argument);
  CHECK_THROWS_AS((Weights<float, 4>(-1)), std::invalid_argument);
  CHECK_THROWS_AS((Weights<double, 4>(3, 5)), std::invalid_argument);
  CHECK(message_of([] { Weights<float>(3, 0); }) == "Parameter: the number of columns (Dim) must be at least 1, got 0");
  CHECK(message_of([] { Weights<float>(3, -2); }) == "Parameter: the number of columns (Dim) must be at least 1, got -2");
  CHECK(message_of([] { Weights<float, 4>(3, 5); }) == "Parameter: the number of columns (Dim) is fixed at 4, got 5");
  CHECK(message_of([] { Weights<float, 4>(-1); }) == "Parameter: the number of rows must not be negative, got -1");
  CHECK(message_of([] { Weights<float>(3); }) == "Parameter: the number of columns (Dim) must be at least 1, got -1");
}

TEST_CASE("copies of a parameter are independent", "[parameter]") {
  Weights<double, 2> a(2);
  a.row(0) = 1;
  Weights<double, 2> b = a;
  b.row(0) = 2;
  CHECK(a.row(0)(0) == 1);
  CHECK(b.row(0)(1) == 2);
}

TEST_CASE("a parameter of the same shape is copied in place, of another into memory of its own", "[parameter]") {
  Parameter<float, 3, Touch::some_rows> from(5), to(5), shorter(4);
  from.row(4).setConstant(2);
  const float* const place = to.data();
  to = from;
  CHECK(to.data() == place);
  CHECK((to.row(4) == 2).all());
  shorter = from;
  CHECK(shorter.rows() == 5);
  CHECK((shorter.row(4) == 2).all());
  shorter.row(4).setConstant(3);
  CHECK((from.row(4) == 2).all());
  to = std::as_const(to);
  CHECK((to.row(4) == 2).all());
}

TEST_CASE("rows may lie in memory that someone else keeps; copies have their own", "[parameter]") {
  using Table = Parameter<float, Dynamic, Touch::some_rows>;
  constexpr Index stride = padded<float>(1);
  const auto memory = std::make_shared<RowMatrix<float>>(RowMatrix<float>::Constant(3, stride, 2));
  Table view(memory->data(), 3, stride, memory);
  CHECK(view.data() == memory->data());
  CHECK(memory.use_count() == 2);
  const Table copy = view;
  CHECK(copy.data() != view.data());
  view.row(1)(0) = 5;
  CHECK((*memory)(1, 0) == 5);
  CHECK(copy.row(1)(0) == 2);
  Table moved = std::move(view);
  CHECK(moved.data() == memory->data());
  moved.add_rows(1);
  CHECK(memory.use_count() == 1);
  CHECK(moved.rows() == 4);
  CHECK(moved.row(1)(0) == 5);
  CHECK((moved.row(3) == 0).all());
  moved = copy;
  CHECK(moved.rows() == 3);
  CHECK(moved.data() != copy.data());
}

// SPDX-License-Identifier: MIT
// Steps on tables that are stored in 16 bits: the rule in float, the row rounded stochastically.
#include "support/catch.hpp"

#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <bit>
#include <cmath>

using namespace kindred;

namespace {

template <class Stored, int Dim>
struct Model {
  EmbeddingTable<float, Dim, Stored> first, second;
  auto parameters() { return std::tie(first, second); }
  static std::array<std::string, 2> names() { return {"first", "second"}; }
};

template <class Stored, int Dim>
Model<Stored, Dim> model_of(const EmbeddingTable<float, Dim>& start) {
  if constexpr (std::is_same_v<Stored, float>) {
    return {start, start};
  } else {
    return {EmbeddingTable<float, Dim, Stored>(start), EmbeddingTable<float, Dim, Stored>(start)};
  }
}

/// Gradients of all rows of both tables.
template <class M>
Gradients<M> gradients_of(M& model, float size) {
  auto gradients = gradients_like(model);
  detail::for_each_parameter(model, [&](auto& parameter, auto k) {
    for (Index r = 0; r < parameter.rows(); ++r) {
      const Eigen::ArrayXXf g = size * Eigen::ArrayXXf::NullaryExpr(1, parameter.cols(), [&](Index, Index c) {
                                  return std::sin(1 + static_cast<float>(7 * r + c));
                                });
      std::get<k>(gradients).add(r, Eigen::Map<const Eigen::Array<float, 1, Dynamic, Eigen::RowMajor>>(g.data(), 1, g.cols()));
    }
  });
  return gradients;
}

/// A table of numbers that both kinds of 16 bits have.
template <int Dim>
EmbeddingTable<float, Dim> start(Index dim) {
  EmbeddingTable<float, Dim> table(30, dim);
  fill_normal(table, 1, 5, 0);
  for (Index r = 0; r < table.rows(); ++r) table.row(r) = table.row(r).round() + 0.5F;
  return table;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("a step moves a row in float and takes a neighbour of the result", "[optimizer]",
                       ((class Stored, int Dim), Stored, Dim), (Eigen::half, 16), (Eigen::bfloat16, 5),
                       (Eigen::bfloat16, Dynamic)) {
  const auto check = [](auto rule) {
    const auto begin = start<Dim>(Dim == Dynamic ? 21 : Dim);
    auto wide = model_of<float>(begin);
    auto narrow = model_of<Stored>(begin);
    Optimizer of_wide(rule), of_narrow(rule, 9);
    auto g = gradients_of(wide, 0.3F);
    auto h = gradients_of(narrow, 0.3F);
    of_wide.step(wide, g, Serial{});
    of_narrow.step(narrow, h, Serial{});
    Index up = 0, down = 0, other = 0;
    for (Index r = 0; r < begin.rows(); ++r) {
      for (Index c = 0; c < begin.cols(); ++c) {
        const float exact = wide.first.row(r)(c), got = narrow.first.row(r)(c);
        const double digit = std::ldexp(1.0, std::ilogb(exact)) * (std::is_same_v<Stored, Eigen::half> ? 0x1p-10 : 0x1p-7);
        if (std::abs(double{got} - exact) >= digit) ++other;
        ++(got > exact ? up : down);
      }
      CHECK((narrow.first.padded_row(r).tail(begin.stride() - begin.cols()) == 0).all());
    }
    CHECK(other == 0);
    CHECK(up > 0);
    CHECK(down > 0);
    CHECK_FALSE(narrow.first.value() == narrow.second.value());               // each table draws its own
    for (std::size_t slot = 0; slot < of_narrow.state()[0].size(); ++slot) {  // slots stay in float
      CHECK(of_narrow.state()[0][slot].template values<float>() == of_wide.state()[0][slot].template values<float>());
    }
  };
  check(Sgd{.learning_rate = 0.1});
  check(RowwiseAdagrad{.learning_rate = 0.1});
  check(Adam{.learning_rate = 0.1});
}

TEST_CASE("many steps far below the last digit add up", "[optimizer]") {
  EmbeddingTable<float, 64> begin(50);
  for (Index r = 0; r < 50; ++r) begin.row(r).setOnes();
  auto model = model_of<Eigen::bfloat16>(begin);
  Optimizer optimizer(Sgd{.learning_rate = 1}, 3);
  for (int step = 0; step < 1000; ++step) {
    auto gradients = gradients_like(model);
    for (Index r = 0; r < 50; ++r) std::get<0>(gradients).add(r, Eigen::Array<float, 1, 64>::Constant(1e-4F));
    optimizer.step(model, gradients, Serial{});
  }
  // A step is 1/39 of the distance of the neighbours below 1, which each step takes or not: 1 - 0.1, and rounding to the nearest would stay at 1.
  const double mean = model.first.value().cast<double>().mean();
  const double deviation = std::sqrt(1000 * 1e-4 * 0x1p-8) / std::sqrt(50.0 * 64);
  CHECK(std::abs(mean - 0.9) < 4 * deviation);
  CHECK((model.second.value().array() == 1).all());
}

TEST_CASE("the rounding is a function of the seed and the step", "[optimizer]") {
  const auto run = [](std::uint64_t seed, int steps) {
    auto model = model_of<Eigen::bfloat16>(start<16>(16));
    Optimizer optimizer(Sgd{.learning_rate = 0.1}, seed);
    const auto before = model.first.value().eval();
    optimizer.prepare(model);
    optimizer.advance(steps);
    auto gradients = gradients_of(model, 0.3F);
    optimizer.step(model, gradients, Serial{});
    return model.first.value().eval();
  };
  CHECK(run(1, 0) == run(1, 0));
  CHECK_FALSE(run(1, 0) == run(2, 0));
  CHECK_FALSE(run(1, 0) == run(1, 1));
}

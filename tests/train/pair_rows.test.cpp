// SPDX-License-Identifier: MIT
#include <kindred/model/collaborative.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/train/pair_rows.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace kindred;

namespace {

using Row = detail::PairRow<double>;
using Tables = CollaborativeModel<double, 3>;

/// A model of more rows than a thread takes at once, whose biases and slots tell the rows apart.
struct Setup {
  explicit Setup(bool biases) : model(5000, 7, {.biases = biases}) {
    optimizer.prepare(model);
    for (std::size_t k = 0; k < 4; ++k) {
      double* slots = optimizer.factors<detail::BiasesOf<Tables>>(k).second;
      const auto rows = static_cast<std::size_t>(k % 2 == 0 ? model.users() : model.items());
      for (std::size_t r = 0; r < (k < 2 || biases ? rows : 0); ++r) slots[r] = static_cast<double>(10000 * k + r);
    }
    if (!biases) return;
    for (Index u = 0; u < model.users(); ++u) model.user_biases().data()[u] = -static_cast<double>(u);
    for (Index i = 0; i < model.items(); ++i) model.item_biases().data()[i] = 0.5 * static_cast<double>(i);
  }
  Tables model;
  Optimizer<RowwiseAdagrad> optimizer{RowwiseAdagrad{}};
  Interactions data = made_up_ratings({.users = 30, .items = 7, .rows = 60});
  L2Rows<Tables> l2{model, data, {.embeddings = 0.3, .biases = 0.2, .frequency_power = 1}, false};
};

}  // namespace

TEMPLATE_TEST_CASE("the numbers of a row are those of its tables, and go back there", "[train]", Serial, Threads) {
  const TestType executor = [] {
    if constexpr (std::is_same_v<TestType, Threads>)
      return Threads(2);
    else
      return Serial{};
  }();
  Setup of(true);
  detail::PairRows<double> rows;
  rows.load(of.model, of.l2, of.optimizer, executor);
  for (const std::size_t u : {std::size_t{0}, std::size_t{29}, std::size_t{4095}, std::size_t{4096}, std::size_t{4999}}) {
    const auto& numbers = rows.users()[u].numbers;
    CHECK(numbers[Row::slot] == static_cast<double>(u));
    CHECK(numbers[Row::bias_slot] == static_cast<double>(20000 + u));
    CHECK(numbers[Row::bias] == -static_cast<double>(u));
    CHECK(numbers[Row::lambda] == of.l2.of(0)[u]);
    CHECK(numbers[Row::bias_lambda] == of.l2.of(2)[u]);
  }
  const auto& last = rows.items()[6].numbers;
  CHECK(last == std::array<double, 5>{10006, 30006, 3, of.l2.of(1)[6], of.l2.of(3)[6]});

  for (std::size_t u = 0; u < 5000; ++u) {
    for (double& number : rows.users()[u].numbers) number += 1;
  }
  rows.items()[6].numbers = {1, 2, 3, 4, 5};
  rows.store(of.model, of.optimizer, executor);
  for (const std::size_t u : {std::size_t{0}, std::size_t{4095}, std::size_t{4096}, std::size_t{4999}}) {
    CHECK(of.model.user_biases().data()[u] == 1 - static_cast<double>(u));
    CHECK(of.optimizer.factors<detail::BiasesOf<Tables>>(0).second[u] == static_cast<double>(u + 1));
    CHECK(of.optimizer.factors<detail::BiasesOf<Tables>>(2).second[u] == static_cast<double>(20001 + u));
  }
  CHECK(of.optimizer.factors<detail::BiasesOf<Tables>>(1).second[6] == 1);
  CHECK(of.optimizer.factors<detail::BiasesOf<Tables>>(3).second[6] == 2);
  CHECK(of.model.item_biases().data()[6] == 3);
  CHECK(of.optimizer.factors<detail::BiasesOf<Tables>>(1).second[5] == 10005);
}

TEST_CASE("a model without biases keeps those it has, and lends none", "[train]") {
  Setup of(false);
  detail::PairRows<double> rows;
  rows.load(of.model, of.l2, of.optimizer, Serial{});
  CHECK(rows.users()[29].numbers == std::array<double, 5>{29, 0, 0, of.l2.of(0)[29], 0});
  rows.users()[29].numbers = {1, 2, 3, 4, 5};
  rows.store(of.model, of.optimizer, Serial{});
  CHECK(of.optimizer.factors<detail::BiasesOf<Tables>>(0).second[29] == 1);
  for (Index u = 0; u < of.model.user_biases().rows(); ++u) REQUIRE(of.model.user_biases().data()[u] == 0);
}

TEST_CASE("a rule without slots lends none", "[train]") {
  Setup of(true);
  Optimizer plain(Sgd{});
  plain.prepare(of.model);
  detail::PairRows<double> rows;
  rows.load(of.model, of.l2, plain, Serial{});
  CHECK(rows.items()[3].numbers == std::array<double, 5>{0, 0, 1.5, of.l2.of(1)[3], of.l2.of(3)[3]});
  rows.items()[3].numbers = {1, 2, 3, 4, 5};
  rows.store(of.model, plain, Serial{});
  CHECK(of.model.item_biases().data()[3] == 3);
}

// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/train/row_sums.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/training.hpp"

#include <cmath>
#include <map>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;
using detail::item_side;
using detail::RowSums;
using detail::user_side;

namespace {

/// What pairs add to the gradient of one row.
struct RowSum {
  Index asking = 0;
  Eigen::ArrayXd gradient = {};
  double bias = 0;
};
using SumsOfSides = std::array<std::map<Index, RowSum>, 2>;

template <class M>
PairWorkspace<M> some_pairs(const M& model, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  PairWorkspace<M> pairs;
  for (std::size_t k = 0; k < count; ++k) {
    const Index user = random.below(1 + random.below(model.users()));
    pairs.push(user, random.below(1 + random.below(model.items())));
    pairs.slopes.push_back(static_cast<typename M::Scalar>(random.normal()));
  }
  return pairs;
}

/// All that `of_part` gives for each row, by id.
template <class M>
SumsOfSides all_sums(RowSums<M>& sums, M& model, const L2Rows<M>& l2, double scale) {
  SumsOfSides found;
  const auto side = [&](auto k, const auto& other) {
    for (Index part = 0; part < sums.parts_of(k); ++part) {
      sums.of_part(k, part, model, l2, scale, other, [&](Index number, Index asking, const auto& g, auto bias) {
        const auto [place, added] = found[k].try_emplace(sums.id(k, number));
        CHECK(added);  // each row once
        place->second = {asking, g.transpose().template cast<double>().head(model.dim()), static_cast<double>(bias)};
      });
    }
  };
  side(user_side, sums.rows(item_side, model.item_encoder()));
  side(item_side, sums.rows(user_side, model.user_encoder()));
  return found;
}

/// The same in a loop over the pairs.
template <class M>
void add_plain(SumsOfSides& sums, M& model, const PairWorkspace<M>& pairs, bool asks, const L2& l2, double scale) {
  const auto add = [&](RowSum& sum, double slope, const auto& own, const auto& other, double own_bias) {
    if (sum.gradient.size() == 0) sum.gradient.setZero(model.dim());
    sum.gradient += slope * other.transpose().template cast<double>();
    if (model.has_biases()) sum.bias += slope;
    if (!asks) return;
    ++sum.asking;
    sum.gradient += 2 * scale * l2.embeddings * own.transpose().template cast<double>();
    if (model.has_biases()) sum.bias += 2 * scale * l2.biases * own_bias;
  };
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const Index user = pairs.users[k], item = pairs.items[k];
    const auto p = model.user_encoder().row(user), q = model.item_encoder().row(item);
    const double slope = static_cast<double>(model.scale()) * static_cast<double>(pairs.slopes[k]);
    add(sums[0][user], slope, p, q, static_cast<double>(model.user_biases().data()[user]));
    add(sums[1][item], slope, q, p, static_cast<double>(model.item_biases().data()[item]));
  }
}

template <class M>
M model_of(Index users, Index items, bool biases) {
  M model(users, items, {.dim = M::fixed_dim == Dynamic ? 5 : M::fixed_dim, .biases = biases, .deviation = 1, .scale = 1.5});
  if (!biases) return model;
  for (Index u = 0; u < users; ++u) model.user_biases().data()[u] = static_cast<typename M::Scalar>(u % 5) - 2;
  for (Index i = 0; i < items; ++i) model.item_biases().data()[i] = static_cast<typename M::Scalar>(i % 3) - 1;
  return model;
}

}  // namespace

TEST_CASE("sums by row of three pairs are those worked out by hand", "[train]") {
  using M = CollaborativeModel<double, 2>;
  M model(2, 3, {.deviation = 1, .scale = 2});
  model.user_encoder().row(0) << 1, 2;
  model.user_encoder().row(1) << 3, 5;
  model.item_encoder().row(0) << 7, 11;
  model.item_encoder().row(2) << 13, 17;
  model.user_biases().data()[0] = 4;
  const L2Rows<M> l2(model, made_up_ratings({.users = 2, .items = 3, .rows = 4}), {.embeddings = 0.5, .biases = 0.25}, false);
  PairWorkspace<M> ask, do_not;
  ask.push(0, 0);
  ask.slopes = {1};
  do_not.push(1, 2);
  do_not.push(0, 2);
  do_not.slopes = {3, -2};
  RowSums<M> sums;
  sums.clear(3);
  sums.add(ask, true);
  sums.add(do_not, false);
  sums.list(model, Serial{});
  CHECK(sums.parts_of(user_side) == 1);
  CHECK(sums.id(user_side, 0) == 0);  // in the order in which they come
  CHECK(sums.id(item_side, 1) == 2);
  const auto found = all_sums(sums, model, l2, 0.125);
  REQUIRE(found[0].size() == 2);
  REQUIRE(found[1].size() == 2);
  const auto is = [](const RowSum& sum, Index asking, double first, double second, double bias) {
    CHECK(sum.asking == asking);
    CHECK(sum.gradient(0) == first);
    CHECK(sum.gradient(1) == second);
    CHECK(sum.bias == bias);
  };
  is(found[0].at(0), 1, 2 * (7 - 2 * 13) + 0.125 * 1, 2 * (11 - 2 * 17) + 0.125 * 2, 2 * (1 - 2) + 0.0625 * 4);
  is(found[0].at(1), 0, 2 * 3 * 13, 2 * 3 * 17, 2 * 3);
  is(found[1].at(0), 1, 2 * 1 + 0.125 * 7, 2 * 2 + 0.125 * 11, 2);
  is(found[1].at(2), 0, 2 * (3 * 3 - 2 * 1), 2 * (3 * 5 - 2 * 2), 2 * (3 - 2));
}

TEMPLATE_TEST_CASE("sums by row are those of a loop over the pairs, whatever was summed before", "[train]",
                   (CollaborativeModel<double, 3>), (CollaborativeModel<double>)) {
  const L2 l2{.embeddings = 0.3, .biases = 0.2};
  for (const bool biases : {true, false}) {
    TestType model = model_of<TestType>(400, 90, biases);
    const L2Rows<TestType> rows(model, made_up_ratings({.users = 400, .items = 90, .rows = 20}), l2, false);
    RowSums<TestType> sums;
    for (const std::size_t count : {std::size_t{1500}, std::size_t{70}, std::size_t{1}}) {
      const auto ask = some_pairs(model, count, 1), do_not = some_pairs(model, count / 2, 2);
      SumsOfSides expected;
      add_plain(expected, model, ask, true, l2, 0.25);
      add_plain(expected, model, do_not, false, l2, 0.25);
      SumsOfSides first;
      for (const int threads : {1, 2, 7}) {
        sums.clear(count + count / 2);
        sums.add(ask, true);
        sums.add(do_not, false);
        sums.list(model, Threads(threads));
        const auto found = all_sums(sums, model, rows, 0.25);
        for (const std::size_t k : {0U, 1U}) {
          REQUIRE(found[k].size() == expected[k].size());
          CHECK(sums.parts_of(k) == (static_cast<Index>(expected[k].size()) + 63) / 64);
          CHECK(sums.parts_of(k) <= sums.most_parts());
          for (const auto& [id, sum] : expected[k]) {
            const RowSum& got = found[k].at(id);
            CHECK(got.asking == sum.asking);
            CHECK((got.gradient - sum.gradient).abs().maxCoeff() < 1e-10);
            CHECK_THAT(got.bias, WithinAbs(sum.bias, 1e-10));
            if (threads == 1) continue;
            CHECK((got.gradient == first[k].at(id).gradient).all());  // the same bits
            CHECK(got.bias == first[k].at(id).bias);
          }
        }
        if (threads == 1) first = found;
      }
    }
  }
}

TEST_CASE("parts of rows have memory of their own, of both sides", "[train]") {
  using M = CollaborativeModel<float>;
  M model = model_of<M>(128, 128, true);
  const L2Rows<M> l2(model, made_up_ratings({.users = 128, .items = 128, .rows = 20}), {}, false);
  PairWorkspace<M> pairs;
  for (Index k = 0; k < 128; ++k) pairs.push(k, k), pairs.slopes.push_back(1);
  RowSums<M> sums;
  sums.clear(128);
  sums.add(pairs, true);
  sums.list(model, Serial{});
  REQUIRE(sums.parts_of(user_side) == 2);
  const auto of_items = sums.rows(item_side, model.item_encoder());
  const auto of_users = sums.rows(user_side, model.user_encoder());
  const auto nothing = [](Index, Index, const auto&, auto) {};
  for (Index part = 0; part < 2; ++part) {
    sums.of_part(user_side, part, model, l2, 1, of_items, [&](Index, Index, const auto& g, auto) {
      const Eigen::ArrayXf before = g.transpose();
      for (Index other = 0; other < 2; ++other) {
        sums.of_part(item_side, other, model, l2, 1, of_users, nothing);
        if (other != part) sums.of_part(user_side, other, model, l2, 1, of_items, nothing);
      }
      REQUIRE((g.transpose() == before).all());
    });
  }
}

TEST_CASE("pairs are read when they are listed, and are forgotten when others are begun", "[train]") {
  using M = CollaborativeModel<double, 3>;
  M model = model_of<M>(4, 5, true);
  const L2Rows<M> l2(model, made_up_ratings({.users = 4, .items = 5, .rows = 9}), {}, false);
  PairWorkspace<M> pairs, others;
  pairs.push(1, 2);
  pairs.slopes = {1};
  others.push(3, 4);
  others.slopes = {1};
  RowSums<M> sums;
  sums.clear(2);
  sums.add(pairs, true);
  pairs.slopes = {5};
  sums.list(model, Serial{});
  CHECK(all_sums(sums, model, l2, 1)[0].at(1).bias == 1.5 * 5);
  sums.clear(2);
  sums.add(others, false);
  sums.list(model, Serial{});
  const auto found = all_sums(sums, model, l2, 1);
  CHECK(found[0].size() == 1);
  CHECK(found[0].at(3).asking == 0);
  CHECK(found[1].contains(4));
}

TEST_CASE("sums by row know whether they are little work, and allocate nothing for pairs there is room for", "[train]") {
  using M = CollaborativeModel<float, 32>;
  M model = model_of<M>(3000, 3000, true);
  RowSums<M> sums;
  const auto many = some_pairs(model, 4000, 3), few = some_pairs(model, 1, 4);
  const auto list = [&](const PairWorkspace<M>& pairs) {
    sums.clear(4000);
    sums.add(pairs, true);
    sums.list(model, Serial{});
  };
  list(few);
  CHECK(sums.most() >= 4000);
  CHECK(sums.is_small(model));
  CHECK(allocations_of([&] { list(many); }) == 0);
  CHECK_FALSE(sums.is_small(model));
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/adapter/hnsw.hpp>
#include <kindred/core/random.hpp>
#include <kindred/testing/archetypes.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>
#include <vector>

using namespace kindred;
using Vectors = kindred::testing::VectorTable<float>;

namespace {

RowMatrix<float> normals(Index rows, Index cols, std::uint64_t seed) {
  Random random(seed);
  RowMatrix<float> out(rows, cols);
  for (Index k = 0; k < out.size(); ++k) out.data()[k] = static_cast<float>(random.normal());
  return out;
}

/// Items of very different lengths, so that the nearest by angle are not those of the largest product.
Vectors vectors(Index users, Index items, Index dim) {
  RowMatrix<float> item = normals(items, dim, 2);
  for (Index i = 0; i < items; ++i) item.row(i) *= 0.1F + static_cast<float>(i % 10) / 5.0F;
  return Vectors(normals(users, dim, 1), std::move(item), 3.0F);
}

std::vector<ItemId> first_items(const std::vector<Scored>& list) {
  std::vector<ItemId> out;
  for (const auto& entry : list) out.push_back(entry.item);
  return out;
}

}  // namespace

TEST_CASE("the index finds nearly all of the largest products, best first, with the model's scores", "[adapter]") {
  const Vectors model = vectors(50, 4000, 12);
  const auto metric = GENERATE(HnswMetric::inner_product, HnswMetric::augmented);
  const HnswIndex index(model, {.metric = metric, .breadth = 80});
  std::ptrdiff_t hits = 0;
  for (Index u = 0; u < 50; ++u) {
    const auto exact = recommend(model, UserId(u), {.count = 10}), found = recommend(index, model, UserId(u), {.count = 10});
    REQUIRE(found.size() == 10);
    CHECK(std::is_sorted(found.begin(), found.end(), ranks_before<std::uint32_t, float>));
    for (const auto& entry : found) {
      CHECK(entry.score == model.score(UserId(u), entry.item));
      hits += std::count_if(exact.begin(), exact.end(), [&](const auto& other) { return other.item == entry.item; });
    }
  }
  CHECK(hits > 475);  // of 500
}

TEST_CASE("what is filtered out is never returned, and where little is left the answer is exact", "[adapter]") {
  const Vectors model = vectors(8, 3000, 8);
  const HnswIndex index(model, {.breadth = 40});
  for (Index u = 0; u < 8; ++u) {
    const UserId user(u);
    const auto best = first_items(recommend(model, user, {.count = 300}));  // seen: the best of all
    const std::vector<ItemId> seen(best.begin(), best.begin() + 150), denied(best.begin() + 150, best.end());
    const auto found = recommend(index, model, user, {.count = 20, .exclude = seen, .deny = denied});
    REQUIRE(found.size() == 20);
    for (const auto& entry : found) CHECK(std::count(best.begin(), best.end(), entry.item) == 0);

    const auto exact_too = [&](const RecommendOptions& options) {
      CHECK(recommend(index, model, user, options) == recommend(model, user, options));
    };
    exact_too({.count = 20, .predicate = [](ItemId item) { return item.value() % 300 == 7; }});  // 10 items
    const std::vector<ItemId> few{ItemId(5), ItemId(2999), ItemId(17)};
    exact_too({.count = 2, .allow = few});
    exact_too({.count = 3000});
    exact_too({.count = 0});
  }
}

TEST_CASE("many threads may ask at once", "[adapter]") {
  const Vectors model = vectors(40, 2000, 8);
  const HnswIndex index(model, {.breadth = 40});
  std::vector<std::vector<Scored>> expected;
  for (Index u = 0; u < 40; ++u) expected.push_back(recommend(index, model, UserId(u)));
  std::atomic<int> different{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (Index u = 0; u < 40; ++u) different += recommend(index, model, UserId(u)) != expected[static_cast<std::size_t>(u)];
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(different == 0);
}

TEST_CASE("edges: zero vectors, items that are NaN, wrong queries and another model's index", "[adapter]") {
  RowMatrix<float> user = normals(2, 6, 3), item = normals(900, 6, 4);
  user.row(1).setZero();
  for (Index i = 0; i < 900; i += 3) item(i, 2) = std::numeric_limits<float>::quiet_NaN();
  const Vectors model(user, item);
  const HnswIndex index(model, {.breadth = 20});
  for (const auto& entry : recommend(index, model, UserId(0), {.count = 30})) CHECK(entry.item.value() % 3 != 0);
  CHECK(recommend(index, model, UserId(1), {.count = 5}) == recommend(model, UserId(1), {.count = 5}));
  const HnswIndex nothing(Vectors(user, RowMatrix<float>::Zero(5, 6)));
  CHECK(recommend(nothing, Vectors(user, RowMatrix<float>::Zero(5, 6)), UserId(0)).size() == 5);

  std::vector<float> query(7, 1);
  CHECK(message_of([&] { (void)index.nearest(query); }) == "HnswIndex: the query must have 6 numbers, got 7");
  query.assign(6, std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS_AS(index.nearest(query), std::invalid_argument);
  query.assign(6, 1);
  const std::vector<ItemId> unknown{ItemId(900)};
  CHECK_THROWS_AS(index.nearest(query, {.exclude = unknown}), std::out_of_range);
  CHECK_THROWS_AS(index.nearest(query, {.count = -1}), std::invalid_argument);
  CHECK_THROWS_AS(recommend(index, model, UserId(2)), std::out_of_range);
  CHECK_THROWS_AS(recommend(nothing, model, UserId(0)), std::invalid_argument);
  CHECK_THROWS_AS(HnswIndex(model, {.links = 0}), std::invalid_argument);
}

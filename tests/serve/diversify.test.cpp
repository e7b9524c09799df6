// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/metric/beyond_accuracy.hpp>
#include <kindred/serve/diversify.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/serve/similar.hpp>
#include <kindred/testing/archetypes.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;

namespace {

/// Items are alike if their ids are of one ten.
const auto same_ten = [](ItemId a, ItemId b) { return a.index() / 10 == b.index() / 10 ? 1.0 : 0.0; };

std::vector<Index> ids(const std::vector<Scored>& list) {
  std::vector<Index> out;
  for (const Scored& entry : list) out.push_back(entry.item.index());
  return out;
}

const std::vector<Scored> list{{ItemId(10), 9}, {ItemId(11), 8}, {ItemId(12), 7}, {ItemId(20), 5}, {ItemId(30), 1}};

}  // namespace

TEST_CASE("maximal marginal relevance worked by hand", "[serve]") {
  // Relevance 1, 7/8, 6/8, 4/8, 0. Lambda 1/2: 10 first; then halves of 7/8 - 1, 6/8 - 1, 4/8 - 0, 0 - 0: 20; then 0 for item 30 is
  // more than -1/16 for 11 and -1/8 for 12.
  CHECK(ids(diversify(list, same_ten, {.lambda = 0.5})) == std::vector<Index>{10, 20, 30, 11, 12});
  // Lambda 3/4: after 10, 3/4 * 7/8 - 1/4 = 0.41 for 11, 0.31 for 12, 0.375 for 20; then 0.375 for 20, 0.31 for 12.
  CHECK(ids(diversify(list, same_ten, {.lambda = 0.75})) == std::vector<Index>{10, 11, 20, 12, 30});
  // Lambda 0: the first of each ten, then what is left, in order.
  CHECK(ids(diversify(list, same_ten, {.lambda = 0})) == std::vector<Index>{10, 20, 30, 11, 12});
  CHECK(ids(diversify(list, same_ten, {.lambda = 0.5, .count = 2})) == std::vector<Index>{10, 20});
  CHECK(diversify(list, same_ten, {.lambda = 0.5, .count = 2})[1] == list[3]);  // with its score
}

TEST_CASE("an item that is unlike those taken is worth more than one that has nothing to do with them", "[serve]") {
  const auto opposite = [](ItemId a, ItemId b) { return a.index() + b.index() == 40 ? -1.0 : 0.0; };  // 10 and 30
  CHECK(ids(diversify(list, opposite, {.lambda = 0.3, .count = 2})) == std::vector<Index>{10, 30});
}

TEST_CASE("lambda 1 keeps the order exactly, also of equal scores and of a list that is in no order", "[serve]") {
  const std::vector<Scored> any{{ItemId(4), 1}, {ItemId(2), 3}, {ItemId(9), 3}, {ItemId(1), 2}};
  CHECK(diversify(any, same_ten, {.lambda = 1}) == any);
  CHECK(ids(diversify(any, same_ten, {.lambda = 1, .count = 3})) == std::vector<Index>{4, 2, 9});
  CHECK(diversify(list, same_ten, {.lambda = 1}) == list);
}

TEST_CASE("a diversified list is of the list's own items, each once; the smaller lambda, the less alike they are", "[serve]") {
  Random random(17);
  std::vector<double> diversity(4, 0.0), relevance(4, 0.0);
  for (int round = 0; round < 40; ++round) {
    RowMatrix<float> user(1, 6), item(60, 6);
    for (float& x : user.reshaped()) x = static_cast<float>(random.normal());
    for (float& x : item.reshaped()) x = static_cast<float>(random.normal());
    const kindred::testing::VectorTable<float> model(user, item);
    const auto alike = item_neighbours(model);
    const auto best = recommend(model, UserId(0), {.count = 40});
    for (std::size_t k = 0; k < 4; ++k) {
      const auto out = diversify(best, alike, {.lambda = 1 - static_cast<double>(k) / 3, .count = 10});
      REQUIRE(out.size() == 10);
      auto sorted = ids(out);
      std::sort(sorted.begin(), sorted.end());
      CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
      for (const Scored& entry : out) {
        CHECK(std::find(best.begin(), best.end(), entry) != best.end());
        relevance[k] += entry.score;
      }
      CHECK(out[0] == best[0]);
      diversity[k] += intra_list_diversity(out, alike);
    }
  }
  CHECK(std::is_sorted(diversity.begin(), diversity.end()));
  CHECK(std::is_sorted(relevance.rbegin(), relevance.rend()));
  CHECK(diversity[3] > 1.2 * diversity[0]);
}

TEST_CASE("equal scores, one item and no items are fine; scores of any size are", "[serve]") {
  const std::vector<Scored> equal{{ItemId(10), 2}, {ItemId(11), 2}, {ItemId(20), 2}};
  CHECK(ids(diversify(equal, same_ten, {.lambda = 0.9})) == std::vector<Index>{10, 20, 11});
  CHECK(diversify(std::vector<Scored>{list[0]}, same_ten).size() == 1);
  CHECK(diversify(std::vector<Scored>{}, same_ten).empty());
  CHECK(diversify(list, same_ten, {.count = 0}).empty());
  const double huge = std::numeric_limits<double>::max();
  using Wide = BasicScored<std::uint32_t, double>;
  const std::vector<Wide> wide{{ItemId(10), huge}, {ItemId(11), huge / 2}, {ItemId(20), -huge}};
  CHECK(diversify(wide, same_ten, {.lambda = 0.9})[1].item == ItemId(11));
}

TEST_CASE("diversify refuses a lambda, a count, a score and a similarity that make no sense", "[serve]") {
  const auto message = [](const std::vector<Scored>& of, const auto& similarity, const DiversifyOptions& options) {
    return message_of([&] { (void)diversify(of, similarity, options); });
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(message(list, same_ten, {.lambda = 1.1}) == "diversify: lambda must be from 0 to 1, got 1.1");
  CHECK(message(list, same_ten, {.lambda = std::nan("")}) == "diversify: lambda must be from 0 to 1, got nan");
  CHECK(message(list, same_ten, {.count = -1}) == "diversify: count must not be negative, got -1");
  CHECK(message({{ItemId(3), nan}}, same_ten, {.lambda = 1}) == "diversify: scores must be finite, got nan for item 3");
  CHECK(message(list, [&](ItemId, ItemId) { return nan; }, {}) ==
        "diversify: a similarity must be a number, got NaN for items 11 and 10");
  const CosineNeighbours<float> few(RowMatrix<float>::Ones(3, 2));
  CHECK_THROWS_AS(diversify(list, few), std::out_of_range);
}

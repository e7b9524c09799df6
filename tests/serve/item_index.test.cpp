// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/model/collaborative.hpp>
#include <kindred/serve/item_index.hpp>

#include <vector>

using namespace kindred;

namespace {

CollaborativeModel<float, 16> random_model(Index items) {
  CollaborativeModel<float, 16> model(20, items, {.deviation = 0.5, .seed = 3});
  fill_normal(model.item_biases(), 0.3, 4, 0);
  return model;
}

}  // namespace

TEST_CASE("an index gives the lists of recommend", "[serve]") {
  for (const Index items : {1, 70, 9000}) {  // the last are screened where the machine is fast at it
    const auto model = random_model(items);
    const ItemIndex index(model);
    CHECK(index.items() == items);
    CHECK(index.ranked().screened() == (detail::coarse_is_fast && items == 9000));
    std::vector<ItemId> seen, allow;
    for (Index i = 0; i < items; i += 3) seen.emplace_back(i);
    for (Index i = 0; i < items; i += 2) allow.emplace_back(i);
    for (Index u = 0; u < 20; ++u) {
      for (const Index count : {0, 1, 10, 50}) {
        RecommendOptions options{.count = count, .exclude = seen};
        if (u % 2 == 0) options.allow = allow;
        if (u % 3 == 0) options.predicate = [](ItemId item) { return item.index() % 5 != 0; };
        const auto expected = recommend(model, UserId(u), options), list = recommend(index, model, UserId(u), options);
        REQUIRE(list.size() == expected.size());
        for (std::size_t k = 0; k < list.size(); ++k) {
          REQUIRE(list[k].item == expected[k].item);
          REQUIRE_THAT(list[k].score, Catch::Matchers::WithinRel(expected[k].score, 1e-5F));
        }
      }
    }
  }
}

TEST_CASE("the index refuses what is not its model's", "[serve]") {
  const auto model = random_model(50), other = random_model(60);
  const ItemIndex index(model);
  CHECK(message_of([&] { recommend(index, other, UserId(0)); }) ==
        "recommend: the index must be that of the model, of 60 items and 17 numbers each, got 50 and 17");
  CHECK_THROWS_AS(recommend(index, model, UserId(20)), std::out_of_range);
  CHECK_THROWS_AS(recommend(index, model, UserId(0), {.count = -1}), std::invalid_argument);
  const std::vector<ItemId> unknown{ItemId(50)};
  CHECK_THROWS_AS(recommend(index, model, UserId(0), {.deny = unknown}), std::out_of_range);
}

namespace {

/// The model, which asks for memory in `user_vectors` if it was not given any; this one does not.
struct Frugal : CollaborativeModel<float, 16> {
  void user_vectors(std::span<const Index> ids, RowMatrix<float>& out) const {
    out.resize(static_cast<Index>(ids.size()), vector_dim());
    out.setOnes();  // the last is what the bias is multiplied by
    for (std::size_t k = 0; k < ids.size(); ++k)
      out.row(static_cast<Index>(k)).head<16>() = user_encoder().row(ids[k]).matrix();
  }
};

}  // namespace

TEST_CASE("an answer allocates nothing once the workspace has given one as large", "[serve]") {
  const Frugal model{random_model(9000)};
  const ItemIndex index(model);
  std::vector<ItemId> seen;
  for (Index i = 0; i < 9000; i += 3) seen.emplace_back(i);
  const RecommendOptions options{.count = 20, .exclude = seen};
  ItemIndexWorkspace<> workspace;
  recommend_into(index, model, UserId(0), options, workspace);
  std::size_t found = 0;
  for (Index u = 1; u < 20; ++u) {
    CHECK(allocations_of([&] { found += recommend_into(index, model, UserId(u), options, workspace).size(); }) == 0);
  }
  CHECK(found == 19 * 20);
}

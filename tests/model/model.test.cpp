// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/model/model.hpp>
#include <kindred/testing/archetypes.hpp>

#include <vector>

using namespace kindred;

namespace {

struct SmallIdsFirst {
  using Scalar = float;
  Index users() const { return 3; }
  Index items() const { return 5; }
  float score(UserId, ItemId item) const { return -static_cast<float>(item.index()); }
  void score_items(UserId, std::span<float> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = -static_cast<float>(i);
  }
};
struct PlainNumbers : SmallIdsFirst {
  float score(Index, Index) const { return 0; }
};
struct SwappedIds : SmallIdsFirst {
  float score(ItemId, UserId) const { return 0; }
};
struct NotConst : SmallIdsFirst {
  void score_items(UserId, std::span<float>) {}
};
struct WholeScores : SmallIdsFirst {
  using Scalar = int;
};
struct NoItems {
  using Scalar = float;
  Index users() const { return 3; }
  float score(UserId, ItemId) const { return 0; }
  void score_items(UserId, std::span<float>) const {}
};
struct OnlyUserVectors : SmallIdsFirst {
  Index vector_dim() const { return 1; }
  void user_vectors(std::span<const Index>, RowMatrix<float>&) const {}
};
struct OnlyVectors : OnlyUserVectors {
  void item_vectors(RowMatrix<float>&) const {}
};

using testing::ScoreTable;
using testing::VectorTable;

static_assert(Model<SmallIdsFirst> && Model<ScoreTable<float>> && Model<ScoreTable<double>> && Model<VectorTable<float>>);
static_assert(!Model<PlainNumbers> && !Model<SwappedIds> && !Model<NotConst> && !Model<WholeScores> && !Model<NoItems>);
static_assert(!Model<int> && !Model<void>);
static_assert(Model<ScoreTable<float, std::uint64_t>, std::uint64_t> && !Model<ScoreTable<float, std::uint64_t>>);
static_assert(!Model<ScoreTable<float>, std::uint64_t>);

static_assert(VectorModel<VectorTable<float>> && VectorModel<VectorTable<double>> && VectorModel<OnlyVectors>);
static_assert(!VectorModel<SmallIdsFirst> && !VectorModel<ScoreTable<float>> && !VectorModel<OnlyUserVectors>);

static_assert(HasEmbeddings<VectorTable<float>> && !HasEmbeddings<OnlyVectors> && !HasEmbeddings<ScoreTable<float>>);

}  // namespace

TEST_CASE("the archetypes keep what their concepts promise", "[model]") {
  RowMatrix<float> user(2, 3), item(4, 3);
  user << 1, 2, 3, -1, 0, 2;
  item << 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1;
  const VectorTable<float> model(user, item, 10);
  std::vector<float> scores(4);
  model.score_items(UserId(0), scores);
  CHECK(scores == std::vector<float>{11, 12, 13, 16});
  RowMatrix<float> users, items;
  const std::vector<Index> ids{1, 0, 1};
  model.user_vectors(ids, users);
  model.item_vectors(items);
  CHECK(users.rows() == 3);
  CHECK(users.cols() == padded<float>(3));
  CHECK(users(0, 2) == 2);
  CHECK((users * items.transpose()).eval()(1, 3) == model.score(UserId(0), ItemId(3)) - 10);
  CHECK_THROWS_AS(VectorTable<float>(user, item.leftCols(2)), std::invalid_argument);
}

// SPDX-License-Identifier: MIT
#include <kindred/model/collaborative.hpp>
#include <kindred/scorer/cosine.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

#include <algorithm>
#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

/// An encoder of the least kind: its vectors are not rows of a table that training may touch one by one.
template <int Dim>
class Fixed {
 public:
  using Scalar = double;
  struct Tape {};
  static constexpr int fixed_dim = Dim;

  Fixed(Index rows, Index dim) : table_(rows, dim) { fill_normal(table_, 1, 5, 0); }
  Index rows() const { return table_.rows(); }
  Index dim() const { return table_.dim(); }
  void encode(std::span<const Index> ids, RowMatrix<double>& out) const { table_.encode(ids, out); }
  void encode(std::span<const Index> ids, RowMatrix<double>& out, Tape&) const { table_.encode(ids, out); }
  void backward(std::span<const Index>, const RowMatrix<double>&, Tape&, auto) const {}
  void touch_counts(std::span<const double>, std::vector<std::vector<double>>& counts) const { counts.emplace_back(); }
  auto parameters() { return std::tie(unused_); }
  static std::array<std::string, 1> names() { return {"unused"}; }

 private:
  EmbeddingTable<double, Dim> table_;
  Weights<double, 1> unused_{1, 1};
};
static_assert(Encoder<Fixed<3>> && !LookupEncoder<Fixed<3>>);

/// Biases of every size, and a mean of 2.
template <class Model>
Model filled(Model model) {
  fill_normal(model.user_biases(), 1, 3, 0);
  fill_normal(model.item_biases(), 1, 3, 1);
  std::vector<std::uint32_t> users, items;
  for (Index k = 0; k < std::max(model.users(), model.items()); ++k) {
    users.push_back(static_cast<std::uint32_t>(k % model.users()));
    items.push_back(static_cast<std::uint32_t>(k % model.items()));
  }
  model.prepare(Interactions({users, items}), 2);
  return model;
}

/// score, score_items and the vectors say the same. `score` itself is checked against `expected(user, item)`.
template <class Model, class Expected>
void check_scores(const Model& model, const Expected& expected) {
  using Scalar = typename Model::Scalar;
  const double tolerance = sizeof(Scalar) == 4 ? 2e-5 : 1e-13;
  const std::vector<Index> ids{3, 0, 4, 3, 1, 2};
  RowMatrix<Scalar> user_vectors = RowMatrix<Scalar>::Constant(2, 2, 9), item_vectors = user_vectors;
  model.user_vectors(ids, user_vectors);
  model.item_vectors(item_vectors);
  const Index width = padded<Scalar>(model.vector_dim());
  REQUIRE(user_vectors.rows() == 6);
  REQUIRE(user_vectors.cols() == width);
  REQUIRE(item_vectors.rows() == model.items());
  REQUIRE(item_vectors.cols() == width);
  CHECK(user_vectors.rightCols(width - model.vector_dim()).isZero(0));
  CHECK(item_vectors.rightCols(width - model.vector_dim()).isZero(0));
  CHECK(user_vectors.row(0) == user_vectors.row(3));

  std::vector<Scalar> scores(static_cast<std::size_t>(model.items()));
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const UserId user(ids[k]);
    model.score_items(user, scores);
    const auto dots = (item_vectors * user_vectors.row(static_cast<Index>(k)).transpose()).eval();
    bool same_order = true;
    for (Index i = 0; i < model.items(); ++i) {
      const double score = static_cast<double>(scores[static_cast<std::size_t>(i)]);
      CHECK_THAT(static_cast<double>(model.score(user, ItemId(i))), WithinAbs(expected(user.index(), i), tolerance));
      CHECK_THAT(score, WithinAbs(expected(user.index(), i), tolerance));
      for (Index j = 0; j < model.items(); ++j) {
        if (expected(user.index(), i) > expected(user.index(), j) + 4 * tolerance) same_order = same_order && dots(i) > dots(j);
      }
    }
    CHECK(same_order);
  }
}

template <class Model>
double plain_score(const Model& model, Index user, Index item) {
  const auto a = model.user_encoder().row(user).template cast<double>().eval();
  const auto b = model.item_encoder().row(item).template cast<double>().eval();
  double score = (a * b).sum();
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(model.scorer())>, Cosine>) {
    const double norms = std::sqrt(a.square().sum() * b.square().sum());
    score = norms == 0 ? 0 : model.scorer().scale * score / norms;
  }
  const double scale = static_cast<double>(model.scale());
  if (!model.has_biases()) return scale * score;
  return 2 + scale * (score + static_cast<double>(model.user_biases().row(user)(0)) +
                      static_cast<double>(model.item_biases().row(item)(0)));
}

}  // namespace

TEMPLATE_TEST_CASE("score, score_items and the vectors for top-k agree", "[model]", (CollaborativeModel<float, 16>),
                   (CollaborativeModel<float>), (CollaborativeModel<double, 3>), (CollaborativeModel<float, 3, Cosine>),
                   (CollaborativeModel<double, Dynamic, Cosine>)) {
  for (const bool biases : {true, false}) {
    for (const double scale : {1.0, 0.4}) {
      const Index dim = TestType::fixed_dim == Dynamic ? 5 : TestType::fixed_dim;
      TestType model(5, 37, {.dim = dim, .biases = biases, .deviation = 2, .scale = scale});
      model = filled(std::move(model));
      model.user_encoder().padded_row(2).setZero();
      model.item_encoder().padded_row(6).setZero();
      CHECK(model.vector_dim() == dim + (biases ? 1 : 0));
      check_scores(model, [&](Index user, Index item) { return plain_score(model, user, item); });
    }
  }
}

TEST_CASE("a stretched cosine keeps its place beside the biases", "[model]") {
  CollaborativeModel<double, 3, Cosine> model(5, 37, {.deviation = 2}, Cosine{.scale = 6});
  model = filled(std::move(model));
  check_scores(model, [&](Index user, Index item) { return plain_score(model, user, item); });
}

TEST_CASE("encoders that are no tables score the same way", "[model]") {
  const auto check = [](const auto& model) {
    check_scores(model, [&](Index user, Index item) {
      RowMatrix<double> a, b;
      model.user_embeddings(std::span<const Index>(&user, 1), a);
      model.item_embeddings(std::span<const Index>(&item, 1), b);
      const double score = a.row(0).dot(b.row(0)) /
                           (std::is_same_v<std::remove_cvref_t<decltype(model.scorer())>, Cosine> ? a.norm() * b.norm() : 1);
      return 2 + score + model.user_biases().row(user)(0) + model.item_biases().row(item)(0);
    });
  };
  check(filled(TwoTower(Fixed<3>(5, 3), Fixed<3>(37, 3), true)));
  check(filled(TwoTower(Fixed<Dynamic>(5, 7), EmbeddingTable<double>(37, 7), true)));
  EmbeddingTable<double> users(5, 7);
  fill_normal(users, 1, 2, 0);
  check(filled(TwoTower<EmbeddingTable<double>, Fixed<Dynamic>, Cosine>(users, Fixed<Dynamic>(37, 7), true)));
}

TEST_CASE("a model without biases has none, whatever their tables say", "[model]") {
  CollaborativeModel<double, 3> model(4, 7, {.biases = false, .deviation = 1});
  const double before = model.score(UserId(1), ItemId(2));
  model.prepare(made_up_ratings({.users = 4, .items = 7, .rows = 28}), 3.5);
  CHECK(model.global_mean() == 0);
  model.user_biases().row(1).setConstant(100);
  model.item_biases().row(2).setConstant(100);
  CHECK(model.score(UserId(1), ItemId(2)) == before);
  std::vector<double> scores(7), predictions(1);
  model.score_items(UserId(1), scores);
  CHECK_THAT(scores[2], WithinAbs(before, 1e-15));
  decltype(model)::Tape tape;
  const Index user = 1, item = 2;
  model.forward(std::span(&user, 1), std::span(&item, 1), predictions, tape);
  CHECK(predictions[0] == before);
}

TEST_CASE("unknown ids and a list of the wrong length are errors", "[model]") {
  const CollaborativeModel<float, 4> model(5, 7);
  CHECK_THROWS_AS(model.score(UserId(5), ItemId(0)), std::out_of_range);
  CHECK_THROWS_AS(model.score(UserId(0), ItemId(7)), std::out_of_range);
  CHECK(message_of([&] { model.score(UserId(5), ItemId(0)); }) == "TwoTower: user must be below 5, got 5");
  CHECK(message_of([&] { model.score(UserId(0), ItemId(7)); }) == "TwoTower: item must be below 7, got 7");
  std::vector<float> out(7, 9.0F), less(6, 9.0F), more(8, 9.0F);
  CHECK_THROWS_AS(model.score_items(UserId(5), out), std::out_of_range);
  CHECK(message_of([&] { model.score_items(UserId(0), less); }) == "TwoTower::score_items: out must have 7 places, got 6");
  CHECK(message_of([&] { model.score_items(UserId(0), more); }) == "TwoTower::score_items: out must have 7 places, got 8");
  CHECK(out == std::vector<float>(7, 9.0F));
  CHECK_NOTHROW(model.score(UserId(4), ItemId(6)));
}

TEST_CASE("encoders of different dims, and a scale that is none, are refused", "[model]") {
  using Table = EmbeddingTable<float>;
  CHECK(message_of([] { TwoTower(Table(2, 3), Table(2, 4), true); }) ==
        "TwoTower: the encoders must have the same dim, got 3 for users and 4 for items");
  for (const double scale : {0.0, -1.0, std::nan("")}) {
    CHECK(message_of([&] { TwoTower(Table(2, 3), Table(2, 3), true, DotProduct{}, scale); }) ==
          detail::concat("TwoTower: scale must be positive and finite, got ", scale));
  }
  CHECK_THROWS_AS((TwoTower<Table, Table, Cosine>(Table(2, 3), Table(2, 3), true, Cosine{.scale = -1})), std::invalid_argument);
}

TEST_CASE("prepare sets the mean and the vectors of the unseen to zero, once", "[model]") {
  CollaborativeModel<float, 4> model(5, 7);
  const auto before = model;
  // user 1 and item 2 have no rows; users 3 and 4, items 5 and 6 are not even among the data's
  model.prepare(Interactions({.users = {0, 0, 2, 2}, .items = {0, 1, 3, 4}}, {.users = 3, .items = 5}), 3.5);
  CHECK(model.global_mean() == 3.5F);
  for (Index u = 0; u < 5; ++u) {
    const bool seen = u == 0 || u == 2;
    CHECK((model.user_encoder().row(u) ==
           (seen ? before.user_encoder().row(u).eval() : Eigen::Array4f::Zero().transpose().eval()))
              .all());
  }
  for (Index i = 0; i < 7; ++i) {
    const bool seen = i == 0 || i == 1 || i == 3 || i == 4;
    CHECK((model.item_encoder().row(i) ==
           (seen ? before.item_encoder().row(i).eval() : Eigen::Array4f::Zero().transpose().eval()))
              .all());
  }
  const auto bits = bits_of(model);
  model.prepare(Interactions({.users = {1}, .items = {2}}, {.users = 5, .items = 7}), 1);
  CHECK(model.global_mean() == 3.5F);
  CHECK(bits_of(model) == bits);
}

TEST_CASE("parameters and names come in one order", "[model]") {
  using Model = CollaborativeModel<float, 4>;
  Model model(5, 7);
  CHECK(Model::names() == std::array<std::string, 4>{"user.rows", "item.rows", "user_bias.rows", "item_bias.rows"});
  CHECK(&std::get<0>(model.parameters()) == &model.user_encoder());
  CHECK(&std::get<1>(model.parameters()) == &model.item_encoder());
  CHECK(&std::get<2>(model.parameters()) == &model.user_biases());
  CHECK(&std::get<3>(model.parameters()) == &model.item_biases());
  CHECK(model.user_biases().rows() == 5);
  CHECK(model.item_biases().rows() == 7);
  CHECK(parameter_count(model) == (5 + 7) * (4 + 1));
  CHECK(model.users() == 5);
  CHECK(model.items() == 7);
  CHECK(model.dim() == 4);
}

TEST_CASE("embeddings are the rows of the tables, without biases", "[model]") {
  const auto model = filled(CollaborativeModel<float, 6>(5, 7));
  RowMatrix<float> users, items;
  model.user_embeddings(std::vector<Index>{4, 4, 0}, users);
  model.item_embeddings(std::vector<Index>{6}, items);
  CHECK(users.rows() == 3);
  CHECK(users.row(0) == model.user_encoder().padded_value().row(4));
  CHECK(users.row(1) == model.user_encoder().padded_value().row(4));
  CHECK(users.row(2) == model.user_encoder().padded_value().row(0));
  CHECK(items.row(0) == model.item_encoder().padded_value().row(6));
}

TEST_CASE("two-tower models are models", "[model]") {
  using Tower = TwoTower<Fixed<3>, EmbeddingTable<double, 3>, Cosine>;
  STATIC_REQUIRE(VectorModel<Tower>);
  STATIC_REQUIRE(VectorModel<Tower, std::uint64_t>);
  STATIC_REQUIRE(HasEmbeddings<Tower>);
  STATIC_REQUIRE(Parameterized<Tower>);
}

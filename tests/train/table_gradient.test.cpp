// SPDX-License-Identifier: MIT
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/content.hpp>
#include <kindred/optimizer/adagrad.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/optimizer/clip.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/train/table_gradient.hpp>

#include "support/catch.hpp"
#include "support/near.hpp"
#include "support/training.hpp"

#include <algorithm>

using namespace kindred;

namespace {

constexpr Index users = 30, items = 3000;

/// Random pairs, many of them of the first users and items.
template <class M>
PairWorkspace<M> pairs_of(std::size_t count, Random random) {
  PairWorkspace<M> pairs;
  for (std::size_t k = 0; k < count; ++k) {
    pairs.push(random.below(1 + random.below(users)), random.below(1 + random.below(items)));
    pairs.slopes.push_back(static_cast<typename M::Scalar>(random.normal()));
  }
  return pairs;
}

/// The gradient of some pairs that ask for L2, and of others that do not, summed by `TableGradient`.
template <class M>
Gradients<M> by_row(M& model, const std::array<PairWorkspace<M>, 2>& pairs, const L2Rows<M>& l2, int threads,
                    detail::TableGradient<M>& gradient) {
  auto total = gradients_like(model);
  gradient.clear(pairs[0].size() + pairs[1].size());
  gradient.add(pairs[0], true);
  gradient.add(pairs[1], false);
  gradient.compute(model, l2, 0.25, total, Threads(threads));
  return total;
}

/// The same, pair by pair.
template <class M>
Gradients<M> by_pair(M& model, std::array<PairWorkspace<M>, 2> pairs, const L2Rows<M>& l2) {
  auto total = gradients_like(model);
  pairs[0].backward(model, total);
  std::apply([](auto&... gradient) { (gradient.count_repeats(false), ...); }, total);
  pairs[1].backward(model, total);
  std::apply([](auto&... gradient) { (gradient.compact(), ...); }, total);
  l2.add_gradient(model, 0.25, total);
  return total;
}

}  // namespace

TEMPLATE_TEST_CASE("the gradient by row is that by pair, for any number of threads", "[train]", (CollaborativeModel<double, 7>),
                   (CollaborativeModel<float, 64>), (CollaborativeModel<float>),
                   (CollaborativeModel<float, 20, DotProduct, Eigen::bfloat16>)) {
  for (const bool biases : {true, false}) {
    TestType model(users, items,
                   {.dim = TestType::fixed_dim == Dynamic ? 9 : TestType::fixed_dim, .biases = biases, .scale = 1.5});
    const Interactions data = made_up_ratings({.users = users, .items = items, .rows = 900});
    const L2Rows<TestType> l2(model, data, {.embeddings = 0.3, .biases = 0.2, .frequency_power = 0.5}, true);
    detail::TableGradient<TestType> gradient;
    for (const std::size_t count :
         {std::size_t{5000}, std::size_t{1}, std::size_t{90}}) {  // less than before leaves nothing behind
      const std::array<PairWorkspace<TestType>, 2> pairs{pairs_of<TestType>(count, Random(1)),
                                                         pairs_of<TestType>(count - 1, Random(2))};
      auto expected = by_pair(model, pairs, l2);
      auto got = by_row(model, pairs, l2, 1, gradient);
      const auto compare = [&](const auto& a, const auto& b, const auto& equal) {
        REQUIRE(a.count() == b.count());
        CHECK(a.is_compact());
        for (Index k = 0; k < a.count(); ++k) {
          if (a.id(k) != b.id(k) || a.repeats(k) != b.repeats(k) || !equal(a.padded_row(k), b.padded_row(k))) {
            FAIL("entry " << k << ": " << a.padded_row(k) << " and " << b.padded_row(k));
          }
        }
      };
      const auto compare_all = [&](const auto& a, const auto& b, const auto& equal) {
        compare(std::get<0>(a), std::get<0>(b), equal);
        compare(std::get<1>(a), std::get<1>(b), equal);
        compare(std::get<2>(a), std::get<2>(b), equal);
        compare(std::get<3>(a), std::get<3>(b), equal);
      };
      compare_all(got, expected, [](const auto& a, const auto& b) { return ((a - b).abs() <= 1e-4F * (1 + b.abs())).all(); });
      CHECK(std::get<2>(got).count() == (biases ? std::get<0>(got).count() : 0));
      for (const int threads : {2, 7}) {
        compare_all(by_row(model, pairs, l2, threads, gradient), got,
                    [](const auto& a, const auto& b) { return (a == b).all(); });
      }
    }
  }
}

namespace {

/// The model after three steps down the gradients of pairs, by `move` or by `compute` and the optimizer.
template <class M, class Rule>
M moved(M model, const std::array<PairWorkspace<M>, 2>& pairs, const L2Rows<M>& l2, const Rule& rule, double clip_norm,
        bool by_rows, int threads) {
  Optimizer<Rule> optimizer(rule);
  detail::TableGradient<M> gradient;
  for (int step = 0; step < 3; ++step) {
    if (by_rows) {
      gradient.clear(pairs[0].size() + pairs[1].size());
      gradient.add(pairs[0], true);
      gradient.add(pairs[1], false);
      gradient.move(model, l2, 0.25, clip_norm, optimizer, 0.5, Threads(threads));
    } else {
      auto total = by_row(model, pairs, l2, 1, gradient);
      if (clip_norm > 0) clip_by_norm(total, clip_norm);
      optimizer.step(model, total, Serial{}, 0.5);
    }
  }
  CHECK(optimizer.steps() == 3);
  return model;
}

template <class M>
bool same_numbers(M& a, M& b, double tolerance = 0) {
  bool same = true;
  detail::for_each_parameter(a, [&](auto& parameter, auto k) {
    auto others = b.parameters();
    for (Index r = 0; r < parameter.rows(); ++r) {
      const auto x = std::as_const(parameter).padded_row(r), y = std::as_const(std::get<k>(others)).padded_row(r);
      same = same && ((x - y).abs().template cast<double>() <= tolerance).all();
    }
  });
  return same;
}

}  // namespace

TEMPLATE_TEST_CASE("a step by rows is a step of the optimizer down the gradient", "[train]", (CollaborativeModel<double, 7>),
                   (CollaborativeModel<float, 16>), (CollaborativeModel<float>),
                   (CollaborativeModel<float, 20, DotProduct, Eigen::bfloat16>)) {
  const Interactions data = made_up_ratings({.users = users, .items = items, .rows = 900});
  const auto check = [&](const auto& rule, bool biases, std::size_t count) {
    TestType model(users, items,
                   {.dim = TestType::fixed_dim == Dynamic ? 9 : TestType::fixed_dim, .biases = biases, .scale = 1.5});
    const L2Rows<TestType> l2(model, data, {.embeddings = 0.3, .biases = 0.2, .frequency_power = 0.5}, true);
    const std::array<PairWorkspace<TestType>, 2> pairs{pairs_of<TestType>(count, Random(1)),
                                                       pairs_of<TestType>(count / 2, Random(2))};
    auto expected = moved(model, pairs, l2, rule, 0, false, 1);
    CHECK_FALSE(same_numbers(model, expected));
    for (const int threads : {1, 2, 7}) {
      auto got = moved(model, pairs, l2, rule, 0, true, threads);
      CHECK(same_numbers(got, expected));
    }
    auto clipped = moved(model, pairs, l2, rule, 0.01, true, 1), clipped_after = moved(model, pairs, l2, rule, 0.01, false, 1);
    CHECK_FALSE(same_numbers(clipped, expected, 1e-7));
    if (!std::remove_cvref_t<decltype(model.user_encoder())>::narrow)
      CHECK(same_numbers(clipped, clipped_after, 1e-6));  // a bit elsewhere may round otherwise
    auto together = moved(model, pairs, l2, rule, 0.01, true, 7);
    CHECK(same_numbers(clipped, together));
    auto unclipped = moved(model, pairs, l2, rule, 1e9, true, 2);
    CHECK(same_numbers(unclipped, expected));
  };
  check(RowwiseAdagrad{}, true, 2000);
  check(RowwiseAdagrad{}, false, 1);
  check(Adam{}, true, 90);
}

TEST_CASE("what is a model of tables and what is not", "[train]") {
  STATIC_REQUIRE(detail::TableModel<CollaborativeModel<float, 8>>);
  STATIC_REQUIRE(detail::TableModel<CollaborativeModel<float, 8, DotProduct, Eigen::half>>);
  STATIC_REQUIRE(!detail::TableModel<CollaborativeModel<float, 8, Cosine>>);
  STATIC_REQUIRE(!detail::TableModel<ContentModel<FeatureBag<float, 8>, EmbeddingTable<float, 8>>>);
}

// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/kernel/score.hpp>
#include <kindred/kernel/top_k.hpp>
#include <kindred/kernel/top_k_one.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace kindred;

namespace {

template <class Scalar>
constexpr Scalar nan_value = std::numeric_limits<Scalar>::quiet_NaN();
template <class Scalar>
constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();

template <class Scalar, class Keep = KeepAll>
auto top_of(const std::vector<Scalar>& scores, Index k, const Keep& keep = {}) {
  std::vector<BasicScored<std::uint32_t, Scalar>> out(static_cast<std::size_t>(k), {ItemId(99999), 77});
  const Index count =
      top_k_of_scores(std::span<const Scalar>(scores), std::span<BasicScored<std::uint32_t, Scalar>>(out), keep);
  out.resize(static_cast<std::size_t>(count));
  return out;
}

/// What one user's search has found.
template <class Scalar>
std::vector<BasicScored<std::uint32_t, Scalar>> scored_items(std::span<const detail::Candidate<Scalar>> list) {
  std::vector<BasicScored<std::uint32_t, Scalar>> out;
  for (const auto& found : list) out.push_back({ItemId(found.item), found.lower});
  return out;
}

/// Items laid out in each of the two ways.
template <class Scalar>
std::vector<RankedItems<Scalar>> both_ways(const RowMatrix<Scalar>& items, const ItemMask* allowed = nullptr) {
  return {RankedItems<Scalar>(items, items.cols(), allowed, Screening::never),
          RankedItems<Scalar>(items, items.cols(), allowed, Screening::always)};
}
template <class Scalar>
std::vector<RankedRows<Scalar>> rows_both_ways(const RowMatrix<Scalar>& items, const ItemMask* allowed = nullptr) {
  return {RankedRows<Scalar>(items, items.cols(), allowed, Screening::never),
          RankedRows<Scalar>(items, items.cols(), allowed, Screening::always)};
}

}  // namespace

TEMPLATE_TEST_CASE("the best of a row of scores are those that sorting puts first", "[kernel]", float, double) {
  Random random(1);
  for (const Index size : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257}) {
    for (const Index k : {0, 1, 2, 7, 10, 33, 300}) {
      for (const int kept : {10, 5, 1, 0}) {  // of 10
        std::vector<TestType> scores;
        std::vector<bool> keep;
        for (Index i = 0; i < size; ++i) {
          const Index what = random.below(30);
          scores.push_back(what == 0   ? nan_value<TestType>
                           : what == 1 ? infinity<TestType>
                           : what == 2 ? -infinity<TestType>
                                       : static_cast<TestType>(random.below(12)));
          keep.push_back(random.below(10) < kept);
        }
        const auto pass = [&](Index i) { return keep[static_cast<std::size_t>(i)]; };
        INFO("size " << size << ", k " << k << ", kept " << kept);
        REQUIRE((top_of(scores, k, pass) == sorted_top_k(scores, k, pass)));
      }
    }
  }
}

TEST_CASE("equal scores are ordered by id, also at the end of the list", "[kernel]") {
  const std::vector<float> scores{1, 2, 1, 2, 1, 2, 0, 1};
  const auto list = top_of(scores, 5);
  REQUIRE(list.size() == 5);
  CHECK(list[0].item == ItemId(1));
  CHECK(list[1].item == ItemId(3));
  CHECK(list[2].item == ItemId(5));
  CHECK(list[3].item == ItemId(0));
  CHECK(list[4].item == ItemId(2));
}

TEST_CASE("a score of minus infinity is a score, NaN is none", "[kernel]") {
  const std::vector<float> scores{-infinity<float>, nan_value<float>, 1};
  const auto list = top_of(scores, 3);
  REQUIRE(list.size() == 2);
  CHECK(list[0].item == ItemId(2));
  CHECK(list[1].item == ItemId(0));
}

TEST_CASE("the filter is asked only about what could enter the list", "[kernel]") {
  std::vector<float> scores(1000);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(scores.size() - i);
  Index asked = 0;
  top_of(scores, 10, [&](Index) { return ++asked, true; });
  CHECK(asked == 10);
}

TEMPLATE_TEST_CASE("lists from vectors are those of sorting all dot products", "[kernel]", float, double) {
  Random random(2);
  BasicTopLists<std::uint32_t, TestType> lists;
  for (const Index dim : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
    for (const Index users : {1, 7, 13}) {
      for (const Index items : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
        const Index k = 1 + random.below(20);
        const RowMatrix<TestType> a = whole_numbers<TestType>(users, dim, random),
                                  b = whole_numbers<TestType>(items, dim, random);
        const RowMatrix<TestType> scores = a * b.transpose();
        std::vector<std::vector<ItemId>> seen(static_cast<std::size_t>(users));
        ItemMask allowed(items);
        std::vector<bool> keep(static_cast<std::size_t>(items));
        for (Index i = 0; i < items; ++i) {
          allowed.set(i, random.below(4) > 0);
          keep[static_cast<std::size_t>(i)] = random.below(4) > 0;
          for (auto& list : seen) {
            if (random.below(4) == 0) list.emplace_back(i);
          }
        }
        for (const auto& ranked : both_ways<TestType>(b, &allowed)) {
          top_k(
              a, ranked, k, lists, [&](Index u) { return std::span<const ItemId>(seen[static_cast<std::size_t>(u)]); },
              [&](Index i) { return keep[static_cast<std::size_t>(i)]; });
          REQUIRE(lists.size() == users);
          for (Index u = 0; u < users; ++u) {
            const auto& mine = seen[static_cast<std::size_t>(u)];
            const std::vector<TestType> row(scores.data() + u * items, scores.data() + (u + 1) * items);
            const auto expected = sorted_top_k(row, k, [&](Index i) {
              return allowed[i] && keep[static_cast<std::size_t>(i)] &&
                     std::find(mine.begin(), mine.end(), ItemId(i)) == mine.end();
            });
            INFO("dim " << dim << ", items " << items << ", user " << u << ", screened " << ranked.screened());
            REQUIRE((as_vector(lists[u]) == expected));
          }
        }
      }
    }
  }
}

TEST_CASE("the list of a user is his own, in every block", "[kernel]") {
  Random random(3);
  const RowMatrix<float> a = normal_numbers<float>(250, 5, random), b = normal_numbers<float>(120, 5, random);
  for (const auto& items : both_ways<float>(b)) {
    TopLists all, one;
    top_k(a, items, 4, all);
    for (Index u = 0; u < 250; ++u) {
      top_k(a.row(u), items, 4, one);
      REQUIRE((as_vector(all[u]) == as_vector(one[0])));  // to the last bit
    }
  }
}

TEST_CASE("a NaN hides nothing that shares its tile", "[kernel]") {
  const Index width = ItemTiles<float>::width;
  const RowMatrix<float> user = RowMatrix<float>::Ones(1, 1);
  TopLists lists;
  for (Index nan = 0; nan < width; ++nan) {
    for (Index best = 0; best < width; ++best) {
      if (nan == best) continue;
      RowMatrix<float> items = RowMatrix<float>::Zero(2 * width, 1);  // the first tile fills the list with zeros
      items(width + nan, 0) = nan_value<float>;
      items(width + best, 0) = 1;
      for (const auto& ranked : both_ways<float>(items)) {
        top_k(user, ranked, 3, lists);
        REQUIRE(lists[0].size() == 3);
        REQUIRE(lists[0][0].item.index() == width + best);
      }
      std::vector<float> scores(items.data(), items.data() + items.size());
      REQUIRE(top_of(scores, 3)[0].item.index() == width + best);
    }
  }
  const RowMatrix<float> nothing = RowMatrix<float>::Constant(50, 1, nan_value<float>);
  for (const auto& ranked : both_ways<float>(nothing)) {
    top_k(user, ranked, 3, lists);
    CHECK(lists[0].empty());
  }
}

TEST_CASE("fewer than k rather than a filtered item", "[kernel]") {
  Random random(4);
  const RowMatrix<float> a = normal_numbers<float>(3, 8, random), b = normal_numbers<float>(40, 8, random);
  const RankedItems<float> items(b, 8);
  TopLists lists;
  const ItemMask none(40, false);
  ItemMask two(40, false);
  two.set(39, true);
  two.set(5, true);
  for (const auto screening : {Screening::never, Screening::always}) {
    top_k(a, RankedItems<float>(b, 8, &none, screening), 10, lists);
    for (Index u = 0; u < 3; ++u) CHECK(lists[u].empty());
    top_k(a, RankedItems<float>(b, 8, &two, screening), 1000, lists);
    for (Index u = 0; u < 3; ++u) CHECK(lists[u].size() == 2);
    top_k(a, RankedItems<float>(b, 8, nullptr, screening), 1000, lists);
    for (Index u = 0; u < 3; ++u) CHECK(lists[u].size() == 40);
  }
  top_k(a, items, 0, lists);
  for (Index u = 0; u < 3; ++u) CHECK(lists[u].empty());
  CHECK(message_of([&] { top_k(a, items, -1, lists); }) == "top_k: k must not be negative, got -1");
}

TEST_CASE("the same bits for any number of threads", "[kernel]") {
  Random random(5);
  const RowMatrix<float> a = normal_numbers<float>(1000, 17, random), b = normal_numbers<float>(300, 17, random);
  std::vector<std::uint64_t> hashes;
  for (const auto& items : both_ways<float>(b)) {
    TopLists lists;
    const auto hash_with = [&](const auto& executor) {
      top_k(a, items, 12, lists, NothingSeen<std::uint32_t>{}, KeepAll{}, executor);
      hashes.push_back(hash_of(lists));
    };
    hash_with(Serial{});
    for (const int threads : {1, 2, 7}) hash_with(Threads(threads));
  }
  CHECK(hashes == std::vector<std::uint64_t>(8, hashes[0]));
}

TEST_CASE("nothing is allocated once the memory has been as large", "[kernel]") {
  Random random(6);
  const RowMatrix<float> a = normal_numbers<float>(90, 20, random), b = normal_numbers<float>(700, 20, random);
  for (const auto& items : both_ways<float>(b)) {
    TopLists lists;
    lists.reset(90, 5);
    detail::TopKBlock<float, std::uint32_t> block;
    const auto run = [&] { block.run(a.data(), 20, 90, items, NothingSeen<std::uint32_t>{}, KeepAll{}, lists, 0); };
    run();
    CHECK(allocations_of(run) == 0);
  }
  std::vector<float> scores(100, 1.0F);
  std::vector<Scored> out(10);
  CHECK(allocations_of([&] { top_k_of_scores(std::span<const float>(scores), std::span<Scored>(out)); }) == 0);
}

TEST_CASE("ids may be 64 bits wide", "[kernel]") {
  Random random(7);
  const RowMatrix<float> a = whole_numbers<float>(2, 4, random), b = whole_numbers<float>(9, 4, random);
  BasicTopLists<std::uint64_t, float> wide;
  TopLists narrow;
  top_k(a, RankedItems<float>(b, 4), 5, wide);
  top_k(a, RankedItems<float>(b, 4), 5, narrow);
  for (Index u = 0; u < 2; ++u) {
    REQUIRE(wide[u].size() == 5);
    for (std::size_t k = 0; k < 5; ++k) CHECK(wide[u][k].item.index() == narrow[u][k].item.index());
  }
}

TEMPLATE_TEST_CASE("lists are those of sorting the scores, to the last bit, screened or not", "[kernel]", float, double) {
  Random random(8);
  BasicTopLists<std::uint32_t, TestType> lists;
  const TestType huge = std::numeric_limits<TestType>::max() / 8, tiny = std::numeric_limits<TestType>::min();
  for (const int kind : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
    for (const Index items : {0, 1, 31, 33, 700}) {
      for (const Index users : {1, 13, 96, 110}) {
        const Index dim = 1 + random.below(20),
                    k = std::array<Index, 4>{0, 1, 10, 900}[static_cast<std::size_t>(random.below(4))];
        RowMatrix<TestType> a = normal_numbers<TestType>(users, dim, random), b = normal_numbers<TestType>(items, dim, random);
        if (kind == 1)
          a = whole_numbers<TestType>(users, dim, random), b = whole_numbers<TestType>(items, dim, random);  // ties
        for (Index i = 0; i < items; ++i) {
          if (kind == 2) b.row(i) *= static_cast<TestType>(10 * std::pow(static_cast<double>(random.below(items)) + 1, -0.8));
          if (kind == 3) b.row(i).setConstant(TestType(0.5));  // all alike
          if (kind == 4 && random.below(3) == 0) b.row(i).setZero();
          if (kind == 5 && random.below(9) == 0)
            b(i, random.below(dim)) = random.below(2) == 0 ? nan_value<TestType> : infinity<TestType>;
          if (kind == 6) b.row(i) *= random.below(2) == 0 ? tiny : TestType(1);
          if (kind == 7) b.row(i) *= random.below(2) == 0 ? huge : TestType(1);
        }
        if (kind == 4) a.row(users / 2).setZero();
        if (kind == 10) {  // users that 8 bits hold exactly, items that differ by less than 8 bits tell
          a = (a.array() < 0).select(RowMatrix<TestType>::Constant(users, dim, -1), RowMatrix<TestType>::Ones(users, dim));
          b = RowMatrix<TestType>::Ones(items, dim) + TestType(0.002) * b;
        }
        if (kind == 9 && items > 0) b /= b.norm();  // short: near ties by many
        if (kind == 8) a(users / 2, 0) = infinity<TestType>, a(0, 0) = nan_value<TestType>;
        ItemMask allowed(items);
        std::vector<std::vector<ItemId>> seen(static_cast<std::size_t>(users));
        const bool filtered = random.below(2) == 0;
        for (Index i = 0; i < items && filtered; ++i) {
          allowed.set(i, random.below(4) > 0);
          for (auto& list : seen) {
            if (random.below(4) == 0) list.emplace_back(i);
          }
        }
        const auto of = [&](Index u) { return std::span<const ItemId>(seen[static_cast<std::size_t>(u)]); };
        const auto keep = [&](Index i) { return !filtered || i % 7 != 0; };
        RowMatrix<TestType> scores;
        score_many_to_many(a, b, scores);
        for (const auto& ranked : both_ways<TestType>(b, &allowed)) {
          top_k(a, ranked, k, lists, of, keep, Threads(2));
          INFO("kind " << kind << ", " << users << " users, " << items << " items, dim " << dim << ", k " << k << ", screened "
                       << ranked.screened());
          for (Index u = 0; u < users; ++u) {
            const auto& mine = seen[static_cast<std::size_t>(u)];
            const auto expected = sorted_top_k(
                std::span<const TestType>(scores.data() + u * items, static_cast<std::size_t>(items)), k,
                [&](Index i) { return allowed[i] && keep(i) && !std::binary_search(mine.begin(), mine.end(), ItemId(i)); });
            REQUIRE((as_vector(lists[u]) == expected));
          }
        }
        detail::TopKOne<TestType> one;
        for (const auto& ranked : rows_both_ways<TestType>(b, &allowed)) {
          INFO("kind " << kind << ", one user, " << items << " items, dim " << dim << ", k " << k << ", screened "
                       << ranked.screened());
          for (const Index u : {Index{0}, users / 2}) {
            const auto& mine = seen[static_cast<std::size_t>(u)];
            const auto may = [&](Index i) { return keep(i) && !std::binary_search(mine.begin(), mine.end(), ItemId(i)); };
            const auto list = one.run(a.data() + u * a.cols(), ranked, std::min(k, items), may);
            REQUIRE((scored_items(list) ==
                     sorted_top_k(std::span<const TestType>(scores.data() + u * items, static_cast<std::size_t>(items)), k,
                                  [&](Index i) { return allowed[i] && may(i); })));
          }
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("one user's list of a large catalogue is that of sorting, to the last bit", "[kernel]", float, double) {
  Random random(12);
  detail::TopKOne<TestType> one;
  for (const auto& [items, dim] : {std::pair<Index, Index>{2049, 3}, {2600, 65}, {2100, 130}}) {
    const RowMatrix<TestType> normal = normal_numbers<TestType>(items, dim, random);
    for (const int kind : {0, 1, 2, 3}) {
      if (dim > 65 && kind > 0) continue;  // which takes long without optimisation
      RowMatrix<TestType> b = normal;
      for (Index i = 0; i < items; ++i) {
        if (kind == 1) b.row(i) *= static_cast<TestType>(10 / std::sqrt(static_cast<double>((i * 7919) % items) + 100));
        if (kind == 2)
          b(i, dim - 1) = TestType(30) + static_cast<TestType>(i % 5);  // one coordinate far larger than the others
      }
      if (kind == 3) b = b.array().round();  // ties
      const RowMatrix<TestType> a =
          kind == 3 ? whole_numbers<TestType>(1, dim, random) : normal_numbers<TestType>(1, dim, random);
      RowMatrix<TestType> scores;
      score_many_to_many(a, b, scores);
      const auto expected =
          sorted_top_k(std::span<const TestType>(scores.data(), static_cast<std::size_t>(items)), 2100, KeepAll{});
      for (const auto& ranked : rows_both_ways<TestType>(b)) {
        for (const Index k : {1, 10, 100, 2100}) {
          INFO(items << " items, dim " << dim << ", kind " << kind << ", k " << k << ", screened " << ranked.screened());
          const auto list = scored_items(one.run(a.data(), ranked, std::min(k, items), KeepAll{}));
          REQUIRE(std::ssize(list) == std::min(k, items));
          CHECK(std::equal(list.begin(), list.end(), expected.begin()));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("one user's search: bounds count what is lost by rounding", "[kernel]", float, double) {
  // Items that 8 bits hold but for their largest coordinate, and a user whose every coordinate is rounded down. The best item is the shortest.
  constexpr Index items = 3000, dim = 64, best = 17;
  const TestType step = std::is_same_v<TestType, float> ? TestType(0.0625) : TestType(1e-9);
  RowMatrix<TestType> vectors = RowMatrix<TestType>::Constant(items, dim, TestType(4.03125)),
                      user = RowMatrix<TestType>::Constant(1, dim, TestType(100.45));
  vectors.col(0).setConstant(8);
  user(0) = 127, user(1) = 1;
  vectors(best, 1) -= 8 * step, vectors(best, 2) += step;
  for (const auto& ranked : rows_both_ways<TestType>(vectors)) {
    CHECK(ranked.id(items - 1) == best);
    detail::TopKOne<TestType> one;
    const auto list = one.run(user.data(), ranked, 1, KeepAll{});
    REQUIRE(list.size() == 1);
    CHECK(list[0].item == best);
  }
}

TEST_CASE("one user's search: what scores 0 has its place by its id, for a user of any length", "[kernel]") {
  RowMatrix<float> vectors = RowMatrix<float>::Zero(3000, 2), user(1, 2);
  vectors.col(1).tail(2500).setOnes();
  for (const float length : {1e-14F, 1.0F, 1e14F}) {
    user << length, 0;
    for (const auto& ranked : rows_both_ways<float>(vectors)) {
      detail::TopKOne<float> one;
      const auto list = one.run(user.data(), ranked, 10, KeepAll{});
      REQUIRE(list.size() == 10);
      for (Index k = 0; k < 10; ++k) CHECK(list[static_cast<std::size_t>(k)].item == k);
    }
  }
}

TEST_CASE("one user's search: sums that overflow in one order alone", "[kernel]") {
  constexpr float huge = std::numeric_limits<float>::max() / 4 * 3;
  RowMatrix<float> vectors = RowMatrix<float>::Zero(300, 64);
  vectors.col(63).setConstant(-1);
  vectors(250, 0) = vectors(250, 1) = huge, vectors(250, 2) = vectors(250, 3) = -huge;    // in that of a tile
  vectors(251, 0) = vectors(251, 32) = huge, vectors(251, 1) = vectors(251, 33) = -huge;  // in that of packets
  vectors(251, 63) = 0;
  const RowMatrix<float> user = RowMatrix<float>::Ones(1, 64);
  RowMatrix<float> scores;
  score_many_to_many(user, vectors, scores);
  REQUIRE(scores(0, 250) == infinity<float>);
  REQUIRE(scores(0, 251) == 0);
  for (const auto& ranked : rows_both_ways<float>(vectors)) {
    detail::TopKOne<float> one;
    const auto list = one.run(user.data(), ranked, 3, KeepAll{});
    CHECK((scored_items(list) == sorted_top_k(std::span<const float>(scores.data(), 300), 3, KeepAll{})));
  }
}

TEST_CASE("one user's search asks about few items, and fewer where they are of unequal length", "[kernel]") {
  Random random(13);
  RowMatrix<float> items = normal_numbers<float>(10'000, 64, random);
  const RowMatrix<float> user = normal_numbers<float>(1, 64, random);
  detail::TopKOne<float> one;
  const auto asked_of = [&] {
    const RankedRows<float> ranked(items, 64, nullptr, Screening::always);
    Index asked = 0;
    one.run(user.data(), ranked, 10, [&](Index) { return ++asked, true; });
    return asked;
  };
  CHECK(asked_of() < 100);
  for (Index i = 0; i < items.rows(); ++i) items.row(i) /= std::sqrt(static_cast<float>(i) + 1);
  CHECK(asked_of() < 40);
}

TEST_CASE("screened in 8 bits: what only equals the limit, exactly, has its place by its id", "[kernel]") {
  Random random(14);
  RowMatrix<float> users = whole_numbers<float>(24, 20, random, 3), items = whole_numbers<float>(900, 20, random, 3);
  users.col(0).setConstant(127), users.col(1).setZero();  // so that 8 bits hold all numbers, and scores are small
  items.col(0).setZero(), items.col(1).setConstant(127);
  RowMatrix<float> scores;
  score_many_to_many(users, items, scores);
  TopLists lists;
  top_k(users, RankedItems<float>(items, 20, nullptr, Screening::always), 30, lists);
  for (Index u = 0; u < users.rows(); ++u)
    REQUIRE((as_vector(lists[u]) == sorted_top_k(std::span<const float>(scores.data() + u * 900, 900), 30, KeepAll{})));
}

TEST_CASE("screened in 8 bits: a user who is done finds nothing more, however close later items come", "[kernel]") {
  Random random(15);
  const Index count = 12, dim = 32, k = 5;
  RowMatrix<float> users = normal_numbers<float>(count, dim, random);
  users.row(0).normalize();
  for (Index u = 1; u < count; ++u) users.row(u) -= users.row(u).dot(users.row(0)) * users.row(0);  // never done
  RowMatrix<float> items(4000, dim);
  for (Index i = 0; i < items.rows(); ++i) items.row(i) = users.row(0) * (i < k ? 1.0F : 0.9995F);
  RowMatrix<float> scores;
  score_many_to_many(users, items, scores);
  TopLists lists;
  top_k(users, RankedItems<float>(items, dim, nullptr, Screening::always), k, lists);
  for (Index u = 0; u < count; ++u)
    REQUIRE((as_vector(lists[u]) == sorted_top_k(std::span<const float>(scores.data() + u * 4000, 4000), k, KeepAll{})));
}

TEST_CASE("more items than 32 bits count are refused, before any is read", "[kernel]") {
  const auto items = Eigen::MatrixXf::Zero(Index{1} << 32, 4);
  const std::string message = "best lists: there must be at most 4294967295 items, got 4294967296";
  CHECK(message_of([&] { RankedItems<float>(items, 4); }) == message);
  CHECK(message_of([&] { RankedRows<float>(items, 4); }) == message);
}

TEST_CASE("what is too short for a list is not scored", "[kernel]") {
  RowMatrix<float> items = RowMatrix<float>::Zero(2000, 2);
  for (Index i = 0; i < 2000; ++i) items(i, 0) = 1 / static_cast<float>(1 + i);
  const RankedItems<float> ranked(items, 2);
  CHECK(ranked.id(0) == 0);
  CHECK_FALSE(ranked.below(0, 1, 1.0F));  // rounding might make it as much
  CHECK_FALSE(ranked.below(0, 1, 1.000001F));
  CHECK(ranked.below(0, 1, 1.001F));
  CHECK_FALSE(ranked.below(0, 1, nan_value<float>));
  Index asked = 0;
  TopLists lists;
  const RowMatrix<float> user = RowMatrix<float>::Ones(1, 2);
  top_k(user, ranked, 5, lists, NothingSeen<std::uint32_t>{}, [&](Index) { return ++asked, true; });
  CHECK(asked < 200);  // of 2000
  CHECK(lists[0][4].item == ItemId(4));
}

TEMPLATE_TEST_CASE("bits of the scores above a limit are those of a plain loop", "[kernel]", float, double) {
  Random random(9);
  detail::TilePacket<TestType> low, high;
  for (int round = 0; round < 300; ++round) {
    const auto number = [&] {
      const Index what = random.below(12);
      return what == 0   ? nan_value<TestType>
             : what == 1 ? infinity<TestType>
             : what == 2 ? -infinity<TestType>
                         : static_cast<TestType>(random.below(5)) - 2;
    };
    for (auto* packet : {&low, &high}) {
      for (auto& x : *packet) x = number();
    }
    const TestType limit = number();
    REQUIRE(detail::above(low, high, limit) == detail::above_plain(low, high, limit));
  }
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/kernel/coarse_items.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace kindred;
using namespace kindred::detail;

namespace {

/// The words of some users, coordinate by coordinate.
UserTiles<std::int32_t> words_of(const RowMatrix<float>& users, std::vector<CoarseUser>& about) {
  UserTiles<std::int32_t> words;
  words.reset(users.rows(), (users.cols() + coarse_word - 1) / coarse_word);
  for (Index u = 0; u < users.rows(); ++u) {
    about.emplace_back(&users(u, 0), users.cols(), [&](Index d, std::int32_t word) { words.at(u, d) = word; });
  }
  return words;
}

struct Found {
  explicit Found(std::size_t users) : sums(users * 200), places(users * 200), of(users) {
    for (std::size_t u = 0; u < users; ++u) of[u] = {&sums[u * 200], &places[u * 200], 0};
  }
  std::vector<std::int32_t> sums;
  std::vector<std::uint32_t> places;
  std::vector<CoarseFound> of;
};

}  // namespace

TEST_CASE("products of 8-bit integers are those of a plain loop, and only those above the limit are found", "[kernel]") {
  Random random(1);
  for (const Index dim : {1, 3, 4, 5, 16, 63, 64, 100}) {
    for (const Index count : {1, 12}) {
      const RowMatrix<float> users = normal_numbers<float>(count, dim, random),
                             vectors = normal_numbers<float>(70, dim, random);
      const CoarseItems items(70, dim, [&](Index i) { return &vectors(i, 0); });
      std::vector<CoarseUser> about;
      const auto words = words_of(users, about);
      const auto width = static_cast<std::size_t>(words.width());
      std::vector<std::int32_t> limits(width);
      for (auto& limit : limits)
        limit = static_cast<std::int32_t>(random.below(40'000)) * static_cast<std::int32_t>(dim) - 20'000;
      Found fast(width), plain(width);
      with_width(words.width(), [&](auto sequence) {
        for (Index t = 0; t < 3; ++t) {
          const auto first = static_cast<std::uint32_t>(32 * t);
          const std::uint32_t here = t < 2 ? ~0U : (1U << 6) - 1;
          const bool any =
              coarse_above(sequence, items.tile(t), words.group(0), items.rows(), limits.data(), here, first, fast.of.data());
          CHECK(any == coarse_above_plain(sequence, items.tile(t), words.group(0), items.rows(), limits.data(), here, first,
                                          plain.of.data()));
        }
      });
      for (std::size_t u = 0; u < width; ++u) {
        REQUIRE(fast.of[u].count == plain.of[u].count);
        for (Index n = 0; n < fast.of[u].count; ++n) {
          CHECK(fast.of[u].sums[n] == plain.of[u].sums[n]);
          CHECK(fast.of[u].places[n] == plain.of[u].places[n]);
          CHECK(fast.of[u].sums[n] > limits[u]);
          CHECK(fast.of[u].places[n] < 70);
        }
      }
    }
  }
}

TEST_CASE("the largest products fit 32 bits", "[kernel]") {
  const Index dim = most_coarse_dim;
  RowMatrix<float> rows = RowMatrix<float>::Ones(1, dim);
  const CoarseItems items(1, dim, [&](Index) { return rows.data(); });
  std::vector<CoarseUser> about;
  const auto words = words_of(rows, about);
  const std::int32_t limit = 0;
  Found found(1);
  REQUIRE(coarse_above(std::make_integer_sequence<int, 1>{}, items.tile(0), words.group(0), items.rows(), &limit, 1U, 0,
                       found.of.data()));
  CHECK(found.sums[0] == 255 * 127 * dim);
  CHECK_THAT(about[0].scale * items.about(0).scale * (found.sums[0] - 128.0 * about[0].sum),
             Catch::Matchers::WithinRel(static_cast<double>(dim), 1e-5));
}

TEST_CASE("a rounded product is within its bound of the product, and the bound is not far too large", "[kernel]") {
  Random random(2);
  double worst = 0;
  for (int round = 0; round < 50; ++round) {
    const Index dim = 1 + random.below(90);
    RowMatrix<float> users = normal_numbers<float>(1, dim, random), vectors = normal_numbers<float>(32, dim, random);
    users *= static_cast<float>(std::pow(10, 8 * random.uniform() - 4));
    vectors *= static_cast<float>(std::pow(10, 8 * random.uniform() - 4));
    const CoarseItems items(32, dim, [&](Index i) { return &vectors(i, 0); });
    std::vector<CoarseUser> about;
    const auto words = words_of(users, about);
    const std::int32_t limit = std::numeric_limits<std::int32_t>::min();
    Found found(1);
    coarse_above(std::make_integer_sequence<int, 1>{}, items.tile(0), words.group(0), items.rows(), &limit, ~0U, 0,
                 found.of.data());
    REQUIRE(found.of[0].count == 32);
    const Eigen::MatrixXd p = users.cast<double>(), q = vectors.cast<double>();
    for (Index i = 0; i < 32; ++i) {
      const double exact = p.row(0).dot(q.row(i));
      const double rounded =
          about[0].scale * items.about(0).scale * (found.sums[static_cast<std::size_t>(i)] - 128.0 * about[0].sum);
      const double bound = about[0].error * q.row(i).norm() + about[0].length * items.about(0).error;
      REQUIRE(std::abs(exact - rounded) <= bound * (1 + 1e-12));
      worst = std::max(worst, std::abs(exact - rounded) / bound);
      CHECK(bound < 0.05 * p.row(0).norm() * q.rowwise().norm().maxCoeff());
    }
  }
  CHECK(worst > 0.1);
}

TEST_CASE("what cannot be rounded is marked: no number, far too large, far too small", "[kernel]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  for (const float odd : {nan, infinite, 1e30F, 1e-30F}) {
    RowMatrix<float> rows = RowMatrix<float>::Zero(40, 3);
    rows.col(0).head(32).setOnes();
    rows(35, 1) = odd;
    const CoarseItems items(40, 3, [&](Index i) { return &rows(i, 0); });
    CHECK_FALSE(items.about(0).exact);
    CHECK(items.about(1).exact);
    std::vector<CoarseUser> about;
    words_of(rows.row(35), about);
    CHECK(about[0].scale == 0);
  }
  const RowMatrix<float> zeros = RowMatrix<float>::Zero(3, 3);
  CHECK_FALSE(CoarseItems(3, 3, [&](Index i) { return &zeros(i, 0); }).about(0).exact);
}

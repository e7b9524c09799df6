// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/ranking.hpp"

#include <kindred/kernel/nibble_items.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace kindred;
using namespace kindred::detail;

namespace {

std::vector<std::uint8_t> any_bytes(Index count, Random& random) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(count));
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random.below(256));
  return out;
}

/// Words of four bytes from -127 to 127.
std::vector<std::int32_t> any_words(Index count, Random& random) {
  std::vector<std::int32_t> out;
  for (Index k = 0; k < count; ++k) {
    std::array<std::int8_t, 4> word;
    for (auto& byte : word) byte = static_cast<std::int8_t>(random.below(255) - 127);
    std::memcpy(&out.emplace_back(), word.data(), sizeof(word));
  }
  return out;
}

/// The bounds of the items of tile 0 for a user, by the upper bits and by all, in the user's scale, times it.
struct Bounds {
  template <class Scalar>
  Bounds(const NibbleItems& items, const RowMatrix<Scalar>& user, Index count) {
    NibbleItems::User rounded;
    error = items.round(user.row(0), rounded);
    std::array<float, 64> bounds;
    items.bound(rounded, 0, 0, bounds.data());
    for (Index i = 0; i < count; i += 4) {
      std::array<float, 4> better;
      std::copy_n(bounds.begin() + i, 4, better.begin());
      items.refine(rounded, {i, i + 1, i + 2, i + 3}, better);
      for (std::size_t k = 0; k < 4; ++k) {
        upper.push_back(rounded.scale * static_cast<double>(bounds[static_cast<std::size_t>(i) + k]));
        both.push_back(rounded.scale * static_cast<double>(better[k]));
      }
    }
  }
  double error = 0;
  std::vector<double> upper, both;
};

}  // namespace

TEST_CASE("products of 4-bit integers are those of a plain loop, to the last bit of the bounds", "[kernel]") {
  Random random(1);
  for (const Index groups : {1, 2, 8, 13}) {
    const auto tile = any_bytes(groups * nibble_items * coarse_word, random);
    const auto words = any_words(groups * 2, random);
    std::array<float, 64> scales, fast, plain;
    for (float& scale : scales) scale = static_cast<float>(random.uniform());
    nibble_bounds(tile.data(), words.data(), groups, scales.data(), 3.5F, 0.25F, fast.data());
    nibble_bounds_plain(tile.data(), words.data(), groups, scales.data(), 3.5F, 0.25F, plain.data());
    CHECK(fast == plain);
  }
  for (const Index groups : {1, 2, 5}) {
    std::array<std::vector<std::uint8_t>, 4> rows;
    for (auto& row : rows) row = any_bytes(groups * lower_group / 2, random);
    const std::array<const std::uint8_t*, 4> at{rows[0].data(), rows[1].data(), rows[2].data(), rows[3].data()};
    const auto words = any_words(groups * lower_group / coarse_word, random);
    CHECK(lower_products(at, words.data(), groups) == lower_products_plain(at, words.data(), groups));
  }
}

TEST_CASE("a tile of 4-bit integers by hand", "[kernel]") {
  // One group of 8 coordinates. Item 1 has 15 in coordinate 0 and 2 in coordinate 4, and nothing else.
  std::vector<std::uint8_t> tile(nibble_items * coarse_word);
  tile[4] = 15 | 2 << 4;
  std::array<std::int8_t, 8> user{-100, 0, 0, 0, 7, 0, 0, 0};
  std::array<std::int32_t, 2> words;
  std::memcpy(words.data(), user.data(), sizeof(words));
  std::array<float, 64> scales{2, 3}, bounds;
  nibble_bounds(tile.data(), words.data(), 1, scales.data(), 10, 1, bounds.data());
  CHECK(bounds[0] == 2 * 10 + 1);
  CHECK(bounds[1] == 3 * (-1500 + 14 + 10) + 1);
  CHECK(bounds[2] == 1);
}

TEST_CASE("bounds of 4 bits hold, those of 8 are narrow", "[kernel]") {
  Random random(2);
  double worst = 0, loosest = 0;
  for (int round = 0; round < 60; ++round) {
    const Index dim = 1 + random.below(150);
    RowMatrix<float> user = normal_numbers<float>(1, dim, random), vectors = normal_numbers<float>(64, dim, random);
    if (round % 3 == 0) user = user.array().round(), vectors = vectors.array().round();
    user *= static_cast<float>(std::pow(10, 8 * random.uniform() - 4));
    vectors *= static_cast<float>(std::pow(10, 8 * random.uniform() - 4));
    const NibbleItems items(64, dim, [&](Index i) { return &vectors(i, 0); });
    if (user.isZero()) continue;
    const Bounds bounds(items, user, 64);
    const Eigen::MatrixXd p = user.cast<double>(), q = vectors.cast<double>();
    for (Index i = 0; i < 64; ++i) {
      const double exact = p.row(0).dot(q.row(i)), lengths = p.row(0).norm() * q.row(i).norm();
      const double upper = bounds.upper[static_cast<std::size_t>(i)] + bounds.error * q.row(i).norm(),
                   both = bounds.both[static_cast<std::size_t>(i)] + bounds.error * q.row(i).norm();
      REQUIRE(exact <= upper);
      REQUIRE(exact <= both);
      if (lengths == 0) continue;
      worst = std::max(worst, (exact - upper) / lengths);
      loosest = std::max(loosest, (both - exact) / lengths);
      CHECK(upper - exact < 0.35 * lengths);
    }
  }
  CHECK(loosest < 0.035);
  CHECK(worst > -0.01);  // some bounds are nearly reached
}

TEST_CASE("what cannot be rounded to 4 bits is bounded by nothing: no number, far too large, far too small", "[kernel]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  const RowMatrix<float> user = RowMatrix<float>::Ones(1, 3);
  for (const float odd : {nan, infinite, 1e30F, 1e-30F}) {
    RowMatrix<float> rows = RowMatrix<float>::Zero(80, 3);
    rows.col(0).setOnes();
    rows(70, 0) = 0, rows(70, 1) = odd;
    const NibbleItems items(80, 3, [&](Index i) { return &rows(i, 0); });
    NibbleItems::User rounded;
    items.round(user.row(0), rounded);
    std::array<float, 64> bounds;
    items.bound(rounded, 0, 0, bounds.data());
    CHECK(std::isfinite(bounds[0]));
    items.bound(rounded, 1, 0, bounds.data());
    CHECK(bounds[6] == infinite);
    items.round(rows.row(70), rounded);
    CHECK(rounded.scale == 0);
  }
}

TEST_CASE("the largest sums of 4-bit products are exact", "[kernel]") {
  const Index dim = most_nibble_dim;
  const RowMatrix<float> ones = RowMatrix<float>::Ones(1, dim);
  const NibbleItems items(1, dim, [&](Index) { return ones.data(); });
  NibbleItems::User rounded;
  items.round(ones.row(0), rounded);
  std::array<float, 64> bounds;
  items.bound(rounded, 0, 0, bounds.data());
  const double bound = rounded.scale * static_cast<double>(bounds[0]);
  CHECK(bound >= static_cast<double>(dim));
  CHECK(bound < 1.2 * static_cast<double>(dim));
}

// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/parameter/embedding_table.hpp>
#include <kindred/parameter/gradient.hpp>

#include "support/catch.hpp"

#include <map>
#include <vector>

using namespace kindred;

namespace {

template <class Scalar>
using Array = Eigen::Array<Scalar, 1, Dynamic>;

/// What a gradient should hold: for each row the sum, from the first addition to the last, and how many there were.
template <class Scalar>
struct Reference {
  std::map<Index, std::pair<Array<Scalar>, Index>> rows;

  void add(Index row, const Array<Scalar>& g) {
    const auto found = rows.find(row);
    if (found == rows.end()) {
      rows.insert({row, {g, 1}});
    } else {
      found->second.first += g;
      ++found->second.second;
    }
  }
};

template <class P, class Scalar>
void check_equal(const Gradient<P>& gradient, const Reference<Scalar>& reference) {
  REQUIRE(gradient.is_compact());
  REQUIRE(gradient.count() == static_cast<Index>(reference.rows.size()));
  Index k = 0;
  for (const auto& [row, sum] : reference.rows) {
    CHECK(gradient.id(k) == row);
    CHECK(gradient.repeats(k) == sum.second);
    CHECK((gradient.row(k) == sum.first).all());
    CHECK((gradient.padded_row(k).tail(gradient.padded_row(k).size() - gradient.cols()) == 0).all());
    ++k;
  }
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("compact sums repeated rows and sorts them, bit for bit as a plain loop", "[parameter]",
                       ((class Scalar, int Dim), Scalar, Dim), (float, 3), (float, Dynamic), (double, 16)) {
  constexpr Index dim = Dim == Dynamic ? 5 : Dim;
  const EmbeddingTable<Scalar, Dim> table(50, dim);
  Gradient gradient(table);
  Random random(3);
  for (const int additions : {0, 1, 300, 7, 40}) {  // the memory of one round serves the next
    gradient.clear();
    CHECK(gradient.count() == 0);
    CHECK(gradient.is_compact());
    Reference<Scalar> reference;
    for (int k = 0; k < additions; ++k) {
      const Index row = random.below(50);
      Array<Scalar> g(dim);
      for (Index c = 0; c < dim; ++c) g(c) = static_cast<Scalar>(random.normal() * std::pow(10, random.below(8)));
      gradient.add(row, g);
      reference.add(row, g);
    }
    CHECK(gradient.count() == additions);
    gradient.compact();
    check_equal(gradient, reference);
    gradient.compact();
    check_equal(gradient, reference);
  }
}

TEST_CASE("compact sorts any number of additions over any number of rows", "[parameter]") {
  // One digit and several, short digits and long ones.
  for (const Index rows : {1, 2, 255, 256, 257, 2048, 70000, 5000000}) {
    const EmbeddingTable<float, 1> table(rows);
    Gradient gradient(table);
    Random random(static_cast<std::uint64_t>(rows));
    for (const Index additions : {5, 2047, 2048, 6000}) {
      INFO(additions << " additions over " << rows << " rows");
      gradient.clear();
      Reference<float> reference;
      for (Index k = 0; k < additions; ++k) {
        const Index row = k == 3 ? rows - 1 : random.below(rows);
        const Array<float> g = Array<float>::Constant(1, static_cast<float>(random.normal()));
        gradient.add(row, g);
        reference.add(row, g);
      }
      gradient.compact();
      bool same = gradient.count() == static_cast<Index>(reference.rows.size());
      Index k = 0;
      for (const auto& [row, sum] : reference.rows) {
        same = same && gradient.id(k) == row && gradient.row(k)(0) == sum.first(0) && gradient.repeats(k) == sum.second;
        ++k;
      }
      CHECK(same);
    }
  }
}

TEST_CASE("repeats are summed in the order of addition", "[parameter]") {
  // In float (1e8 + 1) - 1e8 is 0 and (1e8 - 1e8) + 1 is 1.
  const EmbeddingTable<float, 1> table(2);
  const auto sum_of = [&](std::initializer_list<float> parts) {
    Gradient gradient(table);
    for (const float part : parts) gradient.add(1, Eigen::Array<float, 1, 1>(part));
    gradient.compact();
    return gradient.row(0)(0);
  };
  CHECK(sum_of({1e8F, 1.0F, -1e8F}) == 0);
  CHECK(sum_of({1e8F, -1e8F, 1.0F}) == 1);
}

TEST_CASE("append adds what is later after what is here", "[parameter]") {
  const EmbeddingTable<float, 1> table(9);
  const auto filled = [&](std::initializer_list<std::pair<Index, float>> entries) {
    Gradient gradient(table);
    for (const auto& [row, g] : entries) gradient.add(row, Eigen::Array<float, 1, 1>(g));
    return gradient;
  };
  Gradient first = filled({{4, 1e8F}, {2, 3}}), second = filled({{4, -1e8F}, {4, 1}});
  second.compact();  // its own repeats are one entry then, and count as two
  first.append(second);
  CHECK(first.count() == 3);
  CHECK_FALSE(first.is_compact());
  first.compact();
  REQUIRE(first.count() == 2);
  CHECK(first.id(0) == 2);
  CHECK(first.repeats(0) == 1);
  CHECK(first.id(1) == 4);
  CHECK(first.repeats(1) == 3);
  CHECK(first.row(1)(0) == 0);  // -1e8 + 1 is -1e8 in float

  Gradient low = filled({{0, 1}, {3, 1}}), high = filled({{5, 2}, {8, 2}});
  low.append(high);
  CHECK(low.is_compact());
  CHECK(low.count() == 4);
  low.append(filled({{8, 1}}));
  CHECK_FALSE(low.is_compact());
}

TEST_CASE("an empty gradient may be appended, and be appended to", "[parameter]") {
  const EmbeddingTable<float, 3> table(9);
  Gradient fresh(table), used(table), cleared(table), other(table);
  used.add(7, Eigen::Array3f(1, 2, 3).transpose());
  cleared.add(7, Eigen::Array3f(1, 2, 3).transpose());
  cleared.clear();
  fresh.append(cleared);
  CHECK(fresh.count() == 0);
  used.append(fresh);
  used.append(other);
  CHECK(used.count() == 1);
  CHECK(used.is_compact());
  other.append(used);
  CHECK(other.row(0)(2) == 3);
}

TEST_CASE("rows in ascending order are compact without sorting", "[parameter]") {
  const EmbeddingTable<double> table(9, 2);
  Gradient gradient(table);
  const Eigen::Array<double, 1, 2> g(1, 2);
  gradient.add(1, g);
  gradient.add(4, g);
  CHECK(gradient.is_compact());
  gradient.add(4, g);
  CHECK_FALSE(gradient.is_compact());
  gradient.compact();
  CHECK(gradient.is_compact());
  CHECK(gradient.row(1)(1) == 4);
  gradient.add(0, g);
  CHECK_FALSE(gradient.is_compact());
  gradient.compact();
  CHECK(gradient.id(0) == 0);
  CHECK(gradient.repeats(2) == 2);
}

TEST_CASE("push gives a zero row to write to", "[parameter]") {
  const EmbeddingTable<float, 3> table(9);
  Gradient gradient(table);
  for (int round = 0; round < 2; ++round) {
    const Index place = gradient.push(5);
    CHECK(place == 0);
    CHECK((gradient.padded_row(place) == 0).all());
    gradient.padded_row(place).head(3) = 7;
    CHECK((std::as_const(gradient).row(0) == 7).all());
    gradient.clear();
  }
}

TEST_CASE("push of many rows gives neighbouring places", "[parameter]") {
  const EmbeddingTable<double, 2> table(9);
  Gradient gradient(table);
  const std::vector<Index> ascending{1, 4, 8}, mixed{8, 2};
  CHECK(gradient.push(ascending) == 0);
  CHECK(gradient.is_compact());
  gradient.count_repeats(false);
  CHECK(gradient.push(mixed) == 3);
  CHECK_FALSE(gradient.is_compact());
  CHECK(gradient.push(std::vector<Index>{}) == 5);
  for (Index k = 0; k < 5; ++k) gradient.padded_row(k) = static_cast<double>(1 << k);
  gradient.compact();
  REQUIRE(gradient.count() == 4);
  CHECK(gradient.id(1) == 2);
  CHECK(gradient.row(1)(0) == 16);
  CHECK(gradient.repeats(1) == 0);
  CHECK(gradient.id(3) == 8);
  CHECK(gradient.row(3)(1) == 4 + 8);
  CHECK(gradient.repeats(3) == 1);

  gradient.clear();
  gradient.push(std::vector<Index>{3});
  gradient.push(std::vector<Index>{3});
  CHECK_FALSE(gradient.is_compact());
}

TEST_CASE("clear keeps the memory", "[parameter]") {
  const EmbeddingTable<float> table(100, 8);
  Gradient gradient(table);
  const auto fill = [&] {
    for (Index r = 0; r < 100; ++r) gradient.add(r, Eigen::Array<float, 1, 8>::Ones());
  };
  fill();
  const float* before = gradient.row(0).data();
  gradient.clear();
  fill();
  CHECK(gradient.row(0).data() == before);
}

TEST_CASE("the gradient of a layer has all its rows, once anything was added", "[parameter]") {
  const Weights<double, 3> layer(4);
  Gradient gradient(layer), other(layer);
  CHECK(gradient.count() == 0);
  CHECK(gradient.is_compact());
  gradient.add(2, Eigen::Array<double, 1, 3>(1, 2, 3));
  gradient.add(2, Eigen::Array<double, 1, 3>(1, 2, 3));
  other.add(2, Eigen::Array<double, 1, 3>(10, 20, 30));
  other.add(0, Eigen::Array<double, 1, 3>(5, 5, 5));
  gradient.append(other);
  gradient.compact();
  CHECK(gradient.count() == 4);
  CHECK(gradient.id(2) == 2);
  CHECK(gradient.repeats(2) == 1);
  CHECK((gradient.row(2) == Eigen::Array<double, 1, 3>(12, 24, 36)).all());
  CHECK((gradient.row(0) == 5).all());
  CHECK(gradient.padded_row(2).size() == layer.stride());
  CHECK((gradient.padded_row(2).tail(1) == 0).all());
  gradient.clear();
  CHECK(gradient.count() == 0);
  gradient.append(other);
  CHECK(gradient.count() == 4);
  CHECK((gradient.row(2) == Eigen::Array<double, 1, 3>(10, 20, 30)).all());
  CHECK((gradient.row(1) == 0).all());

  Gradient written(layer);
  written.value().row(1).setConstant(3);
  CHECK(written.count() == 4);
  CHECK((written.row(1) == 3).all());
}

TEST_CASE("additions count as repeats or not, as asked", "[parameter]") {
  const EmbeddingTable<double, 1> table(9);
  Gradient gradient(table);
  const Eigen::Array<double, 1, 1> g(1);
  gradient.add(3, g);
  gradient.count_repeats(false);
  gradient.add(3, g);
  gradient.add(5, g);
  gradient.count_repeats(true);
  gradient.add(3, g);
  gradient.compact();
  CHECK(gradient.repeats(0) == 2);
  CHECK(gradient.row(0)(0) == 3);
  CHECK(gradient.repeats(1) == 0);
}

TEST_CASE("a gradient has the shape of its parameter", "[parameter]") {
  const EmbeddingTable<float, 3> table(9);
  const Gradient gradient(table);
  CHECK(gradient.rows() == 9);
  CHECK(gradient.cols() == 3);
  CHECK(gradient.count() == 0);
}

TEST_CASE("many rows pushed at once are as many pushed one by one", "[parameter]") {
  const EmbeddingTable<double, 3> table(5000);
  Random random(5);
  for (const bool counting : {true, false}) {
    Gradient one(table), many(table);
    for (auto* gradient : {&one, &many}) {
      gradient->add(7, Eigen::Array3d(1, 2, 3).transpose());
      gradient->count_repeats(counting);
    }
    std::vector<Index> rows(3000);  // enough for the long digits of the sort
    for (Index& row : rows) row = random.below(5000);
    const Index place = many.push(rows);
    CHECK(place == 1);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Eigen::Array<double, 1, 3> g(random.normal(), 0, static_cast<double>(k));
      one.add(rows[k], g);
      auto row = many.padded_row(place + static_cast<Index>(k));
      row.setZero();
      row.head(3) = g;
    }
    CHECK_FALSE(many.is_compact());
    one.compact();
    many.compact();
    REQUIRE(one.count() == many.count());
    for (Index k = 0; k < one.count(); ++k) {
      REQUIRE(one.id(k) == many.id(k));
      REQUIRE(one.repeats(k) == many.repeats(k));
      REQUIRE((one.row(k) == many.row(k)).all());
    }
  }
  Gradient ascending(table);
  ascending.push(std::vector<Index>{2, 5});
  CHECK(ascending.is_compact());
  ascending.push(std::vector<Index>{5});
  CHECK_FALSE(ascending.is_compact());
}

TEST_CASE("an entry may stand for additions that the caller has summed", "[parameter]") {
  const EmbeddingTable<double, 1> table(4);
  Gradient gradient(table);
  const Index place = gradient.push(std::vector<Index>{1, 3});
  gradient.padded_row(place)(0) = 5;
  gradient.padded_row(place + 1)(0) = 6;
  gradient.set_repeats(place, 7);
  gradient.set_repeats(place + 1, 0);
  gradient.add(1, Eigen::Array<double, 1, 1>::Constant(2));
  gradient.compact();
  REQUIRE(gradient.count() == 2);
  CHECK(gradient.repeats(0) == 8);
  CHECK(gradient.repeats(1) == 0);
  CHECK(gradient.row(0)(0) == 7);
}

TEST_CASE("room that was made is not moved when it is filled", "[parameter]") {
  EmbeddingTable<float, 4> table(1000);
  Gradient<EmbeddingTable<float, 4>> gradient(table);
  gradient.push(3);
  gradient.padded_row(0).setConstant(2);
  gradient.reserve(500);
  const auto* before = gradient.padded_row(0).data();
  for (Index row = 4; gradient.count() < 500; ++row) gradient.push(row);
  CHECK(gradient.padded_row(0).data() == before);
  CHECK((gradient.padded_row(0) == 2).all());
}

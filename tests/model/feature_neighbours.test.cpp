// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/executor.hpp>
#include <kindred/core/random.hpp>
#include <kindred/model/feature_neighbours.hpp>

#include <cmath>
#include <vector>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

/// Sparse rows with features that come twice, negative weights and some rows with nothing; in every third row a vector too.
Features random_features(Index rows, Index sparse_dim, Index dense_dim) {
  Random random(11);
  Features features(sparse_dim, dense_dim);
  for (Index r = 0; r < rows; ++r) {
    std::vector<FeatureWeight> sparse;
    for (Index k = random.below(5); k > 0; --k) {
      sparse.push_back({random.below(sparse_dim), static_cast<float>(random.uniform() - 0.3)});
    }
    std::vector<float> dense(r % 3 == 0 ? static_cast<std::size_t>(dense_dim) : 0);
    for (float& x : dense) x = static_cast<float>(random.normal());
    features.add_row(sparse, dense);
  }
  return features;
}

RowMatrix<double> dense_rows(const Features& features) {
  RowMatrix<double> rows = RowMatrix<double>::Zero(features.rows(), features.sparse_dim() + features.dense_dim());
  for (Index r = 0; r < features.rows(); ++r) {
    for (const auto& entry : features.sparse(r)) rows(r, entry.feature) += double{entry.weight};
    for (Index d = 0; d < features.dense_dim(); ++d) {
      rows(r, features.sparse_dim() + d) = double{features.dense(r)[static_cast<std::size_t>(d)]};
    }
  }
  return rows;
}

std::vector<Scored> list_of(const NeighbourLists& lists, Index row) { return {lists[row].begin(), lists[row].end()}; }

}  // namespace

TEST_CASE("rows are neighbours by the cosine of their features, best first, equal ones by number", "[model]") {
  Features features(2);
  features.add_row(std::vector<FeatureWeight>{{0, 1}});
  features.add_row(std::vector<FeatureWeight>{{0, 1}, {1, 1}});
  features.add_row(std::vector<FeatureWeight>{{1, 2}});
  features.add_row({});
  const NeighbourLists lists = feature_neighbours(features, 5);
  const float half = static_cast<float>(1 / std::sqrt(2.0));
  REQUIRE(lists.size() == 4);
  CHECK(list_of(lists, 0) == std::vector<Scored>{{ItemId(1), half}});
  CHECK(list_of(lists, 1) == std::vector<Scored>{{ItemId(0), half}, {ItemId(2), half}});
  CHECK(list_of(lists, 2) == std::vector<Scored>{{ItemId(1), half}});
  CHECK(lists[3].empty());
  CHECK(list_of(feature_neighbours(features, 1), 1) == std::vector<Scored>{{ItemId(0), half}});
  const NeighbourLists back = feature_neighbours(features, 1).transposed();
  REQUIRE(back.size() == 4);
  CHECK(list_of(back, 0) == std::vector<Scored>{{ItemId(1), half}});
  CHECK(list_of(back, 1) == std::vector<Scored>{{ItemId(0), half}, {ItemId(2), half}});
  CHECK(back[2].empty());
}

TEST_CASE("neighbours are those of all pairs compared, for any count and among any candidates", "[model]") {
  for (const Index dense_dim : {0, 3}) {
    const Features features = random_features(60, 12, dense_dim);
    const RowMatrix<double> rows = dense_rows(features);
    const auto candidate = [](Index r) { return r % 4 != 1; };
    for (const Index count : {1, 7, 1000}) {
      CAPTURE(dense_dim, count);
      const NeighbourLists lists = feature_neighbours(features, count, candidate);
      for (Index a = 0; a < rows.rows(); ++a) {
        std::vector<double> cosines;
        for (Index b = 0; b < rows.rows(); ++b) {
          const double lengths = rows.row(a).norm() * rows.row(b).norm(),
                       cosine = lengths > 0 ? rows.row(a).dot(rows.row(b)) / lengths : 0;
          if (b != a && candidate(b) && cosine > 1e-9) cosines.push_back(cosine);
        }
        std::sort(cosines.begin(), cosines.end(), std::greater<>());
        REQUIRE(lists[a].size() == std::min(cosines.size(), static_cast<std::size_t>(count)));
        for (std::size_t k = 0; k < lists[a].size(); ++k) {
          const Index b = lists[a][k].item.index();
          CHECK(b != a);
          CHECK(candidate(b));
          CHECK_THAT(lists[a][k].score, WithinAbs(cosines[k], 1e-6));
          CHECK_THAT(lists[a][k].score,
                     WithinAbs(rows.row(a).dot(rows.row(b)) / (rows.row(a).norm() * rows.row(b).norm()), 1e-6));
        }
      }
    }
  }
}

TEST_CASE("neighbours have the same bits for any number of threads", "[model]") {
  const Features features = random_features(500, 40, 2);
  const NeighbourLists serial = feature_neighbours(features, 9);
  for (const int threads : {1, 2, 7}) {
    const NeighbourLists parallel = feature_neighbours(features, 9, KeepAll{}, Threads(threads));
    REQUIRE(parallel.size() == serial.size());
    for (Index r = 0; r < serial.size(); ++r) CHECK(list_of(parallel, r) == list_of(serial, r));
  }
}

TEST_CASE("neighbours refuse a count below 1 and an unknown row; no rows are fine", "[model]") {
  CHECK(message_of([] { feature_neighbours(Features(2), 0); }) == "feature_neighbours: count must be at least 1, got 0");
  const NeighbourLists none = feature_neighbours(Features(2), 3);
  CHECK(none.size() == 0);
  CHECK_THROWS_AS(none[0], std::out_of_range);
}

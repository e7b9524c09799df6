// SPDX-License-Identifier: MIT
#include "support/features.hpp"
#include "support/catch.hpp"

#include <limits>
#include <stdexcept>
#include <string>

using namespace kindred;

namespace {

template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no exception";
}

}  // namespace

TEST_CASE("features give back what was added, and say of whom nothing is known", "[data]") {
  const auto features = small_features();
  REQUIRE(features->rows() == 4);
  CHECK(features->sparse_dim() == 5);
  CHECK(features->dense_dim() == 3);
  REQUIRE(features->sparse(0).size() == 2);
  CHECK(features->sparse(0)[1] == FeatureWeight{3, 0.5F});
  CHECK(features->dense(0)[2] == -1.0F);
  CHECK(features->dense(1)[0] == 0.0F);  // no vector: zeros
  CHECK(features->sparse(2).empty());
  CHECK(features->known(0));
  CHECK(features->known(1));
  CHECK_FALSE(features->known(2));
  CHECK_THROWS_AS(features->sparse(4), std::out_of_range);
  CHECK_THROWS_AS(features->dense(-1), std::out_of_range);
}

TEST_CASE("features refuse what is out of range or not finite, and stay as they were", "[data]") {
  Features features(2, 1);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(message([&] { features.add_row(std::vector<FeatureWeight>{{2, 1.0F}}); }) ==
        "Features: row 0: a feature must be from 0 to 1, got 2");
  CHECK(message([&] { features.add_row(std::vector<FeatureWeight>{{-1, 1.0F}}); }) ==
        "Features: row 0: a feature must be from 0 to 1, got -1");
  CHECK(message([&] { features.add_row(std::vector<FeatureWeight>{{0, nan}}); }) ==
        "Features: row 0: a weight must be finite, got nan");
  CHECK(message([&] { features.add_row({}, std::vector<float>{1, 2}); }) ==
        "Features: row 0: the vector must have 1 coordinates, got 2");
  CHECK(message([&] { features.add_row(std::vector<FeatureWeight>{{0, 1.0F}}, std::vector<float>{nan}); }) ==
        "Features: row 0: a coordinate must be finite, got nan");
  CHECK(features.rows() == 0);
  CHECK(message([] { Features(-1); }) == "Features: the dims must not be negative, got -1 and 0");
}

TEST_CASE("vectors that were made elsewhere are added to sparse features", "[data]") {
  Features features(2);
  features.add_row(std::vector<FeatureWeight>{{1, 0.5F}});
  features.add_row({});
  features.add_row({});
  RowMatrix<float> vectors(3, 2);
  vectors << 1, 2, 0, 0, 0, -3;
  const Features both = with_dense(features, vectors);
  REQUIRE(both.rows() == 3);
  CHECK(both.sparse_dim() == 2);
  CHECK(both.dense_dim() == 2);
  CHECK(both.sparse(0)[0] == FeatureWeight{1, 0.5F});
  CHECK(both.dense(0)[1] == 2.0F);
  CHECK(both.dense(2)[1] == -3.0F);
  CHECK_FALSE(both.known(1));
  CHECK(both.known(2));
  CHECK(message([&] { with_dense(features, RowMatrix<float>(2, 2)); }) ==
        "with_dense: there must be a vector for each of the 3 rows, got 2");
  vectors(2, 0) = std::numeric_limits<float>::infinity();
  CHECK(message([&] { with_dense(features, vectors); }) == "Features: row 2: a coordinate must be finite, got inf");
}

TEST_CASE("features are selected by their number, with the vectors kept", "[data]") {
  Features features(3, 1);
  features.add_row(std::vector<FeatureWeight>{{0, 2.0F}, {2, 3.0F}}, std::vector<float>{5});
  features.add_row(std::vector<FeatureWeight>{{0, 1.0F}});
  const Features kept = select_features(features, [](Index f) { return f != 0; });
  CHECK(kept.sparse_dim() == 3);
  REQUIRE(kept.sparse(0).size() == 1);
  CHECK(kept.sparse(0)[0] == FeatureWeight{2, 3.0F});
  CHECK(kept.dense(0)[0] == 5);
  CHECK(kept.sparse(1).empty());
}

TEST_CASE("identity features are one for each known entity", "[data]") {
  const Features own = identity_features({true, false, true});
  CHECK(own.rows() == 3);
  CHECK(own.sparse_dim() == 3);
  REQUIRE(own.sparse(2).size() == 1);
  CHECK(own.sparse(2)[0] == FeatureWeight{2, 1.0F});
  CHECK(own.sparse(1).empty());
}

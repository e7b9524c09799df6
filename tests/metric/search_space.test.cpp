// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/search_space.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

using namespace kindred;

TEST_CASE("a configuration is within its ranges, and their distributions are as said", "[metric]") {
  const SearchSpace space{{"u", Uniform{-2, 4}},
                          {"l", LogUniform{1e-4, 1}},
                          {"i", Integer{5, 9}},
                          {"c", Choice{8, 16, 64}},
                          {"one", Uniform{3, 3}}};
  constexpr int n = 4000;
  double u_sum = 0, log_sum = 0;
  std::map<double, int> whole, chosen;
  for (Index trial = 0; trial < n; ++trial) {
    const Configuration c = space.draw(7, trial);
    REQUIRE(c.values().size() == 5);
    REQUIRE((c["u"] >= -2 && c["u"] <= 4));
    REQUIRE((c["l"] >= 1e-4 && c["l"] <= 1));
    REQUIRE(c["one"] == 3);
    u_sum += c["u"];
    log_sum += std::log10(c["l"]);
    ++whole[c["i"]];
    ++chosen[c["c"]];
  }
  CHECK(std::abs(u_sum / n - 1) < 0.1);     // standard error 6 / sqrt(12 * 4000) = 0.027
  CHECK(std::abs(log_sum / n + 2) < 0.07);  // 4 / sqrt(12 * 4000) = 0.018
  REQUIRE(whole.size() == 5);
  REQUIRE(chosen.size() == 3);
  for (const auto& [value, count] : whole) CHECK((value >= 5 && value <= 9 && std::abs(count - 800) < 100));  // sd 25
  for (const auto& [value, count] : chosen) CHECK(std::abs(count - n / 3) < 120);                             // sd 30
}

TEST_CASE("trial k is the same whatever was drawn before, and one parameter's range does not touch another's draws",
          "[metric]") {
  const SearchSpace space{{"a", Uniform{0, 1}}, {"b", Choice{1, 2}}, {"c", LogUniform{1, 10}}};
  const Configuration fifth = space.draw(3, 5);
  (void)space.draw(3, 4);
  CHECK(space.draw(3, 5) == fifth);
  CHECK(!(space.draw(4, 5) == fifth));
  CHECK(!(space.draw(3, 6) == fifth));
  const SearchSpace other{{"a", Uniform{0, 1}}, {"b", Choice{1, 2, 3, 4, 5}}, {"c", LogUniform{1, 10}}};
  CHECK(other.draw(3, 5)["a"] == fifth["a"]);
  CHECK(other.draw(3, 5)["c"] == fifth["c"]);
}

TEST_CASE("a value is asked for by name, as a whole number where it is one", "[metric]") {
  const Configuration c({{"dim", 16}, {"l2", 0.5}});
  CHECK(c["l2"] == 0.5);
  CHECK(c.whole("dim") == 16);
  CHECK(message_of([&] { (void)c.whole("l2"); }) == "Configuration: 'l2' must be a whole number, got 0.5");
  CHECK(message_of([&] { (void)c["rank"]; }) == "Configuration: the parameter must be one of the space, got 'rank'");
  CHECK_THROWS_AS(c["rank"], std::out_of_range);
}

TEST_CASE("the text of a space tells spaces apart", "[metric]") {
  const SearchSpace space{{"dim", Choice{8, 16}}, {"l2", LogUniform{1e-3, 0.1}}, {"n", Integer{1, 2}}, {"x", Uniform{0, 1}}};
  CHECK(to_string(space) == "dim choice 8 16; l2 log 0.001 0.1; n integer 1 2; x uniform 0 1");
  CHECK(to_string(SearchSpace{{"x", Uniform{0, 0.1}}}) != to_string(SearchSpace{{"x", Uniform{0, std::nextafter(0.1, 1)}}}));
}

TEST_CASE("a space that cannot be drawn from is refused", "[metric]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto message = [](const char* name, const SearchRange& range) {
    return message_of([&] { SearchSpace{{name, range}}; });
  };
  CHECK(message("x", Uniform{2, 1}) == "SearchSpace: the range of 'x' must be finite, and low at most high, got 2 and 1");
  CHECK(message("x", Uniform{0, infinity}) ==
        "SearchSpace: the range of 'x' must be finite, and low at most high, got 0 and inf");
  CHECK(message("x", LogUniform{0, 1}) == "SearchSpace: the range of 'x' must be above 0 for LogUniform, got 0");
  CHECK(message("x", Integer{4, 3}) == "SearchSpace: the range of 'x' must be finite, and low at most high, got 4 and 3");
  CHECK(message("x", Choice{}) == "SearchSpace: 'x' must have something to choose from, got no values");
  CHECK(message("x", Choice{1, infinity}) == "SearchSpace: the values of 'x' must be finite, got inf");
  CHECK(message("a b", Uniform{}).starts_with("SearchSpace: a name must not be empty"));
  CHECK(message("", Uniform{}).starts_with("SearchSpace: a name must not be empty"));
  CHECK(message("x", Integer{0, std::int64_t{1} << 60}).find("between -2^53 and 2^53") != std::string::npos);
  CHECK(message_of([] { SearchSpace{{"x", Uniform{}}, {"x", Choice{1}}}; }) ==
        "SearchSpace: the names must differ, got 'x' twice");
  CHECK_THROWS_AS(SearchSpace(std::vector<SearchParameter>{}), std::invalid_argument);
  CHECK_THROWS_AS((SearchSpace{{"x", Uniform{}}}.draw(1, -1)), std::out_of_range);
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/metric/select.hpp>

#include <limits>

using namespace kindred;

TEST_CASE("select takes the best figure, the first of equals, and passes over what diverged", "[metric]") {
  const std::vector<int> settings{0, 1, 2, 3, 4};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto figure = [&](int k) {
    if (k == 1) throw DivergenceError("too large");
    return std::array<double, 5>{nan, 0, 3, 1, 1}[static_cast<std::size_t>(k)];
  };
  const std::span<const int> all(settings);
  CHECK(select(all, Goal::minimize, figure).best == 3);
  CHECK(select(all, Goal::maximize, figure).best == 2);
  CHECK(select(all, Goal::minimize, figure, Threads(3)).best == 3);
  const auto found = select(all, Goal::minimize, figure);
  CHECK(std::isnan(found.figures[1]));
  CHECK(found.figures[2] == 3);
}

TEST_CASE("select refuses no settings, and settings of which none is good; other exceptions pass", "[metric]") {
  const std::vector<int> one{0}, none;
  CHECK_THROWS_AS(select(std::span<const int>(none), Goal::minimize, [](int) { return 1.0; }), std::invalid_argument);
  CHECK_THROWS_AS(select(std::span<const int>(one), Goal::minimize, [](int) -> double { throw DivergenceError("x"); }),
                  DivergenceError);
  CHECK_THROWS_AS(select(std::span<const int>(one), Goal::minimize, [](int) -> double { throw std::logic_error("x"); }),
                  std::logic_error);
}

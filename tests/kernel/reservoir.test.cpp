// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/reservoir.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace kindred;
using detail::Candidate;
using detail::Reservoir;

namespace {

/// Offers scores within random bounds, as screening does: what is below the limit is left out. Returns the best k items, in order.
template <class Scalar>
std::vector<std::uint32_t> best_of(const std::vector<Scalar>& scores, Index k, double width, Random& random, Index& scored) {
  std::vector<Candidate<Scalar>> entries(static_cast<std::size_t>(Reservoir<Scalar>::room(k)));
  Eigen::Array<Scalar, Eigen::Dynamic, 1> lower(Reservoir<Scalar>::room(k));
  Reservoir<Scalar> best(entries.data(), lower.data(), k);
  const auto exactly = [&](std::span<Candidate<Scalar>> some) {
    for (auto& c : some) {
      if (c.place == Candidate<Scalar>::known) continue;
      ++scored;
      c.set_score(scores[c.place]);
    }
  };
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool exact = random.below(4) == 0;
    const Scalar down = exact ? Scalar{0} : static_cast<Scalar>(width * random.uniform()),
                 up = exact ? Scalar{0} : static_cast<Scalar>(width * random.uniform());
    const auto item = static_cast<std::uint32_t>(i);
    const Candidate<Scalar> entry{scores[i] - down, scores[i] + up, item, exact ? Candidate<Scalar>::known : item};
    if (entry.upper >= best.limit()) best.add(entry, exactly);
  }
  std::vector<std::uint32_t> out;
  for (const auto& c : best.finish(exactly)) out.push_back(c.item);
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("the best k, whatever the bounds", "[kernel]", float, double) {
  Random random(1);
  const TestType infinity = std::numeric_limits<TestType>::infinity();
  for (const Index k : {1, 2, 10, 33, 100, 700}) {
    for (const int kind : {0, 1, 2, 3, 4}) {
      for (const double width : {0.0, 0.01, 0.3, 50.0}) {
        std::vector<TestType> scores(600);
        for (auto& x : scores) {
          x = static_cast<TestType>(kind == 0   ? random.normal()
                                    : kind == 1 ? static_cast<double>(random.below(5))
                                    : kind == 2 ? 1.0
                                    : kind == 3 ? -std::exp(20 * random.normal())
                                                : std::exp(20 * random.normal()));
        }
        if (kind == 0) scores[5] = -infinity, scores[7] = infinity, scores[500] = TestType{-0.0};
        std::vector<std::uint32_t> expected(scores.size());
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<std::uint32_t>(i);
        std::stable_sort(expected.begin(), expected.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
        expected.resize(std::min(expected.size(), static_cast<std::size_t>(k)));
        Index scored = 0;
        INFO("k " << k << ", kind " << kind << ", width " << width);
        REQUIRE(best_of(scores, k, width, random, scored) == expected);
      }
    }
  }
}

TEST_CASE("narrow bounds spare exact scores", "[kernel]") {
  Random random(2);
  std::vector<float> scores(20'000);
  for (float& x : scores) x = static_cast<float>(random.normal());
  Index scored = 0;
  best_of(scores, 10, 0.02, random, scored);
  CHECK(scored < 30);
}

// SPDX-License-Identifier: MIT
// Conversions to and from 16 bits against those of Eigen, number by number, and the laws of stochastic rounding.
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/kernel/score_narrow.hpp>
#include <kindred/kernel/stochastic_rounding.hpp>

#include <bit>
#include <cmath>
#include <limits>

using namespace kindred;

namespace {

template <class Stored>
std::uint16_t bits(Stored x) {
  return std::bit_cast<std::uint16_t>(x);
}

/// All 16-bit numbers but NaNs, which Eigen 3.4 does not keep as they are.
template <class Stored>
std::vector<Stored> every_number() {
  std::vector<Stored> all;
  for (std::uint32_t k = 0; k < 0x10000; ++k) {
    const auto x = std::bit_cast<Stored>(static_cast<std::uint16_t>(k));
    if (!std::isnan(static_cast<float>(x))) all.push_back(x);
  }
  return all;
}

/// Bit patterns of all sizes, ties, neighbours of ties, zeros, infinities and the largest numbers.
template <class Stored>
std::vector<float> hard_floats() {
  std::vector<float> all{0.0F, -0.0F, 65504.0F, 65519.9F, 65520.0F, -65520.0F, 65536.0F, 3.4e38F, 1e-45F, -1e-40F};
  for (const float x : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max()})
    all.insert(all.end(), {x, -x});
  Random random(3);
  for (int k = 0; k < 200'000; ++k) {
    const auto x = std::bit_cast<float>(random());
    if (!std::isnan(x)) all.push_back(x);
  }
  for (const Stored x : every_number<Stored>()) {
    const auto next = static_cast<float>(std::bit_cast<Stored>(static_cast<std::uint16_t>(bits(x) ^ 1)));
    const float tie = 0.5F * static_cast<float>(x) + 0.5F * next;
    if (!std::isfinite(tie)) continue;
    all.insert(all.end(), {tie, std::nextafter(tie, 1e38F), std::nextafter(tie, -1e38F)});
  }
  return all;
}

template <class Stored>
std::vector<Stored> rounded(const std::vector<float>& numbers, std::uint64_t key) {
  std::vector<Stored> out(numbers.size());
  detail::round_stochastically(numbers.data(), out.data(), static_cast<Index>(out.size()), key);
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("16-bit numbers widen exactly, as Eigen's do", "[kernel]", Eigen::half, Eigen::bfloat16) {
  const auto all = every_number<TestType>();
  std::vector<float> wide(all.size());
  detail::widen(all.data(), wide.data(), static_cast<Index>(all.size()));
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    wrong += std::bit_cast<std::uint32_t>(wide[k]) == std::bit_cast<std::uint32_t>(static_cast<float>(all[k])) ? 0 : 1;
  }
  CHECK(wrong == 0);
  for (const int nan : {0x7FFF, 0xFFC1, 0x7F81, 0x7C01}) {
    const auto x = std::bit_cast<TestType>(static_cast<std::uint16_t>(nan));
    if (!std::isnan(static_cast<float>(x))) continue;
    float out = 0;
    detail::widen(&x, &out, 1);
    CHECK(std::isnan(out));
  }
}

TEMPLATE_TEST_CASE("the portable widening gives what the machine's gives", "[kernel]", Eigen::half, Eigen::bfloat16) {
  const auto all = every_number<TestType>();
  std::size_t wrong = 0;
  for (const TestType x : all) {
    const detail::Reals wide = detail::NarrowBits<TestType>::widen(detail::all(bits(x)));
    float first;
    std::memcpy(&first, &wide, sizeof(first));
    wrong += std::bit_cast<std::uint32_t>(first) == std::bit_cast<std::uint32_t>(static_cast<float>(x)) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("floats narrow to the nearest, ties to even, as Eigen's do", "[kernel]", Eigen::half, Eigen::bfloat16) {
  const auto all = hard_floats<TestType>();
  std::vector<TestType> out(all.size());
  detail::narrow(all.data(), out.data(), static_cast<Index>(all.size()));
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < all.size(); ++k) wrong += bits(out[k]) == bits(TestType(all[k])) ? 0 : 1;
  CHECK(wrong == 0);
  const float nan = std::bit_cast<float>(0x7F800001);  // that cutting it off would make infinite
  TestType narrow_nan{};
  detail::narrow(&nan, &narrow_nan, 1);
  CHECK(std::isnan(static_cast<float>(narrow_nan)));
}

TEMPLATE_TEST_CASE("any number of numbers converts, and nothing behind them changes", "[kernel]", Eigen::half,
                   Eigen::bfloat16) {
  for (Index count = 0; count < 40; ++count) {
    CAPTURE(count);
    std::vector<float> wide(41, 3.0F), back(41, -1.0F);
    std::vector<TestType> out(41, TestType(7.0F)), stochastic(41, TestType(7.0F));
    detail::narrow(wide.data(), out.data(), count);
    detail::round_stochastically(wide.data(), stochastic.data(), count, 1);
    detail::widen(out.data(), back.data(), count);
    for (std::size_t k = 0; k < 41; ++k) {
      const bool inside = k < static_cast<std::size_t>(count);
      CHECK(static_cast<float>(out[k]) == (inside ? 3.0F : 7.0F));
      CHECK(static_cast<float>(stochastic[k]) == (inside ? 3.0F : 7.0F));
      CHECK(back[k] == (inside ? 3.0F : -1.0F));
    }
  }
}

TEMPLATE_TEST_CASE("stochastic rounding keeps what can be stored", "[kernel]", Eigen::half, Eigen::bfloat16) {
  const auto all = every_number<TestType>();  // infinities and both zeros too
  std::vector<float> wide(all.size());
  for (std::size_t k = 0; k < all.size(); ++k) wide[k] = static_cast<float>(all[k]);
  for (std::uint64_t key = 0; key < 20; ++key) {
    const auto out = rounded<TestType>(wide, detail::mixed(key));
    std::size_t wrong = 0;
    for (std::size_t k = 0; k < all.size(); ++k) wrong += bits(out[k]) == bits(all[k]) ? 0 : 1;
    CHECK(wrong == 0);
  }
  for (const TestType x : all) {  // a random part of zero times infinity is not a number
    const auto same = detail::same_bits<detail::Reals>(detail::all(std::bit_cast<std::uint32_t>(static_cast<float>(x))));
    const auto out = detail::NarrowBits<TestType>::up(same, detail::all(0));
    std::uint16_t first;
    std::memcpy(&first, &out, sizeof(first));
    if (first != bits(x)) FAIL("got " << first << " of " << bits(x));
  }
  for (const std::uint32_t nan : {0x7F800001U, 0xFF800001U, 0x7FFFFFFFU}) {
    for (std::uint64_t key = 0; key < 200; ++key) {
      CHECK(std::isnan(static_cast<float>(rounded<TestType>({std::bit_cast<float>(nan)}, detail::mixed(key)).front())));
    }
  }
}

TEMPLATE_TEST_CASE("stochastic rounding takes both neighbours, and its mean is the number", "[kernel]", Eigen::half,
                   Eigen::bfloat16) {
  // Numbers at an eighth, a third and nearly all of the way between neighbours, also across a power of two and among the smallest halves.
  for (const float size : {1.0F, 0.03F, 1.99F, 700.0F, 1.3e-5F, 7e-8F}) {
    std::uint16_t below = bits(TestType(size));
    if (static_cast<float>(TestType(size)) > size) --below;
    const auto low = static_cast<float>(std::bit_cast<TestType>(below));
    const auto high = static_cast<float>(std::bit_cast<TestType>(static_cast<std::uint16_t>(below + 1)));
    for (const double part : {0.125, 1.0 / 3, 0.97}) {
      for (const float sign : {1.0F, -1.0F}) {
        CAPTURE(size, part, sign);
        const auto x = static_cast<float>(low + part * (double{high} - low));
        const double wanted = (double{x} - low) / (double{high} - low);
        constexpr int rows = 1000, cols = 100;
        Index highs = 0, others = 0;
        for (int row = 0; row < rows; ++row) {
          for (const TestType y :
               rounded<TestType>(std::vector<float>(cols, sign * x), detail::mixed(static_cast<std::uint64_t>(row)))) {
            const float got = sign * static_cast<float>(y);
            highs += got == high ? 1 : 0;
            others += got == high || got == low ? 0 : 1;
          }
        }
        CHECK(others == 0);
        const double deviation = std::sqrt(wanted * (1 - wanted) / (rows * cols));
        CHECK(std::abs(static_cast<double>(highs) / (rows * cols) - wanted) < 4.5 * deviation);
      }
    }
  }
}

TEMPLATE_TEST_CASE("what is beyond the largest number may become infinite, and what is far beyond does", "[kernel]",
                   Eigen::half, Eigen::bfloat16) {
  const float largest = static_cast<float>(Eigen::NumTraits<TestType>::highest());
  const float halfway = largest * (1 + 0.5F * (std::is_same_v<TestType, Eigen::half> ? 0x1p-11F : 0x1p-8F));
  int infinite = 0;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const auto y = static_cast<float>(rounded<TestType>({halfway}, detail::mixed(key)).front());
    infinite += std::isinf(y) ? 1 : 0;
    if (!std::isinf(y)) CHECK(y == largest);
  }
  CHECK(infinite > 400);
  CHECK(infinite < 600);
  if constexpr (std::is_same_v<TestType, Eigen::half>) {
    CHECK(std::isinf(static_cast<float>(rounded<TestType>({1e6F}, 1).front())));
    CHECK(static_cast<float>(rounded<TestType>({-1e30F}, 1).front()) == -std::numeric_limits<float>::infinity());
  }
}

TEMPLATE_TEST_CASE("the portable cutting gives what the machine's gives", "[kernel]", Eigen::half) {
  std::size_t wrong = 0;
  for (const float x : hard_floats<TestType>()) {
    const detail::Reals all = detail::Reals{} + x;
    if (std::abs(x) >= 65536) continue;
    const detail::ShortWords machine = detail::NarrowBits<TestType>::up(all, detail::all(0));
    const detail::ShortWords portable = detail::NarrowBits<TestType>::cut_off(all, detail::Reals{} + std::abs(x));
    wrong += std::memcmp(&machine, &portable, sizeof(machine)) == 0 ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("the random bits of two columns, rows or steps have nothing to do with each other", "[kernel]") {
  constexpr int rows = 20'000, cols = 64;
  Eigen::ArrayXXd draws(rows, cols);
  for (int row = 0; row < rows; ++row) {
    for (Index first = 0; first < cols; first += detail::lanes) {
      const detail::Words words = detail::random_bits(detail::mixed(7 ^ static_cast<std::uint64_t>(row)), first);
      std::uint32_t lanes[detail::lanes];
      std::memcpy(lanes, &words, sizeof(lanes));
      for (int k = 0; k < detail::lanes; ++k) draws(row, first + k) = lanes[k] / 65536.0 - 0.5;
    }
  }
  // Sums over the rows of one pair of columns at a time: the pairs of one row depend on each other.
  const double variance = 1.0 / 12;
  const auto small = [&](double sum) { return std::abs(sum / rows / variance) < 4.5 / std::sqrt(rows); };
  for (const Index col : {0, 1, 5, 31, 63}) {
    CAPTURE(col);
    CHECK(std::abs(draws.col(col).mean()) < 4.5 * std::sqrt(variance / rows));
    CHECK(std::abs(draws.col(col).square().mean() - variance) < 0.003);
    for (Index other = 0; other < cols; ++other) {
      if (other == col) continue;
      CAPTURE(other);
      CHECK(small((draws.col(col) * draws.col(other)).sum()));
      CHECK(small((draws.col(col).head(rows - 1) * draws.col(other).tail(rows - 1)).sum()));
    }
    for (const int lag : {1, 2, 16}) CHECK(small((draws.col(col).head(rows - lag) * draws.col(col).tail(rows - lag)).sum()));
  }
  // What a row's errors sum to has the variance of independent ones.
  CHECK(std::abs(draws.rowwise().sum().square().mean() / (cols * variance) - 1) < 0.1);
}

TEMPLATE_TEST_CASE("one query against rows of 16-bit numbers", "[kernel]", Eigen::half, Eigen::bfloat16) {
  for (const Index width : {1, 5, 16, 36, 64}) {
    for (const Index count : {0, 1, 3, 4, 9}) {
      CAPTURE(width, count);
      Random random(static_cast<std::uint64_t>(width));
      RowMatrix<TestType> rows(count, width);
      for (auto& x : rows.reshaped()) x = TestType(static_cast<float>(random.normal()));
      RowMatrix<float> query(1, width);
      for (auto& x : query.reshaped()) x = static_cast<float>(random.normal());
      std::vector<float> out(static_cast<std::size_t>(count));
      score_one_to_many(query.row(0).array(), rows, std::span<float>(out));
      for (Index i = 0; i < count; ++i) {
        double sum = 0;
        for (Index d = 0; d < width; ++d) sum += double{query(0, d)} * double{static_cast<float>(rows(i, d))};
        CHECK(std::abs(static_cast<double>(out[static_cast<std::size_t>(i)]) - sum) < 1e-5 * static_cast<double>(width));
        std::vector<float> alone(1);
        score_one_to_many(query.row(0).array(), rows.row(i), std::span<float>(alone));
        CHECK(alone[0] == out[static_cast<std::size_t>(i)]);  // does not depend on the place
      }
    }
  }
}

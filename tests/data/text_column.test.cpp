// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/data/text_column.hpp>

#include <array>
#include <cfloat>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace kindred;

namespace {

/// A column of these texts, with others behind them, which must not matter.
struct Column {
  std::vector<std::string> memory;
  detail::TextColumn column;

  Column(const std::vector<std::string>& texts, Random& random) {
    for (const std::string& text : texts) {
      memory.push_back(text);
      memory.back() += random.below(2) == 0 ? "5.7.3,0098765432" : "\n,.9876::\"\xFF....";
    }
    column.size = texts.size();
    for (std::size_t k = 0; k < texts.size(); ++k) column.set(k, std::string_view(memory[k].data(), texts[k].size()));
  }
};

/// What the whole text says, slowly.
template <class Number>
bool number_of(const std::string& text, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size();
}

std::vector<std::string> odd_texts() {
  return {"",
          ".",
          "..",
          "1.",
          ".5",
          "1..2",
          "1.2.3",
          "0",
          "007",
          "3.5",
          "0.1",
          "9999999",
          "99999.9",
          "1.00000",
          "16777.7",
          "-1",
          "1e3",
          "12345678",
          "1234567.8",
          "1/3",
          "1:3",
          " 5",
          "5 ",
          "nan",
          "inf",
          "00",
          "00000000",
          "99999999",
          "4294967295",
          "123456789",
          "1e99",
          "-0",
          "0.0",
          "0000000",
          "978300760",
          "1234567.",
          "\xB0",
          "1\xB0",
          "1\x80"
          "2",
          "x",
          "1234567890123456",
          "12345678901234567",
          "9999999999999999",
          "123456789012345x",
          "x234567890123456",
          "/",
          ":",
          "9/",
          "9:"};
}

std::vector<std::string> random_texts(Random& random) {
  std::vector<std::string> texts;
  const bool clean = random.below(2) == 0;
  for (std::size_t k = 0; k < detail::TextColumn::most; ++k) {
    std::string text;
    const Index length = 1 + random.below(clean ? 16 : 10);
    for (Index c = 0; c < length; ++c) {
      text += !clean && random.below(20) == 0 ? "-+e/:x"[random.below(6)] : "0123456789.."[random.below(clean ? 10 : 12)];
    }
    texts.push_back(text);
  }
  return texts;
}

void check(const std::vector<std::string>& texts, Random& random) {
  const Column some(texts, random);
  std::array<std::uint32_t, detail::TextColumn::most> wholes{};
  detail::find_whole_numbers(some.column, wholes.data());
  for (std::size_t k = 0; k < texts.size(); ++k) {
    INFO(texts[k]);
    std::uint32_t number = 0;
    const bool whole = texts[k].size() <= 8 && number_of(texts[k], number) && std::to_string(number) == texts[k];
    REQUIRE(wholes[k] == (whole ? number : detail::no_whole_number));
  }
  for (const std::string& text : texts) {
    INFO(text);
    const Column one({text}, random);
    std::int64_t expected = 0, time = 0;
    const bool good = number_of(text, expected);
    REQUIRE(detail::read_column(one.column, &time) == good);
    if (good) REQUIRE(time == expected);
    const bool digits = !text.empty() && text.size() <= 16 && text.find_first_not_of("0123456789") == std::string::npos;
    REQUIRE(detail::read_short_numbers(one.column, &time) == digits);
    if (digits) REQUIRE(time == expected);

    float wanted = 0, value = 0;
    const bool number = number_of(text, wanted) && wanted - wanted == 0;
    REQUIRE(detail::read_column(one.column, &value) == number);
    if (number) REQUIRE(value == wanted);
    const bool simple =
        number && text.size() <= 7 && text[0] != '.' && text.find_first_not_of("0123456789.") == std::string::npos;
    REQUIRE(detail::read_short_numbers(one.column, &value) == (simple && FLT_EVAL_METHOD == 0));
    if (simple && FLT_EVAL_METHOD == 0) REQUIRE(value == wanted);
  }
}

}  // namespace

TEST_CASE("numbers read from many texts at once are those that from_chars reads from each", "[data]") {
  Random random(3);
  for (int round = 0; round < 4; ++round) check(odd_texts(), random);  // with other bytes behind them
  for (int round = 0; round < 20; ++round) check(random_texts(random), random);
}

TEST_CASE("a column of many numbers is read as each alone, and one that is none is told wherever it stands", "[data]") {
  Random random(4);
  for (const std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{100}, detail::TextColumn::most}) {
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < count; ++k) {
      texts.push_back(std::to_string(random.below(1000)));
      if (random.below(2) == 0) texts.back().append(".").append(std::to_string(random.below(100)));
    }
    for (const char* odd : {"", "-7.25", "1e2", "12345.678", "nan", "x"}) {
      auto with = texts;
      const auto place = static_cast<std::size_t>(random.below(static_cast<Index>(count)));
      if (odd[0] != '\0') with[place] = odd;
      const Column column(with, random);
      CHECK_FALSE(column.column.any_empty());
      std::array<float, detail::TextColumn::most> values{};
      const bool good = odd[0] != 'n' && odd[0] != 'x';
      CHECK(detail::read_column(column.column, values.data()) == good);
      for (std::size_t k = 0; good && k < count; ++k) {
        float expected = 0;
        number_of(with[k], expected);
        REQUIRE(values[k] == expected);
      }
      with[place] = "";
      CHECK(Column(with, random).column.any_empty());
    }
  }
}

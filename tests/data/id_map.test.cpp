// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/text_column.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace kindred;

TEST_CASE("texts are numbered in the order they first come", "[data]") {
  IdMap map;
  CHECK(map.size() == 0);
  CHECK(map.add("b") == 0);
  CHECK(map.add("a") == 1);
  CHECK(map.add("b") == 0);
  CHECK(map.size() == 2);
  CHECK(map.at("a") == 1);
  CHECK(map.find("b") == 0);
  CHECK(map.text(0) == "b");
  CHECK(map.text(1) == "a");
}

TEST_CASE("many texts are found again, and others are not", "[data]") {
  IdMap map;
  for (Index k = 0; k < 20000; ++k) CHECK(map.add("user " + std::to_string(k * k)) == k);
  Index wrong = 0;
  for (Index k = 0; k < 20000; ++k) {
    const std::string text = "user " + std::to_string(k * k);
    wrong += map.at(text) != k || map.text(k) != text || map.add(text) != k;
    wrong += map.find(text + ' ').has_value();
  }
  CHECK(wrong == 0);
  CHECK(map.size() == 20000);
}

TEST_CASE("any bytes are a text: empty, with a zero byte, not UTF-8", "[data]") {
  IdMap map;
  using namespace std::string_view_literals;
  CHECK(map.add("") == 0);
  CHECK(map.add("a\0b"sv) == 1);
  CHECK(map.add("a\0c"sv) == 2);
  CHECK(map.add("\xFF\xFE") == 3);
  CHECK(map.add("A") == 4);
  CHECK(map.add("a") == 5);
  CHECK(map.at("") == 0);
  CHECK(map.at("a\0b"sv) == 1);
  CHECK(map.text(2) == "a\0c"sv);
  CHECK(map.text(3) == "\xFF\xFE");
}

TEST_CASE("an unknown text or number is an error that names it", "[data]") {
  IdMap map;
  CHECK(!map.find("x").has_value());
  CHECK_THROWS_AS(map.at("x"), std::out_of_range);
  CHECK_THROWS_AS(map.text(0), std::out_of_range);
  map.add("y");
  CHECK(!map.find("x").has_value());
  CHECK(message_of([&] { map.at("x"); }) == "IdMap: the id must be one of the 1 known, got 'x'");
  CHECK(message_of([&] { map.text(1); }) == "IdMap: the number must be at least 0 and below 1, got 1");
  CHECK_THROWS_AS(map.text(-1), std::out_of_range);
  CHECK(map.size() == 1);
}

TEST_CASE("a copy of a map goes its own way", "[data]") {
  IdMap map;
  map.add("a");
  IdMap copy = map;
  CHECK(copy.add("b") == 1);
  CHECK(copy.at("a") == 0);
  CHECK(!map.find("b").has_value());
  CHECK(map.add("c") == 1);
  CHECK(copy.text(1) == "b");
  const IdMap moved = std::move(copy);
  CHECK(moved.at("b") == 1);
}

TEST_CASE("a data set carries the texts of its users and items", "[data]") {
  Dataset data{.interactions = Interactions({.users = {0, 1}, .items = {0, 0}})};
  data.users.add("ann");
  data.users.add("bob");
  data.items.add("tea");
  CHECK(data.users.text(data.interactions.user(1).index()) == "bob");
  CHECK(data.items.size() == data.interactions.items());
}

TEST_CASE("whole numbers are texts like others: each by its bytes, with gaps, in any order, in columns too", "[data]") {
  IdMap map;
  for (const std::string_view text :
       {"7", "07", "007", "0", "00", "", "7 ", "70", "7.0", "-7", "9999999", "12345678", "4294967295"}) {
    const Index next = map.size();
    CHECK(map.add(text) == next);
  }
  CHECK(map.size() == 13);
  CHECK(map.add("7") == 0);
  CHECK(map.add("007") == 2);
  // The same in columns, with bytes behind them.
  IdMap other;
  Random random(5);
  std::vector<std::string> texts;
  const std::vector<std::string> odd{"0", "00", "007", "7", "-7", "", "B00005N7P0", "12345678", "a long text id", "7 "};
  for (int round = 0; round < 30; ++round) {
    std::vector<std::string> memory;
    std::vector<std::size_t> lengths;
    std::vector<std::uint64_t> expected;
    detail::TextColumn column;
    column.size = static_cast<std::size_t>(1 + random.below(256));
    for (std::size_t k = 0; k < column.size; ++k) {
      const Index below[] = {10, 300, 20'000, 9'999'999, 99'999'999, 999'999'999};
      std::string text = std::to_string(random.below(below[random.below(6)]));
      if (random.below(20) == 0) text[0] = 'x';
      if (random.below(20) == 0) text = odd[static_cast<std::size_t>(random.below(std::ssize(odd)))];
      const Index number = std::find(texts.begin(), texts.end(), text) - texts.begin();
      if (number == std::ssize(texts)) texts.push_back(text);
      expected.push_back(static_cast<std::uint64_t>(number));
      memory.push_back(text + (random.below(2) == 0 ? "9999999999999999" : "::\n::\n::::::::::"));
      lengths.push_back(text.size());
    }
    for (std::size_t k = 0; k < column.size; ++k) column.set(k, std::string_view(memory[k]).substr(0, lengths[k]));
    std::vector<std::uint64_t> numbers(column.size);
    other.add(column, numbers.data());
    REQUIRE(numbers == expected);
  }
  for (std::size_t k = 0; k < texts.size(); ++k) {
    REQUIRE(other.find(texts[k]) == static_cast<Index>(k));
    REQUIRE(other.text(static_cast<Index>(k)) == texts[k]);
  }
  CHECK(other.size() == std::ssize(texts));
}

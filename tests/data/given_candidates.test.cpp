// SPDX-License-Identifier: MIT
#include <kindred/data/given_candidates.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace kindred;

TEST_CASE("given candidates: a test item of a user and its negatives on each line, ids by the maps", "[data]") {
  IdMap users, items;
  users.add("0"), users.add("7");
  items.add("25"), items.add("1064");
  const auto given =
      read_given_candidates(TextFile::from_text("f", "(7,25)\t1064\t174\t1064\r\n(new,174)\t25\n"), users, items);
  REQUIRE(given.size() == 2);
  CHECK(given[0] == GivenCandidates{UserId(1), ItemId(0), {ItemId(1), ItemId(2), ItemId(1)}});
  CHECK(given[1] == GivenCandidates{UserId(2), ItemId(2), {ItemId(0)}});
  CHECK(users.text(2) == "new");
  CHECK(items.text(2) == "174");
}

TEST_CASE("a line of given candidates that is not right is refused by its number, and the maps stay as they were", "[data]") {
  IdMap users, items;
  const auto refusal = [&](std::string_view line) {
    const std::string text = "(u,i)\tj\n" + std::string(line);
    const std::string message = message_of([&] { (void)read_given_candidates(TextFile::from_text("f", text), users, items); });
    CHECK(users.size() == 0);
    CHECK(items.size() == 0);
    return message;
  };
  for (const char* first : {"u,i", "(u,i", "u,i)", "(u)", "(,i)", "(u,)", "(u,i,j)", "()", "(,)"}) {
    CHECK(refusal(std::string(first) + "\tk") ==
          "f:2: expected (user,item) in the first field, got '" + std::string(first) + "'");
  }
  CHECK(refusal("\n(u,k)\tj") == "f:2: expected (user,item) in the first field, got ''");
  CHECK(refusal("(u,k)") == "f:2: expected negatives after '(u,k)', separated by tabs, got none");
  CHECK(refusal("(u,k)\t") == "f:2: expected an item in each field, got an empty one");
  CHECK(refusal("(u,k)\tj\t") == "f:2: expected an item in each field, got an empty one");
  CHECK(refusal("(u,k)\tj\tk") == "f:2: expected negatives other than the test item, got 'k'");
  CHECK(refusal("(u,i)\tk") == "f:2: expected a user and an item once together, got '(u,i)' also on line 1");
  CHECK(message_of([&] { (void)read_given_candidates(TextFile::from_text("f", ""), users, items); }) ==
        "f:1: expected (user,item) and negatives, got an empty file");
}

// SPDX-License-Identifier: MIT
#include <kindred/data/adjacency.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace kindred;

namespace {

Dataset read(std::string_view text, const AdjacencyOptions& options = {}) {
  return read_adjacency(TextFile::from_text("f", text), options);
}

std::string refusal(std::string_view text, const AdjacencyOptions& options = {}) {
  return message_of([&] { read(text, options); });
}

}  // namespace

TEST_CASE("an adjacency list is a user and its items on each line", "[data]") {
  const Dataset data = read("u1 a b c\r\nu2\nu3 c a\n");
  const Interactions& rows = data.interactions;
  CHECK(rows.users() == 3);
  CHECK(rows.items() == 3);
  CHECK(rows.size() == 5);
  CHECK_FALSE(rows.has_values());
  CHECK_FALSE(rows.has_times());
  CHECK(data.users.text(1) == "u2");
  CHECK(rows.items_of(UserId(1)).empty());  // a user without items
  CHECK(rows.user(3) == UserId(2));
  CHECK(rows.item(3) == ItemId(2));
  CHECK(data.items.text(2) == "c");
}

TEST_CASE("in an adjacency list any spaces and tabs separate", "[data]") {
  const Dataset data = read("\xEF\xBB\xBF u1  a \tb \n  u2 \nu3\tc");
  CHECK(data.users.size() == 3);
  CHECK(data.items.size() == 3);
  CHECK(data.users.text(0) == "u1");
  CHECK(data.interactions.items_of(UserId(0)).size() == 2);
}

TEST_CASE("a user on two lines has the items of both", "[data]") {
  const Dataset data = read("u1 a\nu2 a\nu1 b\n");
  CHECK(data.users.size() == 2);
  CHECK(data.interactions.items_of(UserId(0)).size() == 2);
}

TEST_CASE("bad adjacency lists are refused, at their line", "[data]") {
  CHECK(refusal("u1 a\n\nu2 b\n") == "f:2: expected a user and its items, got an empty line");
  CHECK(refusal("u1 a\n \t\nu2 b\n") == "f:2: expected a user and its items, got an empty line");
  CHECK(refusal("") == "f:1: expected an interaction, got the end of the file");
  CHECK(refusal("u1\nu2\n") == "f:3: expected an interaction, got the end of the file");
  CHECK(refusal("u1 a\ru2 b\n") == "f:1: expected lines that end in LF or CR LF, got a CR alone");
  CHECK(refusal("u1 a\nu2 a b a\n") == "f:2: expected a user and an item once together, got 'u2' and 'a' also on line 2");
  CHECK(read("u2 a b a\n", {.duplicates = Duplicates::sum}).interactions.value(1) == 2.0F);
  CHECK(read("u1 a\n\r\n\n").interactions.size() == 1);
  CHECK(read("u1 a\nu2\n").interactions.users() == 2);  // no row has the last user
}

TEST_CASE("a second adjacency list is numbered on from the ids of the first", "[data]") {
  Dataset first = read("u1 a\nu2 b\n");
  const Interactions second = read_adjacency(TextFile::from_text("g", "u2 c\nu3 a\n"), {}, first.users, first.items);
  CHECK(second.users() == 3);
  CHECK(second.items() == 3);
  CHECK(second.user(0) == UserId(1));
  CHECK_THROWS_AS(read_adjacency(TextFile::from_text("g", "u9 z\n\nu8\n"), {}, first.users, first.items), ParseError);
  CHECK(first.users.size() == 3);
  CHECK(first.items.size() == 3);
}

// SPDX-License-Identifier: MIT
#include <kindred/data/read_delimited.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

using namespace kindred;

namespace {

Dataset read(std::string_view text, const DelimitedOptions& options = {}) {
  return read_delimited(TextFile::from_text("f", text), options);
}

std::string refusal(std::string_view text, const DelimitedOptions& options = {}) {
  return message_of([&] { read(text, options); });
}

}  // namespace

TEST_CASE("interactions come from the columns named", "[data]") {
  const Dataset data = read(
      "day,orders,product,note,customer\n"
      "5,2,tea,x,Ann\n"
      "-6,0.5,tea,\"y,z\",Bob\n"
      "7,1,milk,,Ann\n",
      {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  const Interactions& rows = data.interactions;
  REQUIRE(rows.size() == 3);
  CHECK(rows.users() == 2);
  CHECK(rows.items() == 2);
  CHECK(data.users.text(0) == "Ann");
  CHECK(data.users.text(1) == "Bob");
  CHECK(data.items.text(1) == "milk");
  CHECK(rows.user(1) == UserId(1));
  CHECK(rows.item(1) == ItemId(0));
  CHECK(rows.value(1) == 0.5F);
  CHECK(rows.time(1) == -6);
  CHECK(rows.user(2) == UserId(0));
  CHECK(rows.item(2) == ItemId(1));
  CHECK(rows.value(2) == 1.0F);
  CHECK(rows.time(2) == 7);
}

TEST_CASE("value and time are optional", "[data]") {
  const std::string text = "u,i,v,t\na,b,2,3\n";
  const Interactions pairs = read(text, {.columns = {.user = "u", .item = "i"}}).interactions;
  CHECK_FALSE(pairs.has_values());
  CHECK_FALSE(pairs.has_times());
  const Interactions timed = read(text, {.columns = {.user = "u", .item = "i", .time = "t"}}).interactions;
  CHECK_FALSE(timed.has_values());
  CHECK(timed.time(0) == 3);
  const Interactions valued = read(text, {.columns = {.user = "u", .item = "i", .value = "v"}}).interactions;
  CHECK(valued.value(0) == 2.0F);
  CHECK_FALSE(valued.has_times());
}

TEST_CASE("columns may be given by position, with and without a header", "[data]") {
  const InteractionFields columns{.user = "2", .item = "1", .value = "3"};
  const Dataset with = read("i;u;v\nx;a;4\n", {.columns = columns, .delimiter = ";"});
  CHECK(with.users.text(0) == "a");
  CHECK(with.interactions.value(0) == 4.0F);
  const Dataset without = read("x;a;4\ny;a;5\n", {.columns = columns, .delimiter = ";", .has_header = false});
  CHECK(without.interactions.size() == 2);
  CHECK(without.items.text(1) == "y");
  CHECK(without.interactions.value(1) == 5.0F);
}

TEST_CASE("unnamed columns are user, item, value, time in this order", "[data]") {
  CHECK_FALSE(read("who,what\na,b\n").interactions.has_values());
  CHECK_FALSE(read("who,what,much\na,b,2\n").interactions.has_times());
  const Interactions all = read("who\twhat\tmuch\twhen\na\tb\t2\t3\n").interactions;
  CHECK(all.value(0) == 2.0F);
  CHECK(all.time(0) == 3);
  const std::string wanted =
      "f:1: expected the columns user, item, value, time (the last two may be missing), or to be told which they are, got ";
  CHECK(refusal("a,b,c,d,e\n1,2,3,4,5\n") == wanted + "'a', 'b', 'c', 'd', 'e'");
  CHECK(refusal("a\nb\n") == wanted + "'a'");
  CHECK(refusal("1,2,3,4,5\n", {.has_header = false}) == wanted + "5 columns");
}

TEST_CASE("a time in the third column is not taken for a value", "[data]") {
  const std::string wanted = "f:1: expected a value in the third column, or to be told which column is what, got ";
  CHECK(refusal("user,item,timestamp\na,b,881250949\n") == wanted + "'user', 'item', 'timestamp'");
  CHECK(refusal("user,item,Day\na,b,1\n") == wanted + "'user', 'item', 'Day'");
  CHECK(read("user,item,timestamp\na,b,5\n", {.columns = {.user = "1", .item = "2", .time = "3"}}).interactions.time(0) == 5);
}

TEST_CASE("a first row of numbers is not taken for a header", "[data]") {
  CHECK(refusal("1,2,3.5\n4,5,6\n") == "f:1: expected a header line that names the columns, got '1', '2', '3.5'");
  CHECK(refusal("a,b,3.5\nc,d,6\n") == "f:1: expected a header line that names the columns, got 'a', 'b', '3.5'");
  CHECK(refusal("a,b,c,88\nc,d,6,89\n") == "f:1: expected a header line that names the columns, got 'a', 'b', 'c', '88'");
  CHECK(refusal("1,2\n4,5\n") == "f:1: expected a header line that names the columns, got '1', '2'");
  CHECK(refusal("1,2\n4,5\n", {.columns = {.user = "1", .item = "2"}}) ==
        "f:1: expected a header line that names the columns, got '1', '2'");
  CHECK(refusal("7,8,9\n4,5,6\n", {.columns = {.user = "3", .item = "1"}}) ==
        "f:1: expected a header line that names the columns, got '7', '8', '9'");
  CHECK(read("1,item\n4,5\n").users.text(0) == "4");
  CHECK(read("id,x,2011\na,b,6\n", {.columns = {.user = "id", .item = "x", .value = "2011"}}).interactions.value(0) == 6.0F);
  CHECK(read("1,2,3.5\n4,5,6\n", {.has_header = false}).interactions.size() == 2);
}

TEST_CASE("columns that are not there, or asked for twice, are refused", "[data]") {
  CHECK(refusal("u,i\na,b\n", {.columns = {.user = "u", .item = "item"}}) ==
        "f:1: expected a column named 'item', got 'u', 'i'");
  CHECK(refusal("u,i,i\na,b,c\n", {.columns = {.user = "u", .item = "i"}}) ==
        "f:1: expected one column named 'i', got 2 among 'u', 'i', 'i'");
  CHECK(refusal("u,i\na,b\n", {.columns = {.user = "u", .item = "i", .value = "2"}}) ==
        "f:1: expected four different columns for user, item, value and time, got column 'i' twice");
  CHECK(refusal("u,i\na,b\n", {.columns = {.value = "1"}}) ==
        "InteractionFields: user and item must both be given, got '' and ''");
  CHECK_THROWS_AS(read("u,i\na,b\n", {.columns = {.user = "1"}}), std::invalid_argument);
}

TEST_CASE("bad fields are refused, at their line", "[data]") {
  CHECK(refusal("u,i,v,t\na,b,1,2\na,c,1\n") == "f:3: expected 4 fields, got 3");
  CHECK(refusal("u,i,v\na,b,1\na,c,nan\n") == "f:3: expected a finite number in column 'v', got 'nan'");
  CHECK(refusal("u,i,v\na,b,inf\n") == "f:2: expected a finite number in column 'v', got 'inf'");
  CHECK(refusal("u,i,v\na,b,1e39\n") == "f:2: expected a number from -3.40282e+38 to 3.40282e+38 in column 'v', got '1e39'");
  CHECK(refusal("u,i,v\na,b,\n") == "f:2: expected a finite number in column 'v', got ''");
  CHECK(refusal("u,i,v,t\na,b,1,2011-12-01\n") == "f:2: expected a whole number in column 't', got '2011-12-01'");
  CHECK(refusal("a,b,x\n", {.has_header = false}) == "f:1: expected a finite number in column 3, got 'x'");
  CHECK(refusal("u,i\na,b\n,c\n") == "f:3: expected a user id, got an empty field");
  CHECK(refusal("u,i\na,b\na,\n") == "f:3: expected an item id, got an empty field");
  CHECK(refusal("u,i\n\"a\nb\",c\nd,\n") == "f:4: expected an item id, got an empty field");
}

TEST_CASE("a file without rows is refused", "[data]") {
  CHECK(refusal("u,i\n") == "f:2: expected an interaction, got the end of the file");
  CHECK(refusal("u,i\r\n\r\n") == "f:2: expected an interaction, got the end of the file");
  CHECK(refusal("") == "f:1: expected a header line, got an empty file");
  CHECK(refusal("", {.has_header = false}) == "f:1: expected a row, got an empty file");
}

TEST_CASE("ids are text, any bytes of it", "[data]") {
  const Dataset data = read("u,i\n-5,007\n\xE9,7\n99999999999999999999,\"a \"\"b\"\"\"\n-5,\"a \"\"b\"\"\"\n");
  CHECK(data.users.size() == 3);
  CHECK(data.users.text(0) == "-5");
  CHECK(data.users.text(1) == "\xE9");
  CHECK(data.items.size() == 3);
  CHECK(data.items.text(0) == "007");
  CHECK(data.items.text(2) == "a \"b\"");
}

TEST_CASE("duplicates are refused with both lines, or merged as asked", "[data]") {
  const std::string text = "u,i,v\n\"x\ny\",b,1\na,b,2\na,c,3\na,b,4\n";
  CHECK(refusal(text) == "f:6: expected a user and an item once together, got 'a' and 'b' also on line 4");
  CHECK_THROWS_AS(read(text), ParseError);
  const Interactions last = read(text, {.duplicates = Duplicates::keep_last}).interactions;
  CHECK(last.size() == 3);
  CHECK(last.value(2) == 4.0F);
  CHECK(read(text, {.duplicates = Duplicates::sum}).interactions.value(2) == 6.0F);
  CHECK(refusal("u,i,v\na,b,3e38\na,b,3e38\n", {.duplicates = Duplicates::sum}) ==
        "f: Interactions: row 1: the sum of the duplicates' values must be finite, got 6e+38");
}

TEST_CASE("a second file is numbered on from the ids of the first", "[data]") {
  Dataset first = read("u,i\na,x\nb,y\n");
  const TextFile file = TextFile::from_text("g", "u,i\nb,z\nc,x\n");
  const Interactions second = read_delimited(file, {}, first.users, first.items);
  CHECK(first.users.size() == 3);
  CHECK(first.items.size() == 3);
  CHECK(second.users() == 3);
  CHECK(second.items() == 3);
  CHECK(second.user(0) == UserId(1));
  CHECK(second.item(0) == ItemId(2));
  CHECK(second.user(1) == UserId(2));
  CHECK(second.item(1) == ItemId(0));
}

TEST_CASE("a second file that has few of the ids counts them all", "[data]") {
  Dataset first = read("u,i\na,x\nb,y\n");
  const Interactions second = read_delimited(TextFile::from_text("g", "u,i\na,x\n"), {}, first.users, first.items);
  CHECK(second.users() == 2);
  CHECK(second.items() == 2);
}

TEST_CASE("a file that is refused leaves the maps as they were", "[data]") {
  Dataset first = read("u,i\na,x\n");
  for (const char* text : {"u,i\nb,y\nc\n", "u,i\nb,y\nb,y\n", "u,i\n"}) {
    const TextFile file = TextFile::from_text("g", text);
    CHECK_THROWS_AS(read_delimited(file, {}, first.users, first.items), ParseError);
    CHECK(first.users.size() == 1);
    CHECK(first.items.size() == 1);
    CHECK_FALSE(first.users.find("b").has_value());
  }
}

TEST_CASE("every beginning of an interaction file is read or refused", "[data]") {
  const std::string text = "u\ti\tv\tt\r\na\t\"b\"\"c\"\t1.5\t-7\r\n\"d\ne\"\tb\t2e1\t8\r\n";
  std::size_t read_some = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    try {
      read_some += read(std::string(text.substr(0, length))).interactions.size() > 0;
    } catch (const ParseError&) {
    }
  }
  CHECK(read_some > 4);
}

TEST_CASE("real tables of interactions have the counts their README states", "[data]") {
  if (const auto path = data_file("online-retail-small/interactions.tsv")) {
    const Dataset data =
        read_delimited(*path, {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
    CHECK(data.interactions.users() == 925);
    CHECK(data.interactions.items() == 1868);
    CHECK(data.interactions.size() == 60183);
    CHECK(data.users.text(0) == "13748");
    CHECK(data.interactions.value(0) == 2.0F);
    CHECK(data.interactions.time(60182) == 373);
  }
  if (const auto path = data_file("lastfm-hetrec2011-2k/user_artists.dat")) {
    const Dataset data = read_delimited(*path, {.columns = {.user = "userID", .item = "artistID", .value = "weight"}});
    CHECK(data.interactions.users() == 1892);
    CHECK(data.interactions.items() == 17632);
    CHECK(data.interactions.size() == 92834);
  }
  if (const auto path = data_file("restaurant-consumer/rating_final.csv")) {
    const Dataset data = read_delimited(*path, {.columns = {.user = "userID", .item = "placeID", .value = "rating"}});
    CHECK(data.interactions.users() == 138);
    CHECK(data.interactions.items() == 130);
    CHECK(data.interactions.size() == 1161);
  }
}

// SPDX-License-Identifier: MIT
#include <kindred/data/movielens.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

using namespace kindred;

namespace {

Dataset read(std::string_view text, const MovieLensOptions& options = {}) {
  return read_movielens(TextFile::from_text("f", text), options);
}

std::string refusal(std::string_view text, const MovieLensOptions& options = {}) {
  return message_of([&] { read(text, options); });
}

}  // namespace

TEST_CASE("each MovieLens format is told from its content", "[data]") {
  for (const char* text : {"196\t242\t3.5\t881250949\n186\t242\t1\t7\n", "196::242::3.5::881250949\r\n186::242::1::7\r\n",
                           "userId,movieId,rating,timestamp\r\n196,242,3.5,881250949\r\n186,242,1,7\r\n",
                           "timestamp,rating,movieId,userId\n881250949,3.5,242,196\n7,1,242,186\n"}) {
    const Dataset data = read(text);
    REQUIRE(data.interactions.size() == 2);
    CHECK(data.users.text(0) == "196");
    CHECK(data.users.text(1) == "186");
    CHECK(data.items.text(0) == "242");
    CHECK(data.items.size() == 1);
    CHECK(data.interactions.value(0) == 3.5F);
    CHECK(data.interactions.time(0) == 881250949);
    CHECK(data.interactions.value(1) == 1.0F);
  }
}

TEST_CASE("bad MovieLens files are refused, at their line", "[data]") {
  CHECK(refusal("1\t2\t3\t4\n1\t3\t3\n") == "f:2: expected 4 fields, got 3");
  CHECK(refusal("1\t2\t3\n1\t3\t3\n") == "f:1: expected 4 fields, got 3");
  CHECK(refusal("1\t2\t3\t4\t5\n") == "f:1: expected 4 fields, got 5");
  CHECK(refusal("1::2::3::4\n1::3::3\n") == "f:2: expected 4 fields, got 3");
  CHECK(refusal("1::2::3\n") == "f:1: expected 4 fields, got 3");
  CHECK(refusal("1::2::3:4\n") == "f:1: expected 4 fields, got 3");
  CHECK(refusal("1::2::3::4\n1:3:3:4\n") == "f:2: expected 4 fields, got 1");
  CHECK(refusal("1::2::x::4\n") == "f:1: expected a finite number in column 3, got 'x'");
  CHECK(refusal("1\t2\tnan\t4\n") == "f:1: expected a finite number in column 3, got 'nan'");
  CHECK(refusal("1\t2\t3\t4.5\n") == "f:1: expected a whole number in column 4, got '4.5'");
  CHECK(refusal("1\t2\t3\t4\n\t2\t3\t4\n") == "f:2: expected a user id, got an empty field");
  CHECK(refusal("1\t2\t3\t4\n1\t2\t3\t4\n") ==
        "f:2: expected a user and an item once together, got '1' and '2' also on line 1");
  CHECK(refusal("userId,movieId,score,timestamp\n1,2,3,4\n") ==
        "f:1: expected a column named 'rating', got 'userId', 'movieId', 'score', 'timestamp'");
  CHECK(refusal("userId,movieId,rating,timestamp\n1,2,3\n") == "f:2: expected 4 fields, got 3");
  CHECK(refusal("") == "f:1: expected a row, got an empty file");
  CHECK(refusal("1 2 3\n") == "f:1: expected a MovieLens file (tabs, '::' or csv), got adjacency");
  CHECK(refusal("user\titem\n1\t2\n") == "f:1: expected a MovieLens file (tabs, '::' or csv), got tsv");
}

TEST_CASE("quotes mean nothing in the MovieLens formats without a header", "[data]") {
  CHECK(read("\"1\t2\t3\t4\n\"5\"\t2\t3\t4\n").users.text(1) == "\"5\"");
}

TEST_CASE("the MovieLens format may be given", "[data]") {
  CHECK(read("a\t2\t3\t4\n", {.format = InteractionFormat::movielens_100k}).interactions.size() == 1);
  CHECK(refusal("1::2::3::4\n", {.format = InteractionFormat::movielens_100k}) == "f:1: expected 4 fields, got 1");
  CHECK(refusal("1::2::3::4\n", {.format = InteractionFormat::csv}) ==
        "f:1: expected a column named 'userId', got '1::2::3::4'");
  CHECK(refusal("1", {.format = InteractionFormat::tsv}) ==
        "MovieLensOptions: format must be movielens_100k, movielens_1m or csv, got tsv");
  CHECK_THROWS_AS(read("1", {.format = InteractionFormat::adjacency}), std::invalid_argument);
}

TEST_CASE("every beginning of a MovieLens file is read or refused", "[data]") {
  for (const std::string text : {"196\t242\t3\t881250949\r\n186\t302\t3\t891717742\r\n", "1::2::3::44\n1::3::5::66\n",
                                 "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,3,4.0,964981247\n"}) {
    std::size_t read_some = 0;
    for (std::size_t length = 0; length <= text.size(); ++length) {
      try {
        read_some += read(std::string(text.substr(0, length))).interactions.size() > 0;
      } catch (const ParseError&) {
      }
    }
    CHECK(read_some > 4);
  }
}

TEST_CASE("MovieLens 100K has the counts its README states, and its folds share its ids", "[data]") {
  const auto all = data_file("ml-100k/u.data"), base = data_file("ml-100k/u1.base"), test = data_file("ml-100k/u1.test");
  if (!all || !base || !test) return;
  Dataset data = read_movielens(*all);
  CHECK(data.interactions.users() == 943);
  CHECK(data.interactions.items() == 1682);
  CHECK(data.interactions.size() == 100000);
  CHECK(data.users.text(0) == "196");
  CHECK(data.items.text(0) == "242");
  CHECK(data.interactions.time(0) == 881250949);
  const Interactions first = read_movielens(*base, {}, data.users, data.items);
  const Interactions second = read_movielens(*test, {}, data.users, data.items);
  CHECK(first.size() == 80000);
  CHECK(second.size() == 20000);
  CHECK(data.users.size() == 943);
  CHECK(data.items.size() == 1682);
  for (Index k = 0; k < second.size(); ++k) {
    if (!data.interactions.contains(second.user(k), second.item(k)) || first.contains(second.user(k), second.item(k))) {
      FAIL_CHECK("row " << k << " of the test file");
    }
  }
}

TEST_CASE("MovieLens latest-small has the counts its README states", "[data]") {
  const auto path = data_file("ml-latest-small/ratings.csv");
  if (!path) return;
  const Dataset data = read_movielens(*path);
  CHECK(data.interactions.users() == 610);
  CHECK(data.interactions.items() == 9724);
  CHECK(data.interactions.size() == 100836);
  CHECK(data.interactions.value(0) == 4.0F);
}

// SPDX-License-Identifier: MIT
#include <kindred/data/interaction_format.hpp>
#include <kindred/data/read_interactions.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

using namespace kindred;

namespace {

TextFile text_of(std::string_view text) { return TextFile::from_text("f", text); }

InteractionFormat detect(std::string_view text) { return detect_format(text_of(text)); }

std::string rows_refusal(std::string_view text, const InteractionFileOptions& options = {}) {
  return message_of([&] { read_interactions(text_of(text), options); });
}

}  // namespace

TEST_CASE("the format of a file is told from its first line", "[data]") {
  using enum InteractionFormat;
  CHECK(detect("196\t242\t3\t881250949\n") == movielens_100k);
  CHECK(detect("ann\ttea\t3\t881250949\n") == movielens_100k);
  CHECK(detect("ann\ttea\t3\tx\n") == movielens_100k);     // one bad field makes no header
  CHECK(detect("196\t242\tnan\t88\n") == movielens_100k);  // nor does a bad number
  CHECK(detect("196\t242\n") == movielens_100k);           // cut off
  CHECK(detect("customer\tproduct\torders\tday\n1\t2\t3\t4\n") == tsv);
  CHECK(detect("user\titem, or product\n") == tsv);
  CHECK(detect("user\titem\t\n") == tsv);
  CHECK(detect("1::1193::5::978300760\n") == movielens_1m);
  CHECK(detect("1::1193\n") == movielens_1m);
  CHECK(detect("userId,movieId,rating,timestamp\n") == csv);
  CHECK(detect("\xEF\xBB\xBFuser,item\r\n") == csv);
  CHECK(detect("user,a::b\n") == csv);
  CHECK(detect("u1 a b c\n") == adjacency);
  CHECK(detect("u1\nu2 a\n") == adjacency);
  CHECK(message_of([] { detect(""); }) == "f:1: expected a row, got an empty file");
  CHECK(message_of([] { detect("\n"); }) == "f:1: expected a row, got an empty file");
  CHECK(message_of([] { detect("User;Item;Rating\n"); }) ==
        "f:1: expected fields separated by tabs, commas, '::' or (a user's items) spaces, got 'User;Item;Rating'");
  CHECK(message_of([] { detect("1|24|M\n"); }) ==
        "f:1: expected fields separated by tabs, commas, '::' or (a user's items) spaces, got '1|24|M'");
}

TEST_CASE("every format has a name", "[data]") {
  using enum InteractionFormat;
  CHECK(name_of(movielens_100k) == "movielens-100k");
  CHECK(name_of(movielens_1m) == "movielens-1m");
  CHECK(name_of(csv) == "csv");
  CHECK(name_of(tsv) == "tsv");
  CHECK(name_of(adjacency) == "adjacency");
  for (const auto& [name, format] : interaction_formats) CHECK(name_of(format) == name);
}

TEST_CASE("a file of any format gives the same interactions", "[data]") {
  const std::pair<const char*, InteractionFormat> files[] = {
      {"a\tx\t1\t5\nb\ty\t2\t6\n", InteractionFormat::movielens_100k},
      {"a::x::1::5\nb::y::2::6\n", InteractionFormat::movielens_1m},
      {"u,i,v,t\na,x,1,5\nb,y,2,6\n", InteractionFormat::csv},
      {"u\ti\tv\tt\na\tx\t1\t5\nb\ty\t2\t6\n", InteractionFormat::tsv},
      {"a x\nb y\n", InteractionFormat::adjacency},
  };
  for (const auto& [text, format] : files) {
    const bool values = format != InteractionFormat::adjacency;
    for (const InteractionFileOptions& options : {InteractionFileOptions{}, InteractionFileOptions{.format = format}}) {
      const Dataset data = read_interactions(text_of(text), options);
      REQUIRE(data.interactions.size() == 2);
      CHECK(data.users.text(1) == "b");
      CHECK(data.items.text(1) == "y");
      CHECK(data.interactions.value(1) == (values ? 2.0F : 1.0F));
      CHECK(data.interactions.has_times() == values);
      if (values) CHECK(data.interactions.time(1) == 6);
    }
  }
}

TEST_CASE("columns and quoting reach the reader", "[data]") {
  const InteractionFields columns{.user = "2", .item = "1", .time = "4"};
  for (const char* text : {"a\tx\t1\t5\n", "a::x::1::5\n", "u,i,v,t\na,x,1,5\n", "u\ti\tv\tt\na\tx\t1\t5\n"}) {
    const Dataset data = read_interactions(text_of(text), {.columns = columns});
    CHECK(data.users.text(0) == "x");
    CHECK(data.items.text(0) == "a");
    CHECK_FALSE(data.interactions.has_values());
    CHECK(data.interactions.time(0) == 5);
  }
  CHECK(read_interactions(text_of("u,i\n\"a\",x\n"), {.quoting = Quoting::none}).users.text(0) == "\"a\"");
  CHECK(rows_refusal("a x\n", {.columns = columns}) == "InteractionFileOptions: columns must be empty for an adjacency file");
  CHECK_THROWS_AS(read_interactions(text_of("a x\n"), {.columns = columns}), std::invalid_argument);
}

TEST_CASE("a format given is held to", "[data]") {
  CHECK(rows_refusal("u,i\na,b\n", {.format = InteractionFormat::tsv}) ==
        "f:1: expected the columns user, item, value, time (the last two may be missing), or to be told which they are, got "
        "'u,i'");
  CHECK(rows_refusal("u,i\na,b\n", {.format = InteractionFormat::movielens_1m}) == "f:1: expected 4 fields, got 1");
  CHECK(rows_refusal("1,2,3,4\n1,3,4,5\n", {.format = InteractionFormat::csv}) ==
        "f:1: expected a header line that names the columns, got '1', '2', '3', '4'");
}

TEST_CASE("duplicates are merged as asked in every format", "[data]") {
  for (const char* text : {"a\tx\t1\t5\na\tx\t2\t6\n", "a::x::1::5\na::x::2::6\n", "u,i,v,t\na,x,1,5\na,x,2,6\n", "a x x\n"}) {
    CHECK_THROWS_AS(read_interactions(text_of(text)), ParseError);
    CHECK(read_interactions(text_of(text), {.duplicates = Duplicates::keep_last}).interactions.size() == 1);
  }
}

TEST_CASE("a training file and its test file share their ids", "[data]") {
  const TextFile train = text_of("u,i,v\na,x,1\nb,y,2\n"), test = TextFile::from_text("g", "i,v,u\nx,3,b\nz,4,c\n");
  const TrainTestDataset data = read_train_test(train, test, {.columns = {.user = "u", .item = "i", .value = "v"}});
  CHECK(data.train.size() == 2);
  CHECK(data.test.size() == 2);
  CHECK(data.users.size() == 3);
  CHECK(data.items.size() == 3);
  CHECK(data.train.users() == 3);
  CHECK(data.train.items() == 3);
  CHECK(data.test.users() == 3);
  CHECK(data.test.items() == 3);
  CHECK(data.test.user(0) == UserId(1));
  CHECK(data.test.item(0) == ItemId(0));
  CHECK(data.test.user(1) == UserId(2));
  CHECK(data.test.item(1) == ItemId(2));
  CHECK(data.items.text(2) == "z");
}

TEST_CASE("a test file is read in the format of its training file", "[data]") {
  CHECK(message_of([] { read_train_test(text_of("u,i\na,x\n"), TextFile::from_text("g", "a x\n")); }) ==
        "g:1: expected the columns user, item, value, time (the last two may be missing), or to be told which they are, got 'a "
        "x'");
  CHECK(message_of([] { read_train_test(text_of("u,i\na,x\n"), TextFile::from_text("g", "u,i\n")); }) ==
        "g:2: expected an interaction, got the end of the file");
  // The test file's only line looks like a header of its own, but the format is that of the training file.
  CHECK(read_train_test(text_of("a\tx\t1\t5\n"), text_of("b\ty\t1\t6\n")).test.size() == 1);
}

TEST_CASE("files of bad input are refused by their path", "[data]") {
  const TempFile bad("user,item,value\na,b,1\na,c\n", ".csv");
  CHECK(message_of([&] { read_interactions(bad.path()); }) == bad.name() + ":3: expected 3 fields, got 2");
  const TempFile empty("", ".csv");
  CHECK(message_of([&] { read_interactions(empty.path()); }) == empty.name() + ":1: expected a row, got an empty file");
  const auto folder = std::filesystem::temp_directory_path();
  CHECK(message_of([&] { read_interactions(folder); }) == folder.string() + ": must be a file, got a folder");
}

TEST_CASE("the given folds of MovieLens 100K are read as pairs of files", "[data]") {
  const auto base = data_file("ml-100k/u1.base"), test = data_file("ml-100k/u1.test");
  if (!base || !test) return;
  const TrainTestDataset data = read_train_test(*base, *test);
  CHECK(data.train.size() == 80000);
  CHECK(data.test.size() == 20000);
  CHECK(data.users.size() == 943);
  CHECK(data.items.size() == 1682);
  CHECK(data.train.items() == 1682);
}

TEST_CASE("real files are told apart", "[data]") {
  const std::pair<const char*, InteractionFormat> files[] = {
      {"ml-100k/u.data", InteractionFormat::movielens_100k},
      {"ml-100k/u5.test", InteractionFormat::movielens_100k},
      {"ml-latest-small/ratings.csv", InteractionFormat::csv},
      {"online-retail-small/interactions.tsv", InteractionFormat::tsv},
      {"lastfm-hetrec2011-2k/user_artists.dat", InteractionFormat::tsv},
      {"restaurant-consumer/rating_final.csv", InteractionFormat::csv},
  };
  for (const auto& [name, format] : files) {
    if (const auto path = data_file(name)) CHECK(detect_format(*path) == format);
  }
}

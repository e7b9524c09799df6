// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/data/read_interactions.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace kindred;

namespace {

/// Everything there is to know of what was read, or the error.
std::string outcome_of(std::string_view text, const InteractionFileOptions& options, const Executor auto& executor,
                       std::size_t part) {
  std::string out;
  try {
    const TextFile file = TextFile::from_text("f", text);
    IdMap users, items;
    detail::InteractionRows rows(file, users, items);
    detail::collect_interactions(file, options, detail::Parts(executor, part), rows);
    const Interactions data = rows.build(options.duplicates, executor);
    for (Index k = 0; k < data.size(); ++k) {
      out += users.text(data.user(k).index()) + '|' + items.text(data.item(k).index()) + '|' + std::to_string(data.value(k)) +
             '|' + (data.has_times() ? std::to_string(data.time(k)) : "") + ';';
    }
    for (Index u = 0; u < users.size(); ++u) {
      out += users.text(u) + ':';
      for (const auto row : data.rows_of(UserId(u))) out += std::to_string(row) + ',';
    }
    for (Index i = 0; i < items.size(); ++i) {
      out += items.text(i) + ':';
      for (const auto user : data.users_of(ItemId(i))) out += std::to_string(user.index()) + ',';
    }
  } catch (const std::exception& e) {
    out = e.what();
  }
  return out;
}

/// All part sizes and numbers of threads must give what one reader gives. Returns that.
std::string same_in_parts(std::string_view text, const InteractionFileOptions& options) {
  const std::string whole = outcome_of(text, options, Serial{}, text.size() + 1);
  for (const std::size_t part : std::initializer_list<std::size_t>{1, 2, 7, 30, 200}) {
    for (const int threads : {1, 2, 7}) {
      INFO("parts of " << part << " bytes, " << threads << " threads");
      REQUIRE(outcome_of(text, options, Threads(threads), part) == whole);
    }
  }
  return whole;
}

}  // namespace

TEST_CASE("a csv file read in parts is that of one reader: quoted line ends, errors, duplicates, no line end at the end",
          "[data]") {
  Random random(1);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(random.below(std::ssize(from)))];
  };
  int errors = 0, well = 0;
  for (int round = 0; round < 40; ++round) {
    std::string text = "user,item,value,time\n";
    const Index rows = 1 + random.below(40);
    for (Index k = 0; k < rows; ++k) {
      const bool odd = round % 2 == 1 && random.below(30) == 0;
      text += pick({"ann", "bob", "\"eva\n\"", "\"x,\n\ny\"", "\"a\"\"\nb\""}) + ',' + std::to_string(k) +
              pick({"", "é", "long item name that is no short text"}) + ',' + pick({"5", "3.5", "0.25"}) + ',' +
              (odd ? pick({"oops", "1,2", "\"1", "", "1\"\n\""}) : pick({"7", "978300760", "-3"})) + pick({"\n", "\r\n"});
    }
    if (random.below(2) == 0) text.resize(text.find_last_not_of("\r\n") + 1);
    const std::string outcome = same_in_parts(text, {.format = InteractionFormat::csv});
    (outcome.starts_with("f:") ? errors : well) += 1;
  }
  CHECK(errors > 5);
  CHECK(well > 15);
}

TEST_CASE("the first bad line is the one reported, with its number", "[data]") {
  std::string text = "user\titem\tvalue\n";
  for (int k = 0; k < 50; ++k) text += "u" + std::to_string(k) + "\ti\t" + (k == 20 || k == 40 ? "bad" : "1") + '\n';
  CHECK(same_in_parts(text, {.format = InteractionFormat::tsv}) ==
        "f:22: expected a finite number in column 'value', got 'bad'");
}

TEST_CASE("the lines of a pair that occurs twice are known across parts", "[data]") {
  std::string text = "user,item\n";
  for (int k = 0; k < 30; ++k) text += "u" + std::to_string(k % 29) + ",i\n";
  CHECK(same_in_parts(text, {.format = InteractionFormat::csv}) ==
        "f:31: expected a user and an item once together, got 'u0' and 'i' also on line 2");
}

TEST_CASE("MovieLens and adjacency files in parts", "[data]") {
  Random random(2);
  std::string tabs, colons, adjacency;
  for (int k = 0; k < 60; ++k) {
    const std::string user = std::to_string(random.below(9)), item = std::to_string(k);
    tabs += user + '\t' + item + "\t4\t" + std::to_string(880'000'000 + k) + '\n';
    colons += user + "::" + item + "::3::" + std::to_string(970'000'000 + k) + "\r\n";
    adjacency += user + (k % 7 == 0 ? "" : ' ' + item + " x" + item) + '\n';
  }
  CHECK(same_in_parts(tabs, {.format = InteractionFormat::movielens_100k}).starts_with("0|") == (tabs[0] == '0'));
  CHECK_FALSE(same_in_parts(colons, {.format = InteractionFormat::movielens_1m}).starts_with("f:"));
  CHECK_FALSE(same_in_parts(adjacency, {.format = InteractionFormat::adjacency}).starts_with("f:"));
}

TEST_CASE("in a long file of plain rows the first error is told, whatever column it is in and whatever follows", "[data]") {
  struct Odd {
    int row;
    const char* text;
  };
  const auto read = [](std::initializer_list<Odd> odd) {
    std::string text = "user,item,value,time\n";
    for (int k = 0; k < 700; ++k) {
      std::string row = "u" + std::to_string(k % 50) + ',' + std::to_string(k) + ",3.5," + std::to_string(978300760 + k);
      for (const Odd& at : odd) {
        if (at.row == k) row = at.text;
      }
      text += row + '\n';
    }
    return same_in_parts(text, {.format = InteractionFormat::csv});
  };
  CHECK(read({{300, "a,b,1,x"}, {301, "a,b,y,1"}, {302, ",b,1,1"}}) ==
        "f:302: expected a whole number in column 'time', got 'x'");
  CHECK(read({{300, "a,b,1,1"}, {301, "a,b,y,x"}, {302, ",b,1,1"}}) ==
        "f:303: expected a finite number in column 'value', got 'y'");
  CHECK(read({{301, ",b,y,x"}, {302, "a,,1,1"}}) == "f:303: expected a user id, got an empty field");
  CHECK(read({{302, "a,,1,y"}, {303, "a,b,1,x"}}) == "f:304: expected an item id, got an empty field");
  CHECK(read({{301, ",b,1,1"}}) == "f:303: expected a user id, got an empty field");
  CHECK(read({{302, "a,,1,1"}}) == "f:304: expected an item id, got an empty field");
  CHECK(read({{302, "a,,1"}, {303, "a,b,1,x"}}) == "f:304: expected 4 fields, got 3");
  CHECK(read({{302, "a,\"b,1,1"}, {100, "a,b,1,x"}}) == "f:102: expected a whole number in column 'time', got 'x'");
  CHECK(read({{650, "u0,649,1,1"}, {649, "u0,649,1,1"}}) ==
        "f:652: expected a user and an item once together, got 'u0' and '649' also on line 651");
  CHECK(read({{300, "a,b,-1.5e-1,-7"}, {301, "a,c,12345678.25,1234567890123456789"}})
            .find("a|b|-0.150000|-7;a|c|12345678.000000|1234567890123456789;") != std::string::npos);
}

TEST_CASE("the lines of a pair that occurs twice are known behind fields of several lines", "[data]") {
  std::string text = "user,item\n";
  for (int k = 0; k < 600; ++k)
    text += k == 100 || k == 350 ? "\"a\n\nb\"," + std::to_string(k) + '\n' : std::to_string(k % 500) + ",i\n";
  CHECK(same_in_parts(text, {.format = InteractionFormat::csv}) ==
        "f:506: expected a user and an item once together, got '0' and 'i' also on line 2");
}

// SPDX-License-Identifier: MIT
#include <kindred/data/words.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace {

using Words = std::vector<std::string>;

Words words(std::string_view text) {
  Words out;
  kindred::for_each_word(text, [&](std::string_view word) { out.emplace_back(word); });
  return out;
}

}  // namespace

TEST_CASE("words are runs of letters and digits, in lower case", "[data]") {
  CHECK(words("RED Retro-spot  MUG, 3oz!") == Words{"red", "retro", "spot", "mug", "3oz"});
  CHECK(words("AZ az 09 @[`{/:") == Words{"az", "az", "09"});
  CHECK(words("").empty());
  CHECK(words(" ,;").empty());
  CHECK(words("red") == Words{"red"});
}

TEST_CASE("a word has two characters or more, not two bytes", "[data]") {
  CHECK(words("a bc d") == Words{"bc"});
  CHECK(words("\xC3\xA9 \xC3\xA9t\xC3\xA9") == Words{"\xC3\xA9t\xC3\xA9"});  // e with an accent in UTF-8: one character
  CHECK(words("\xE9 caf\xE9") == Words{"caf\xE9"});                          // the same in ISO-8859-1
  CHECK(words("\xE6\x97\xA5 \xE6\x97\xA5\xE6\x9C\xAC") == Words{"\xE6\x97\xA5\xE6\x9C\xAC"});
}

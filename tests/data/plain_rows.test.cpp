// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <kindred/core/random.hpp>
#include <kindred/data/plain_rows.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace kindred;

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// The plain rows that begin `text`, slowly; `stop`: see PlainRows::find.
Rows slow_rows(std::string_view text, std::string_view delimiter, bool quotes, std::size_t fields, std::size_t stop) {
  Rows rows;
  for (std::size_t at = 0; at < stop && rows.size() < detail::TextColumn::most;) {
    const std::size_t line_end = text.find('\n', at);
    if (line_end == std::string_view::npos) break;
    std::string_view line = text.substr(at, line_end - at);
    at = line_end + 1;
    if (quotes && line.find('"') != std::string_view::npos) break;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (delimiter.size() == 2 && line.find(std::string(3, delimiter[0])) != std::string_view::npos) break;
    rows.emplace_back();
    for (std::size_t begin = 0; begin != std::string_view::npos;) {
      const std::size_t end = line.find(delimiter, begin);
      rows.back().emplace_back(line.substr(begin, end - begin));
      begin = end == std::string_view::npos ? end : end + delimiter.size();
    }
    if (rows.back().size() == fields) continue;
    rows.pop_back();
    break;
  }
  return rows;
}

Rows rows_of(const detail::PlainRows& plain, std::size_t fields) {
  Rows rows(plain.size());
  detail::TextColumn column;
  for (std::size_t k = 0; k < fields; ++k) {
    plain.column(k, column);
    REQUIRE(column.size == plain.size());
    for (std::size_t r = 0; r < plain.size(); ++r) {
      REQUIRE(column.text(r) == plain.field(r, k));
      rows[r].emplace_back(plain.field(r, k));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("plain rows are found up to the first that is not, where one may begin, and not among the last bytes", "[data]") {
  Random random(1);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(random.below(std::ssize(from)))];
  };
  std::size_t found = 0, most = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string delimiter = pick({",", "\t", "::", "ab"});
    const std::size_t fields = static_cast<std::size_t>(1 + random.below(5));
    const bool quotes = random.below(2) == 0;
    const Index oddity = round % 3 == 0 ? 1'000'000 : 40;
    std::string text;
    const Index rows = 1 + random.below(random.below(4) == 0 ? 500 : 60);
    for (Index r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < fields; ++k) {
        const bool odd = random.below(oddity) == 0;
        text += (k == 0 ? "" : delimiter) +
                (odd ? pick({":", "\"", "a,b", "a\tb", "x::y", "\n", "a", "b"}) : pick({"", "1", "3.5", "978300760"}));
      }
      text += pick({"\n", "\n", "\r\n"});
    }
    if (round % 50 == 1) text.append(5000, 'x') += '\n';
    const std::string_view view = text;
    detail::PlainRows plain(delimiter, quotes);
    const std::size_t stop = static_cast<std::size_t>(1 + random.below(std::ssize(text)));
    plain.find(view.data(), view.data() + stop, view.data() + view.size(), fields);
    const Rows expected = slow_rows(view, delimiter, quotes, fields, stop), got = rows_of(plain, fields);
    INFO("delimiter '" << delimiter << "', " << fields << " fields, stop " << stop << " in\n" << text);
    // All that are found are plain, and those not found end among the last bytes or in the block where none may begin any more.
    REQUIRE(got.size() <= expected.size());
    REQUIRE(got == Rows(expected.begin(), expected.begin() + std::ssize(got)));
    const auto behind = static_cast<std::size_t>(plain.begin_of(got.size()) - view.data());
    if (got.size() < expected.size())
      REQUIRE((view.find('\n', behind) + 80 >= std::min(stop, view.size()) || got.size() > 200));
    found += got.size();
    most = std::max(most, got.size());
  }
  CHECK(found > 10'000);
  CHECK(most == detail::TextColumn::most);
}

TEST_CASE("a row is not plain because the separators add up: short lines, delimiters that share a byte", "[data]") {
  const auto plain_before = [](std::string_view delimiter, std::string_view odd, std::string_view good, std::size_t fields) {
    for (std::size_t before = 0; before < 40; ++before) {
      std::string text;
      for (std::size_t k = 0; k < before; ++k) text += good;
      text += odd;
      for (int k = 0; k < 40; ++k) text += good;
      const char* const end = text.data() + text.size();
      detail::PlainRows plain(delimiter, false);
      plain.find(text.data(), end, end, fields);
      INFO(text);
      CHECK(plain.size() == before);
    }
  };
  plain_before(",", "a\nb,c\n", "a,b,c\n", 3);
  plain_before(",", "a,b\nc\n", "a,b,c\n", 3);
  plain_before(",", "a,b\nc,d,e,f\n", "a,b,c\n", 3);
  plain_before("::", "a:::b\n", "a::bc::d\n", 3);  // a block ends at each place of it, or between two of its bytes
  plain_before("::", "a::::::b\n", "a::b::cd::e::fgh::i\n", 6);
}

TEST_CASE("no rows are plain of no fields, of more than are looked for, or with a delimiter of three characters", "[data]") {
  std::string text;
  for (int k = 0; k < 300; ++k) text += "a,b\n";
  const char* const end = text.data() + text.size();
  detail::PlainRows plain(",", false);
  plain.find(text.data(), end, end, 0);
  CHECK(plain.size() == 0);
  plain.find(text.data(), end, end, 2000);
  CHECK(plain.size() == 0);
  plain.find(text.data(), end, end, 2);
  CHECK(plain.size() == detail::TextColumn::most);
  detail::PlainRows three(",b\n", false);
  three.find(text.data(), end, end, 1);
  CHECK(three.size() == 0);
}

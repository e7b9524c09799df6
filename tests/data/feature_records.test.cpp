// SPDX-License-Identifier: MIT
#include <kindred/data/feature_records.hpp>

#include "support/catch.hpp"

#include <concepts>
#include <stdexcept>
#include <string>
#include <vector>

using namespace kindred;

static_assert(std::regular<FeatureRecords>);

namespace {

FeatureRecords movies() {
  FeatureRecords records({{"genres", FeatureKind::set, "|"}, {"year", FeatureKind::number}, {"title", FeatureKind::text}});
  records.set(0, {"Comedy| Drama", "1995", "Heat"});
  records.set(2, {"", "1e3", ""});
  return records;
}

std::vector<std::string> members(std::string_view cell, std::string_view separator) {
  std::vector<std::string> out;
  detail::for_each_member(cell, separator, [&](std::string_view member) { out.emplace_back(member); });
  return out;
}

using Members = std::vector<std::string>;

}  // namespace

TEST_CASE("records give back their cells; a row may have none", "[data]") {
  FeatureRecords records = movies();
  REQUIRE(records.rows() == 3);
  CHECK(records.columns().size() == 3);
  CHECK(records.text(0, 2) == "Heat");
  CHECK(records.number(0, 1) == 1995.0);
  CHECK(records.number(2, 1) == 1000.0);
  CHECK(records.text(2, 0).empty());
  CHECK(records.has(0));
  CHECK_FALSE(records.has(1));
  CHECK(records.text(1, 2).empty());
  CHECK_FALSE(records.number(1, 1).has_value());
  records.set(0, {"", "", ""});
  CHECK(records.has(0));
  CHECK_FALSE(records.number(0, 1).has_value());
  records.resize(5);
  CHECK(records.rows() == 5);
  CHECK_FALSE(records.has(4));
  CHECK(FeatureRecords(records.columns(), 4).rows() == 4);
  CHECK_THROWS_AS(records.text(5, 0), std::out_of_range);
  CHECK_THROWS_AS(records.text(-1, 0), std::out_of_range);
  CHECK_THROWS_AS(records.text(0, 3), std::out_of_range);
  CHECK_THROWS_AS(records.has(5), std::out_of_range);
}

TEST_CASE("a set is cut at its separator, and its members are without spaces around them", "[data]") {
  CHECK(members("", "|") == Members{});
  CHECK(members("a", "|") == Members{"a"});
  CHECK(members("a|b c| d ", "|") == Members{"a", "b c", "d"});
  CHECK(members("a::b", "::") == Members{"a", "b"});
  CHECK(members("a||b|", "|") == Members{"a", "", "b", ""});
  CHECK(members("  ", "|") == Members{""});
}

TEST_CASE("records refuse cells that are not what their column asks, and stay as they were", "[data]") {
  FeatureRecords records = movies();
  const auto refusal = [&](std::vector<std::string> cells) { return message_of([&] { records.set(7, cells); }); };
  CHECK(refusal({"a", "x", ""}) == "FeatureRecords: row 7: expected a finite number in column 'year', got 'x'");
  CHECK(refusal({"a", "nan", ""}) == "FeatureRecords: row 7: expected a finite number in column 'year', got 'nan'");
  CHECK(refusal({"a", "-inf", ""}) == "FeatureRecords: row 7: expected a finite number in column 'year', got '-inf'");
  CHECK(refusal({"a", " 5", ""}) == "FeatureRecords: row 7: expected a finite number in column 'year', got ' 5'");
  CHECK(refusal({"a", "1e39", ""}) ==
        "FeatureRecords: row 7: expected a number from -3.40282e+38 to 3.40282e+38 in column 'year', got '1e39'");
  const std::string hole = "FeatureRecords: row 7: expected a member on both sides of every '|' in column 'genres', got ";
  CHECK(refusal({"a||b", "1", ""}) == hole + "'a||b'");
  CHECK(refusal({"a|", "1", ""}) == hole + "'a|'");
  CHECK(refusal({"| a", "1", ""}) == hole + "'| a'");
  CHECK(refusal({"a", "1"}) == "FeatureRecords: row 7: must have 3 cells, got 2");
  CHECK(message_of([&] { records.set(-1, {"", "", ""}); }) == "FeatureRecords: row must not be negative, got -1");
  CHECK(records == movies());
}

TEST_CASE("columns of records have names, and sets a separator", "[data]") {
  const auto refusal = [](std::vector<FeatureColumn> columns) { return message_of([&] { FeatureRecords records(columns); }); };
  CHECK(refusal({{"", FeatureKind::text}}) == "FeatureRecords: a column must have a name, got ''");
  CHECK(refusal({{"a", FeatureKind::set}}) == "FeatureRecords: a set must have a separator, got none for 'a'");
  CHECK(refusal({{"a", FeatureKind::text}, {"a", FeatureKind::text}}) ==
        "FeatureRecords: columns must differ in name or kind, got 'a' twice as text");
  CHECK(refusal({{"a", FeatureKind::text}, {"a", FeatureKind::category}}) == "(nothing was thrown)");
  CHECK(message_of([] { FeatureRecords({}, -1); }) == "FeatureRecords: rows must not be negative, got -1");
}

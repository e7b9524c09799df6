// SPDX-License-Identifier: MIT
#include <kindred/data/feature_space.hpp>
#include <kindred/data/read_features.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace kindred;

namespace {

const std::vector<bool> first_four{true, true, true, true};

FeatureRecords of_one(FeatureColumn column, const std::vector<std::string>& cells) {
  FeatureRecords records({std::move(column)});
  for (std::size_t k = 0; k < cells.size(); ++k) records.set(static_cast<Index>(k), {cells[k]});
  return records;
}

std::vector<std::string> names(const FeatureSpace& space) {
  std::vector<std::string> out;
  for (Index feature = 0; feature < space.size(); ++feature) out.push_back(space.name(feature));
  return out;
}

std::vector<FeatureWeight> sparse(const Features& features, Index row) {
  return {features.sparse(row).begin(), features.sparse(row).end()};
}

using Names = std::vector<std::string>;
using Entries = std::vector<FeatureWeight>;

}  // namespace

TEST_CASE("a category has a feature for each value of the training entities", "[data]") {
  const FeatureRecords records = of_one({"country"}, {"Peru", "Chad", "Peru", "", "Mali", "peru"});
  const FeatureSpace space(records, first_four);
  CHECK(names(space) == Names{"country=Chad", "country=Peru"});
  const Features features = space.transform(records);
  REQUIRE(features.rows() == 6);
  CHECK(features.sparse_dim() == 2);
  CHECK(features.dense_dim() == 0);
  CHECK(sparse(features, 0) == Entries{{1, 1.0F}});
  CHECK(sparse(features, 1) == Entries{{0, 1.0F}});
  CHECK_FALSE(features.known(3));  // missing
  CHECK_FALSE(features.known(4));  // not seen in training
  CHECK_FALSE(features.known(5));
}

TEST_CASE("a set has a feature for each member, weighted by how many it has if asked", "[data]") {
  const FeatureRecords records =
      of_one({"genres", FeatureKind::set, "|"}, {"War|Drama", "Drama| War |Drama", "", "Crime", "Crime|Opera|War"});
  const FeatureSpace space(records, first_four);
  CHECK(names(space) == Names{"genres=Crime", "genres=Drama", "genres=War"});
  const Features features = space.transform(records);
  CHECK(sparse(features, 0) == Entries{{1, 1.0F}, {2, 1.0F}});
  CHECK(sparse(features, 1) == sparse(features, 0));
  CHECK_FALSE(features.known(2));
  CHECK(sparse(features, 4) == Entries{{0, 1.0F}, {2, 1.0F}});
  const FeatureSpace divided(records, first_four, {.set_power = 1});
  CHECK(sparse(divided.transform(records), 4) == Entries{{0, 0.5F}, {2, 0.5F}});  // of three members two are known
  CHECK(sparse(divided.transform(records), 3) == Entries{{0, 1.0F}});
  const FeatureSpace root(records, first_four, {.set_power = 0.5});
  CHECK_THAT(root.transform(records).sparse(0)[1].weight, Catch::Matchers::WithinRel(std::sqrt(0.5F), 1e-6F));
}

TEST_CASE("numbers are standardised over the training entities; a missing one is no feature", "[data]") {
  const FeatureRecords records = of_one({"year", FeatureKind::number}, {"1", "", "2", "6", "8"});
  const FeatureSpace space(records, first_four);  // mean 3, deviation sqrt((4 + 1 + 9) / 3)
  CHECK(names(space) == Names{"year"});
  CHECK(space.columns()[0].mean == 3.0);
  CHECK_THAT(space.columns()[0].deviation, Catch::Matchers::WithinRel(std::sqrt(14.0 / 3), 1e-14));
  const Features features = space.transform(records);
  REQUIRE(features.sparse(0).size() == 1);
  CHECK_THAT(features.sparse(0)[0].weight, Catch::Matchers::WithinRel(static_cast<float>(-2 / std::sqrt(14.0 / 3)), 1e-6F));
  CHECK_FALSE(features.known(1));
  CHECK_THAT(features.sparse(4)[0].weight, Catch::Matchers::WithinRel(static_cast<float>(5 / std::sqrt(14.0 / 3)), 1e-6F));
  const FeatureRecords mean = of_one({"year", FeatureKind::number}, {"3"});
  CHECK(sparse(space.transform(mean), 0) == Entries{{0, 0.0F}});  // known, and as usual as can be
}

TEST_CASE("a column of numbers without two different ones has no feature", "[data]") {
  for (const char* last : {"0.1", ""}) {
    // The mean of three times 0.1 is not 0.1 in doubles.
    const FeatureRecords same = of_one({"x", FeatureKind::number}, {"0.1", "0.1", "0.1", last, "7"});
    const FeatureSpace space(same, first_four);
    CHECK(space.size() == 0);
    CHECK(space.columns()[0].deviation == 0.0);
    CHECK_FALSE(space.transform(same).known(4));
  }
  const FeatureRecords none = of_one({"x", FeatureKind::number}, {"", "", "", "", "7"});
  CHECK(FeatureSpace(none, first_four).size() == 0);
}

TEST_CASE("a number far from those of training stays finite", "[data]") {
  const FeatureRecords records = of_one({"x", FeatureKind::number}, {"1e-30", "2e-30", "", "", "-3e38"});
  const FeatureSpace space(records, first_four);
  CHECK(space.transform(records).sparse(4)[0].weight == -std::numeric_limits<float>::max());
}

TEST_CASE("words are weighted by tf and idf, and a text has length 1", "[data]") {
  // Three training entities with a text (N = 3). df: big 1, mug 2, red 3. The last entity is not one of training.
  const FeatureRecords records =
      of_one({"about", FeatureKind::text}, {"RED mug", "red, red & Big", "a mug: red!", "", "Mug mug green", "green x"});
  const FeatureSpace space(records, first_four);
  CHECK(names(space) == Names{"about:big", "about:mug", "about:red"});
  const double big = std::log(4.0 / 2) + 1, mug = std::log(4.0 / 3) + 1, red = 1;
  CHECK(space.columns()[0].idf == std::vector<double>{big, mug, red});
  const Features features = space.transform(records);
  const auto check = [&](Index row, const std::vector<std::pair<Index, double>>& wanted) {
    double squares = 0;
    for (const auto& [feature, weight] : wanted) squares += weight * weight;
    REQUIRE(features.sparse(row).size() == wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      CHECK(features.sparse(row)[k].feature == wanted[k].first);
      CHECK_THAT(features.sparse(row)[k].weight,
                 Catch::Matchers::WithinRel(static_cast<float>(wanted[k].second / std::sqrt(squares)), 1e-6F));
    }
  };
  check(0, {{1, mug}, {2, red}});
  check(1, {{0, big}, {2, 2 * red}});
  check(4, {{1, 2 * mug}});  // "green" is ignored: weight 1
  CHECK(features.sparse(4)[0].weight == 1.0F);
  CHECK_FALSE(features.known(3));
  CHECK_FALSE(features.known(5));
}

TEST_CASE("words may be hashed into buckets", "[data]") {
  const FeatureRecords records = of_one({"about", FeatureKind::text}, {"red mug", "red big", "red", "", "mug quartz", "zebra"});
  const FeatureSpace one(records, first_four, {.text_buckets = 1});
  CHECK(names(one) == Names{"about:#0"});
  CHECK(one.columns()[0].idf == std::vector<double>{1.0});  // all three have a word of the bucket
  CHECK(one.columns()[0].values.empty());
  CHECK(sparse(one.transform(records), 5) == Entries{{0, 1.0F}});
  const FeatureSpace many(records, first_four, {.text_buckets = 1000});
  CHECK(many.size() == 1000);
  const Index red = detail::bucket_of("red", 1000), mug = detail::bucket_of("mug", 1000);
  CHECK(detail::bucket_of("a", 1U << 20) ==
        static_cast<Index>(0xAF63DC4C8601EC8CU % (1U << 20)));  // FNV-1a of "a", as published
  CHECK(many.columns()[0].idf[static_cast<std::size_t>(red)] == 1.0);
  CHECK(many.columns()[0].idf[static_cast<std::size_t>(mug)] == std::log(4.0 / 2) + 1);
  const Features features = many.transform(records);
  CHECK(features.sparse(0).size() == 2);
  CHECK(sparse(features, 4) == Entries{{mug, 1.0F}});  // no word of training is in the bucket of the other
  CHECK_FALSE(features.known(5));
}

TEST_CASE("rare values and words are left out if asked", "[data]") {
  const FeatureRecords categories = of_one({"c"}, {"a", "b", "a", "b", "c", "c"});
  CHECK(names(FeatureSpace(categories, {true, true, true}, {.min_count = 2})) == Names{"c=a"});
  const FeatureRecords sets = of_one({"s", FeatureKind::set, ","}, {"a,a", "b", "b", ""});
  CHECK(names(FeatureSpace(sets, first_four, {.min_count = 2})) == Names{"s=b"});  // entities count, not members
  const FeatureRecords texts = of_one({"t", FeatureKind::text}, {"red red mug", "mug", "", ""});
  const FeatureSpace space(texts, first_four, {.min_count = 2});
  CHECK(names(space) == Names{"t:mug"});
  CHECK(space.columns()[0].idf == std::vector<double>{1.0});
  const FeatureSpace hashed(texts, first_four, {.min_count = 2, .text_buckets = 1000});
  CHECK(hashed.transform(texts).sparse(0).size() == 1);
}

TEST_CASE("an entity outside training changes nothing", "[data]") {
  FeatureRecords records({{"c"}, {"s", FeatureKind::set, "|"}, {"n", FeatureKind::number}, {"t", FeatureKind::text}});
  records.set(0, {"a", "x|y", "1", "red mug"});
  records.set(1, {"b", "x", "2", "red"});
  records.set(3, {"a", "", "4", "big"});
  const std::vector<bool> training{true, true, false, true, false};
  const FeatureSpace before(records, training), hashed(records, training, {.text_buckets = 10});
  records.set(2, {"q", "q|x", "1000", "red quartz"});
  records.set(4, {"r", "r", "-7", "mug"});
  records.set(5, {"s", "s", "8", "mug"});  // beyond what training says
  CHECK(FeatureSpace(records, training) == before);
  CHECK(FeatureSpace(records, training, {.text_buckets = 10}) == hashed);
  CHECK(FeatureSpace(records, {true, true, true, true, false}) != before);
  const Features features = before.transform(records);
  CHECK(features.rows() == 6);
  CHECK(features.sparse(2).size() == 3);  // x, the number, red
  CHECK(before.begin(1) == 2);
  CHECK(before.begin(4) == before.size());
  CHECK_THROWS_AS(before.begin(5), std::out_of_range);
}

TEST_CASE("the order of the entities does not change the features", "[data]") {
  const FeatureRecords one = of_one({"t", FeatureKind::text}, {"red mug", "big", "old red", ""});
  const FeatureRecords other = of_one({"t", FeatureKind::text}, {"", "old red", "big", "red mug"});
  const FeatureSpace a(one, first_four), b(other, first_four);
  CHECK(a == b);
  CHECK(sparse(a.transform(one), 0) == sparse(b.transform(other), 3));
}

TEST_CASE("training entities are those with a row", "[data]") {
  const Interactions rows({.users = {2, 0, 2}, .items = {1, 3, 3}}, {.users = 4, .items = 5});
  CHECK(users_with_rows(rows) == std::vector<bool>{true, false, true, false});
  CHECK(items_with_rows(rows) == std::vector<bool>{false, true, false, true, false});
}

TEST_CASE("a space is made again of what it learned", "[data]") {
  FeatureRecords records({{"c"}, {"s", FeatureKind::set, "|"}, {"n", FeatureKind::number}, {"t", FeatureKind::text}});
  records.set(0, {"a", "x|y", "1", "red mug"});
  records.set(1, {"b", "x", "2", "red"});
  for (const Index buckets : {0, 16}) {
    const FeatureSpace space(records, first_four, {.set_power = 0.5, .text_buckets = buckets});
    const FeatureSpace again(space.columns());
    CHECK(again == space);
    CHECK(again.size() == space.size());
    CHECK(again.name(again.size() - 1) == space.name(space.size() - 1));
    CHECK(sparse(again.transform(records), 0) == sparse(space.transform(records), 0));
  }
  CHECK(FeatureSpace().size() == 0);
}

TEST_CASE("what cannot have been learned is refused", "[data]") {
  const auto refusal = [](LearnedColumn column) { return message_of([&] { FeatureSpace space({column}); }); };
  const FeatureColumn text{"a", FeatureKind::text}, number{"a", FeatureKind::number};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal({.column = {"a"}, .values = {"x", "x"}}) == "LearnedColumn: 'a': values must ascend");
  CHECK(refusal({.column = {"a"}, .values = {"y", "x"}}) == "LearnedColumn: 'a': values must ascend");
  CHECK(refusal({.column = text, .values = {"x"}}) ==
        "LearnedColumn: 'a': text must have an idf for each value, and other columns none");
  CHECK(refusal({.column = {"a"}, .values = {"x"}, .idf = {1}}) ==
        "LearnedColumn: 'a': text must have an idf for each value, and other columns none");
  CHECK(refusal({.column = text, .values = {"x"}, .idf = {nan}}) ==
        "LearnedColumn: 'a': idf must be finite and positive, or 0 for an empty bucket");
  CHECK(refusal({.column = text, .values = {"x"}, .idf = {0}}) ==
        "LearnedColumn: 'a': idf must be finite and positive, or 0 for an empty bucket");
  CHECK(refusal({.column = text, .idf = {0, 1}, .hashed = true}) == "(nothing was thrown)");
  CHECK(refusal({.column = text, .hashed = true}) ==
        "LearnedColumn: 'a': buckets are for text, have an idf each and no values");
  CHECK(refusal({.column = {"a"}, .idf = {1}, .hashed = true}) ==
        "LearnedColumn: 'a': buckets are for text, have an idf each and no values");
  CHECK(refusal({.column = number, .deviation = -1}) ==
        "LearnedColumn: 'a': mean and deviation must be finite, and the deviation not negative");
  CHECK(refusal({.column = number, .values = {"x"}}) == "LearnedColumn: 'a': numbers must have no values");
  CHECK(refusal({.column = {"a"}, .set_power = -1}) == "LearnedColumn: 'a': set_power must be finite and not negative");
  CHECK(refusal({.column = number, .mean = 1, .deviation = 2}) == "(nothing was thrown)");
}

TEST_CASE("options out of range, and records of other columns, are refused", "[data]") {
  const FeatureRecords records = of_one({"a"}, {"x"});
  const auto refusal = [&](const FeatureSpaceOptions& options) {
    return message_of([&] { FeatureSpace(records, first_four, options); });
  };
  CHECK(refusal({.min_count = 0}) == "FeatureSpaceOptions: min_count must be at least 1, got 0");
  CHECK(refusal({.set_power = -0.5}) == "FeatureSpaceOptions: set_power must be finite and not negative, got -0.5");
  CHECK(refusal({.text_buckets = -1}) == "FeatureSpaceOptions: text_buckets must not be negative, got -1");
  const FeatureSpace space(records, first_four);
  CHECK(message_of([&] { space.transform(of_one({"a", FeatureKind::text}, {"x"})); }) ==
        "FeatureSpace: records must have the column 'a' of kind category, got 1 others");
  FeatureRecords wider({{"b"}, {"a"}});
  wider.set(0, {"q", "x"});
  CHECK(sparse(space.transform(wider), 0) == Entries{{0, 1.0F}});
  CHECK_THROWS_AS(space.name(1), std::out_of_range);
  CHECK_THROWS_AS(space.name(-1), std::out_of_range);
}

TEST_CASE("real items and users become features", "[data]") {
  if (const auto path = data_file("ml-100k/u.item")) {
    IdMap ids;
    const FeatureRecords records = read_features(*path, ids, {.unknown = UnknownIds::add});
    const FeatureSpace space(records, std::vector<bool>(1682, true));
    CHECK(space.size() == 20);
    CHECK(space.name(0) == "genres=Action");
    CHECK(space.name(18) == "genres=unknown");
    CHECK(space.name(19) == "year");
    CHECK(space.transform(records).sparse(ids.at("1")).size() == 4);
  }
  if (const auto path = data_file("ml-100k/u.user")) {
    IdMap ids;
    const FeatureRecords records = read_features(*path, ids, {.unknown = UnknownIds::add});
    const FeatureSpace space(records, std::vector<bool>(943, true));
    CHECK(space.size() == 1 + 2 + 21);
    CHECK(space.name(space.begin(2)) == "occupation=administrator");
    CHECK_THAT(space.columns()[0].mean, Catch::Matchers::WithinAbs(34.05, 0.01));
  }
  if (const auto path = data_file("online-retail-small/items.tsv")) {
    IdMap ids;
    const FeatureRecords records =
        read_features(*path, parse_feature_spec("id=product,description=text,price=number"), ids, {.unknown = UnknownIds::add});
    const FeatureSpace space(records, std::vector<bool>(1868, true));
    const Features features = space.transform(records);
    CHECK(space.columns()[0].values.size() > 1000);
    const Index row = ids.at("10125");  // MINI FUNKY DESIGN TAPES, and a price
    REQUIRE(features.sparse(row).size() == 5);
    CHECK(space.name(features.sparse(row)[3].feature) == "description:tapes");
    CHECK(space.name(features.sparse(row)[4].feature) == "price");
  }
}

TEST_CASE("features know the kind of their column, and numbers can be left out", "[data]") {
  FeatureRecords records({{"name", FeatureKind::text}, {"price", FeatureKind::number}});
  records.resize(2);
  records.set(0, {"red cup", "2"});
  records.set(1, {"cup", "4"});
  const FeatureSpace space(records, {true, true});
  REQUIRE(space.size() == 3);
  CHECK(space.kind(0) == FeatureKind::text);
  CHECK(space.kind(2) == FeatureKind::number);
  CHECK_THROWS_AS(space.kind(3), std::out_of_range);
  const Features all = space.transform(records), words = without_numbers(all, space);
  CHECK(all.sparse(0).size() == 3);
  CHECK(words.sparse(0).size() == 2);
  CHECK(words.sparse_dim() == 3);

  FeatureRecords prices({{"price", FeatureKind::number}});
  prices.resize(2);
  prices.set(0, {"2"});
  prices.set(1, {"4"});
  const FeatureSpace only(prices, {true, true});
  CHECK(without_numbers(only.transform(prices), only).sparse(1).size() == 1);  // nothing else is there
}

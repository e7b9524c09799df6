// SPDX-License-Identifier: MIT
#include <kindred/data/read_features.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace kindred;

namespace {

IdMap map_of(std::initializer_list<const char*> texts) {
  IdMap ids;
  for (const char* text : texts) ids.add(text);
  return ids;
}

const std::string table = "product,price,description,colours\nx,1.5,\"a \"\"b\"\", c\",red;blue\ny,,d,\nz,2,,red\n";
const std::string spec = "id=product,colours=set(;),price=number,description=text";

FeatureRecords read(std::string_view text, IdMap& ids, std::string_view columns = spec,
                    const FeatureFileOptions& options = {}) {
  return read_features(TextFile::from_text("f", text), parse_feature_spec(columns), ids, options);
}

std::string features_refusal(std::string_view text, std::string_view columns = "id=id,n=number,s=set(|)") {
  return message_of([&] {
    IdMap ids = map_of({"a", "b"});
    read(text, ids, columns);
  });
}

FeatureRecords read_movielens_file(std::string_view text, IdMap& ids, UnknownIds unknown = UnknownIds::add) {
  return read_features(TextFile::from_text("f", text), ids, {.unknown = unknown});
}

std::string movielens_refusal(std::string_view text) {
  return message_of([&] {
    IdMap ids;
    read_movielens_file(text, ids);
  });
}

/// Every value of a column of categories or of a set.
std::set<std::string> values(const FeatureRecords& records, Index col) {
  std::set<std::string> out;
  const FeatureColumn& column = records.columns()[static_cast<std::size_t>(col)];
  for (Index row = 0; row < records.rows(); ++row) {
    if (column.kind == FeatureKind::category && !records.text(row, col).empty()) out.emplace(records.text(row, col));
    if (column.kind != FeatureKind::set) continue;
    detail::for_each_member(records.text(row, col), column.separator, [&](std::string_view member) { out.emplace(member); });
  }
  return out;
}

Index missing(const FeatureRecords& records, Index col) {
  Index count = 0;
  for (Index row = 0; row < records.rows(); ++row) count += records.text(row, col).empty();
  return count;
}

const std::string toy = "1|Toy Story (1995)|01-Jan-1995||url|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n";

}  // namespace

TEST_CASE("records come in the order of the ids, whatever that of the file", "[data]") {
  IdMap ids = map_of({"z", "w", "x"});
  const FeatureRecords records = read(table, ids);
  REQUIRE(records.rows() == 3);
  CHECK(records.columns() == parse_feature_spec(spec).columns);
  CHECK(records.text(0, 0) == "red");
  CHECK(records.number(0, 1) == 2.0);
  CHECK(records.has(0));
  CHECK_FALSE(records.has(1));
  CHECK(records.text(2, 0) == "red;blue");
  CHECK(records.number(2, 1) == 1.5);
  CHECK(records.text(2, 2) == "a \"b\", c");
  CHECK(ids.size() == 3);
  CHECK_FALSE(ids.find("y").has_value());
}

TEST_CASE("ids that the map lacks are added if that is asked", "[data]") {
  IdMap ids = map_of({"z", "w"});
  const FeatureRecords records = read(table, ids, spec, {.unknown = UnknownIds::add});
  REQUIRE(ids.size() == 4);
  REQUIRE(records.rows() == 4);
  CHECK(ids.text(2) == "x");
  CHECK(ids.text(3) == "y");
  CHECK(records.number(0, 1) == 2.0);
  CHECK_FALSE(records.has(1));
  CHECK(records.text(3, 2) == "d");
  CHECK_FALSE(records.number(3, 1).has_value());
  IdMap none;
  CHECK(read(table, none, spec, {.unknown = UnknownIds::add}).rows() == 3);
}

TEST_CASE("columns are found by name or position, and carry their name in the header", "[data]") {
  IdMap ids = map_of({"x", "y"});
  const FeatureRecords by_position = read(table, ids, "id=1,4=set(;),2=number,2=category");
  CHECK(by_position.columns() ==
        std::vector<FeatureColumn>{{"colours", FeatureKind::set, ";"}, {"price", FeatureKind::number}, {"price"}});
  const FeatureRecords tabs = read("id\tn\tn\t\nx\t1\t2\t3\n", ids, "id=id,2=number,3=number,4=number");
  CHECK(tabs.columns()[0].name == "2");
  CHECK(tabs.columns()[2].name == "4");
  CHECK(tabs.number(0, 1) == 2.0);
  CHECK(read("id;n\nx;1,5\n", ids, "id=id,n=category", {.delimiter = ";"}).text(0, 0) == "1,5");
}

TEST_CASE("a bad table of features is refused at its line", "[data]") {
  CHECK(features_refusal("id,n,s\na,1,x|y\nb,x,\n") == "f:3: expected a finite number in column 'n', got 'x'");
  CHECK(features_refusal("id,n,s\na,NaN,\n") == "f:2: expected a finite number in column 'n', got 'NaN'");
  CHECK(features_refusal("id,n,s\na,-inf,\n") == "f:2: expected a finite number in column 'n', got '-inf'");
  CHECK(features_refusal("id,n,s\na,\"1,5\",\n") == "f:2: expected a finite number in column 'n', got '1,5'");
  CHECK(features_refusal("id,n,s\na,1,x||y\n") ==
        "f:2: expected a member on both sides of every '|' in column 's', got 'x||y'");
  CHECK(features_refusal("id,n,s\na,1,x\nb,2\n") == "f:3: expected 3 fields, got 2");
  CHECK(features_refusal("id,n,s\na,1,x\n,2,\n") == "f:3: expected an id, got an empty field");
  CHECK(features_refusal("id,n,s\na,1,\"x\ny\"\nb,1,\na,2,\n") == "f:5: expected each id once, got 'a' also on line 2");
  CHECK(features_refusal("id,n,s\na,1,\nq,1,\nq,2,\n") == "f:4: expected each id once, got 'q' also on line 3");
  CHECK(features_refusal("id,n,s\nq,1,\nr,1,\n") ==
        "f:2: expected ids of which some are among the 2 known ones, got none, but 'q'");
  CHECK(features_refusal("id,n,s\n") == "f:1: expected a row, got none");
  CHECK(features_refusal("") == "f:1: expected a row, got an empty file");
  CHECK(features_refusal("id,n\na,1\n") == "f:1: expected a column named 's', got 'id', 'n'");
  CHECK(features_refusal("key,n,s\na,1,\n") == "f:1: expected a column named 'id', got 'key', 'n', 's'");
  CHECK(features_refusal("id,n\na,1\n", "id=id,n=number,2=number") ==
        "f:1: expected a column once for each kind, got column 'n' twice as number");
  CHECK(features_refusal("22086,mug\n22087,cup\n", "id=1,2=text") ==
        "f:1: expected a header line that names the columns, got '22086', 'mug'");
  CHECK(features_refusal("a,5\nb,2\n", "id=1,2=number") == "f:1: expected a header line that names the columns, got 'a', '5'");
  CHECK(features_refusal("id,n,s\na,\xFF,\n") == "f:2: expected a finite number in column 'n', got '\\xff'");
}

TEST_CASE("a file that is refused leaves the ids as they were", "[data]") {
  IdMap ids = map_of({"a"});
  for (const char* text : {"id,n\nb,1\nc,x\n", "id,n\nb,1\nb,1\n", "id,n\n"}) {
    CHECK_THROWS_AS(read(text, ids, "id=id,n=number", {.unknown = UnknownIds::add}), ParseError);
    CHECK(ids.size() == 1);
  }
}

TEST_CASE("a specification without columns is refused", "[data]") {
  IdMap ids = map_of({"x"});
  const TextFile file = TextFile::from_text("f", table);
  CHECK_THROWS_AS(read_features(file, FeatureSpec{.id = "product"}, ids), std::invalid_argument);
  CHECK_THROWS_AS(read_features(file, FeatureSpec{.columns = {{"price"}}}, ids), std::invalid_argument);
}

TEST_CASE("each file of MovieLens is told from its first line", "[data]") {
  const auto format = [](std::string_view text) { return detect_feature_format(TextFile::from_text("f", text)); };
  CHECK(format(toy) == FeatureFormat::movielens_100k_items);
  CHECK(format("1|24|M|technician|85711\n") == FeatureFormat::movielens_100k_users);
  CHECK(format("1::Toy Story (1995)::Animation|Children's|Comedy\n") == FeatureFormat::movielens_1m_items);
  CHECK(format("1::F::1::10::48067\n") == FeatureFormat::movielens_1m_users);
  CHECK(format("movieId,title,genres\r\n1,a,b\r\n") == FeatureFormat::movielens_csv_items);
  CHECK(format("id,a|b|c|d\n") == FeatureFormat::table);
  CHECK(format("1|24|35|technician|85711\n") == FeatureFormat::table);
  CHECK(format("id\tgenres\n") == FeatureFormat::table);
  for (const auto& [name, one] : feature_formats) {
    CHECK(name_of(one) == name);
    CHECK((has_users(one) || has_items(one)) == (one != FeatureFormat::table));
    CHECK_FALSE((has_users(one) && has_items(one)));
  }
}

TEST_CASE("an item of MovieLens has its genres and its year", "[data]") {
  IdMap ids;
  const FeatureRecords old = read_movielens_file(toy +
                                                     "267|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n9|Caf\xE9 "
                                                     "\"X|4-Feb-1971||u|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n",
                                                 ids);
  REQUIRE(old.rows() == 3);
  CHECK(old.columns() == std::vector<FeatureColumn>{{"genres", FeatureKind::set, "|"}, {"year", FeatureKind::number}});
  CHECK(old.text(0, 0) == "Animation|Children's|Comedy");
  CHECK(old.number(0, 1) == 1995.0);
  CHECK(old.text(1, 0) == "unknown");
  CHECK_FALSE(old.number(1, 1).has_value());
  CHECK(old.text(2, 0).empty());
  CHECK(old.number(2, 1) == 1971.0);
}

TEST_CASE("the year stands in brackets at the end of a title", "[data]") {
  CHECK(detail::year_of_title("Heat (1995)") == "1995");
  CHECK(detail::year_of_title("Heat (1995) ") == "1995");
  CHECK(detail::year_of_title("(1995)") == "1995");
  CHECK(detail::year_of_title("Heat (2006\xE2\x80\x93"
                              "2007)")
            .empty());
  CHECK(detail::year_of_title("Heat (a995)").empty());
  CHECK(detail::year_of_title("Heat 1995").empty());
  CHECK(detail::year_of_title("1984 (1956) (b)").empty());
  CHECK(detail::year_of_title("").empty());
}

TEST_CASE("the other files of MovieLens are read as well", "[data]") {
  IdMap movies, films, users, people;
  const FeatureRecords dat = read_movielens_file("1::Heat (1995)::Action|War\n5::Babylon 5::(no genres listed)\n", movies);
  CHECK(dat.text(0, 0) == "Action|War");
  CHECK(dat.number(0, 1) == 1995.0);
  CHECK(dat.text(1, 0).empty());
  CHECK_FALSE(dat.number(1, 1).has_value());
  const FeatureRecords csv =
      read_movielens_file("movieId,title,genres\n7,\"Heat, The (1995)\",Action|War\n8,x,(no genres listed)\n", films);
  CHECK(csv.text(0, 0) == "Action|War");
  CHECK(csv.number(0, 1) == 1995.0);
  CHECK(csv.text(1, 0).empty());
  CHECK(films.text(0) == "7");
  const FeatureRecords old = read_movielens_file("1|24|M|technician|85711\n2|53|F|other|T8H1N\n", users);
  CHECK(old.columns() == std::vector<FeatureColumn>{{"age", FeatureKind::number}, {"gender"}, {"occupation"}});
  CHECK(old.number(1, 0) == 53.0);
  CHECK(old.text(1, 1) == "F");
  CHECK(old.text(1, 2) == "other");
  const FeatureRecords codes = read_movielens_file("1::F::56::10::48067\n", people);
  CHECK(codes.columns() == std::vector<FeatureColumn>{{"age"}, {"gender"}, {"occupation"}});
  CHECK(codes.text(0, 0) == "56");
  CHECK(codes.text(0, 1) == "F");
  CHECK(codes.text(0, 2) == "10");
}

TEST_CASE("a bad file of MovieLens is refused at its line", "[data]") {
  const std::string flags = "|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0";
  CHECK(movielens_refusal(toy + "2|x|1995||u|2" + flags + "\n") == "f:2: expected 0 or 1 in column 6 (unknown), got '2'");
  CHECK(movielens_refusal(toy + "2|x|1995||u|" + flags + "\n") == "f:2: expected 0 or 1 in column 6 (unknown), got ''");
  CHECK(movielens_refusal(toy + "2|x|1995||u" + flags + "\n") == "f:2: expected 24 fields, got 23");
  CHECK(movielens_refusal(toy + "2|x|soon||u|1" + flags + "\n") ==
        "f:2: expected a finite number in column 'year', got 'soon'");
  CHECK(movielens_refusal(toy + toy) == "f:2: expected each id once, got '1' also on line 1");
  CHECK(movielens_refusal("1|24|M|x|8\n2|old|M|x|8\n") == "f:2: expected a finite number in column 'age', got 'old'");
  CHECK(movielens_refusal("1|24|M|x|8\n|24|M|x|8\n") == "f:2: expected an id, got an empty field");
  CHECK(movielens_refusal("1::a::Drama||War\n") ==
        "f:1: expected a member on both sides of every '|' in column 'genres', got 'Drama||War'");
  CHECK(movielens_refusal("movieId,title,genres\n") == "f:1: expected a row, got none");
  CHECK(movielens_refusal("product,price\nx,1\n") ==
        "f:1: expected an item or user file of MovieLens, or to be told the columns, got 'product,price'");
  CHECK(movielens_refusal("") == "f:1: expected a row, got an empty file");
  CHECK(features_refusal(toy) ==
        "f:1: expected a header line that names the columns, got the file of movielens-100k items, which are read without "
        "being told "
        "the columns");
}

TEST_CASE("movies.csv is also a table, whose columns can be named", "[data]") {
  IdMap ids = map_of({"7"});
  const FeatureRecords records = read("movieId,title,genres\n7,Heat (1995),A|B\n", ids, "id=movieId,title=text");
  CHECK(records.text(0, 0) == "Heat (1995)");
}

TEST_CASE("real files of features have what their README states", "[data]") {
  if (const auto path = data_file("ml-100k/u.item")) {
    IdMap ids;
    const FeatureRecords items = read_features(*path, ids, {.unknown = UnknownIds::add});
    CHECK(items.rows() == 1682);
    CHECK(values(items, 0).size() == 19);
    CHECK(values(items, 0).count("Film-Noir") == 1);
    CHECK(missing(items, 0) == 0);
    CHECK(missing(items, 1) == 1);
    CHECK(items.text(ids.at("1682"), 0) == "Drama");
    CHECK(items.number(ids.at("1682"), 1) == 1996.0);
  }
  if (const auto path = data_file("ml-100k/u.user")) {
    IdMap ids;
    const FeatureRecords users = read_features(*path, ids, {.unknown = UnknownIds::add});
    CHECK(users.rows() == 943);
    CHECK(values(users, 1) == std::set<std::string>{"F", "M"});
    CHECK(values(users, 2).size() == 21);
    CHECK(users.number(942, 0) == 22.0);
  }
  if (const auto path = data_file("ml-latest-small/movies.csv")) {
    IdMap ids;
    const FeatureRecords items = read_features(*path, ids, {.unknown = UnknownIds::add});
    CHECK(items.rows() == 9742);
    CHECK(values(items, 0).size() == 19);
    CHECK(missing(items, 0) == 34);
    CHECK(missing(items, 1) == 13);
  }
  if (const auto path = data_file("online-retail-small/items.tsv")) {
    IdMap ids;
    const FeatureRecords items =
        read_features(*path, parse_feature_spec("id=product,description=text,price=number"), ids, {.unknown = UnknownIds::add});
    CHECK(items.rows() == 1868);
    CHECK(items.text(ids.at("10125"), 0) == "MINI FUNKY DESIGN TAPES");
    CHECK(items.number(ids.at("10125"), 1) == 0.85);
    CHECK(missing(items, 1) == 0);
  }
}

TEST_CASE("every beginning of a file of features is read or refused", "[data]") {
  const std::string dat = "1::Heat (1995)::Action|War\r\n2::\"x (1996)::Drama\r\n";
  std::size_t read_some = 0;
  for (const std::string& text : {table, toy, dat, std::string("1|24|M|x|8\n22|53|F|other|T8H1N\n")}) {
    for (std::size_t length = 0; length <= text.size(); ++length) {
      IdMap ids;
      const TextFile file = TextFile::from_text("f", text.substr(0, length));
      try {
        read_some += read_features(file, ids, {.unknown = UnknownIds::add}).rows() > 0;
      } catch (const ParseError&) {
      }
      try {
        read_some += read_features(file, parse_feature_spec(spec), ids, {.unknown = UnknownIds::add}).rows() > 0;
      } catch (const ParseError&) {
      }
    }
  }
  CHECK(read_some > 40);
}

// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/data/delimited.hpp>
#include <kindred/data/delimited_table.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace kindred;

namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

const DelimitedFormat csv{.delimiter = ",", .quoting{}, .has_header = false};
const DelimitedFormat tsv{.delimiter = "\t", .quoting{}, .has_header = false};

Rows rows_of(std::string_view text, const DelimitedFormat& format) {
  const TextFile file = TextFile::from_text("f", text);
  Rows out;
  for (DelimitedReader reader(file, format); reader.next();) out.emplace_back(reader.fields().begin(), reader.fields().end());
  return out;
}

std::string refusal(std::string_view text, const DelimitedFormat& format) {
  return message_of([&] { rows_of(text, format); });
}

std::vector<Index> lines_of(std::string_view text, const DelimitedFormat& format) {
  const TextFile file = TextFile::from_text("f", text);
  std::vector<Index> out;
  for (DelimitedReader reader(file, format); reader.next();) out.push_back(reader.line());
  return out;
}

}  // namespace

TEST_CASE("fields are what stands between delimiters", "[data]") {
  CHECK(rows_of("a,b,c\n1,,3\n", csv) == Rows{{"a", "b", "c"}, {"1", "", "3"}});
  CHECK(rows_of("a,b\r\n,\r\nc,d", csv) == Rows{{"a", "b"}, {"", ""}, {"c", "d"}});
  CHECK(rows_of("a , b\n", csv) == Rows{{"a ", " b"}});  // spaces belong to the field
  CHECK(rows_of("a\tb,c\n", tsv) == Rows{{"a", "b,c"}});
  CHECK(rows_of("\xEF\xBB\xBF"
                "a,b\n",
                csv) == Rows{{"a", "b"}});
  CHECK(rows_of("\xE9,\xFF\n", csv) == Rows{{"\xE9", "\xFF"}});
  CHECK(rows_of("a,b\n1,", csv) == Rows{{"a", "b"}, {"1", ""}});
  CHECK(rows_of("a\n\nb\n", csv) == Rows{{"a"}, {""}, {"b"}});  // one column: an empty field
}

TEST_CASE("a delimiter may have several characters", "[data]") {
  const DelimitedFormat two{.delimiter = "::", .quoting{}, .has_header = false};
  CHECK(rows_of("1::2::3\n", two) == Rows{{"1", "2", "3"}});
  CHECK(rows_of("1:2::3:\n", two) == Rows{{"1:2", "3:"}});
  CHECK(rows_of("::\n", two) == Rows{{"", ""}});
  CHECK(rows_of("\"a::b\"\n", two) == Rows{{"\"a", "b\""}});  // no quoting
  CHECK(rows_of("a|b\n", {.delimiter = "|", .quoting{}, .has_header = false}) == Rows{{"a", "b"}});
  for (const char* bad : {"\"", "a\n", "\r"}) {
    CHECK_THROWS_AS(rows_of("a", {.delimiter = bad, .quoting{}}), std::invalid_argument);
  }
  CHECK(refusal("a", {.delimiter = "\n", .quoting{}}) ==
        "DelimitedFormat: delimiter must have no quote and no line end in it, got '\\n'");
}

TEST_CASE("without a delimiter a tab in the first line decides", "[data]") {
  const DelimitedFormat any{.delimiter{}, .quoting{}, .has_header = false};
  CHECK(rows_of("a,b\tc\n", any) == Rows{{"a,b", "c"}});
  CHECK(rows_of("a,b\nc,d\te\n", any) == Rows{{"a", "b"}, {"c", "d\te"}});
}

TEST_CASE("quoted fields are read as RFC 4180 has them", "[data]") {
  for (const DelimitedFormat& format : {csv, tsv}) {
    const auto in = [&](std::string text) {  // written with commas
      if (format.delimiter == "\t") std::replace(text.begin(), text.end(), ',', '\t');
      return text;
    };
    const auto cell = [&](const char* text) { return in(text); };
    CHECK(rows_of(in("\"a\",\"b\"\n"), format) == Rows{{"a", "b"}});
    CHECK(rows_of(in("\"a,b\",c\n"), format) == Rows{{cell("a,b"), "c"}});
    CHECK(rows_of(in("\"a\nb\",c\r\nd,\"e\r\nf\"\r\n"), format) == Rows{{"a\nb", "c"}, {"d", "e\r\nf"}});
    CHECK(rows_of(in("\"say \"\"hi\"\"\",\"\"\"\"\n"), format) == Rows{{"say \"hi\"", "\""}});
    CHECK(rows_of(in("\"\",\"\"\n"), format) == Rows{{"", ""}});
    CHECK(rows_of(in("\"a\"\"b\",\"c\"\"d\",\"e\"\"f\"\n\"g\"\"h\",i,j"), format) ==
          Rows{{"a\"b", "c\"d", "e\"f"}, {"g\"h", "i", "j"}});
    CHECK(rows_of(in("a,\"b\""), format) == Rows{{"a", "b"}});
    CHECK(rows_of(in("a,\"b\rc\"\n"), format) == Rows{{"a", "b\rc"}});  // a CR alone is fine in quotes
  }
}

TEST_CASE("a quote inside a field is an ordinary character", "[data]") {
  CHECK(rows_of("7\" single,a\"b\n", csv) == Rows{{"7\" single", "a\"b"}});
  CHECK(rows_of("7\" single\ta\"b\"\n", tsv) == Rows{{"7\" single", "a\"b\""}});
  CHECK(rows_of(" \"a\",b\n", csv) == Rows{{" \"a\"", "b"}});
}

TEST_CASE("text after a closing quote: refused in csv, taken as it is in tsv", "[data]") {
  CHECK(refusal("x,y\n\"Weird Al\" Yankovic,1\n", csv) ==
        "f:2: expected a delimiter or the end of the line after a closing quote, got ' '");
  CHECK(refusal("x,y\n\"a\nb\"c,1\n", csv) ==
        "f:3: expected a delimiter or the end of the line after a closing quote, got 'c'");
  CHECK(refusal("x,y\n\"a\"\rb,1\n", csv) ==
        "f:2: expected a delimiter or the end of the line after a closing quote, got '\\r'");
  CHECK(rows_of("\"Weird Al\" Yankovic\t1\n\"K\"\t2\n", tsv) == Rows{{"\"Weird Al\" Yankovic", "1"}, {"K", "2"}});
  CHECK(rows_of("\"a\"\"b\" c\t1\n", tsv) == Rows{{"\"a\"\"b\" c", "1"}});
  CHECK(rows_of("1\t\"Weird Al\" Yankovic", tsv) == Rows{{"1", "\"Weird Al\" Yankovic"}});
}

TEST_CASE("a quote that never closes is named by the line where it opens", "[data]") {
  for (const DelimitedFormat& format : {csv, tsv}) {
    const std::string d = format.delimiter;
    CHECK(refusal("a" + d + "b\nc" + d + "\"d\ne" + d + "f\n", format) ==
          "f:2: expected a closing quote for the field that begins here, got the end of the file");
    CHECK(refusal("\"", format) == "f:1: expected a closing quote for the field that begins here, got the end of the file");
    CHECK(refusal("\"\"\"", format) == "f:1: expected a closing quote for the field that begins here, got the end of the file");
    CHECK(refusal("a\n\"x\ny\"\n\"z", format) ==
          "f:4: expected a closing quote for the field that begins here, got the end of the file");
  }
  CHECK(rows_of("\"a\tb\n", {.delimiter = "\t", .quoting = Quoting::none, .has_header = false}) == Rows{{"\"a", "b"}});
}

TEST_CASE("a tsv quote that would swallow whole rows is refused, not guessed at", "[data]") {
  const std::string text = "id\tname\n1\t\"Heroes\n2\tx\n3\tb\"\n";
  CHECK(refusal(text, tsv) ==
        "f:2: expected one way to read the quote that begins a field here, got two: a field that ends on line 4, or 3 rows "
        "(set the quoting to rfc4180 or none)");
  CHECK(refusal(text + "4\t\"x\ty\"\n", tsv) == refusal(text, tsv));  // what comes later does not matter
  CHECK(refusal("id::name\n1::\"He:roes\n2::x\"\n", {.delimiter = "::", .quoting = Quoting::lenient})
            .starts_with("f:2: expected one"));
  DelimitedFormat chosen = tsv;
  chosen.quoting = Quoting::rfc4180;
  CHECK(rows_of(text, chosen) == Rows{{"id", "name"}, {"1", "Heroes\n2\tx\n3\tb"}});
  chosen.quoting = Quoting::none;
  CHECK(rows_of(text, chosen) == Rows{{"id", "name"}, {"1", "\"Heroes"}, {"2", "x"}, {"3", "b\""}});
  // One line that is no row on its own settles it.
  CHECK(rows_of("id\tname\n1\t\"a\nb\"\n", tsv) == Rows{{"id", "name"}, {"1", "a\nb"}});
  CHECK(rows_of("id\tname\tx\n1\t\"a\tb\nc\"\t2\n", tsv) == Rows{{"id", "name", "x"}, {"1", "a\tb\nc", "2"}});
  CHECK(rows_of("name\n\"a\nb\"\n", tsv) == Rows{{"name"}, {"a\nb"}});  // one column: quotes are quotes
}

TEST_CASE("a row must have as many fields as the first", "[data]") {
  CHECK(refusal("a,b,c,d\n1,2,3,4\n1,2,3\n", csv) == "f:3: expected 4 fields, got 3");
  CHECK(refusal("a,b\r\n1,2,3\r\n", csv) == "f:2: expected 2 fields, got 3");
  CHECK(refusal("a\n1,2\n", csv) == "f:2: expected 1 field, got 2");
  CHECK(refusal("a,b\n\n1,2\n", csv) == "f:2: expected 2 fields, got an empty line");
  CHECK(refusal("a,b\n\r\n1,2\n", csv) == "f:2: expected 2 fields, got an empty line");
  CHECK(refusal("a,b\n \n", csv) == "f:2: expected 2 fields, got 1");
  CHECK(refusal("a,b\n\"x\ny\",2\n\"x\ny\"\n", csv) == "f:4: expected 2 fields, got 1");  // the line where the row begins
  CHECK(rows_of("a,b\n1,2\n\n\r\n\n", csv) == Rows{{"a", "b"}, {"1", "2"}});              // blank lines at the end
  CHECK_THROWS_AS(rows_of("a,b\n1\n", csv), ParseError);
}

TEST_CASE("an empty file is refused, and a first line without a field", "[data]") {
  const DelimitedFormat named{.delimiter = ",", .quoting{}};
  CHECK(refusal("", named) == "f:1: expected a header line, got an empty file");
  CHECK(refusal("\n\n", csv) == "f:1: expected a row, got an empty file");
  CHECK(refusal("\n1,2\n", named) == "f:1: expected a header line, got an empty line");
  CHECK(refusal("\n1,2\n", csv) == "f:1: expected a row, got an empty line");
  CHECK(rows_of("a,b\n", named).empty());  // a header alone: no rows
}

TEST_CASE("a carriage return alone is refused outside quotes", "[data]") {
  CHECK(refusal("a,b\r1,2\r", csv) == "f:1: expected lines that end in LF or CR LF, got a CR alone");
  CHECK(refusal("a,b\n1,\"2\"\n1\r,2\n", csv) == "f:3: expected lines that end in LF or CR LF, got a CR alone");
  CHECK(refusal("a,b\r\r\n1,2", csv) == "f:1: expected lines that end in LF or CR LF, got a CR alone");
  CHECK(rows_of("a,b\r", csv) == Rows{{"a", "b"}});  // the first half of a cut-off CR LF
}

TEST_CASE("the reader knows the line on which each row begins", "[data]") {
  CHECK(lines_of("a,b\n\"1\n2\n3\",x\n4,5\n", csv) == std::vector<Index>{1, 2, 5});
  CHECK(lines_of("a\tb\r\n\"1\r\n2\"\tx\r\n4\t5\r\n", tsv) == std::vector<Index>{1, 2, 4});
}

TEST_CASE("columns are found by name or by position from 1", "[data]") {
  const TextFile file = TextFile::from_text("f", "user,item,2011,item,\"a \"\"b\"\"\",1,7\n1,2,3,4,5,6,7\n");
  const DelimitedReader reader(file);
  const DelimitedColumns& columns = reader.columns();
  CHECK(columns.count == 7);
  CHECK(columns.find("user") == 0);
  CHECK(columns.find("2") == 1);
  CHECK(columns.find("5") == 4);
  CHECK(columns.find("2011") == 2);
  CHECK(columns.find("7") == 6);  // both its name and its position
  CHECK(columns.find("a \"b\"") == 4);
  const std::string list = "'user', 'item', '2011', 'item', 'a \"b\"', '1', '7'";
  CHECK(message_of([&] { columns.find("User"); }) == "f:1: expected a column named 'User', got " + list);
  CHECK(message_of([&] { columns.find(""); }) == "f:1: expected a column named '', got " + list);
  CHECK(message_of([&] { columns.find("item"); }) == "f:1: expected one column named 'item', got 2 among " + list);
  CHECK(message_of([&] { columns.find("8"); }) == "f:1: expected a column from 1 to 7, got 8");
  CHECK(message_of([&] { columns.find("0"); }) == "f:1: expected a column from 1 to 7, got 0");
  CHECK(message_of([&] { columns.find("99999999999999999999"); }) ==
        "f:1: expected a column from 1 to 7, got 99999999999999999999");
  CHECK(message_of([&] { columns.find("1"); }) ==
        "f:1: expected 1 to be the name or the position of a column, got both among " + list);
  CHECK(columns.describe(0) == "column 'user'");
}

TEST_CASE("without a header columns are found by position only", "[data]") {
  const TextFile file = TextFile::from_text("f", "1,2\n");
  DelimitedReader reader(file, csv);
  CHECK(reader.next());
  CHECK(reader.columns().find("2") == 1);
  CHECK(reader.columns().describe(1) == "column 2");
  CHECK(message_of([&] { reader.columns().find("user"); }) ==
        "f:1: expected the number of a column, for there is no header line, got 'user'");
}

TEST_CASE("a long header is cut short in messages", "[data]") {
  std::string header = "c1";
  for (int k = 2; k <= 33; ++k) header += ",c" + std::to_string(k);
  const TextFile file = TextFile::from_text("f", header);
  const std::string text = message_of([&] { DelimitedReader(file).columns().find("x"); });
  CHECK(text.ends_with("'c29', 'c30' and 3 more"));
}

TEST_CASE("every beginning of a file is read or refused", "[data]") {
  const std::string text = "\xEF\xBB\xBFid,\"na\"\"me\",x\r\n1,\"a,\r\nb\",\xC3\xA9\r\n\"2\",\"\"\"\",\n3,q\"q,\"\"\r\n\r\n";
  for (const Quoting quoting : {Quoting::rfc4180, Quoting::lenient, Quoting::none}) {
    std::size_t read = 0;
    for (std::size_t length = 0; length <= text.size(); ++length) {
      try {
        rows_of(std::string(text.substr(0, length)), {.delimiter = ",", .quoting = quoting});
        ++read;
      } catch (const ParseError&) {
      }
    }
    CHECK(read > 5);
    CHECK(read < text.size());
  }
}

TEST_CASE("what is written with RFC 4180 quotes is read back", "[data]") {
  constexpr std::string_view letters = "ab,\t\"\n\r ";
  Index ambiguous = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed, Stream::shuffle);
    const std::string delimiter = seed % 2 == 0 ? "," : "\t", end = seed % 3 == 0 ? "\r\n" : "\n";
    Rows rows(static_cast<std::size_t>(1 + random.below(4)));
    const Index columns = 2 + random.below(3);
    std::string text;
    for (Row& row : rows) {
      for (Index c = 0; c < columns; ++c) {
        std::string cell, quoted;
        for (auto n = random.below(5); n > 0; --n) cell += letters[static_cast<std::size_t>(random.below(std::ssize(letters)))];
        for (const char letter : cell) quoted += std::string(letter == '"' ? 2 : 1, letter);
        const bool plain = cell.find_first_of(delimiter + "\"\r\n") == std::string::npos && random.below(2) == 0;
        text += (c == 0 ? "" : delimiter) + (plain ? cell : '"' + quoted + '"');
        row.push_back(cell);
      }
      text += end;
    }
    DelimitedFormat format{.delimiter = delimiter, .quoting = Quoting::rfc4180, .has_header = false};
    CHECK(rows_of(text, format) == rows);
    format.quoting = Quoting::lenient;
    try {
      const Rows read = rows_of(text, format);
      CHECK(read == rows);
    } catch (const ParseError&) {  // lines of a field that are whole rows by themselves
      ++ambiguous;
    }
  }
  CHECK(ambiguous < 10);
}

TEST_CASE("any bytes at all are read or refused", "[data]") {
  constexpr std::string_view letters = "a1,\t\"\"\n\r:";
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed, Stream::shuffle, 1);
    std::string text;
    for (auto n = random.below(24); n > 0; --n) text += letters[static_cast<std::size_t>(random.below(std::ssize(letters)))];
    for (const Quoting quoting : {Quoting::rfc4180, Quoting::lenient, Quoting::none}) {
      for (const char* delimiter : {",", "\t", "::", ""}) {
        try {
          std::size_t fields = 0;
          for (const Row& row : rows_of(text, {.delimiter = delimiter, .quoting = quoting, .has_header = false})) {
            if (fields == 0) fields = row.size();
            if (row.size() != fields) FAIL_CHECK("seed " << seed);
          }
        } catch (const ParseError&) {
        }
      }
    }
  }
}

TEST_CASE("a table keeps all rows, also fields with doubled quotes", "[data]") {
  const DelimitedTable table(
      TextFile::from_text("f", "id,text,x\na,\"1 \"\"one\"\"\",1.5\nb,\"two\nlines\",2\nc,\"3 \"\"three\"\"\",z\nd,,\n"));
  CHECK(table.rows() == 4);
  CHECK(table.cols() == 3);
  const Index text = table.column("text"), x = table.column("3");
  CHECK(table.text(0, text) == "1 \"one\"");
  CHECK(table.text(1, text) == "two\nlines");
  CHECK(table.text(2, text) == "3 \"three\"");
  CHECK(table.text(3, text).empty());
  CHECK(table.text(3, x).empty());
  CHECK(table.line(2) == 5);
  CHECK(table.number<float>(0, x) == 1.5F);
  CHECK(message_of([&] { table.number<double>(2, x); }) == "f:5: expected a finite number in column 'x', got 'z'");
  CHECK(message_of([&] { table.column("y"); }) == "f:1: expected a column named 'y', got 'id', 'text', 'x'");
  CHECK(DelimitedTable(TextFile::from_text("f", "a,b\n")).rows() == 0);
}

TEST_CASE("a table can be moved", "[data]") {
  DelimitedTable table(TextFile::from_text("f", "a\n\"b\"\"\"\nc"));
  const DelimitedTable moved = std::move(table);
  CHECK(moved.text(0, 0) == "b\"");
  CHECK(moved.text(1, 0) == "c");
}

TEST_CASE("item tables of real data are read as they are", "[data]") {
  if (const auto path = data_file("online-retail-small/items.tsv")) {
    const DelimitedTable items(*path);
    CHECK(items.rows() == 1868);
    const Index product = items.column("product"), description = items.column("description"), price = items.column("price");
    Index quotes = 0;
    for (Index k = 0; k < items.rows(); ++k) {
      quotes += items.text(k, description).find('"') != std::string_view::npos;
      CHECK(items.number<float>(k, price) > 0);
      if (items.text(k, product) == "22041") CHECK(items.text(k, description) == "RECORD FRAME 7\" SINGLE SIZE");
    }
    CHECK(quotes == 3);
  }
  if (const auto path = data_file("lastfm-hetrec2011-2k/artists.dat")) {
    const DelimitedTable artists(*path);
    CHECK(artists.rows() == 17632);
    CHECK(artists.text(1677, artists.column("name")) == "\"Weird Al\" Yankovic");
  }
  if (const auto path = data_file("ml-latest-small/movies.csv")) {
    const DelimitedTable movies(*path);
    CHECK(movies.rows() == 9742);
    CHECK(movies.text(10, movies.column("title")) == "American President, The (1995)");
  }
  if (const auto path = data_file("ml-100k/u.item")) {  // ISO-8859-1
    const DelimitedTable movies(*path, {.delimiter = "|", .quoting = Quoting::none, .has_header = false});
    CHECK(movies.rows() == 1682);
    CHECK(movies.cols() == 24);
    CHECK(movies.text(542, 1) == "Mis\xE9rables, Les (1995)");
  }
  if (const auto path = data_file("restaurant-consumer/geoplaces2.csv")) CHECK(DelimitedTable(*path).rows() == 130);
}

TEST_CASE("a row in a long file is read as it is alone: blocks, line ends, quotes, delimiters cut in two", "[data]") {
  Random random(7);
  const auto check = [&](const DelimitedFormat& format, const std::vector<std::string>& fields, std::string_view line_end) {
    std::string text;
    Rows expected;
    std::vector<Index> lines;
    Index line = 1;
    for (int k = 0; k < 400; ++k) {
      std::string row;
      for (int f = 0; f < 3; ++f) {
        const bool odd = random.below(10) == 0;
        row +=
            (f == 0 ? "" : format.delimiter) +
            (odd ? fields : Row{"", "1", "3.5", "978300760", std::string(70, 'x')})[static_cast<std::size_t>(random.below(5))];
      }
      expected.push_back(rows_of(row, format).at(0));
      lines.push_back(line);
      line += 1 + std::count(row.begin(), row.end(), '\n');
      text += row + std::string(line_end);
    }
    CHECK(rows_of(text, format) == expected);
    CHECK(lines_of(text, format) == lines);
  };
  for (const std::string_view line_end : {"\n", "\r\n"}) {
    check(csv, {"\"a,b\"", "\"\"", "\"x\ny\"", "a\"b", "\"a\"\"b\""}, line_end);
    check(tsv, {"\"Weird Al\" Yankovic", "\"a\tb\"", "a,b", "b\"", "'"}, line_end);
    check({.delimiter = "::", .quoting{}, .has_header = false}, {":b", ": ", "a:b", "\"", "'"}, line_end);
    check({.delimiter = "|", .quoting = Quoting::none, .has_header = false}, {"\"a", "\"", "a\"", "a b", ","}, line_end);
  }
}

TEST_CASE("a row of too few or too many fields is an error in the midst of a long file too", "[data]") {
  for (const std::string bad : {"a,b", "a,b,c,d", "", "a", "a,b\r"}) {
    std::string text;
    for (int k = 0; k < 50; ++k) text += k == 20 ? bad + '\n' : "ann,tea,5\n";
    CHECK(refusal(text, csv).starts_with("f:21: expected 3 fields, got "));
  }
  std::string text;
  for (int k = 0; k < 50; ++k) text += k == 20 ? "ann:::5\n" : "ann::tea::5\n";
  CHECK(refusal(text, {.delimiter = "::", .quoting{}, .has_header = false}) == "f:21: expected 3 fields, got 2");
}

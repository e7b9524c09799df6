// SPDX-License-Identifier: MIT
#include <kindred/core/random.hpp>
#include <kindred/data/text.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#if __has_include(<sys/stat.h>)
#include <sys/stat.h>
#endif

using namespace kindred;

namespace {

TextFile text_of(std::string_view text) { return TextFile::from_text("f", text); }

std::vector<std::string> lines_of(const TextFile& file) {
  std::vector<std::string> out;
  LineReader reader(file);
  for (std::string_view line; reader.next(line);) {
    out.emplace_back(line);
    CHECK(reader.line() == static_cast<Index>(out.size()));
  }
  return out;
}

using Lines = std::vector<std::string>;

template <class Number>
Number parse(std::string_view text) {
  return parse_number<Number>(text_of("x"), 7, "column 'v'", text);
}

template <class Number>
std::string refusal(std::string_view text) {
  return message_of([&] { parse<Number>(text); });
}

}  // namespace

TEST_CASE("a text file is read whole, a path is enough", "[data]") {
  const TempFile temp("one\ntwo\n");
  const TextFile file(temp.path());
  CHECK(file.text() == "one\ntwo");
  CHECK(file.name() == temp.name());
  const auto size = [](const TextFile& f) { return f.text().size(); };
  CHECK(size(temp.path()) == 7);
  CHECK(size(temp.name()) == 7);
  CHECK(size(temp.name().c_str()) == 7);
}

TEST_CASE("a file longer than one block is read to its end", "[data]") {
  std::string long_text(3'000'001, 'x');
  long_text.back() = 'y';
  const TempFile temp(long_text);
  CHECK((TextFile(temp.path()).text() == long_text));  // not printed if it differs
}

#if __has_include(<sys/stat.h>)
TEST_CASE("a pipe, whose size nobody knows, is read to its end", "[data]") {
  const std::string path = TempFile("").name();  // removed at once: only its name is wanted
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::string long_text(2'500'001, 'x');
  long_text.back() = 'y';
  std::thread writer([&] { std::ofstream(path) << long_text; });
  const TextFile file(path);
  writer.join();
  std::filesystem::remove(path);
  CHECK((file.text() == long_text));
}
#endif

TEST_CASE("the text leaves out the byte-order mark and blank lines at the end", "[data]") {
  CHECK(text_of("\xEF\xBB\xBF"
                "a\r\n\r\n\n")
            .text() == "a");
  CHECK(text_of("\xEF\xBB\xBF").text().empty());
  CHECK(text_of("\xEF\xBB\xBF\n").text().empty());
  CHECK(text_of("").text().empty());
  CHECK(text_of("\n\n").text().empty());
  CHECK(text_of("\na").text() == "\na");  // blank lines elsewhere stay
  CHECK(text_of("\xEF\xBB"
                "a")
            .text() ==
        "\xEF\xBB"
        "a");
}

TEST_CASE("a file that cannot be read is refused with the reason", "[data]") {
  const auto folder = std::filesystem::temp_directory_path();
  CHECK(message_of([&] { TextFile{folder}; }) == folder.string() + ": must be a file, got a folder");
  CHECK(message_of([] { TextFile{"no/such/file"}; }) ==
        "no/such/file: must be a file that can be read, got \"No such file or directory\"");
  CHECK_THROWS_AS(TextFile("no/such/file"), ParseError);
  const TempFile temp("a");
  CHECK(message_of([&] { TextFile{temp.name() + "/b"}; }) ==
        temp.name() + "/b: must be a file that can be read, got \"Not a directory\"");
}

TEST_CASE("what is not text is refused, at its line", "[data]") {
  using namespace std::string_view_literals;
  CHECK(message_of([] { text_of("a\nb\0c\n"sv); }) == "f:2: expected text, got a NUL byte");
  const TempFile temp("a\nb\n\0"sv);
  CHECK(message_of([&] { TextFile{temp.path()}; }) == temp.name() + ":3: expected text, got a NUL byte");
  CHECK(message_of([] { text_of("\xFF\xFE\x61"); }) == "f:1: expected UTF-8, got a byte-order mark of UTF-16");
  CHECK(message_of([] { text_of("\xFE\xFF\x61"); }) == "f:1: expected UTF-8, got a byte-order mark of UTF-16");
}

TEST_CASE("views stay valid when a file is moved", "[data]") {
  TextFile file = text_of("short");
  const std::string_view view = file.text();
  const TextFile moved = std::move(file);
  CHECK(moved.text().data() == view.data());
}

TEST_CASE("lines end in LF, CR LF or with the file", "[data]") {
  CHECK(lines_of(text_of("a\nb\r\n\nc")) == Lines{"a", "b", "", "c"});
  CHECK(lines_of(text_of("a\r\nb\r\n")) == Lines{"a", "b"});
  CHECK(lines_of(text_of("a\nb\r")) == Lines{"a", "b"});
  CHECK(lines_of(text_of("")).empty());
  CHECK(lines_of(text_of("\r\n\r\n")).empty());
  CHECK(lines_of(text_of("\xE9t\xE9\n")) == Lines{"\xE9t\xE9"});  // ISO-8859-1 is kept
}

TEST_CASE("a carriage return alone is refused, at its line", "[data]") {
  CHECK(message_of([] { lines_of(text_of("a\nb\rc\nd")); }) == "f:2: expected lines that end in LF or CR LF, got a CR alone");
  CHECK(message_of([] { lines_of(text_of("a\r\r\nb")); }) == "f:1: expected lines that end in LF or CR LF, got a CR alone");
}

TEST_CASE("numbers are the whole of their text", "[data]") {
  CHECK(parse<float>("3.5") == 3.5F);
  CHECK(parse<float>("-1e3") == -1000.0F);
  CHECK(parse<float>("16777217") == 16777216.0F);
  CHECK(parse<double>("0.1") == 0.1);
  CHECK(parse<std::int64_t>("-5") == -5);
  CHECK(parse<std::int64_t>("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "x", "1 ", " 1", "+1", "0x1", "1e", "-", "1,5", "nan", "NaN", "inf", "-inf", "infinity"}) {
    CHECK(refusal<float>(text) == "f:7: expected a finite number in column 'v', got '" + std::string(text) + "'");
  }
  for (const char* text : {"", "x", "1 ", "1.0", "1e3", "99999999999999999999x"}) {
    CHECK(refusal<std::int64_t>(text) == "f:7: expected a whole number in column 'v', got '" + std::string(text) + "'");
  }
}

TEST_CASE("a number must fit; one too near zero becomes zero", "[data]") {
  CHECK(refusal<float>("1e39") == "f:7: expected a number from -3.40282e+38 to 3.40282e+38 in column 'v', got '1e39'");
  CHECK(refusal<float>("-1e999") == "f:7: expected a number from -3.40282e+38 to 3.40282e+38 in column 'v', got '-1e999'");
  CHECK(
      refusal<std::int64_t>("9223372036854775808") ==
      "f:7: expected a whole number from -9223372036854775808 to 9223372036854775807 in column 'v', got '9223372036854775808'");
  CHECK(parse<float>("1e-60") == 0.0F);
  CHECK(parse<float>("1e-40") == 1e-40F);
}

TEST_CASE("a message shows text on one line, as valid UTF-8, and not too long", "[data]") {
  using detail::shown;
  CHECK(shown("M\xC3\xBCller") == "'M\xC3\xBCller'");
  CHECK(shown("M\xFCller") == "'M\\xfcller'");
  CHECK(shown("a\tb\r\n\x01\x7F") == "'a\\tb\\r\\n\\x01\\x7f'");
  CHECK(shown(std::string(100, 'x')) == "'" + std::string(40, 'x') + "'...");
  CHECK(shown(std::string(40, 'x')) == "'" + std::string(40, 'x') + "'");
  CHECK(shown("") == "''");
  CHECK(shown("\xE2\x82") == "'\\xe2\\x82'");                    // cut off
  CHECK(shown("\xC0\x80") == "'\\xc0\\x80'");                    // overlong
  CHECK(shown("\xE0\x80\x80") == "'\\xe0\\x80\\x80'");           // overlong
  CHECK(shown("\xED\xA0\x80") == "'\\xed\\xa0\\x80'");           // a surrogate
  CHECK(shown("\xF4\x90\x80\x80") == "'\\xf4\\x90\\x80\\x80'");  // beyond U+10FFFF
  CHECK(shown("\xF0\x9F\x98\x80") == "'\xF0\x9F\x98\x80'");
}

TEST_CASE("a carriage return alone and a NUL byte are found wherever they stand in a long text", "[data]") {
  for (std::size_t length = 60; length < 200; length += 7) {
    std::string lines;
    while (lines.size() < length) lines += "abc\r\n";
    lines += "end";
    CHECK_FALSE(text_of(lines).has_lone_return());
    for (std::size_t k = 0; k < lines.size(); ++k) {
      std::string text = lines;
      text[k] = '\r';
      CHECK(text_of(text).has_lone_return() == (lines[k] != '\r' && k + 1 != lines.size()));
      text = lines;
      text[k] = '\0';
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(k), '\n');
      CHECK(message_of([&] { text_of(text); }) == "f:" + std::to_string(line) + ": expected text, got a NUL byte");
    }
  }
}

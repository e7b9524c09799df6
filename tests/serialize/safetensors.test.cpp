// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/files.hpp"

#include <kindred/serialize/safetensors.hpp>
#include <kindred/serialize/safetensors_writer.hpp>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <numeric>

using namespace kindred;

namespace {

std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::string written(const SafetensorsWriter& writer) {
  const TempFile file("");
  writer.write(file.path());
  return content_of(file.path());
}
SafetensorsFile parsed(const std::string& bytes) { return SafetensorsFile::parse(as_bytes(bytes), "f"); }

/// A file with this header, whatever it says, and these numbers.
std::string image(const std::string& header, const std::string& numbers = {}) {
  std::string out;
  for (int k = 0; k < 8; ++k) out += static_cast<char>(static_cast<unsigned char>(header.size() >> (8 * k)));
  return out + header + numbers;
}

/// The checksum as its documentation has it, word by word.
std::string slow_checksum(std::string bytes) {
  const auto mix = [](std::uint64_t h) { return (h ^ h >> 29) * 0x9E3779B97F4A7C15U; };
  std::uint64_t lanes[8] = {1, 2, 3, 4, 5, 6, 7, 8}, sum = mix(bytes.size());
  bytes.resize((bytes.size() + 63) / 64 * 64);
  for (std::size_t k = 0; k < bytes.size() / 8; ++k) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + 8 * k, 8);
    lanes[k % 8] = mix(lanes[k % 8] ^ word);
  }
  for (const std::uint64_t lane : lanes) sum = mix(sum ^ lane);
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(sum));
  return text;
}

template <class N>
std::vector<N> numbers_of(const Tensor& tensor) {
  std::vector<N> out(static_cast<std::size_t>(tensor.count()));
  if (!out.empty()) std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
  return out;
}

/// Three numbers of every type, with a name each.
struct Every {
  std::tuple<std::array<bool, 3>, std::array<std::uint8_t, 3>, std::array<std::int8_t, 3>, std::array<std::uint16_t, 3>,
             std::array<std::int16_t, 3>, std::array<Eigen::half, 3>, std::array<Eigen::bfloat16, 3>,
             std::array<std::uint32_t, 3>, std::array<std::int32_t, 3>, std::array<float, 3>, std::array<std::uint64_t, 3>,
             std::array<std::int64_t, 3>, std::array<double, 3>>
      numbers{};

  Every() {
    each([](auto& list) {
      using N = typename std::remove_cvref_t<decltype(list)>::value_type;
      list = {static_cast<N>(0), static_cast<N>(1), std::numeric_limits<N>::max()};
    });
  }
  template <class F>
  void each(F&& f) {
    std::apply([&](auto&... list) { (f(list), ...); }, numbers);
  }
  SafetensorsWriter writer() {
    SafetensorsWriter out;
    each([&](auto& list) {
      constexpr DType type = dtype_of<typename std::remove_cvref_t<decltype(list)>::value_type>;
      out.add("t." + std::string(dtype_name(type)), type, {3, 1}, std::as_bytes(std::span(list)));
    });
    return out;
  }
};

/// A file with an F32, a U8, text that needs escapes, and a checksum.
std::string small_file() {
  static const float pair[2] = {1, -2};
  static const std::uint8_t three[3] = {7, 8, 9};
  SafetensorsWriter writer;
  writer.metadata("k\"\\\n\x01", "Zo\xC3\xAB");
  writer.add("b", DType::u8, {3}, std::as_bytes(std::span(three)));
  writer.add("a", DType::f32, {2, 1}, std::as_bytes(std::span(pair)));
  return written(writer);
}

}  // namespace

TEST_CASE("every type of numbers comes back, aligned, in order, read, mapped or parsed", "[serialize]") {
  Every every;
  const TempFile path("");
  every.writer().write(path.path());
  const std::string bytes = content_of(path.path());
  const SafetensorsFile files[] = {SafetensorsFile::read(path.path()), SafetensorsFile::map(path.path()), parsed(bytes)};
  for (const SafetensorsFile& file : files) {
    CHECK(file.size() == 13);
    CHECK(file.has_checksum());
    every.each([&](auto& list) {
      using N = typename std::remove_cvref_t<decltype(list)>::value_type;
      const Tensor& tensor = file.at("t." + std::string(dtype_name(dtype_of<N>)));
      CHECK(tensor.dtype == dtype_of<N>);
      CHECK(tensor.shape == std::vector<std::int64_t>{3, 1});
      REQUIRE(tensor.count() == 3);
      CHECK(std::memcmp(tensor.bytes.data(), list.data(), sizeof(list)) == 0);
      if (&file != &files[2]) CHECK(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % sizeof(N) == 0);
      CHECK(dtype_size(dtype_of<N>) == sizeof(N));
      CHECK(parse_dtype(dtype_name(dtype_of<N>)) == dtype_of<N>);
    });
  }
  CHECK(!parse_dtype("F8_E4M3"));
  CHECK(files[0].find("T.F32") == nullptr);
  CHECK(message_of([&] { (void)files[2].at("x"); }) == "f: must have a tensor 'x', got none among its 13");
  SafetensorsFile moved = SafetensorsFile::read(path.path());
  const std::byte* before = moved.at("t.F64").bytes.data();
  const SafetensorsFile here = std::move(moved);
  CHECK(here.at("t.F64").bytes.data() == before);
}

TEST_CASE("a file is, byte for byte, what the format says", "[serialize]") {
  const std::string header = R"({"__metadata__":{"kindred.checksum":"0000000000000000","who":"me"},)"
                             R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"I16","shape":[],"data_offsets":[8,10]}})";
  const std::string padded = header + std::string((120 + 128 - header.size() % 64) % 64, ' ');
  REQUIRE((8 + padded.size()) % 64 == 0);
  const std::string numbers("\x00\x00\x80\x3f\x00\x00\x00\xc0\xfe\xff", 10);  // 1, -2 and -2
  std::string expected = image(padded, numbers);
  const std::string sum = slow_checksum(expected);
  CHECK(sum == "de791ab7cdc8b971");
  expected.replace(8 + header.find("0000"), 16, sum);

  const float a[2] = {1, -2};
  const std::int16_t b = -2;
  SafetensorsWriter writer;
  writer.metadata("who", "me");
  writer.add("b", DType::i16, {}, std::as_bytes(std::span(&b, 1)));
  writer.add("a", DType::f32, {2}, std::as_bytes(std::span(a)));  // wider numbers come first
  CHECK(written(writer) == expected);

  const std::string other = R"({ "\u0062\ud83d\ude00" : {"shape":[ 1 ,2],
    "data_offsets":[0,4],"dtype":"I16"},"__metadata__":{"\"\\\/\b\f\n\r\t":"\u00e9"},"e":{"dtype":"F64","shape":[0,9],"data_offsets":[4,4]}} )";
  const std::string kept = image(other, std::string("\x01\x00\x02\x00", 4));
  const SafetensorsFile file = parsed(kept);
  CHECK(numbers_of<std::int16_t>(file.at("b\xF0\x9F\x98\x80")) == std::vector<std::int16_t>{1, 2});
  CHECK(file.at("e").count() == 0);
  CHECK(file.metadata() == std::map<std::string, std::string>{{"\"\\/\b\f\n\r\t", "\xC3\xA9"}});
  CHECK(file.names() == std::vector<std::string>{"b\xF0\x9F\x98\x80", "e"});
  CHECK(!file.has_checksum());
  const std::string nothing = image("{}");
  CHECK(parsed(nothing).size() == 0);
}

TEST_CASE("a producer gives its bytes in pieces, exactly as many as it said", "[serialize]") {
  std::vector<std::uint32_t> rows(50000);
  std::iota(rows.begin(), rows.end(), 7U);
  SafetensorsWriter writer;
  writer.add("rows", DType::u32, {500, 100}, [&](const Sink& sink) {
    for (std::size_t k = 0; k < rows.size(); k += 100) sink(std::as_bytes(std::span(rows).subspan(k, 100)));
  });
  const std::string bytes = written(writer);
  CHECK(numbers_of<std::uint32_t>(parsed(bytes).at("rows")) == rows);

  const TempFile old("old");
  for (const std::size_t count : {3U, 5U}) {
    SafetensorsWriter wrong;
    wrong.add("x", DType::u8, {4}, [&](const Sink& sink) { sink(std::as_bytes(std::span(rows)).first(count)); });
    CHECK(message_of([&] { wrong.write(old.path()); }) ==
          "SafetensorsWriter: 'x' must give 4 bytes, got " + std::to_string(count));
  }
  CHECK(content_of(old.path()) == "old");
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    writer.add(name, DType::f64, std::move(shape), std::span<const std::byte>());
  };
  for (const char* name : {"", "__metadata__", "rows", "\xFF"}) CHECK_THROWS_AS(add(name, {0}), std::invalid_argument);
  CHECK_THROWS_AS(add("n", {-1}), std::invalid_argument);
  CHECK_THROWS_AS(add("n", {std::int64_t{1} << 32, std::int64_t{1} << 29}), std::invalid_argument);
  CHECK_THROWS_AS(add("n", std::vector<std::int64_t>(65, 1)), std::invalid_argument);
  CHECK_THROWS_AS(writer.metadata("kindred.checksum", ""), std::invalid_argument);
  CHECK_THROWS_AS(writer.metadata("a", "\xC3"), std::invalid_argument);
}

TEST_CASE("a tensor file cut at any byte is refused, and so is one with any byte changed", "[serialize]") {
  std::string bytes = small_file();
  REQUIRE(parsed(bytes).at("b").count() == 3);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO(length);
    CHECK_THROWS_AS(parsed(bytes.substr(0, length)), ParseError);
  }
  CHECK_THROWS_AS(parsed(bytes + '\0'), ParseError);
  const std::size_t key = bytes.find("kindred.checksum");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int other = 1; other < 256; ++other) {
      bytes[at] = static_cast<char>(bytes[at] ^ other);
      bool refused = false;
      try {
        // Without its key a checksum is not known to be one: whoever expects a checksum asks for it, as ModelFile does.
        refused = !parsed(bytes).has_checksum() && at >= key && at < key + 16;
      } catch (const ParseError&) {
        refused = true;
      }
      INFO(at << " xor " << other);
      if (!refused) CHECK(refused);
      bytes[at] = static_cast<char>(bytes[at] ^ other);
    }
  }
}

TEST_CASE("the checksum is that of its definition in any pieces, and sees signs that change", "[serialize]") {
  std::string bytes(1000, ' ');
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<char>(k * k + k / 7);
  for (const std::size_t size : {0U, 1U, 8U, 63U, 64U, 65U, 1000U}) {
    const std::string part = bytes.substr(0, size);
    for (const std::size_t piece : {1U, 7U, 64U, 100U, 1000U}) {
      detail::Checksum sum;
      for (std::size_t k = 0; k < size; k += piece) sum.add(as_bytes(part).subspan(k, std::min(piece, size - k)));
      CHECK(sum.text() == slow_checksum(part));
    }
  }
  // Signs of up to four of 48 floats in three blocks: products and shifts of half a word could cancel these.
  std::vector<float> numbers(48, 0.5F);
  const auto sum_of = [&] {
    detail::Checksum sum;
    sum.add(std::as_bytes(std::span(numbers)));
    return sum.value();
  };
  std::vector<std::uint64_t> sums{sum_of()};
  const auto flip = [&](std::size_t k) { numbers[k] = -numbers[k]; };
  for (std::size_t a = 0; a < 48; ++a) {
    flip(a);
    sums.push_back(sum_of());
    for (std::size_t b = a + 1; b < 48; ++b) {
      flip(b);
      sums.push_back(sum_of());
      for (std::size_t c = b + 1; c < 48; ++c) {
        flip(c);
        sums.push_back(sum_of());
        flip(c);
      }
      flip(b);
    }
    flip(a);
  }
  std::sort(sums.begin(), sums.end());
  CHECK(std::adjacent_find(sums.begin(), sums.end()) == sums.end());
}

TEST_CASE("a header that lies is refused with the reason, before anything of its size is made", "[serialize]") {
  const auto refused = [](const std::string& bytes, const std::string& reason) {
    INFO(bytes.substr(std::min<std::size_t>(8, bytes.size()), 200));
    CHECK_THROWS_AS(parsed(bytes), ParseError);
    const std::string message = message_of([&] { (void)parsed(bytes); });
    INFO(message);
    CHECK(message.starts_with("f: "));
    CHECK(message.find(reason) != std::string::npos);
  };
  const auto tensor = [](const std::string& shape, const std::string& offsets, const std::string& type = "U8") {
    return R"({"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  refused("", "8 bytes with the header's length, got 0");
  refused("1234567", "got 7");
  refused(std::string(8, '\xFF'), "at most 0 bytes, got 18446744073709551615");
  refused(image("{}").substr(0, 9), "at most 1 bytes, got 2");
  refused(image(""), "expected '{', got its end");
  for (const char* start : {" {}", "\xEF\xBB\xBF{}", "[]", "null", "\"a\"", "'"}) refused(image(start), "expected '{'");
  refused(image("{} {"), "expected its end");
  refused(image(std::string("{}\0", 3)), "expected its end");
  refused(image("{,}"), "expected '\"'");
  refused(image(R"({"a")"), "expected ':'");
  refused(image(R"({"a":)" + tensor("[0]", "[0,0]") + ",}"), "expected '\"'");
  refused(image(R"({"a":)" + tensor("[0]", "[0,0]") + R"(,"a":)" + tensor("[0]", "[0,0]") + "}"), "each tensor once, got 'a'");
  refused(image(R"({"a":)" + tensor("[0]", "[0,0]") + R"(,"\u0061":)" + tensor("[0]", "[0,0]") + "}"), "each tensor once");
  refused(image(R"({"__metadata__":{"a":"","a":""}})"), "each key once");
  refused(image(R"({"__metadata__":{},"__metadata__":{}})"), "__metadata__ once");
  refused(image(R"({"__metadata__":{"a":1}})"), "expected '\"', got '1'");
  refused(image(R"({"__metadata__":{"a":{"b":"c"}}})"), "expected '\"', got '{'");
  refused(image(R"({"__metadata__":null})"), "expected '{', got 'n'");
  for (const char* text : {R"("\x")", R"("\u12g4")", R"("\u12)", R"("\)", R"("\ud800")", R"("\ud800\u0041")", R"("\udc00")",
                           "\"\n\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"a"}) {
    refused(image(R"({"__metadata__":{"a":)" + std::string(text)), "expected");
  }
  refused(image(std::string(100000, '[')), "expected '{'");
  refused(image(R"({"a":)" + std::string(100000, '{')), "expected '\"'");
  refused(image(R"({"a":{"shape":)" + std::string(100000, '[')), "expected a whole number, got '['");

  const auto one = [&](const std::string& value) { return image(R"({"a":)" + value + "}", "12345678"); };
  refused(one("{}"), "dtype, shape and data_offsets of two numbers for 'a'");
  refused(one(R"({"dtype":"U8","shape":[8]})"), "data_offsets of two numbers");
  refused(one(R"({"dtype":"U8","dtype":"U8"})"), "each once, for 'a', got 'dtype'");
  refused(one(R"({"dtype":"U8","color":"red"})"), "got 'color'");
  refused(one(tensor("[8]", "[0,8]", "f32")), "a type from BOOL to F64 for 'a', got 'f32'");
  refused(one(tensor("[8]", "[0]")), "two numbers");
  refused(one(tensor("[8]", "[0,8,8]")), "two numbers for 'a', got more");
  refused(one(tensor("8", "[0,8]")), "expected '['");
  for (const char* number : {"-8", "+8", "08", "8.0", "8e0", "0x8", "\"8\"", "true", "9223372036854775808", "8,", "8 8"}) {
    refused(one(tensor("[" + std::string(number) + "]", "[0,8]")), "expected");
    refused(one(tensor("[8]", "[0," + std::string(number) + "]")), "expected");
  }
  refused(one(tensor("[9]", "[0,8]")), "'a' to have 9 bytes within the file's 8, got 0 to 8");
  refused(one(tensor("[9]", "[0,9]")), "within the file's 8, got 0 to 9");
  refused(one(tensor("[8]", "[8,0]")), "got 8 to 0");
  refused(one(tensor("[8]", "[9223372036854775800,9223372036854775807]")), "within the file's 8");
  refused(one(tensor("[1152921504606846976]", "[0,8]")), "1152921504606846976 bytes within the file's 8");
  refused(one(tensor("[1152921504606846976]", "[0,8]", "F64")), "product must be below 2^63");
  refused(one(tensor("[4294967296,4294967296]", "[0,0]")), "product must be below 2^63");
  refused(one(tensor("[9223372036854775807,9223372036854775807,0]", "[0,0]")), "product must be below 2^63");
  std::string dims = "[1";
  for (int k = 0; k < 64; ++k) dims += ",1";
  refused(one(tensor(dims + "]", "[0,1]")), "at most 64 dimensions");

  const auto two = [&](const std::string& a, const std::string& b) {
    return image(R"({"a":)" + a + R"(,"b":)" + b + "}", "12345678");
  };
  CHECK_NOTHROW(two(tensor("[4]", "[4,8]"), tensor("[4]", "[0,4]")));
  refused(two(tensor("[4]", "[0,4]"), tensor("[4]", "[0,4]")), "got one at byte 0 where byte 4 was next");
  refused(two(tensor("[5]", "[0,5]"), tensor("[4]", "[4,8]")), "got one at byte 4 where byte 5 was next");
  refused(two(tensor("[3]", "[0,3]"), tensor("[4]", "[4,8]")), "got one at byte 4 where byte 3 was next");
  refused(two(tensor("[3]", "[1,4]"), tensor("[4]", "[4,8]")), "got one at byte 1 where byte 0 was next");
  refused(two(tensor("[8]", "[0,8]"), tensor("[0]", "[4,4]")), "got one at byte 4 where byte 8 was next");
  refused(two(tensor("[3]", "[0,3]"), tensor("[4]", "[3,7]")), "must have 7 bytes of numbers, got 8");

  refused(image(R"({"__metadata__":{"kindred.checksum":"0"}})"), "a checksum of 16 digits");
  refused(image(R"({"__metadata__":{"kindred.checksum":"0000000000000000"}})"), "the file was damaged");
  refused(image(R"({"__metadata__":{"kindred.checksu\u006d":"0000000000000000"}})"), "where kindred writes it");
}

TEST_CASE("what is no file is refused with its name and the cause", "[serialize]") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const TempFile empty("");
  for (const bool map : {false, true}) {
    const auto open = [&](const std::filesystem::path& path) {
      return message_of([&] { (void)(map ? SafetensorsFile::map(path) : SafetensorsFile::read(path)); });
    };
    CHECK(open("/nowhere/x") == "/nowhere/x: must be a readable file: No such file or directory");
    CHECK(open(folder).starts_with(folder.string() + ": must be a readable file: "));
    CHECK(open(empty.path()) == empty.name() + ": must have 8 bytes with the header's length, got 0");
  }
}

TEST_CASE("Python reads kindred's files, and kindred reads Python's", "[serialize]") {
  const char* python = std::getenv("KINDRED_PYTHON");
  const std::string command = python != nullptr ? python : "python3";
  const auto run = [&](const std::string& arguments) { return std::system(("'" + command + "' " + arguments).c_str()); };
  if (run("-c 'import numpy, safetensors' 2>/dev/null") != 0) {
    WARN("SKIPPED: needs Python with numpy and safetensors; " << command << " (KINDRED_PYTHON) has not both");
    return;
  }
  Every every;
  const TempFile ours(""), theirs("");
  every.writer().write(ours.path());
  const TempFile script(R"(import sys, numpy as np, safetensors, safetensors.numpy
types = dict(BOOL='?', U8='u1', I8='i1', U16='u2', I16='i2', U32='u4', I32='i4', U64='u8', I64='i8', F16='f2', F32='f4', F64='f8')
with safetensors.safe_open(sys.argv[1], 'np') as f:
  assert set(f.keys()) == {'t.' + t for t in types} | {'t.BF16'}, f.keys()
  assert len(f.metadata()['kindred.checksum']) == 16
  kept = {}
  for name, type in types.items():
    t = f.get_tensor('t.' + name)
    top = True if type == '?' else np.iinfo(type).max if type[0] in 'iu' else np.finfo(type).max
    assert t.dtype == np.dtype(type) and t.shape == (3, 1), (name, t)
    assert (t == np.array([[0], [1], [top]], type)).all(), (name, t)
    kept['t.' + name] = t
safetensors.numpy.save_file(kept, sys.argv[2], {'by': 'Python'})
)",
                        ".py");
  REQUIRE(run("'" + script.name() + "' '" + ours.name() + "' '" + theirs.name() + "'") == 0);
  const SafetensorsFile back = SafetensorsFile::map(theirs.path());
  CHECK(!back.has_checksum());
  CHECK(back.metadata().at("by") == "Python");
  CHECK(back.size() == 12);
  every.each([&](auto& list) {
    constexpr DType type = dtype_of<typename std::remove_cvref_t<decltype(list)>::value_type>;
    if (type == DType::bf16) return;  // NumPy has none
    const Tensor& tensor = back.at("t." + std::string(dtype_name(type)));
    CHECK(tensor.dtype == type);
    CHECK(std::memcmp(tensor.bytes.data(), list.data(), sizeof(list)) == 0);
  });
}

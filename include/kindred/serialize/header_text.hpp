// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The little JSON that the header of a safetensors file is made of: objects, arrays, strings and whole numbers. Strict, and never recursive.

#include <kindred/core/error.hpp>
#include <kindred/data/text.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace kindred::detail {

/// `text` as a JSON string, quotes included. The text must be UTF-8.
inline std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Reads a header piece by piece, in the order the caller expects them. Throws: ParseError that says where in the header.
class HeaderReader {
 public:
  /// @param where  begins every message
  HeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw ParseError(concat(where_, ": byte ", at_ + 8, " of the header: ", parts...));
  }

  /// The next character that is not a space is `c`, and is passed over.
  void expect(char c) {
    if (!accept(c)) fail("expected '", c, "', got ", at_ < text_.size() ? shown(text_.substr(at_, 1)) : "its end");
  }
  bool accept(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect_end() {
    skip_spaces();
    if (at_ < text_.size()) fail("expected its end, got ", shown(text_.substr(at_, 1)));
  }

  /// Calls f(key) for each member of an object; f reads the value.
  template <class F>
  void object(F&& f) {
    expect('{');
    if (accept('}')) return;
    do {
      const std::string key = string();
      expect(':');
      f(key);
    } while (accept(','));
    expect('}');
  }
  /// Calls f() for each element of an array.
  template <class F>
  void array(F&& f) {
    expect('[');
    if (accept(']')) return;
    do {
      f();
    } while (accept(','));
    expect(']');
  }

  /// A whole number from 0 to 2^63 - 1, without a sign, a point or an exponent.
  std::int64_t number() {
    skip_spaces();
    const std::size_t first = at_;
    std::int64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const std::int64_t digit = text_[at_] - '0';
      if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10)
        fail("expected a number below 2^63, got more digits");
      value = 10 * value + digit;
    }
    if (at_ == first) fail("expected a whole number, got ", at_ < text_.size() ? shown(text_.substr(at_, 1)) : "its end");
    if (text_[first] == '0' && at_ - first > 1) fail("expected a number without leading zeros");
    return value;
  }

  std::string string() {
    expect('"');
    std::string out;
    for (;;) {
      if (at_ >= text_.size()) fail("expected a quote at the end of a string, got the header's end");
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (static_cast<unsigned char>(c) < 0x20) fail("expected no control character in a string");
      if (c == '\\') {
        ++at_;
        escape(out);
        continue;
      }
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) fail("expected UTF-8 in a string");
      out += text_.substr(at_, length);
      at_ += length;
    }
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }

  void escape(std::string& out) {
    const char c = at_ < text_.size() ? text_[at_++] : '\0';
    constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    if (const auto place = names.find(c); c != '\0' && place != std::string_view::npos) {
      out += meant[place];
      return;
    }
    if (c != 'u') fail("expected an escape that JSON has");
    std::uint32_t code = hex4();
    if (code >= 0xDC00 && code < 0xE000) fail("expected the first half of a surrogate pair before the second");
    if (code >= 0xD800 && code < 0xDC00) {
      if (text_.substr(at_, 2) != "\\u") fail("expected the second half of a surrogate pair");
      at_ += 2;
      const std::uint32_t low = hex4();
      if (low < 0xDC00 || low >= 0xE000) fail("expected the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(code, out);
  }

  std::uint32_t hex4() {
    std::uint32_t code = 0;
    for (int k = 0; k < 4; ++k) {
      const char c = at_ < text_.size() ? text_[at_++] : '\0';
      const auto digit = c >= '0' && c <= '9'   ? c - '0'
                         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                : -1;
      if (digit < 0) fail("expected four hexadecimal digits");
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    return code;
  }

  static void append_utf8(std::uint32_t code, std::string& out) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6);
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const std::string& where_;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Text files: a whole file in memory, its lines, strict numbers, and errors that say `FILE:LINE: what must hold, got what`.
///
/// Bytes are kept as they are: an id in ISO-8859-1 is as good as one in UTF-8.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

/// The bytes of the UTF-8 character that begins `text`; 0 if it begins with none.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  if (text.empty()) return 0;
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xED && byte(1) > 0x9F;
  const bool beyond = byte(0) == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

/// `text` as a message may show it: in single quotes, on one line, valid UTF-8, cut after `limit` bytes.
inline std::string shown(std::string_view text, std::size_t limit = 40) {
  constexpr const char* hex = "0123456789abcdef";
  std::string out = "'";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (out.size() > limit) return out + "'...";
    if (byte == '\n' || byte == '\r' || byte == '\t') {
      out += byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : "\\t";
    } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + "'";
}

}  // namespace detail

/// A text file, read whole. Also text that is in memory already, under a name for the messages.
///
/// A path is enough wherever a TextFile is asked for: `read_movielens("u.data")`.
/// `text()` is without a UTF-8 byte-order mark at the front and without the line ends (hence blank lines) at the back.
///
/// Throws: ParseError for a file that cannot be opened or read, a folder, UTF-16, and a NUL byte (no text has one; packed files,
///         images and UTF-16 do). Bytes that are not UTF-8 are fine.
class TextFile {
 public:
  /// Implicit, so that a path will do. Pipes and devices are read to their end.
  template <std::convertible_to<std::filesystem::path> Path>
    requires(!std::same_as<std::remove_cvref_t<Path>, TextFile>)
  TextFile(Path&& path) {  // NOLINT(google-explicit-constructor)
    const std::filesystem::path where(std::forward<Path>(path));
    name_ = where.string();
    load(where);
    examine();
  }

  static TextFile from_text(std::string name, std::string_view text) {
    TextFile file;
    file.name_ = std::move(name);
    file.bytes_.assign(text.begin(), text.end());
    file.refuse_nul(0, file.bytes_.size());
    file.examine();
    return file;
  }

  // Views of the text stay valid when the file is moved.
  TextFile(TextFile&&) = default;
  TextFile& operator=(TextFile&&) = default;
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  const std::string& name() const { return name_; }
  std::string_view text() const { return {bytes_.data() + begin_, end_ - begin_}; }

  /// Whether a carriage return stands anywhere but before a line feed.
  bool has_lone_return() const { return lone_return_; }

  /// Throws: ParseError that reads `FILE:LINE: parts`. Lines count from 1.
  template <class... Parts>
  [[noreturn]] void fail(Index line, const Parts&... parts) const {
    throw ParseError(detail::concat(name_, ':', line, ": ", parts...));
  }

 private:
  TextFile() = default;

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    throw ParseError(detail::concat(name_, ": ", parts...));
  }

  void load(const std::filesystem::path& path) {
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (std::filesystem::is_directory(status)) refuse("must be a file, got a folder");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) refuse("must be a file that can be read, got \"", std::generic_category().message(errno), '"');
    const auto size = std::filesystem::is_regular_file(status) ? std::filesystem::file_size(path, code) : 0;
    try {
      constexpr std::size_t block = std::size_t{1} << 20;
      std::size_t used = 0;
      bytes_.resize(size > 0 && !code ? static_cast<std::size_t>(size) + 1 : block);  // + 1: the end is met in the first read
      while (in) {
        if (used == bytes_.size()) bytes_.resize(2 * used);
        in.read(bytes_.data() + used, static_cast<std::streamsize>(bytes_.size() - used));
        const auto got = static_cast<std::size_t>(in.gcount());
        refuse_nul(used, used + got);
        used += got;
      }
      if (in.bad()) refuse("must be readable to its end, got an error after ", used, " bytes");
      bytes_.resize(used);
    } catch (const std::bad_alloc&) {
      refuse("must fit in memory, got ", size, " bytes");
    } catch (const std::length_error&) {
      refuse("must fit in memory, got ", size, " bytes");
    }
  }

  void refuse_nul(std::size_t from, std::size_t to) const {
    if (from == to) return;
    const void* nul = std::memchr(bytes_.data() + from, 0, to - from);
    if (nul == nullptr) return;
    fail(1 + std::count(bytes_.data(), static_cast<const char*>(nul), '\n'), "expected text, got a NUL byte");
  }

  void examine() {
    const std::string_view all(bytes_.data(), bytes_.size());
    if (all.starts_with("\xFF\xFE") || all.starts_with("\xFE\xFF")) fail(1, "expected UTF-8, got a byte-order mark of UTF-16");
    begin_ = all.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    end_ = std::max(begin_, all.find_last_not_of("\r\n") + 1);
    for (std::size_t at = begin_; (at = text_find_return(at)) < end_; ++at) {
      if (at + 1 == end_ || bytes_[at + 1] != '\n') {
        lone_return_ = true;
        break;
      }
    }
  }

  std::size_t text_find_return(std::size_t from) const {
    return std::min(end_, std::string_view(bytes_.data(), bytes_.size()).find('\r', from));
  }

  std::string name_;
  std::vector<char> bytes_;
  std::size_t begin_ = 0, end_ = 0;
  bool lone_return_ = false;
};

/// The lines of a file, without their ends (LF or CR LF).
/// Throws: ParseError for a carriage return elsewhere. The file must outlive the reader and what it returns.
class LineReader {
 public:
  explicit LineReader(const TextFile& file) : file_(&file), rest_(file.text()), more_(!rest_.empty()) {}
  explicit LineReader(TextFile&&) = delete;  // the file must live on

  bool next(std::string_view& out) {
    if (!more_) return false;
    ++line_;
    const std::size_t end = rest_.find('\n');
    out = rest_.substr(0, end);
    more_ = end != std::string_view::npos;
    if (more_) {
      rest_.remove_prefix(end + 1);
      if (out.ends_with('\r')) out.remove_suffix(1);
    }
    if (file_->has_lone_return() && out.find('\r') != std::string_view::npos) {
      file_->fail(line_, "expected lines that end in LF or CR LF, got a CR alone");
    }
    return true;
  }

  /// The number of the line read last, from 1.
  Index line() const { return line_; }

 private:
  const TextFile* file_;
  std::string_view rest_;
  bool more_;
  Index line_ = 0;
};

namespace detail {

/// Reads the number that is the whole of `text`, as parse_number has it. If there is none, returns what was expected in its place:
/// "a finite number"; else an empty text.
template <class Number>
std::string read_number(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool whole = stop == end, range = error == std::errc::result_out_of_range && whole;
  if constexpr (std::integral<Number>) {
    if (error == std::errc{} && whole) return {};
  } else {
    if (error == std::errc{} && whole && std::isfinite(number)) return {};
    long double wide = 0;  // from_chars does not say whether the number was too large or too small
    if (range && std::from_chars(text.data(), end, wide).ec == std::errc{} && std::abs(wide) < 1) {
      number = static_cast<Number>(wide);
      return {};
    }
  }
  const char* kind = std::integral<Number> ? "a whole number" : range ? "a number" : "a finite number";
  if (!range) return kind;
  return concat(kind, " from ", std::numeric_limits<Number>::lowest(), " to ", std::numeric_limits<Number>::max());
}

}  // namespace detail

/// The number that is the whole of `text`: no spaces, no plus sign, no hexadecimal. A number too near 0 becomes 0.
/// `where` is for the message, for example "column 'rating'".
/// Throws: ParseError for anything else, NaN, infinity, and what `Number` cannot hold.
template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>)
Number parse_number(const TextFile& file, Index line, std::string_view where, std::string_view text) {
  Number number{};
  const std::string expected = detail::read_number(text, number);
  if (!expected.empty()) file.fail(line, "expected ", expected, " in ", where, ", got ", detail::shown(text));
  return number;
}

}  // namespace kindred

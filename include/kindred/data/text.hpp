// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Text files: a whole file as memory, its lines, strict numbers, and errors that say `FILE:LINE: what must hold, got what`.
///
/// Bytes are kept as they are: an id in ISO-8859-1 is as good as one in UTF-8.

#include <kindred/core/error.hpp>
#include <kindred/core/mapped_file.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/number.hpp>
#include <kindred/data/shown.hpp>
#include <kindred/kernel/find_byte.hpp>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

/// How many line feeds there are. A byte counts those of a block, so that the loop is done in vectors.
inline Index count_line_feeds(std::string_view text) {
  Index count = 0;
  constexpr std::size_t block = 128;
  for (; text.size() >= block; text.remove_prefix(block)) {
    std::uint8_t some = 0;
    for (std::size_t k = 0; k < block; ++k) some = static_cast<std::uint8_t>(some + (text[k] == '\n' ? 1 : 0));
    count += some;
  }
  return count + std::count(text.begin(), text.end(), '\n');
}

}  // namespace detail

/// A text file, mapped into memory (see MappedFile: it must not change meanwhile). Pipes, devices and files that do not say how long they
/// are, are read to their end. Also text that is in memory already, under a name for the messages.
///
/// A path is enough wherever a TextFile is asked for: `read_movielens("u.data")`.
/// `text()` is without a UTF-8 byte-order mark at the front and without the line ends (hence blank lines) at the back.
///
/// Memory: a mapped file's pages are the system's, which may drop them and read them again; else the text.
/// Throws: ParseError for a file that cannot be opened or read, a folder, UTF-16, and a NUL byte (no text has one; packed files,
///         images and UTF-16 do). Bytes that are not UTF-8 are fine.
class TextFile {
 public:
  /// Implicit, so that a path will do.
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
    file.own_.assign(text.begin(), text.end());
    file.bytes_ = {file.own_.data(), file.own_.size()};
    file.examine();
    return file;
  }

  // Views of the text stay valid when the file is moved.
  TextFile(TextFile&&) = default;
  TextFile& operator=(TextFile&&) = default;
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  const std::string& name() const { return name_; }
  std::string_view text() const { return bytes_.substr(begin_, end_ - begin_); }

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
    try {
      if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path) > 0) {
        mapped_ = std::make_unique<MappedFile>(path);
        bytes_ = {reinterpret_cast<const char*>(mapped_->bytes().data()), mapped_->bytes().size()};
      } else {
        read(path);
        bytes_ = {own_.data(), own_.size()};
      }
    } catch (const std::system_error& e) {
      refuse("must be a file that can be read, got \"", e.code().message(), '"');
    }
  }

  void read(const std::filesystem::path& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::system_error(errno, std::generic_category());
    std::size_t used = 0;
    try {
      while (in) {
        if (used == own_.size()) own_.resize(std::max(2 * used, std::size_t{1} << 20));
        in.read(own_.data() + used, static_cast<std::streamsize>(own_.size() - used));
        used += static_cast<std::size_t>(in.gcount());
      }
    } catch (const std::bad_alloc&) {
      refuse("must fit in memory, got more than ", used, " bytes");
    }
    if (in.bad()) refuse("must be readable to its end, got an error after ", used, " bytes");
    own_.resize(used);
  }

  /// Looks at all bytes once.
  void examine() {
    if (bytes_.starts_with("\xFF\xFE") || bytes_.starts_with("\xFE\xFF")) {
      fail(1, "expected UTF-8, got a byte-order mark of UTF-16");
    }
    begin_ = bytes_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    end_ = std::max(begin_, bytes_.find_last_not_of("\r\n") + 1);
    const char* at = bytes_.data();
    const char* const end = at + end_;
    std::uint64_t nuls = 0, lone = 0;
    for (; nuls == 0 && end - at > 64; at += 64) {
      nuls |= detail::find_byte(at, '\0');
      lone |= detail::find_byte(at, '\r') & ~detail::find_byte(at + 1, '\n');
    }
    for (; nuls == 0 && at != end; ++at) {
      nuls |= *at == '\0';
      lone |= *at == '\r' && at[1] != '\n';
    }
    lone_return_ = lone != 0;
    if (nuls != 0)
      fail(1 + std::count(bytes_.begin(), std::find(bytes_.begin(), bytes_.end(), '\0'), '\n'),
           "expected text, got a NUL byte");
  }

  std::string name_;
  std::unique_ptr<MappedFile> mapped_;
  std::vector<char> own_;
  std::string_view bytes_;
  std::size_t begin_ = 0, end_ = 0;
  bool lone_return_ = false;
};

/// A place in a file where a line begins: how many bytes of its text stand before it, and its number from 1.
struct LinePlace {
  std::size_t offset = 0;
  Index line = 1;
};

/// The lines of a file, without their ends (LF or CR LF).
/// Throws: ParseError for a carriage return elsewhere. The file must outlive the reader and what it returns.
class LineReader {
 public:
  explicit LineReader(const TextFile& file, const LinePlace& from = {})
      : file_(&file), rest_(file.text().substr(from.offset)), more_(!rest_.empty()), line_(from.line - 1) {}
  explicit LineReader(TextFile&&, const LinePlace& = {}) = delete;  // the file must live on

  bool next(std::string_view& out) {
    if (!more_) return false;
    ++line_;
    const std::size_t end = rest_.find('\n');
    out = rest_.substr(0, end);
    more_ = end != std::string_view::npos;
    rest_.remove_prefix(more_ ? end + 1 : rest_.size());
    if (more_) {
      if (out.ends_with('\r')) out.remove_suffix(1);
    }
    if (file_->has_lone_return() && out.find('\r') != std::string_view::npos) {
      file_->fail(line_, "expected lines that end in LF or CR LF, got a CR alone");
    }
    return true;
  }

  /// The number of the line read last, from 1.
  Index line() const { return line_; }

  /// Where the next line begins.
  LinePlace place() const { return {.offset = file_->text().size() - rest_.size(), .line = line_ + 1}; }

 private:
  const TextFile* file_;
  std::string_view rest_;
  bool more_;
  Index line_;
};

namespace detail {

/// As parse_number, for any text; apart from it, so that what nearly all texts take stays short.
template <class Number>
[[gnu::noinline]] Number parse_any_number(const TextFile& file, Index line, std::string_view where, std::string_view text) {
  Number number{};
  const std::string expected = read_number(text, number);
  if (!expected.empty()) file.fail(line, "expected ", expected, " in ", where, ", got ", shown(text));
  return number;
}

}  // namespace detail

/// The number that is the whole of `text`: no spaces, no plus sign, no hexadecimal. A number too near 0 becomes 0.
/// `where` is for the message, for example "column 'rating'".
/// Throws: ParseError for anything else, NaN, infinity, and what `Number` cannot hold.
template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>)
Number parse_number(const TextFile& file, Index line, std::string_view where, std::string_view text) {
  Number number{};
  if (detail::read_short_number(text, number)) return number;
  return detail::parse_any_number<Number>(file, line, where, text);
}

}  // namespace kindred

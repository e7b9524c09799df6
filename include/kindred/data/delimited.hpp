// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Delimited text (csv, tsv, `::`, `|`): a reader of rows.
///
/// Source: RFC 4180 for csv. Differs: lines may end in LF too, and a quote inside an unquoted field is an ordinary character.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/text.hpp>
#include <kindred/kernel/find_byte.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kindred {

/// What a quote at the very beginning of a field means. Anywhere else a quote is an ordinary character.
enum class Quoting {
  rfc4180,  ///< the field ends at the next quote that is not doubled; it may hold delimiters and line ends. Text after it: an error
  lenient,  ///< the same if the field's end or the line's follows that quote; with other text the field is kept as it is
            ///< (`"Weird Al" Yankovic`). An error if lines that are whole rows on their own would be swallowed.
  none,     ///< nothing: quotes are ordinary characters
};

struct DelimitedFormat {
  std::string delimiter{};  ///< one or more characters; empty: a tab if the first line has one, else a comma
  /// Default: lenient for a tab, none for a delimiter of several characters, rfc4180 for any other.
  std::optional<Quoting> quoting{};
  bool has_header = true;  ///< whether the first row names the columns
};

/// The columns of a delimited file: how many, and their names if there is a header line.
struct DelimitedColumns {
  std::string file{};                ///< for messages
  std::vector<std::string> names{};  ///< empty without a header line
  Index count = 0;

  /// The column, from 0, that is asked for by name or, if none has that name, by position from 1.
  /// Throws: ParseError that lists the columns there are; also if several have the name, or if a number is both the name of one
  ///         column and the position of another.
  Index find(std::string_view name) const {
    const auto same = std::count(names.begin(), names.end(), name);
    if (same > 1) fail("expected one column named ", detail::shown(name), ", got ", same, " among ", list());
    const Index named = same == 1 ? std::find(names.begin(), names.end(), name) - names.begin() : -1;
    Index position = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), position);
    const bool number = !name.empty() && stop == name.data() + name.size();
    const bool inside = number && error == std::errc{} && position >= 1 && position <= count;
    if (named >= 0 && inside && named != position - 1) {
      fail("expected ", name, " to be the name or the position of a column, got both among ", list());
    }
    if (named >= 0) return named;
    if (inside) return position - 1;
    if (number) fail("expected a column from 1 to ", count, ", got ", name);
    if (names.empty()) fail("expected the number of a column, for there is no header line, got ", detail::shown(name));
    fail("expected a column named ", detail::shown(name), ", got ", list());
  }

  /// "column 'rating'", or "column 3" if it has no name.
  std::string describe(Index column) const {
    const auto k = static_cast<std::size_t>(column);
    return "column " + (k < names.size() && !names[k].empty() ? detail::shown(names[k]) : std::to_string(column + 1));
  }

  /// The names as a message lists them: 'user', 'item'.
  std::string list() const {
    constexpr std::size_t most = 30;
    std::string out;
    for (std::size_t k = 0; k < std::min(names.size(), most); ++k) out += (k == 0 ? "" : ", ") + detail::shown(names[k]);
    return names.size() > most ? out + detail::concat(" and ", names.size() - most, " more") : out;
  }

  /// Throws: ParseError about the header line.
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw ParseError(detail::concat(file, ":1: ", parts...));
  }
};

namespace detail {

/// The first `sought` or line feed, or `end`. Eight bytes at a time: fields are of all lengths, and a loop that ends after one to seven
/// bytes is mispredicted every other time.
inline const char* find_or_line_end(const char* at, const char* end, char sought) {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
    const std::uint64_t other = ones * static_cast<unsigned char>(sought);
    for (; end - at >= 8; at += 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, at, 8);
      const std::uint64_t a = bytes ^ other, b = bytes ^ (ones * '\n');
      const std::uint64_t zeros =
          (((a - ones) & ~a) | ((b - ones) & ~b)) & tops;  // the lowest bit set is of the first zero byte
      if (zeros != 0) return at + std::countr_zero(zeros) / 8;
    }
  }
  while (at != end && *at != '\n' && *at != sought) ++at;
  return at;
}

}  // namespace detail

/// The rows of a delimited file, one at a time. A row has as many fields as the first one.
///
/// Blank lines at the end of the file are no rows; elsewhere a blank line is one empty field, hence an error in all files but
/// those of one column. Field text is what stands between the delimiters, spaces included.
/// The file must outlive the reader; fields are valid until the next row is read.
///
/// Throws: ParseError for an empty file, a wrong number of fields, quotes as above, a carriage return alone outside quotes;
///         std::invalid_argument for a delimiter with a quote or a line end in it.
class DelimitedReader {
 public:
  explicit DelimitedReader(const TextFile& file, const DelimitedFormat& format = {})
      : file_(&file), delimiter_(format.delimiter), has_header_(format.has_header), at_(file.text().data()) {
    const std::string_view text = file.text();
    end_ = at_ + text.size();
    if (delimiter_.empty()) delimiter_ = text.substr(0, text.find('\n')).find('\t') == std::string_view::npos ? "," : "\t";
    detail::require(delimiter_.find_first_of("\"\r\n") == std::string::npos,
                    "DelimitedFormat: delimiter must have no quote and no line end in it, got ", detail::shown(delimiter_));
    quoting_ = format.quoting.value_or(delimiter_.size() > 1 ? Quoting::none
                                       : delimiter_ == "\t"  ? Quoting::lenient
                                                             : Quoting::rfc4180);
    columns_.file = file.name();
    if (text.empty()) fail_first("an empty file");
    if (!has_header_) return;
    next();
    columns_.names.assign(fields_.begin(), fields_.end());
  }

  /// Reads on in the same file from another place, where a row begins or is taken to begin. `other` has read its first row.
  DelimitedReader(const DelimitedReader& other, const LinePlace& from)
      : file_(other.file_),
        delimiter_(other.delimiter_),
        has_header_(other.has_header_),
        quoting_(other.quoting_),
        at_(file_->text().data() + from.offset),
        end_(other.end_),
        line_(from.line),
        columns_(other.columns_) {
    if (from.offset == 0) columns_.count = 0;  // the first row says how many there are
  }
  explicit DelimitedReader(TextFile&&, const DelimitedFormat& = {}) = delete;  // the file must live on
  DelimitedReader(const DelimitedReader&) = delete;                            // fields() may look into the reader
  DelimitedReader& operator=(const DelimitedReader&) = delete;

  /// Reads the next row. Returns false at the end of the file.
  bool next() {
    if (!unescaped_.empty()) unescaped_.clear();
    if (at_ == end_) return false;
    row_ = at_;
    row_line_ = line_;
    plain_ = read_plain_row();
    if (plain_) return true;
    fields_.clear();
    while (read_field()) {
    }
    marked_ = at_;
    marks_ = 0;
    if (static_cast<Index>(fields_.size()) != columns_.count) check_count();
    return true;
  }

  /// The fields of the row read last, unquoted.
  std::span<const std::string_view> fields() const { return fields_; }

  /// How many bytes may be read from the beginning of any of these fields on, however short it is; 0: none but its own.
  std::size_t readable() const { return plain_ ? padding : 0; }

  /// The line on which that row begins, from 1.
  Index line() const { return row_line_; }

  /// Where the next row begins.
  LinePlace place() const { return {.offset = static_cast<std::size_t>(at_ - file_->text().data()), .line = line_}; }

  const DelimitedColumns& columns() const { return columns_; }
  const TextFile& file() const { return *file_; }

 private:
  /// Reads a row of the expected number of fields, none of them quoted, that is not among the last of the file: nearly all there are.
  /// Returns false, and has read nothing, for any other.
  bool read_plain_row() {
    if (delimiter_.size() > 2 || file_->has_lone_return() || fields_.empty()) return false;
    const char quote = quoting_ == Quoting::none ? '\0' : '"';  // no text has a NUL
    const char* at = at_;
    const char* marked = marked_;
    std::uint64_t marks = marks_;
    std::string_view* field = fields_.data();
    std::string_view* const last = field + fields_.size() - 1;
    for (;; ++field) {
      while (marks == 0) {
        if (end_ - marked < block + padding) return false;
        marks = mark(marked);
        marked += block;
      }
      const char* const stop = marked - block + std::countr_zero(marks);
      marks &= marks - 1;
      if (stop < at || *at == quote) return false;  // the former: of ":::", which has two delimiters in one
      *field = {at, static_cast<std::size_t>(stop - at)};
      if (*stop == '\n') {
        if (field != last) return false;
        if (stop[-1] == '\r') field->remove_suffix(1);
        at_ = stop + 1;
        break;
      }
      if (field == last) return false;
      at = stop + delimiter_.size();
    }
    marked_ = marked;
    marks_ = marks;
    ++line_;
    return true;
  }

  /// The line ends and delimiters in a block.
  std::uint64_t mark(const char* at) const {
    std::uint64_t found = detail::find_byte(at, delimiter_[0]);
    if (delimiter_.size() > 1) found &= detail::find_byte(at + 1, delimiter_[1]);
    return found | detail::find_byte(at, '\n');
  }

  /// Reads one field and what follows it. Returns whether that was a delimiter.
  bool read_field() {
    if (at_ == end_ || *at_ != '"' || quoting_ == Quoting::none || !read_quoted()) read_plain();
    if (at_ == end_) return false;
    if (*at_ == delimiter_[0]) {  // not a line end
      at_ += delimiter_.size();
      return true;
    }
    at_ += *at_ == '\r' ? 2 : 1;
    ++line_;
    return false;
  }

  void read_plain() {
    const char* const begin = at_;
    at_ = detail::find_or_line_end(begin, end_, delimiter_[0]);
    if (delimiter_.size() > 1) {
      while (at_ != end_ && *at_ != '\n' && !delimiter_at(at_)) at_ = detail::find_or_line_end(at_ + 1, end_, delimiter_[0]);
    }
    if (at_ != end_ && *at_ == '\n' && at_ != begin && at_[-1] == '\r') --at_;
    fields_.emplace_back(begin, static_cast<std::size_t>(at_ - begin));
    if (file_->has_lone_return() && fields_.back().find('\r') != std::string_view::npos) {
      file_->fail(line_, "expected lines that end in LF or CR LF, got a CR alone");
    }
  }

  /// Returns false if the field is not a quoted one after all; nothing has been read then.
  bool read_quoted() {
    const char* close = at_ + 1;
    bool doubled = false;
    for (;; close += 2, doubled = true) {
      close = static_cast<const char*>(std::memchr(close, '"', static_cast<std::size_t>(end_ - close)));
      if (close == nullptr)
        file_->fail(line_, "expected a closing quote for the field that begins here, got the end of the file");
      if (close + 1 == end_ || close[1] != '"') break;
    }
    const char* const after = close + 1;
    const Index breaks = std::count(at_, close, '\n');
    if (!line_end_at(after) && !delimiter_at(after)) {
      if (quoting_ == Quoting::lenient) return false;
      file_->fail(line_ + breaks, "expected a delimiter or the end of the line after a closing quote, got ",
                  detail::shown({after, 1}));
    }
    if (breaks > 0 && quoting_ == Quoting::lenient && whole_rows(after)) {
      file_->fail(line_, "expected one way to read the quote that begins a field here, got two: a field that ends on line ",
                  line_ + breaks, ", or ", breaks + 1, " rows (set the quoting to rfc4180 or none)");
    }
    std::string_view content(at_ + 1, static_cast<std::size_t>(close - at_ - 1));
    if (doubled) content = unescape(content);
    fields_.push_back(content);
    line_ += breaks;
    at_ = after;
    return true;
  }

  std::string_view unescape(std::string_view content) {
    std::string& out = unescaped_.emplace_back();
    for (std::size_t k = 0; k < content.size(); ++k) {
      out += content[k];
      if (content[k] == '"') ++k;
    }
    return out;
  }

  /// Whether every line from the row's beginning to `at` has the right number of fields if quotes mean nothing.
  bool whole_rows(const char* at) const {
    if (columns_.count < 2) return false;
    Index fields = 1;
    for (const char* p = row_; p != end_; ++p) {
      if (*p == delimiter_[0]) fields += delimiter_at(p);
      if (*p != '\n') continue;
      if (fields != columns_.count) return false;
      if (p >= at) return true;
      fields = 1;
    }
    return fields == columns_.count;
  }

  bool line_end_at(const char* p) const { return p == end_ || *p == '\n' || (*p == '\r' && end_ - p > 1 && p[1] == '\n'); }

  bool delimiter_at(const char* p) const {
    return std::string_view(p, static_cast<std::size_t>(end_ - p)).starts_with(delimiter_);
  }

  void check_count() {
    const auto got = static_cast<Index>(fields_.size());
    const bool blank = got == 1 && fields_[0].empty();
    if (columns_.count == 0 && blank) fail_first("an empty line");
    if (columns_.count == 0) {
      columns_.count = got;
      return;
    }
    if (blank) file_->fail(row_line_, "expected ", columns_.count, " fields, got an empty line");
    file_->fail(row_line_, "expected ", columns_.count, columns_.count == 1 ? " field" : " fields", ", got ", got);
  }

  [[noreturn]] void fail_first(const char* got) const {
    file_->fail(1, "expected ", has_header_ ? "a header line" : "a row", ", got ", got);
  }

  static constexpr std::ptrdiff_t block = 64, padding = 8;

  const TextFile* file_;
  std::string delimiter_;
  bool has_header_;
  Quoting quoting_{};
  const char* at_;
  const char* end_ = nullptr;
  const char* row_ = nullptr;
  const char* marked_ = nullptr;  // marks_ has the separators between at_ and here: bit k is of marked_[k - block]
  std::uint64_t marks_ = 0;
  bool plain_ = false;
  Index line_ = 1, row_line_ = 0;
  DelimitedColumns columns_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // a deque: what fields_ looks at must stay where it is
};

}  // namespace kindred

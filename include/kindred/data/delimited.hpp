// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Delimited text (csv, tsv, `::`, `|`): a reader of rows.
///
/// Source: RFC 4180 for csv. Differs: lines may end in LF too, and a quote inside an unquoted field is an ordinary character.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/delimited_format.hpp>
#include <kindred/data/plain_rows.hpp>
#include <kindred/data/text.hpp>
#include <kindred/kernel/find_byte.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

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
    plain_ = detail::PlainRows(delimiter_, quoting_ != Quoting::none);
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
        plain_(delimiter_, quoting_ != Quoting::none),
        line_(from.line),
        columns_(other.columns_),
        fields_(other.fields_.size()) {
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
    if (taken_ == plain_.size()) find_plain_rows(file_->text().size());
    if (taken_ < plain_.size()) {
      for (std::size_t k = 0; k < fields_.size(); ++k) fields_[k] = plain_.field(taken_, k);
      take_plain_rows(1);
      return true;
    }
    fields_.clear();
    while (read_field()) {
    }
    if (static_cast<Index>(fields_.size()) != columns_.count) check_count();
    return true;
  }

  /// The fields of the row read last, unquoted.
  std::span<const std::string_view> fields() const { return fields_; }

  /// The rows that come next, if they are plain, and begin before place `end` of the text: many at once, for whoever reads a column of them
  /// after the other. None of them is read by this.
  const detail::PlainRows& find_plain_rows(std::size_t end) {
    const bool any = columns_.count > 0 && !file_->has_lone_return();
    plain_.find(at_, file_->text().data() + end, end_, any ? static_cast<std::size_t>(columns_.count) : 0);
    taken_ = 0;
    return plain_;
  }

  /// Goes on behind the first n of these rows.
  void take_plain_rows(std::size_t n) {
    taken_ += n;
    at_ = plain_.begin_of(taken_);
    line_ += static_cast<Index>(n);
  }

  /// The line on which that row begins, from 1.
  Index line() const { return row_line_; }

  /// Where the next row begins.
  LinePlace place() const { return {.offset = static_cast<std::size_t>(at_ - file_->text().data()), .line = line_}; }

  const DelimitedColumns& columns() const { return columns_; }
  const TextFile& file() const { return *file_; }

 private:
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
    at_ = detail::find_either(begin, end_, delimiter_[0], '\n');
    if (delimiter_.size() > 1) {
      while (at_ != end_ && *at_ != '\n' && !delimiter_at(at_)) at_ = detail::find_either(at_ + 1, end_, delimiter_[0], '\n');
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

  const TextFile* file_;
  std::string delimiter_;
  bool has_header_;
  Quoting quoting_{};
  const char* at_;
  const char* end_ = nullptr;
  const char* row_ = nullptr;
  detail::PlainRows plain_;
  std::size_t taken_ = 0;  // how many of plain_ have been read
  Index line_ = 1, row_line_ = 0;
  DelimitedColumns columns_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // a deque: what fields_ looks at must stay where it is
};

}  // namespace kindred

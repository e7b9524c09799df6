// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Interactions from delimited files: csv, tsv and the like, a row each.

#include <kindred/core/executor.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/dataset.hpp>
#include <kindred/data/delimited.hpp>
#include <kindred/data/interaction_rows.hpp>
#include <kindred/data/plain_rows.hpp>
#include <kindred/data/row_writer.hpp>
#include <kindred/data/text.hpp>
#include <kindred/data/text_column.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace kindred {

/// Which columns to read, each by its name in the header or by its position from 1; `value` and `time` may be empty: not read.
/// All four empty: the file has two to four columns: user, item, value, time, in this order, and all of them are read.
struct InteractionFields {
  std::string user{}, item{}, value{}, time{};
  bool operator==(const InteractionFields&) const = default;
};

struct DelimitedOptions {
  InteractionFields columns{};
  std::string delimiter{};           ///< empty: a tab if the first line has one, else a comma
  std::optional<Quoting> quoting{};  ///< as in DelimitedFormat
  bool has_header = true;
  Duplicates duplicates = Duplicates::error;
};

namespace detail {

inline bool looks_like_number(std::string_view text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error != std::errc::invalid_argument && stop == text.data() + text.size();
}

inline bool looks_like_time(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 6> words{"time", "timestamp", "date", "datetime", "day", "ts"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// The columns chosen: from 0; -1 for none.
struct ChosenColumns {
  Index user = -1, item = -1, value = -1, time = -1;
};

inline ChosenColumns choose_by_position(const DelimitedColumns& columns) {
  if (columns.count < 2 || columns.count > 4) {
    columns.fail(
        "expected the columns user, item, value, time (the last two may be missing), or to be told which they are, got ",
        columns.names.empty() ? concat(columns.count, " columns") : columns.list());
  }
  if (columns.count == 3 && !columns.names.empty() && looks_like_time(columns.names[2])) {
    columns.fail("expected a value in the third column, or to be told which column is what, got ", columns.list());
  }
  return {.user = 0, .item = 1, .value = columns.count > 2 ? 2 : -1, .time = columns.count > 3 ? 3 : -1};
}

inline ChosenColumns choose_columns(const DelimitedColumns& columns, const InteractionFields& fields) {
  if (fields == InteractionFields{}) return choose_by_position(columns);
  require(!fields.user.empty() && !fields.item.empty(), "InteractionFields: user and item must both be given, got ",
          shown(fields.user), " and ", shown(fields.item));
  const auto find = [&](const std::string& name) { return name.empty() ? -1 : columns.find(name); };
  const ChosenColumns chosen{
      .user = find(fields.user), .item = find(fields.item), .value = find(fields.value), .time = find(fields.time)};
  const std::array all{chosen.user, chosen.item, chosen.value, chosen.time};
  for (std::size_t a = 0; a < all.size(); ++a) {
    if (all[a] >= 0 && std::count(all.begin(), all.end(), all[a]) > 1) {
      columns.fail("expected four different columns for user, item, value and time, got ", columns.describe(all[a]), " twice");
    }
  }
  return chosen;
}

/// Whether a number stands where the column's name must, and the column was not asked for by this name.
inline bool named_by_number(const DelimitedColumns& columns, Index column, const std::string& asked) {
  const std::string& name = columns.names[static_cast<std::size_t>(column)];
  const bool by_name = name == asked && asked != std::to_string(column + 1);
  return !by_name && looks_like_number(name);
}

/// A first row of numbers is data, and would be lost without a word if it were taken for the header.
inline void refuse_data_as_header(const DelimitedColumns& columns, const ChosenColumns& chosen,
                                  const InteractionFields& fields) {
  const auto number = [&](Index column, const std::string& asked) {
    return column >= 0 && named_by_number(columns, column, asked);
  };
  if ((number(chosen.user, fields.user) && number(chosen.item, fields.item)) || number(chosen.value, fields.value) ||
      number(chosen.time, fields.time)) {
    columns.fail("expected a header line that names the columns, got ", columns.list());
  }
}

/// How the rows of a delimited file are read, its columns being known.
class DelimitedRows {
 public:
  DelimitedRows(const TextFile& file, const DelimitedOptions& options)
      : first_(file, {.delimiter = options.delimiter, .quoting = options.quoting, .has_header = options.has_header}) {
    if (options.has_header) begin_ = first_.place();
    if (!options.has_header) first_.next();  // a first row, so that the number of columns is known
    const DelimitedColumns& columns = first_.columns();
    chosen_ = choose_columns(columns, options.columns);
    if (options.has_header) refuse_data_as_header(columns, chosen_, options.columns);
    if (chosen_.value >= 0) value_name_ = columns.describe(chosen_.value);
    if (chosen_.time >= 0) time_name_ = columns.describe(chosen_.time);
  }

  LinePlace begin() const { return begin_; }
  bool has_values() const { return chosen_.value >= 0; }
  bool has_times() const { return chosen_.time >= 0; }

  /// A row ends with a line, and the last line of the file needs no end. In a quoted field there may be more.
  std::size_t most_rows(std::size_t begin, std::size_t end) const {
    const std::string_view text = first_.file().text();
    return static_cast<std::size_t>(count_line_feeds(text.substr(begin, end - begin))) + (end == text.size() ? 1 : 0);
  }

  /// Reads the rows that begin before `end`. Returns where the next one begins.
  LinePlace read(const LinePlace& from, std::size_t end, RowWriter& rows) const {
    DelimitedReader reader(first_, from);
    while (reader.place().offset < end) {
      const PlainRows& plain = reader.find_plain_rows(end);
      if (plain.size() > 0 && read_plain(plain, reader.place().line, rows)) {
        reader.take_plain_rows(plain.size());
      } else {
        for (std::size_t left = std::max<std::size_t>(plain.size(), 1); left > 0 && reader.next(); --left)
          read_row(reader, rows);
      }
    }
    return reader.place();
  }

 private:
  /// The row read last.
  void read_row(const DelimitedReader& reader, RowWriter& rows) const {
    const auto field = [&](Index column) { return reader.fields()[static_cast<std::size_t>(column)]; };
    const Index line = reader.line();
    rows.set_user(line, field(chosen_.user));
    rows.add_item(line, field(chosen_.item));
    const TextFile& file = reader.file();
    if (has_values()) rows.set_value(parse_number<float>(file, line, value_name_, field(chosen_.value)));
    if (has_times()) rows.set_time(parse_number<std::int64_t>(file, line, time_name_, field(chosen_.time)));
  }

  /// All of these rows, which stand on the lines from `line` on, a column after the other. Returns false, and has added none, if one of them
  /// has an error: of several the first is to be told.
  bool read_plain(const PlainRows& plain, Index line, RowWriter& rows) const {
    std::array<float, TextColumn::most> values;
    std::array<std::int64_t, TextColumn::most> times;
    TextColumn users, items;
    const auto read = [&](Index column, auto* numbers) {
      if (column < 0) return true;
      plain.column(static_cast<std::size_t>(column), users);
      return read_column(users, numbers);
    };
    if (!read(chosen_.value, values.data()) || !read(chosen_.time, times.data())) return false;
    plain.column(static_cast<std::size_t>(chosen_.user), users);
    plain.column(static_cast<std::size_t>(chosen_.item), items);
    return rows.add_rows(line, users, items, has_values() ? values.data() : nullptr, has_times() ? times.data() : nullptr);
  }

  DelimitedReader first_;
  LinePlace begin_{};
  ChosenColumns chosen_{};
  std::string value_name_{}, time_name_{};
};

template <Executor E>
void collect_delimited(const TextFile& file, const DelimitedOptions& options, const Parts<E>& parts, InteractionRows& rows) {
  rows.read(DelimitedRows(file, options), parts);
}

}  // namespace detail

/// Reads interactions from a file with a row each. Ids are text, numbered in the order they come.
///
///   auto data = read_delimited("orders.tsv", {.columns = {.user = "customer", .item = "product", .value = "orders"}});
///
/// A large file is cut into parts, which the executor's threads read: the result, or the error, is the same for any number of them.
///
/// Cost:   one pass.
/// Memory: the file's, see TextFile, and the result.
/// Throws: ParseError, which names the line, for what DelimitedReader and parse_number refuse, an empty id, columns that are not
///         there, a file without interactions, a first row of numbers where a header must be, and duplicates unless told otherwise;
///         std::invalid_argument for columns without user or item.
template <Executor E = Serial>
Dataset read_delimited(const TextFile& file, const DelimitedOptions& options = {}, const E& executor = {}) {
  return detail::read_dataset(file, options.duplicates, executor, [&](const auto& parts, detail::InteractionRows& rows) {
    detail::collect_delimited(file, options, parts, rows);
  });
}

/// The same, with ids numbered on from those in the maps. The interactions have as many users and items as the maps then.
/// If it throws, the maps are as they were.
template <Executor E = Serial>
Interactions read_delimited(const TextFile& file, const DelimitedOptions& options, IdMap& users, IdMap& items,
                            const E& executor = {}) {
  return detail::read_onto(
      file, options.duplicates, users, items, executor,
      [&](const auto& parts, detail::InteractionRows& rows) { detail::collect_delimited(file, options, parts, rows); });
}

}  // namespace kindred

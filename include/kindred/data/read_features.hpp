// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Descriptions of items or users from a file: a table with a header line, or an item or user file of MovieLens.

#include <kindred/data/delimited.hpp>
#include <kindred/data/feature_records.hpp>
#include <kindred/data/feature_rows.hpp>
#include <kindred/data/feature_spec.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/movielens_features.hpp>
#include <kindred/data/read_delimited.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kindred {

struct FeatureFileOptions {
  UnknownIds unknown = UnknownIds::skip;
  std::string delimiter{};           ///< of a table; empty: a tab if the first line has one, else a comma
  std::optional<Quoting> quoting{};  ///< of a table, as in DelimitedFormat
};

namespace detail {

/// The column's name in the header, by which its features are called; its position if it has none of its own.
inline std::string name_in_header(const DelimitedColumns& columns, Index column) {
  const std::string& name = columns.names[static_cast<std::size_t>(column)];
  const bool own = !name.empty() && std::count(columns.names.begin(), columns.names.end(), name) == 1;
  return own ? name : std::to_string(column + 1);
}

inline FeatureRows collect_feature_table(const TextFile& file, const FeatureSpec& spec, const FeatureFileOptions& options) {
  const FeatureFormat format = detect_feature_format(file);
  if (options.delimiter.empty() && format != FeatureFormat::table && format != FeatureFormat::movielens_csv_items) {
    file.fail(1, "expected a header line that names the columns, got the file of ", name_of(format),
              ", which are read without being told the columns");
  }
  DelimitedReader reader(file, {.delimiter = options.delimiter, .quoting = options.quoting});
  const DelimitedColumns& columns = reader.columns();
  require(!spec.id.empty() && !spec.columns.empty(), "FeatureSpec: must name a column of ids and one of features, got ",
          shown(spec.id), " and ", spec.columns.size());
  const Index id = columns.find(spec.id);
  const auto refuse_data = [&] { columns.fail("expected a header line that names the columns, got ", columns.list()); };
  if (named_by_number(columns, id, spec.id)) refuse_data();
  std::vector<std::size_t> sources;
  std::vector<FeatureColumn> found = spec.columns;
  for (FeatureColumn& column : found) {
    const Index source = columns.find(column.name);
    if (column.kind == FeatureKind::number && named_by_number(columns, source, column.name)) refuse_data();
    column.name = name_in_header(columns, source);
    const auto same = [&](const FeatureColumn& other) { return other.name == column.name && other.kind == column.kind; };
    if (std::count_if(found.data(), &column, same) > 0) {
      columns.fail("expected a column once for each kind, got ", columns.describe(source), " twice as ", name_of(column.kind));
    }
    sources.push_back(static_cast<std::size_t>(source));
  }
  FeatureRows rows(file, std::move(found));
  while (reader.next()) {
    std::vector<std::string> cells;
    for (const std::size_t source : sources) cells.emplace_back(reader.fields()[source]);
    rows.add(reader.line(), reader.fields()[static_cast<std::size_t>(id)], std::move(cells));
  }
  return rows;
}

}  // namespace detail

/// Reads the features of the entities in `ids` from a table with a header line: csv or tsv. An entity that the file lacks has
/// no record, and an empty cell is a missing value.
///
///   const FeatureRecords items = read_features("items.tsv", parse_feature_spec("id=product,description=text"), data.items);
///
/// Shapes: row k of the records is that of ids.text(k); there are ids.size() rows, those that options.unknown adds among them.
/// Cost:   one pass; memory of the file and of the cells.
/// Throws: ParseError, which names the line, for what DelimitedReader refuses, columns that are not there, an empty id, an id
///         that comes twice, a cell that FeatureRecords refuses, a file without rows or (with UnknownIds::skip) without any
///         known id; std::invalid_argument for a specification without columns. The map is as it was then.
inline FeatureRecords read_features(const TextFile& file, const FeatureSpec& spec, IdMap& ids,
                                    const FeatureFileOptions& options = {}) {
  return detail::collect_feature_table(file, spec, options).build(ids, options.unknown);
}

/// Reads a file of MovieLens, which is told from its first line: items have `genres` (a set) and `year` (a number), users
/// `age`, `gender` and `occupation` (categories; the age of 100K is a number). Otherwise as above, but for the delimiter and
/// the quoting, which are the file's.
///
/// Throws: as above, and ParseError for another file.
inline FeatureRecords read_features(const TextFile& file, IdMap& ids, const FeatureFileOptions& options = {}) {
  const FeatureFormat format = detect_feature_format(file);
  if (format == FeatureFormat::table) {
    std::string_view line;
    LineReader(file).next(line);
    file.fail(1, "expected an item or user file of MovieLens, or to be told the columns, got ", detail::shown(line));
  }
  return detail::collect_movielens_features(file, format).build(ids, options.unknown);
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the readers of feature files share: rows in the order of a file become records in the order of ids, and errors name the
/// line.

#include <kindred/core/types.hpp>
#include <kindred/data/feature_records.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/text.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// What becomes of an entity in a file of features whose id is not in the map: no interaction has it.
enum class UnknownIds {
  skip,  ///< it is left out, and the map stays as it is
  add,   ///< its id is added to the map: the entity is a new one, of which only its features are known
};

namespace detail {

/// The rows of one file, as they are read. The file must outlive this.
class FeatureRows {
 public:
  FeatureRows(const TextFile& file, std::vector<FeatureColumn> columns) : file_(&file), records_(std::move(columns)) {}

  void add(Index line, std::string_view id, std::vector<std::string> cells) {
    if (id.empty()) file_->fail(line, "expected an id, got an empty field");
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const std::string wrong = complaint(records_.columns()[k], cells[k]);
      if (!wrong.empty()) file_->fail(line, wrong);
    }
    const Index row = in_file_.add(id);
    if (row < records_.rows()) {
      file_->fail(line, "expected each id once, got ", shown(id), " also on line ", lines_[static_cast<std::size_t>(row)]);
    }
    records_.set(row, std::move(cells));
    lines_.push_back(line);
  }

  /// The records of the ids in the map, which has those of the file too then if they are to be added.
  FeatureRecords build(IdMap& ids, UnknownIds unknown) const {
    if (lines_.empty()) file_->fail(1, "expected a row, got none");
    Index known = 0;
    for (Index k = 0; k < in_file_.size(); ++k) known += ids.find(in_file_.text(k)).has_value();
    if (known == 0 && unknown == UnknownIds::skip) {
      file_->fail(lines_.front(), "expected ids of which some are among the ", ids.size(), " known ones, got none, but ",
                  shown(in_file_.text(0)));
    }
    FeatureRecords out(records_.columns(), ids.size());
    for (Index k = 0; k < in_file_.size(); ++k) {
      const std::string& id = in_file_.text(k);
      const std::optional<Index> row = unknown == UnknownIds::add ? ids.add(id) : ids.find(id);
      if (row) out.set(*row, records_.cells(k));
    }
    return out;
  }

 private:
  const TextFile* file_;
  FeatureRecords records_;  // in the order of the file
  IdMap in_file_;
  std::vector<Index> lines_;
};

}  // namespace detail
}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Test items with given negatives, as published with the protocol of neural collaborative filtering (He et al. 2017): a line for each
/// test item, `(user,item)`, a tab, and the negatives, separated by tabs.

#include <kindred/core/types.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/data/text.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// A test item of a user, to be ranked among other items.
template <class Rep>
struct BasicGivenCandidates {
  BasicUserId<Rep> user{};
  BasicItemId<Rep> item{};
  std::vector<BasicItemId<Rep>> negatives{};  ///< as given: one may occur twice, which counts once in a ranking

  friend bool operator==(const BasicGivenCandidates&, const BasicGivenCandidates&) = default;
};
using GivenCandidates = BasicGivenCandidates<std::uint32_t>;

/// Reads `(user,item)<tab>negative<tab>negative...` a line. Ids are those of the maps, in which new ones are numbered on: make the model
/// for as many users and items as the maps have afterwards. If it throws, the maps are as they were.
///
/// Throws: ParseError, which names the line, for a first field of another form, no negatives, an empty id, a test item among its own
/// negatives, a user and an item on two lines, and a file without lines.
inline std::vector<GivenCandidates> read_given_candidates(const TextFile& file, IdMap& users, IdMap& items) {
  IdMap all_users = users, all_items = items;
  std::vector<GivenCandidates> out;
  std::map<std::pair<UserId, ItemId>, Index> lines;
  LineReader reader(file);
  std::string_view line;
  while (reader.next(line)) {
    const Index at = reader.line();
    const auto take = [&] {
      const std::string_view field = line.substr(0, line.find('\t'));
      line.remove_prefix(std::min(line.size(), field.size() + 1));
      return field;
    };
    const bool has_negatives = line.find('\t') != std::string_view::npos;
    const std::string_view pair = take();
    const auto comma = pair.find(',');
    if (!pair.starts_with('(') || !pair.ends_with(')') || comma < 2 || comma == std::string_view::npos ||
        comma + 2 >= pair.size() || pair.find(',', comma + 1) != std::string_view::npos) {
      file.fail(at, "expected (user,item) in the first field, got ", detail::shown(pair));
    }
    if (!has_negatives) file.fail(at, "expected negatives after ", detail::shown(pair), ", separated by tabs, got none");
    GivenCandidates given{.user = UserId(all_users.add(pair.substr(1, comma - 1))),
                          .item = ItemId(all_items.add(pair.substr(comma + 1, pair.size() - comma - 2)))};
    bool more = true;
    while (more) {
      more = line.find('\t') != std::string_view::npos;
      const std::string_view negative = take();
      if (negative.empty()) file.fail(at, "expected an item in each field, got an empty one");
      given.negatives.emplace_back(all_items.add(negative));
      if (given.negatives.back() == given.item) {
        file.fail(at, "expected negatives other than the test item, got ", detail::shown(negative));
      }
    }
    const auto [known, is_new] = lines.try_emplace({given.user, given.item}, at);
    if (!is_new)
      file.fail(at, "expected a user and an item once together, got ", detail::shown(pair), " also on line ", known->second);
    out.push_back(std::move(given));
  }
  if (out.empty()) file.fail(1, "expected (user,item) and negatives, got an empty file");
  std::swap(users, all_users);
  std::swap(items, all_items);
  return out;
}

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Text ids ("B00005N7P0", "Müller") to whole numbers and back, numbered from 0 in the order they first come.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

/// A one-to-one map of texts and 0 ... size() - 1. Any bytes are a text, the empty one too; two texts are equal if their bytes are.
///
/// Cost:   O(length of the text) for `add`, `find` and `at`, on average; O(1) for `text`.
/// Memory: a std::string and 16 to 32 bytes a text.
class IdMap {
 public:
  /// The number of this text, which is the next free one if the text is new.
  Index add(std::string_view text) {
    if (2 * (texts_.size() + 1) > slots_.size()) grow();
    const std::size_t slot = slot_of(text);
    if (slots_[slot] == none) {
      texts_.emplace_back(text);
      slots_[slot] = size() - 1;
    }
    return slots_[slot];
  }

  std::optional<Index> find(std::string_view text) const {
    const Index number = slots_.empty() ? none : slots_[slot_of(text)];
    return number == none ? std::nullopt : std::optional(number);
  }

  /// Throws: std::out_of_range that names the text, if it was never added.
  Index at(std::string_view text) const {
    if (const auto number = find(text)) return *number;
    throw std::out_of_range(detail::concat("IdMap: the id must be one of the ", size(), " known, got '", text, "'"));
  }

  /// The text of a number; the reference holds until the next `add`. Throws: std::out_of_range for a number that is not below size().
  const std::string& text(Index number) const {
    if (number >= 0 && number < size()) return texts_[static_cast<std::size_t>(number)];
    throw std::out_of_range(detail::concat("IdMap: the number must be at least 0 and below ", size(), ", got ", number));
  }

  Index size() const { return static_cast<Index>(texts_.size()); }

  /// See core/access.hpp.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("texts", self.texts_);
  }
  void loaded() {
    IdMap map;
    for (std::size_t k = 0; k < texts_.size(); ++k) {
      detail::require(map.add(texts_[k]) == static_cast<Index>(k), "IdMap: a text must occur once, got '", texts_[k],
                      "' twice");
    }
    *this = std::move(map);
  }

 private:
  static constexpr Index none = -1;

  /// The slot that holds the text, or the free one where it belongs: open addressing, never more than half full.
  std::size_t slot_of(std::string_view text) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(text)&mask;
    while (slots_[slot] != none && texts_[static_cast<std::size_t>(slots_[slot])] != text) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    slots_ = std::vector<Index>(slots_.empty() ? 16 : 2 * slots_.size(), none);
    for (Index number = 0; number < size(); ++number) slots_[slot_of(texts_[static_cast<std::size_t>(number)])] = number;
  }

  std::vector<std::string> texts_;
  std::vector<Index> slots_;  // a power of two of them
};

}  // namespace kindred

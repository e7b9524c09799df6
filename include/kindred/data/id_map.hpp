// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Text ids ("B00005N7P0", "Müller") to whole numbers and back, numbered from 0 in the order they first come.

#include <kindred/core/error.hpp>
#include <kindred/core/types.hpp>
#include <kindred/data/text_column.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
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
/// Memory: a std::string and 32 to 64 bytes a text; 32 more at most where texts are whole numbers, which are looked up in a table.
class IdMap {
 public:
  /// The number of this text, which is the next free one if the text is new.
  Index add(std::string_view text) { return add_key(key_of(text), text); }

  /// As add() of these texts, one after the other: the number of text k becomes numbers[k].
  template <std::unsigned_integral Number>
  void add(const detail::TextColumn& texts, Number* numbers) {
    std::array<std::uint32_t, detail::TextColumn::most> wholes;
    detail::find_whole_numbers(texts, wholes.data());
    for (std::size_t k = 0; k < texts.size; ++k) {
      const std::size_t whole = wholes[k];
      const bool known = whole < whole_numbers_.size() && whole_numbers_[whole] != 0;
      numbers[k] = static_cast<Number>(known ? Index{whole_numbers_[whole]} - 1 : add_field(texts, k, whole));
    }
  }

  std::optional<Index> find(std::string_view text) const {
    const Index number = slots_.empty() ? none : slots_[find_slot(key_of(text), text)].number;
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

  static constexpr std::uint64_t long_text = std::uint64_t{0xFF} << 56;

  struct Slot {
    std::uint64_t key = 0;
    Index number = none;
  };

  Index add_key(std::uint64_t key, std::string_view text) {
    if (2 * (texts_.size() + 1) > slots_.size()) grow();
    Slot& slot = slots_[find_slot(key, text)];
    if (slot.number == none) {
      texts_.emplace_back(text);
      slot = {key, size() - 1};
    }
    return slot.number;
  }

  /// add() of text k, which says `whole` if it is a whole number.
  [[gnu::noinline]] Index add_field(const detail::TextColumn& texts, std::size_t k, std::size_t whole) {
    const std::uint64_t length = texts.lengths[k];
    const std::string_view text = texts.text(k);
    const Index number = add_key(length > 7 ? key_of(text) : short_key(texts.heads[k], length), text);
    if (whole < 4 * (texts_.size() + 16)) {
      if (whole >= whole_numbers_.size()) whole_numbers_.resize(std::bit_ceil(whole + 1));
      whole_numbers_[whole] = static_cast<std::uint32_t>(number + 1);
    }
    return number;
  }

  static std::uint64_t short_key(std::uint64_t bytes, std::uint64_t length) {
    return (bytes & ((std::uint64_t{1} << (8 * length)) - 1)) | length << 56;
  }

  /// Up to 7 bytes are the key themselves, with their length: then equal keys are equal texts. Else a hash, marked as one.
  static std::uint64_t key_of(std::string_view text) {
    if (text.size() > 7) return std::hash<std::string_view>{}(text) | long_text;
    const auto byte = [&](std::size_t k) { return std::uint64_t{static_cast<unsigned char>(text[k])}; };
    const auto four = [&](std::size_t k) { return byte(k) | byte(k + 1) << 8 | byte(k + 2) << 16 | byte(k + 3) << 24; };
    const std::size_t n = text.size();
    const std::uint64_t bytes = n > 3   ? four(0) | four(n - 4) << (8 * (n - 4))
                                : n > 0 ? byte(0) | byte(n / 2) << (8 * (n / 2)) | byte(n - 1) << (8 * (n - 1))
                                        : 0;
    return short_key(bytes, n);
  }

  /// The slot that holds the text, or the free one where it belongs: open addressing, never more than half full.
  std::size_t find_slot(std::uint64_t key, std::string_view text) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(((key ^ key >> 32) * 0x9E3779B97F4A7C15U) >> shift_);
    while (slots_[at].number != none && !holds(slots_[at], key, text)) at = (at + 1) & mask;
    return at;
  }

  bool holds(const Slot& slot, std::uint64_t key, std::string_view text) const {
    return slot.key == key && (key < long_text || texts_[static_cast<std::size_t>(slot.number)] == text);
  }

  void grow() {
    slots_ = std::vector<Slot>(slots_.empty() ? 16 : 2 * slots_.size());
    shift_ = std::countl_zero(std::uint64_t{slots_.size()}) + 1;
    for (Index number = 0; number < size(); ++number) {
      const std::string& text = texts_[static_cast<std::size_t>(number)];
      slots_[find_slot(key_of(text), text)] = {key_of(text), number};
    }
  }

  std::vector<std::string> texts_;
  std::vector<Slot> slots_;                   // a power of two of them
  int shift_ = 0;                             // the high bits of a product choose the slot
  std::vector<std::uint32_t> whole_numbers_;  // of those texts that are small whole numbers: number + 1; 0: ask the slots
};

}  // namespace kindred

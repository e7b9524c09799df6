// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The fields of one column of many rows, and the numbers they say, found for all at once: in loops without branches, which compilers turn
/// into vectors. Fields are of all lengths and numbers with a point or none, so one by one they would be mispredicted.

#include <kindred/data/number.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace kindred::detail {

/// Memory: 24 bytes a field.
struct TextColumn {
  static constexpr std::size_t most = 256;     ///< fields
  static constexpr std::size_t readable = 16;  ///< bytes that may be read from the beginning of any field on

  std::size_t size = 0;
  std::array<const char*, most> begins;
  std::array<std::uint64_t, most> lengths;
  std::array<std::uint64_t, most>
      heads;  ///< the first eight bytes, the first of them the lowest; of a shorter field, what stands behind it

  std::string_view text(std::size_t k) const { return {begins[k], static_cast<std::size_t>(lengths[k])}; }

  void set(std::size_t k, std::string_view field) {
    begins[k] = field.data();
    lengths[k] = field.size();
    heads[k] = eight_bytes(field.data());
  }

  static std::uint64_t eight_bytes(const char* at) {
    std::uint64_t bytes;
    std::memcpy(&bytes, at, 8);
    if constexpr (std::endian::native == std::endian::big) {
      std::uint64_t turned = 0;
      for (int k = 0; k < 8; ++k) turned |= (bytes >> (8 * k) & 0xFF) << (56 - 8 * k);
      return turned;
    }
    return bytes;
  }

  bool any_empty() const {
    std::uint64_t least = 1;
    for (std::size_t k = 0; k < size; ++k) least = std::min(least, lengths[k]);
    return least == 0;
  }
};

/// Eight times what a byte says.
inline constexpr std::uint64_t eight_times(std::uint64_t byte) { return byte * 0x0101010101010101U; }

// Conditions are bits: a bool in the midst keeps a compiler from making a vector of the loop.

/// 0 if each of eight bytes is 0 to 9.
inline std::uint64_t no_digits(std::uint64_t bytes) { return ((bytes + eight_times(0x7F - 9)) | bytes) & eight_times(0x80); }

/// 0 if the length is 1 to `most`.
inline std::uint64_t no_length(std::uint64_t length, std::uint64_t most) { return ((length - 1) | (most - length)) >> 63; }

/// The number of eight digits, 0 to 9 each, the first in the lowest byte.
inline std::uint64_t number_of(std::uint64_t digits) {
  const std::uint64_t two = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FFU;
  const std::uint64_t four = (two * 100 + (two >> 16)) & 0x0000FFFF0000FFFFU;
  return (four & 0xFFFF) * 10000 + (four >> 32);
}

/// By how many bits a text of this length is moved so that its last character comes to the highest of eight bytes.
inline std::uint64_t to_the_top(std::uint64_t length) { return (64 - 8 * length) & 63; }

inline constexpr std::uint32_t no_whole_number = std::numeric_limits<std::uint32_t>::max();

/// What each text says if it is a whole number of up to 8 digits as one writes it: "0", "7", not "07". Else no_whole_number.
inline void find_whole_numbers(const TextColumn& column, std::uint32_t* numbers) {
  const std::size_t size = column.size;  // numbers[k] might be that
  for (std::size_t k = 0; k < size; ++k) {
    const std::uint64_t length = column.lengths[k], zeroed = column.heads[k] ^ eight_times('0');
    const std::uint64_t digits = zeroed << to_the_top(length);
    const std::uint64_t led_by_zero = ((zeroed & 0xFF) - 1) & (1 - length);
    const std::uint64_t bad = no_digits(digits) | no_length(length, 8) | led_by_zero >> 63;
    numbers[k] = bad == 0 ? static_cast<std::uint32_t>(number_of(digits)) : no_whole_number;
  }
}

/// The numbers of texts that are up to 16 digits and no more. Returns false if any is not; what is written then says nothing.
inline bool read_short_numbers(const TextColumn& column, std::int64_t* numbers) {
  const std::size_t size = column.size;
  std::array<std::uint64_t, TextColumn::most> second;
  for (std::size_t k = 0; k < size; ++k) second[k] = TextColumn::eight_bytes(column.begins[k] + 8);
  std::uint64_t bad = 0;
  for (std::size_t k = 0; k < size; ++k) {
    const std::uint64_t length = column.lengths[k], up = to_the_top(length);
    const std::uint64_t a = column.heads[k] ^ eight_times('0'), b = second[k] ^ eight_times('0');
    const bool small = length <= 8;
    const std::uint64_t high = small ? 0 : a << up, low = small ? a << up : b << up | (a >> 1 >> (63 - up));
    bad |= no_digits(high) | no_digits(low) | no_length(length, 16);
    numbers[k] = static_cast<std::int64_t>(number_of(high) * 100'000'000 + number_of(low));
  }
  return bad == 0;
}

/// The numbers of texts that are up to 7 characters, digits with a point behind the first or none: as std::from_chars has them, for both digits
/// and power of ten are exact then, and one division rounds once (Clinger, PLDI 1990). Returns false if any is not; what is written then says
/// nothing.
inline bool read_short_numbers(const TextColumn& column, float* numbers) {
  if constexpr (FLT_EVAL_METHOD != 0) return false;
  const std::size_t size = column.size;
  constexpr std::uint64_t point = '.' ^ '0';
  std::array<std::uint32_t, TextColumn::most> digits, decimals;
  std::uint64_t bad = 0;
  for (std::size_t k = 0; k < size; ++k) {
    const std::uint64_t length = column.lengths[k], zeroed = column.heads[k] ^ eight_times('0');
    const std::uint64_t text =
        zeroed << to_the_top(length) >> 8;  // its last character is the last but one byte; behind it stands a point
    const std::uint64_t other = (text | point << 56) ^ eight_times(point);
    const std::uint64_t points = (other - eight_times(1)) & ~other & eight_times(0x80), first = (points & (~points + 1)) >> 7;
    const std::uint64_t before = first - 1, behind = ~(before | first * 0xFF);
    const std::uint64_t joined =
        (text & before) << 8 | (text & behind);  // the point is gone; a 0 comes last unless it was the last
    bad |= no_digits(joined) | no_length(length, 7) | (((zeroed & 0xFF) ^ point) - 1) >> 63;
    digits[k] = static_cast<std::uint32_t>(number_of(joined));
    decimals[k] = 7 - static_cast<std::uint32_t>((before & eight_times(1)) * eight_times(1) >> 56);
  }
  for (std::size_t k = 0; k < size; ++k) {
    numbers[k] = static_cast<float>(static_cast<std::int32_t>(digits[k])) / powers_of_ten<float>[decimals[k] & 7];
  }
  return bad == 0;
}

/// Reads the numbers that are the whole of each text. Returns false if one of them is none.
template <class Number>
bool read_column(const TextColumn& column, Number* numbers) {
  if (read_short_numbers(column, numbers)) return true;
  for (std::size_t k = 0; k < column.size; ++k) {
    if (!read_short_number(column.text(k), numbers[k]) && !read_number(column.text(k), numbers[k]).empty()) return false;
  }
  return true;
}

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Strict numbers in text: the whole text is the number, or there is none.

#include <kindred/core/error.hpp>

#include <array>
#include <bit>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace kindred::detail {

/// Eight digits, the first in the lowest byte: adds what they say to 10^8 times `number`. Returns false unless all eight are digits.
inline bool read_eight_digits(std::uint64_t bytes, std::uint64_t& number) {
  constexpr std::uint64_t high = 0xF0F0F0F0F0F0F0F0U;
  if (((bytes & high) | (((bytes + 0x0606060606060606U) & high) >> 4)) != 0x3333333333333333U) return false;
  bytes -= 0x3030303030303030U;
  bytes = bytes * 10 + (bytes >> 8);  // two digits in every other byte
  constexpr std::uint64_t pair = 0x000000FF000000FFU;
  const std::uint64_t eight =
      (bytes & pair) * (100 + (std::uint64_t{1'000'000} << 32)) + ((bytes >> 16) & pair) * (1 + (std::uint64_t{10'000} << 32));
  number = 100'000'000 * number + (eight >> 32);
  return true;
}

/// Those that a float holds exactly.
template <class Number>
inline constexpr std::array<Number, 11> powers_of_ten{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};

/// Numbers of few digits, as most in files are: "5", "3.5", "978300760", without a sign. The same as std::from_chars gives,
/// sooner: both digits and power of ten are exact then, and one division rounds once (Clinger, PLDI 1990).
/// Returns false, and leaves `number` alone, for any other text.
template <class Number>
bool read_short_number(std::string_view text, Number& number) {
  constexpr bool real = std::same_as<Number, float> || std::same_as<Number, double>;
  if constexpr ((real && FLT_EVAL_METHOD == 0) || (std::integral<Number> && sizeof(Number) <= 8)) {
    constexpr auto most =
        static_cast<std::size_t>(std::numeric_limits<Number>::digits10 + (std::same_as<Number, float> ? 1 : 0));
    std::uint64_t digits = 0;
    std::size_t at = 0;
    const auto read_digits = [&](std::size_t end) {
      if constexpr (std::endian::native == std::endian::little) {
        for (std::uint64_t bytes; end - at >= 8; at += 8) {
          std::memcpy(&bytes, text.data() + at, 8);
          if (!read_eight_digits(bytes, digits)) break;
        }
      }
      for (; at < end; ++at) {
        const auto digit = static_cast<unsigned>(static_cast<unsigned char>(text[at])) - '0';
        if (digit > 9) return;
        digits = 10 * digits + digit;
      }
    };
    if (text.empty() || text.size() > most + (real ? 1 : 0)) return false;
    read_digits(text.size());
    if (at == text.size()) {
      if (at > most) return false;
      number = static_cast<Number>(digits);
      return true;
    }
    if constexpr (real) {
      if (at == 0 || text[at] != '.') return false;
      const std::size_t whole = ++at, decimals = text.size() - whole;
      read_digits(text.size());
      if (at != text.size() || decimals == 0 || decimals > 10) return false;
      number = static_cast<Number>(digits) / powers_of_ten<Number>[decimals];
      return true;
    }
  }
  return false;
}

/// Reads the number that is the whole of `text`, as parse_number has it. If there is none, returns what was expected in its place:
/// "a finite number"; else an empty text.
template <class Number>
std::string read_number(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool whole = stop == end, range = error == std::errc::result_out_of_range && whole;
  if constexpr (std::integral<Number>) {
    if (error == std::errc{} && whole) return {};
  } else {
    if (error == std::errc{} && whole && std::isfinite(number)) return {};
    long double wide = 0;  // from_chars does not say whether the number was too large or too small
    if (range && std::from_chars(text.data(), end, wide).ec == std::errc{} && std::abs(wide) < 1) {
      number = static_cast<Number>(wide);
      return {};
    }
  }
  const char* kind = std::integral<Number> ? "a whole number" : range ? "a number" : "a finite number";
  if (!range) return kind;
  return concat(kind, " from ", std::numeric_limits<Number>::lowest(), " to ", std::numeric_limits<Number>::max());
}

}  // namespace kindred::detail

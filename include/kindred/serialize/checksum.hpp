// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A 64-bit checksum that notices every change of a single word for certain, at the speed of memory. Against accidents, not against forgers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace kindred::detail {

/// Bytes in, in any pieces; then `value()` or `text()`.
///
/// Word i of 8 bytes goes to lane i mod 8, as h = mix(h ^ word), and the lanes are folded into one at the end in the same way. `mix` is one-to-one,
/// so that of two inputs of one length that differ in one word the lane differs from there on, and so does the sum. Other differences collide
/// with a chance of about 2^-64. The length counts too.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    length_ += bytes.size();
    while (!bytes.empty()) {
      if (filled_ == 0 && bytes.size() >= block_bytes) {
        const std::size_t blocks = bytes.size() / block_bytes;
        for (std::size_t k = 0; k < blocks; ++k) take(bytes.data() + k * block_bytes);
        bytes = bytes.subspan(blocks * block_bytes);
        continue;
      }
      const std::size_t count = std::min(bytes.size(), block_bytes - filled_);
      std::memcpy(rest_.data() + filled_, bytes.data(), count);
      filled_ += count;
      bytes = bytes.subspan(count);
      if (filled_ < block_bytes) continue;
      take(rest_.data());
      filled_ = 0;
    }
  }

  std::uint64_t value() const {
    Checksum end = *this;
    if (end.filled_ > 0) {
      std::memset(end.rest_.data() + end.filled_, 0, block_bytes - end.filled_);
      end.take(end.rest_.data());
    }
    std::uint64_t sum = mix(length_);
    for (const std::uint64_t lane : end.lanes_) sum = mix(sum ^ lane);
    return sum;
  }

  static constexpr std::size_t digits = 16;
  /// 16 hexadecimal digits.
  std::string text() const {
    const std::uint64_t sum = value();
    std::string out(digits, '0');
    for (std::size_t k = 0; k < digits; ++k) out[k] = "0123456789abcdef"[sum >> (60 - 4 * k) & 15];
    return out;
  }

 private:
  static constexpr std::size_t lanes = 8, block_bytes = lanes * sizeof(std::uint64_t);

  /// One-to-one: a product by an odd number and a shifted exclusive or both can be undone.
  static std::uint64_t mix(std::uint64_t h) {
    h *= 0x9E3779B97F4A7C15U;
    return h ^ (h >> 32);
  }
  void take(const std::byte* block) {
    for (std::size_t l = 0; l < lanes; ++l) {
      std::uint64_t word;
      std::memcpy(&word, block + l * sizeof(word), sizeof(word));
      lanes_[l] = mix(lanes_[l] ^ word);
    }
  }

  std::array<std::uint64_t, lanes> lanes_{1, 2, 3, 4, 5, 6, 7, 8};
  std::array<std::byte, block_bytes> rest_;
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace kindred::detail

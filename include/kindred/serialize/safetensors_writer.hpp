// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Writes named tensors to a file in the safetensors format (see safetensors.hpp), atomically and with a checksum.

#include <kindred/core/error.hpp>
#include <kindred/serialize/atomic_file.hpp>
#include <kindred/serialize/checksum.hpp>
#include <kindred/serialize/header_text.hpp>
#include <kindred/serialize/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kindred {

/// Collects tensors and writes them to a file.
///
/// Tensors of whole multiples of 64 bytes come first, then by the size of their numbers, so that each is aligned for its numbers, and
/// tables with rows of whole packets for packets.
class SafetensorsWriter {
 public:
  /// Throws: std::invalid_argument for text that is not UTF-8, and for the checksum's key.
  void metadata(const std::string& key, const std::string& value) {
    detail::require(key != detail::checksum_key, "SafetensorsWriter: the key '", key, "' is the writer's own");
    detail::require(detail::is_utf8(key) && detail::is_utf8(value), "SafetensorsWriter: metadata must be UTF-8, got ",
                    detail::shown(key), ": ", detail::shown(value));
    metadata_[key] = value;
  }

  /// @param produce  called once by `write`: gives its sink exactly the bytes of the tensor
  /// Throws: std::invalid_argument for a name that is empty, there already, not UTF-8 or "__metadata__", and for an impossible shape.
  void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape, std::function<void(const Sink&)> produce) {
    detail::require(!name.empty() && name != "__metadata__" && detail::is_utf8(name) && names_.emplace(name, true).second,
                    "SafetensorsWriter: a tensor must have a name of its own, got ", detail::shown(name));
    const std::int64_t bytes = detail::tensor_bytes(dtype, shape);
    entries_.push_back({name, dtype, std::move(shape), static_cast<std::uint64_t>(bytes), std::move(produce)});
  }
  /// Bytes that live and stay the same until they are written.
  void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes) {
    add(name, dtype, std::move(shape), [bytes](const Sink& sink) { sink(bytes); });
  }

  /// Replaces the file as a whole. Throws: std::logic_error if a tensor does not give its bytes; std::system_error as `AtomicFile`, and
  /// what a producer throws. The old file is untouched then.
  void write(const std::filesystem::path& path) const {
    std::vector<const Entry*> order;
    for (const Entry& entry : entries_) order.push_back(&entry);
    const auto rank = [](const Entry* entry) {
      const bool whole = entry->bytes > 0 && entry->bytes % alignment == 0;
      return std::pair(!whole, whole ? 0 : -static_cast<int>(dtype_size(entry->dtype)));
    };
    std::stable_sort(order.begin(), order.end(), [&](const Entry* a, const Entry* b) { return rank(a) < rank(b); });

    const std::string header = header_of(order);
    AtomicFile file(path);
    detail::Checksum sum;
    const auto put = [&](std::span<const std::byte> bytes) {
      sum.add(bytes);
      file.write(bytes);
    };
    const std::uint64_t length = header.size();
    put(std::as_bytes(std::span(&length, 1)));
    put(std::as_bytes(std::span(header)));
    for (const Entry* entry : order) {
      std::uint64_t given = 0;
      entry->produce([&](std::span<const std::byte> bytes) {
        given += bytes.size();
        put(bytes);
      });
      if (given != entry->bytes) {
        throw std::logic_error(
            detail::concat("SafetensorsWriter: '", entry->name, "' must give ", entry->bytes, " bytes, got ", given));
      }
    }
    const std::string digits = sum.text();
    file.patch(sizeof(length) + digits_place(header), std::as_bytes(std::span(digits)));
    file.commit();
  }

 private:
  static constexpr std::size_t alignment = 64;

  struct Entry {
    std::string name;
    DType dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t bytes;
    std::function<void(const Sink&)> produce;
  };

  static std::string opening() { return "{\"__metadata__\":{\"" + std::string(detail::checksum_key) + "\":\""; }
  static std::size_t digits_place(const std::string&) { return opening().size(); }

  /// With zeros for the checksum, and spaces behind so that the numbers begin at a multiple of 64 bytes.
  std::string header_of(const std::vector<const Entry*>& order) const {
    std::string out = opening() + std::string(detail::Checksum::digits, '0') + '"';
    for (const auto& [key, value] : metadata_) out += "," + detail::json_string(key) + ":" + detail::json_string(value);
    out += '}';
    std::uint64_t offset = 0;
    for (const Entry* entry : order) {
      out +=
          "," + detail::json_string(entry->name) + ":{\"dtype\":\"" + std::string(dtype_name(entry->dtype)) + "\",\"shape\":[";
      for (std::size_t k = 0; k < entry->shape.size(); ++k) out += (k > 0 ? "," : "") + std::to_string(entry->shape[k]);
      out += "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(offset + entry->bytes) + "]}";
      offset += entry->bytes;
    }
    out += '}';
    out.append((alignment - (sizeof(std::uint64_t) + out.size()) % alignment) % alignment, ' ');
    return out;
  }

  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
  std::map<std::string, bool> names_;
};

}  // namespace kindred

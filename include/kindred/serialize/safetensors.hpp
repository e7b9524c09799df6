// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Reads named tensors from a file in the safetensors format: 8 bytes with the length of the header, the header in JSON, and the numbers, one
/// tensor behind the other. Python (`safetensors`) and Rust read and write the same files.
///
/// kindred adds a checksum of the whole file to the header's metadata. Everything is little-endian, and so must the machine be.
/// Source: the format's own description, github.com/huggingface/safetensors, README, "Format".

#include <kindred/core/error.hpp>
#include <kindred/core/mapped_file.hpp>
#include <kindred/serialize/checksum.hpp>
#include <kindred/serialize/header_text.hpp>
#include <kindred/serialize/tensor.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kindred {

/// A file of tensors, checked as a whole before it is handed out.
///
/// Every length, offset, shape and type is checked against the bytes that are there; tensors fill the file without holes or overlaps. A checksum
/// that is there must be right. What is allocated is in proportion to the header and, by `read`, the file's bytes, whatever they claim.
/// Throws: ParseError that begins with the file's name; std::system_error if it cannot be read.
class SafetensorsFile {
 public:
  /// Reads the file into memory.
  static SafetensorsFile read(const std::filesystem::path& path) {
    std::error_code error;
    const bool regular = std::filesystem::is_regular_file(path, error);  // a pipe is refused, not waited for
    if (!regular && !error) error = std::make_error_code(std::errc::invalid_argument);
    std::ifstream in;
    if (regular) in.open(path, std::ios::binary | std::ios::ate);
    if (regular && !in) error = std::error_code(errno, std::generic_category());
    if (error) throw std::system_error(error, path.string() + ": must be a readable file");
    auto memory = std::make_shared<Memory>(static_cast<std::size_t>(in.tellg()));
    in.seekg(0);
    in.read(reinterpret_cast<char*>(memory->bytes().data()), static_cast<std::streamsize>(memory->bytes().size()));
    if (!in) throw std::system_error(EIO, std::generic_category(), path.string() + ": must be readable to its end");
    const auto bytes = memory->bytes();
    return SafetensorsFile(bytes, std::move(memory), path.string());
  }
  /// Maps the file; see `MappedFile`. The checksum reads it once from end to end.
  static SafetensorsFile map(const std::filesystem::path& path) {
    auto file = std::make_shared<const MappedFile>(path);
    const auto bytes = file->bytes();
    return SafetensorsFile(bytes, std::move(file), path.string());
  }
  /// Bytes that the caller keeps for as long as this object and the tensors are used.
  static SafetensorsFile parse(std::span<const std::byte> bytes, std::string name) {
    return SafetensorsFile(bytes, nullptr, std::move(name));
  }

  /// What messages call the file.
  const std::string& name() const { return name_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has_checksum() const { return metadata_.contains(std::string(detail::checksum_key)); }

  std::size_t size() const { return tensors_.size(); }
  /// In alphabetical order.
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : tensors_) out.push_back(entry.first);
    return out;
  }
  /// Null if there is none of this name.
  const Tensor* find(std::string_view name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  /// Throws: ParseError if there is none of this name.
  const Tensor& at(std::string_view name) const {
    if (const Tensor* tensor = find(name)) return *tensor;
    throw ParseError(detail::concat(name_, ": must have a tensor '", name, "', got none among its ", size()));
  }

 private:
  /// Memory for a file, aligned for packets, its numbers not set.
  class Memory {
   public:
    explicit Memory(std::size_t size) : data_(::operator new(size, alignment)), size_(size) {}
    ~Memory() { ::operator delete(data_, alignment); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    std::span<std::byte> bytes() const { return {static_cast<std::byte*>(data_), size_}; }

   private:
    static constexpr std::align_val_t alignment{64};
    void* data_;
    std::size_t size_;
  };

  static constexpr std::uint64_t most_header_bytes = 100'000'000;  // the format's own limit

  SafetensorsFile(std::span<const std::byte> bytes, std::shared_ptr<const void> keeper, std::string name)
      : keeper_(std::move(keeper)), name_(std::move(name)) {
    std::uint64_t length = 0;
    if (bytes.size() < sizeof(length)) fail("must have 8 bytes with the header's length, got ", bytes.size());
    std::memcpy(&length, bytes.data(), sizeof(length));
    if (length > most_header_bytes || length > bytes.size() - sizeof(length)) {
      fail("must have a header of at most ", std::min<std::uint64_t>(most_header_bytes, bytes.size() - sizeof(length)),
           " bytes, got ", length);
    }
    const auto header = bytes.subspan(sizeof(length), static_cast<std::size_t>(length));
    read_header({reinterpret_cast<const char*>(header.data()), header.size()}, bytes.subspan(sizeof(length) + header.size()));
    if (has_checksum()) check_sum(bytes, {reinterpret_cast<const char*>(header.data()), header.size()});
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw ParseError(detail::concat(name_, ": ", parts...));
  }

  void read_header(std::string_view text, std::span<const std::byte> data) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    detail::HeaderReader in(text, name_);
    if (!text.starts_with('{')) in.expect('{');  // the format allows no space before it
    bool described = false;
    in.object([&](const std::string& key) {
      if (key == "__metadata__") {
        if (std::exchange(described, true)) in.fail("expected __metadata__ once");
        in.object([&](const std::string& about) {
          if (!metadata_.emplace(about, in.string()).second)
            in.fail("expected each key once, got ", detail::shown(about), " twice");
        });
      } else {
        auto tensor = read_tensor(in, key, data, ranges);
        if (!tensors_.emplace(key, std::move(tensor)).second)
          in.fail("expected each tensor once, got ", detail::shown(key), " twice");
      }
    });
    in.expect_end();
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t end = 0;
    for (const auto& [first, last] : ranges) {
      if (first != end)
        fail("must have its tensors one behind the other, got one at byte ", first, " where byte ", end, " was next");
      end = last;
    }
    if (end != data.size()) fail("must have ", end, " bytes of numbers, got ", data.size());
  }

  static Tensor read_tensor(detail::HeaderReader& in, const std::string& name, std::span<const std::byte> data,
                            std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
    std::optional<DType> dtype;
    std::optional<std::vector<std::int64_t>> shape;
    std::vector<std::int64_t> offsets;
    in.object([&](const std::string& key) {
      if (key == "dtype" && !dtype) {
        const std::string type = in.string();
        dtype = parse_dtype(type);
        if (!dtype) in.fail("expected a type from BOOL to F64 for ", detail::shown(name), ", got ", detail::shown(type));
      } else if (key == "shape" && !shape) {
        shape.emplace();
        in.array([&] {
          if (shape->size() == detail::most_dims) in.fail("expected at most ", detail::most_dims, " dimensions, got more");
          shape->push_back(in.number());
        });
      } else if (key == "data_offsets" && offsets.empty()) {
        in.array([&] {
          if (offsets.size() == 2) in.fail("expected data_offsets of two numbers for ", detail::shown(name), ", got more");
          offsets.push_back(in.number());
        });
      } else {
        in.fail("expected dtype, shape and data_offsets, each once, for ", detail::shown(name), ", got ", detail::shown(key));
      }
    });
    if (!dtype || !shape || offsets.size() != 2) {
      in.fail("expected dtype, shape and data_offsets of two numbers for ", detail::shown(name));
    }
    std::int64_t bytes = 0;
    try {
      bytes = detail::tensor_bytes(*dtype, *shape);
    } catch (const std::invalid_argument& error) {
      in.fail(detail::shown(name), ": ", error.what());
    }
    if (offsets[0] > offsets[1] || static_cast<std::uint64_t>(offsets[1]) > data.size() || offsets[1] - offsets[0] != bytes) {
      in.fail("expected ", detail::shown(name), " to have ", bytes, " bytes within the file's ", data.size(), ", got ",
              offsets[0], " to ", offsets[1]);
    }
    ranges.emplace_back(offsets[0], offsets[1]);
    return {*dtype, std::move(*shape), data.subspan(static_cast<std::size_t>(offsets[0]), static_cast<std::size_t>(bytes))};
  }

  /// The sum is that of the file with zeros in the place of its own digits.
  void check_sum(std::span<const std::byte> bytes, std::string_view header) const {
    const std::string& claimed = metadata_.at(std::string(detail::checksum_key));
    const std::string key = "\"" + std::string(detail::checksum_key) + "\":\"";
    const std::size_t place = header.find(key);
    constexpr std::size_t digits = detail::Checksum::digits;
    if (place == std::string_view::npos || claimed.size() != digits || header.substr(place + key.size(), digits) != claimed) {
      fail("must have a checksum of ", digits, " digits where kindred writes it, got ", detail::shown(claimed));
    }
    const std::size_t first = sizeof(std::uint64_t) + place + key.size();
    const std::string zeros(digits, '0');
    detail::Checksum sum;
    sum.add(bytes.first(first));
    sum.add(std::as_bytes(std::span(zeros)));
    sum.add(bytes.subspan(first + digits));
    if (sum.text() != claimed) fail("must have the checksum ", claimed, ", got ", sum.text(), ": the file was damaged");
  }

  std::shared_ptr<const void> keeper_;
  std::string name_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Named tensors in a file, in the safetensors format: 8 bytes with the length of the header, the header in JSON, and the numbers, one
/// tensor behind the other. Python (`safetensors`) and Rust read and write the same files.
///
/// kindred adds a checksum of the whole file to the header's metadata. Everything is little-endian, and so must the machine be.
/// Source: the format's own description, github.com/huggingface/safetensors, README, "Format".

#include <kindred/core/error.hpp>
#include <kindred/serialize/atomic_file.hpp>
#include <kindred/serialize/checksum.hpp>
#include <kindred/serialize/dtype.hpp>
#include <kindred/serialize/header_text.hpp>
#include <kindred/serialize/mapped_file.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
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

static_assert(std::endian::native == std::endian::little, "safetensors files need a little-endian machine");

/// A tensor in memory that someone else keeps. Row-major: the last dimension's numbers are neighbours. No dimension: one number.
struct Tensor {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape = {};
  std::span<const std::byte> bytes = {};

  std::int64_t count() const { return static_cast<std::int64_t>(bytes.size() / dtype_size(dtype)); }
};

/// Where a tensor's bytes go, in as many pieces as it likes.
using Sink = std::function<void(std::span<const std::byte>)>;

namespace detail {

inline constexpr std::string_view checksum_key = "kindred.checksum";

inline constexpr std::size_t most_dims = 64;  // as in NumPy

/// The bytes of a tensor of this shape. Throws: std::invalid_argument for too many dimensions, a negative one, or more than 2^63 - 1 bytes.
inline std::int64_t tensor_bytes(DType dtype, std::span<const std::int64_t> shape) {
  require(shape.size() <= most_dims, "a tensor must have at most ", most_dims, " dimensions, got ", shape.size());
  auto bytes = static_cast<std::int64_t>(dtype_size(dtype));
  for (const std::int64_t dim : shape) {
    require(dim >= 0, "a dimension must not be negative, got ", dim);
    if (dim == 0) bytes = 0;
    require(dim == 0 || bytes <= std::numeric_limits<std::int64_t>::max() / dim, "the dimensions' product must be below 2^63");
    bytes *= dim == 0 ? 1 : dim;
  }
  return bytes;
}

}  // namespace detail

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

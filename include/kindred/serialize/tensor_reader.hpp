// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Numbers, tables and texts from the tensors of a file, each checked for its type and shape. Nothing in the file is trusted. `FieldReader` makes
/// whole objects of them.

#include <kindred/core/error.hpp>
#include <kindred/serialize/field_types.hpp>
#include <kindred/serialize/safetensors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace kindred::detail {

/// Reads tensors by name. With a `keeper` of the file's memory, tables whose rows are whole aligned packets point into that; all else is copied.
///
/// Narrow floating-point numbers are widened (F16 and BF16 to float or double, F32 to double); nothing is narrowed.
/// Throws: ParseError that names the file and the tensor, if one is missing or has another type or shape than what is read.
/// Cost and memory: proportional to the tensors that are there, whatever the file claims.
class TensorReader {
 public:
  TensorReader(const SafetensorsFile& file, std::shared_ptr<const void> keeper) : file_(file), keeper_(std::move(keeper)) {}

  const SafetensorsFile& file() const { return file_; }

  template <class... Parts>
  [[noreturn]] void fail(const std::string& name, const Parts&... parts) const {
    throw ParseError(concat(file_.name(), ": '", name, "' ", parts...));
  }

  template <class T>
  T number(const std::string& name) const {
    if constexpr (std::is_same_v<T, double>) {
      if (file_.at(name).dtype == DType::f32) return at<float>(of(name, DType::f32, 0), 0);
    }
    return from_plain<T>(name, at<Plain<T>>(of(name, dtype_of<Plain<T>>, 0), 0));
  }

  template <class T>
  void numbers(const std::string& name, std::vector<T>& value) const {
    const Tensor& tensor = of(name, dtype_of<Plain<T>>, 1);
    std::vector<T> copy(static_cast<std::size_t>(tensor.count()));
    for (std::size_t k = 0; k < copy.size(); ++k) copy[k] = from_plain<T>(name, at<Plain<T>>(tensor, k));
    value = std::move(copy);
  }
  void text(const std::string& name, std::string& value) const {
    const Tensor& tensor = of(name, DType::u8, 1);
    value.assign(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }

  /// A table of the shape that the tensor has.
  template <class P>
  void parameter(const std::string& name, P& value) const {
    using Scalar = typename P::Scalar;
    using Stored = typename P::Stored;
    const Tensor& tensor = file_.at(name);
    if (tensor.shape.size() != 2) fail(name, "must have 2 dimensions, got ", tensor.shape.size());
    const Index rows = tensor.shape[0], cols = tensor.shape[1];
    if (cols < 1 || (P::fixed_cols != Dynamic && cols != P::fixed_cols)) {
      fail(name, "must have ", P::fixed_cols == Dynamic ? std::string("at least 1") : std::to_string(P::fixed_cols),
           " columns, got ", cols);
    }
    if (cols > most_columns) fail(name, "must have at most ", most_columns, " columns, got ", cols);
    if (keeper_ != nullptr && tensor.dtype == dtype_of<Stored> && padded<Scalar, P::fixed_cols>(cols) == cols && rows > 0 &&
        RowStorage<Stored>::aligned(tensor.bytes.data())) {
      // The file is mapped privately, so that writing to the table changes this process's copy of a page only.
      auto* first = reinterpret_cast<Stored*>(const_cast<std::byte*>(tensor.bytes.data()));
      value = P(first, rows, cols, keeper_);
      return;
    }
    P copy(rows, cols);
    copy_rows<Stored>(name, tensor,
                      [&](Index r) { return std::span(copy.data() + r * copy.stride(), static_cast<std::size_t>(cols)); });
    value = std::move(copy);
  }

  template <class M>
  void matrix(const std::string& name, M& value) const {
    const Tensor& tensor = of(name, dtype_of<typename M::Scalar>, 2);
    M copy(tensor.shape[0], tensor.shape[1]);
    if (copy.size() > 0) std::memcpy(copy.data(), tensor.bytes.data(), tensor.bytes.size());
    value = std::move(copy);
  }

  /// The alternative whose numbers are those of the tensor.
  template <class... M>
  void variant(const std::string& name, std::variant<M...>& value) const {
    const DType dtype = file_.at(name).dtype;
    bool found = false;
    const auto try_one = [&]<class One>(One one) {
      if (found || dtype != dtype_of<typename One::Scalar>) return;
      found = true;
      matrix(name, one);
      value = std::move(one);
    };
    (try_one(M()), ...);
    if (!found) fail(name, "must be of a type it can have, got ", dtype_name(dtype));
  }

  /// A vector of records, from a tensor for each field.
  template <class T>
  void records(const std::string& name, std::vector<T>& value) const {
    std::vector<T> copy;
    std::size_t place = 0;
    T sample{};
    T::fields(sample, [&](const char* field, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      const std::string column = name + "." + field;
      const Tensor& tensor = of(column, dtype_of<Plain<Member>>, 1);
      if (place == 0) copy.resize(static_cast<std::size_t>(tensor.count()));
      if (static_cast<std::size_t>(tensor.count()) != copy.size()) {
        fail(column, "must have as many numbers as the fields before, ", copy.size(), ", got ", tensor.count());
      }
      for (std::size_t k = 0; k < copy.size(); ++k) {
        std::size_t at_field = 0;
        T::fields(copy[k], [&](const char*, auto& one) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, Member>) {
            if (at_field == place) one = from_plain<Member>(column, at<Plain<Member>>(tensor, k));
          }
          ++at_field;
        });
      }
      ++place;
    });
    value = std::move(copy);
  }

  void strings(const std::string& name, std::vector<std::string>& value) const {
    const Tensor &ends = of(name + ".ends", DType::u64, 1), &bytes = of(name + ".bytes", DType::u8, 1);
    value.clear();
    std::uint64_t begin = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(ends.count()); ++k) {
      const auto end = at<std::uint64_t>(ends, k);
      if (end < begin || end > bytes.bytes.size()) {
        fail(name + ".ends", "must ascend to at most ", bytes.bytes.size(), ", got ", end, " after ", begin);
      }
      value.emplace_back(reinterpret_cast<const char*>(bytes.bytes.data()) + begin, end - begin);
      begin = end;
    }
    if (begin != bytes.bytes.size())
      fail(name + ".bytes", "must have the ", begin, " bytes of its texts, got ", bytes.bytes.size());
  }

 private:
  static constexpr Index most_columns = Index{1} << 24;

  const Tensor& of(const std::string& name, DType dtype, std::size_t dims) const {
    const Tensor& tensor = file_.at(name);
    if (tensor.dtype != dtype) fail(name, "must be of type ", dtype_name(dtype), ", got ", dtype_name(tensor.dtype));
    if (tensor.shape.size() != dims) fail(name, "must have ", dims, " dimensions, got ", tensor.shape.size());
    return tensor;
  }

  template <class T>
  T from_plain(const std::string& name, Plain<T> number) const {
    try {
      return static_cast<T>(number);
    } catch (const std::logic_error& error) {  // of an id
      fail(name, "must be ids: ", error.what());
    }
  }

  /// Number k of a tensor, wherever it lies.
  template <class N>
  static N at(const Tensor& tensor, std::size_t k) {
    if constexpr (std::is_same_v<N, bool>) {
      return tensor.bytes[k] != std::byte{0};
    } else {
      N number;
      std::memcpy(&number, tensor.bytes.data() + k * sizeof(N), sizeof(N));
      return number;
    }
  }

  /// row(r) = row r of the tensor, for each, in numbers that can hold its own exactly.
  template <class Stored, class Row>
  void copy_rows(const std::string& name, const Tensor& tensor, Row&& row) const {
    const auto copy = [&]<class From>(From) {
      const std::byte* from = tensor.bytes.data();
      for (Index r = 0; r < tensor.shape[0]; ++r) {
        for (Stored& to : row(r)) {
          From number;
          std::memcpy(&number, from, sizeof(From));
          to = static_cast<Stored>(number);
          from += sizeof(From);
        }
      }
    };
    if (tensor.dtype == dtype_of<Stored>) return copy(Stored{});
    if constexpr (!Narrow<Stored>) {
      if (tensor.dtype == DType::f16) return copy(Eigen::half{});
      if (tensor.dtype == DType::bf16) return copy(Eigen::bfloat16{});
      if constexpr (std::is_same_v<Stored, double>) {
        if (tensor.dtype == DType::f32) return copy(float{});
      }
    }
    fail(name, "must be of type ", dtype_name(dtype_of<Stored>), Narrow<Stored> ? ", got " : " or narrower, got ",
         dtype_name(tensor.dtype));
  }

  const SafetensorsFile& file_;
  std::shared_ptr<const void> keeper_;
};

}  // namespace kindred::detail

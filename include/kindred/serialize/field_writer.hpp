// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The members of an object as tensors of a file: see field_types.hpp for which becomes what.

#include <kindred/detail/for_each_in.hpp>
#include <kindred/serialize/field_types.hpp>
#include <kindred/serialize/safetensors_writer.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace kindred::detail {

/// Adds tensors to `file`, which reads the object when it is written: the object must live and not change until then.
///
/// @param tables  the numbers of embedding tables in the file: their own, F16 or BF16
/// Throws: std::invalid_argument if a number of a table is too large for F16. Cost: nothing is copied but a row at a time.
class FieldWriter {
 public:
  explicit FieldWriter(SafetensorsWriter& file, std::optional<DType> tables = {}) : file_(file), tables_(tables) {}

  template <class T>
  void operator()(const std::string& name, const T& value) {
    if constexpr (IsParameter<T>) {
      parameter(name, value);
    } else if constexpr (IsNumber<T>) {
      file_.add(name, dtype_of<Plain<T>>, {}, [&value](const Sink& sink) {
        const Plain<T> number = plain(value);
        sink(std::as_bytes(std::span(&number, 1)));
      });
    } else if constexpr (std::is_same_v<T, std::string>) {
      bytes(name, value);
    } else if constexpr (IsMatrix<T>) {
      matrix(name, value);
    } else if constexpr (is_a<T, std::vector> || is_span<T>) {
      vector(name, value);
    } else if constexpr (is_a<T, std::variant>) {
      std::visit([&](const auto& one) { (*this)(name, one); }, value);
    } else if constexpr (is_a<T, std::optional>) {
      number(name + ".there", value.has_value());
      if (value) (*this)(name, *value);
    } else if constexpr (!std::is_void_v<typename pointee<T>::type>) {
      shared(name, value);
    } else if constexpr (is_a<T, std::tuple> || is_std_array<T>) {
      for_each_in(value, [&](auto& element, auto k) { (*this)(name + "." + std::to_string(k), element); });
    } else if constexpr (HasFields<T>) {
      T::fields(value, [&](const char* field, const auto& member) { (*this)(name + "." + field, member); });
    } else {
      static_assert(std::is_empty_v<T>, "a class with members needs fields(self, visit) to be saved: see core/access.hpp");
    }
  }

  /// The members of an object, without a name before theirs.
  template <class T>
  void members(const T& object) {
    T::fields(object, [this](const char* field, const auto& member) { (*this)(field, member); });
  }

 private:
  template <class T>
  void number(const std::string& name, T value) {
    file_.add(name, dtype_of<T>, {}, [value](const Sink& sink) { sink(std::as_bytes(std::span(&value, 1))); });
  }
  void bytes(const std::string& name, const std::string& value) {
    file_.add(name, DType::u8, {static_cast<std::int64_t>(value.size())},
              [&value](const Sink& sink) { sink(std::as_bytes(std::span(value))); });
  }

  template <class P>
  void parameter(const std::string& name, const P& value) {
    using Stored = typename P::Stored;
    const std::vector<std::int64_t> shape{value.rows(), value.cols()};
    const bool table = P::touch == Touch::some_rows && P::fixed_cols != 1;
    const DType dtype = table ? tables_.value_or(dtype_of<Stored>) : dtype_of<Stored>;
    if (dtype != dtype_of<Stored> && dtype == DType::f16) {
      narrow<Eigen::half>(name, value, shape);
    } else if (dtype != dtype_of<Stored> && dtype == DType::bf16) {
      narrow<Eigen::bfloat16>(name, value, shape);
    } else {
      file_.add(name, dtype, shape, [&value](const Sink& sink) {
        const auto cols = static_cast<std::size_t>(value.cols());
        for (Index r = 0; r < value.rows(); ++r) sink(std::as_bytes(std::span(value.data() + r * value.stride(), cols)));
      });
    }
  }
  template <class Narrow, class P>
  void narrow(const std::string& name, const P& value, const std::vector<std::int64_t>& shape) {
    for (Index r = 0; r < value.rows(); ++r) {
      for (Index c = 0; c < value.cols(); ++c) {
        const auto x = static_cast<typename P::Scalar>(value.data()[r * value.stride() + c]);
        require(!std::isfinite(x) || std::isfinite(static_cast<float>(Narrow(static_cast<float>(x)))), "save: '", name,
                "' must fit the 16 bits asked for, got ", x, " in row ", r);
      }
    }
    file_.add(name, dtype_of<Narrow>, shape, [&value](const Sink& sink) {
      std::vector<Narrow> row(static_cast<std::size_t>(value.cols()));
      for (Index r = 0; r < value.rows(); ++r) {
        const auto* from = value.data() + r * value.stride();
        std::transform(from, from + value.cols(), row.begin(), [](auto x) { return Narrow(static_cast<float>(x)); });
        sink(std::as_bytes(std::span(row)));
      }
    });
  }

  template <class M>
  void matrix(const std::string& name, const M& value) {
    static_assert(M::IsRowMajor, "a matrix must be row-major to be saved");
    file_.add(name, dtype_of<typename M::Scalar>, {value.rows(), value.cols()}, [&value](const Sink& sink) {
      sink(std::as_bytes(std::span(value.data(), static_cast<std::size_t>(value.size()))));
    });
  }

  template <class Vector>
  void vector(const std::string& name, const Vector& value) {
    using T = typename Vector::value_type;
    const auto size = static_cast<std::int64_t>(value.size());
    if constexpr (IsNumber<T>) {
      file_.add(name, dtype_of<Plain<T>>, {size}, [&value](const Sink& sink) {
        in_pieces<Plain<T>>(value.size(), sink, [&value](std::size_t k) { return plain(static_cast<T>(value[k])); });
      });
    } else if constexpr (IsRecord<T>) {
      records(name, value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      file_.add(name + ".ends", DType::u64, {size}, [&value](const Sink& sink) {
        std::uint64_t end = 0;
        in_pieces<std::uint64_t>(value.size(), sink, [&](std::size_t k) { return end += value[k].size(); });
      });
      std::int64_t length = 0;
      for (const std::string& text : value) length += static_cast<std::int64_t>(text.size());
      file_.add(name + ".bytes", DType::u8, {length}, [&value](const Sink& sink) {
        for (const std::string& text : value) sink(std::as_bytes(std::span(text)));
      });
    } else {
      number(name + ".size", size);
      for (std::size_t k = 0; k < value.size(); ++k) (*this)(name + "." + std::to_string(k), value[k]);
    }
  }

  /// A tensor for each field of the records.
  template <class T>
  void records(const std::string& name, const std::vector<T>& value) {
    std::size_t place = 0;
    const T sample{};
    T::fields(sample, [&](const char* field, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      file_.add(name + "." + field, dtype_of<Plain<Member>>, {static_cast<std::int64_t>(value.size())},
                [&value, wanted = place++](const Sink& sink) {
                  in_pieces<Plain<Member>>(value.size(), sink, [&](std::size_t k) {
                    Plain<Member> found{};
                    std::size_t at = 0;
                    T::fields(value[k], [&](const char*, const auto& one) {
                      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, Member>) {
                        if (at == wanted) found = plain(one);
                      }
                      ++at;
                    });
                    return found;
                  });
                });
    });
  }

  template <class T>
  void shared(const std::string& name, const std::shared_ptr<T>& value) {
    number(name + ".there", value != nullptr);
    if (value == nullptr) return;
    const auto [first, added] = names_.try_emplace(value.get(), name);
    if (added) {
      (*this)(name, *value);
    } else {
      file_.metadata("kindred.same." + name, first->second);
    }
  }

  /// Gives the sink number(0), number(1), ... some thousands at a time.
  template <class Number, class F>
  static void in_pieces(std::size_t count, const Sink& sink, F&& number) {
    constexpr std::size_t most = 4096;
    std::unique_ptr<Number[]> piece(new Number[std::min(most, count)]);
    for (std::size_t first = 0; first < count; first += most) {
      const std::size_t size = std::min(most, count - first);
      for (std::size_t k = 0; k < size; ++k) piece[k] = number(first + k);
      sink(std::as_bytes(std::span<const Number>(piece.get(), size)));
    }
  }

  SafetensorsWriter& file_;
  std::optional<DType> tables_;
  std::map<const void*, std::string> names_;
};

}  // namespace kindred::detail

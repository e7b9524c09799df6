// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The members of an object from the tensors of a file, as `FieldWriter` wrote them: which tensors belong to a member, and objects that are
/// shared. Nothing in the file is trusted.

#include <kindred/core/access.hpp>
#include <kindred/detail/for_each_in.hpp>
#include <kindred/serialize/field_types.hpp>
#include <kindred/serialize/safetensors.hpp>
#include <kindred/serialize/tensor_reader.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <variant>
#include <vector>

namespace kindred::detail {

/// Fills objects made by `Access::make`, with the numbers that a `TensorReader` reads of the file. With a `keeper` of the file's memory, tables
/// may point into that.
///
/// Throws: ParseError that names the file and the tensor, if one is missing or has another type or shape than the member, and if the object
/// refuses what was read.
class FieldReader {
 public:
  explicit FieldReader(const SafetensorsFile& file, std::shared_ptr<const void> keeper = {})
      : tensors_(file, std::move(keeper)) {}

  template <class T>
  void operator()(const std::string& name, T& value) {
    if constexpr (IsParameter<T>) {
      tensors_.parameter(name, value);
    } else if constexpr (IsNumber<T>) {
      value = tensors_.number<T>(name);
    } else if constexpr (std::is_same_v<T, std::string>) {
      tensors_.text(name, value);
    } else if constexpr (IsMatrix<T>) {
      tensors_.matrix(name, value);
    } else if constexpr (is_a<T, std::vector>) {
      vector(name, value);
    } else if constexpr (is_a<T, std::variant>) {
      tensors_.variant(name, value);
    } else if constexpr (is_a<T, std::optional>) {
      value.reset();
      if (tensors_.number<bool>(name + ".there")) (*this)(name, value.emplace());
    } else if constexpr (!std::is_void_v<typename pointee<T>::type>) {
      shared(name, value);
    } else if constexpr (is_a<T, std::tuple> || is_std_array<T>) {
      for_each_in(value, [&](auto& element, auto k) { (*this)(name + "." + std::to_string(k), element); });
    } else if constexpr (HasFields<T>) {
      read_object(name, value, [&](const char* field) { return name + "." + field; });
    } else {
      static_assert(std::is_empty_v<T>, "a class with members needs fields(self, visit) to be loaded: see core/access.hpp");
    }
  }

  template <class T>
  void members(T& object) {
    read_object("the object", object, [](const char* field) { return std::string(field); });
  }

 private:
  /// What the classes refuse is refused as the file's fault.
  template <class T, class Name>
  void read_object(const std::string& what, T& object, const Name& name_of) {
    try {
      T::fields(object, [&](const char* field, auto& member) { (*this)(name_of(field), member); });
      if constexpr (requires { object.loaded(); }) object.loaded();
    } catch (const std::logic_error& error) {
      tensors_.fail(what, "must be what can be saved: ", error.what());
    }
  }

  template <class T>
  void vector(const std::string& name, std::vector<T>& value) {
    if constexpr (IsNumber<T>) {
      tensors_.numbers(name, value);
    } else if constexpr (IsRecord<T>) {
      tensors_.records(name, value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      tensors_.strings(name, value);
    } else {
      const auto size = tensors_.number<std::int64_t>(name + ".size");
      if (size < 0 || static_cast<std::uint64_t>(size) > tensors_.file().size()) {
        tensors_.fail(name + ".size", "must be at least 0 and at most the number of tensors, ", tensors_.file().size(),
                      ", got ", size);
      }
      value.clear();
      for (std::int64_t k = 0; k < size; ++k) (*this)(name + "." + std::to_string(k), value.emplace_back(Access::make<T>()));
    }
  }

  template <class T>
  void shared(const std::string& name, std::shared_ptr<T>& value) {
    using Object = std::remove_const_t<T>;
    value = nullptr;
    if (!tensors_.number<bool>(name + ".there")) return;
    const auto same = tensors_.file().metadata().find("kindred.same." + name);
    if (same != tensors_.file().metadata().end()) {
      const auto first = objects_.find({same->second, std::type_index(typeid(Object))});
      if (first == objects_.end()) tensors_.fail(name, "must be the same as an object before it, got '", same->second, "'");
      value = std::static_pointer_cast<Object>(first->second);
      return;
    }
    auto object = std::make_shared<Object>(Access::make<Object>());
    (*this)(name, *object);
    objects_[{name, std::type_index(typeid(Object))}] = object;
    value = std::move(object);
  }

  TensorReader tensors_;
  std::map<std::pair<std::string, std::type_index>, std::shared_ptr<void>> objects_;
};

}  // namespace kindred::detail

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What an optimizer keeps of one slot of a rule for one parameter: a matrix of the parameter's Scalar, and its name in a checkpoint.

#include <kindred/core/types.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace kindred {

/// One slot of a rule for one parameter, as a checkpoint sees it: "item.sum", rows x stride (or x 1), in the parameter's Scalar.
struct SlotState {
  std::string name{};
  RowMatrix<float> floats{};  ///< of these two one is empty
  RowMatrix<double> doubles{};

  template <class Scalar>
  RowMatrix<Scalar>& values() {
    return pick<Scalar>(*this);
  }
  template <class Scalar>
  const RowMatrix<Scalar>& values() const {
    return pick<Scalar>(*this);
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("name", self.name);
    if constexpr (std::is_const_v<Self>) {
      self.doubles.size() > 0 ? field("values", self.doubles) : field("values", self.floats);
    } else {
      std::variant<RowMatrix<float>, RowMatrix<double>> values;
      field("values", values);
      std::visit([&]<class Matrix>(Matrix& read) { self.template values<typename Matrix::Scalar>() = std::move(read); },
                 values);
    }
  }

 private:
  template <class Scalar>
  static auto& pick(auto& self) {
    if constexpr (std::is_same_v<Scalar, double>) {
      return self.doubles;
    } else {
      return self.floats;
    }
  }
};

}  // namespace kindred

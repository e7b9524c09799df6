// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A learned vector for each user or item: the simplest encoder, whose output for an id is that row of a table.

#include <kindred/parameter/initialize.hpp>
#include <kindred/parameter/parameterized.hpp>

#include <span>
#include <vector>

namespace kindred {

/// rows x Dim learned numbers, of which a step touches few rows. Models `Parameterized` and `Encoder`.
///
/// With `Eigen::half` or `Eigen::bfloat16` as `Stored` it takes half the room, for serving and for training: a step reads a row as floats and
/// writes it back rounded stochastically (`Optimizer`), initial values and the conversion of a table of floats round to the nearest.
/// Memory: rows * padded(Dim) * sizeof(Stored) bytes.
/// Throws: as `Parameter`.
template <class ScalarType = float, int Dim = Dynamic, class StoredType = ScalarType>
class EmbeddingTable : public Parameter<ScalarType, Dim, Touch::some_rows, StoredType> {
  using Base = Parameter<ScalarType, Dim, Touch::some_rows, StoredType>;

 public:
  using Scalar = ScalarType;
  /// What a training pass must remember between `encode` and `backward`: here nothing.
  struct Tape {};
  static constexpr int fixed_dim = Dim;

  using Base::Base;

  Index dim() const { return this->cols(); }

  /// out.row(k) = the embedding of ids[k], padding included. Shape of out: ids.size() x padded dim; resized if it differs.
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    out.resize(static_cast<Index>(ids.size()), this->stride());
    for (std::size_t k = 0; k < ids.size(); ++k) {
      PaddedRowMap<Scalar, Dim>(out.data() + static_cast<Index>(k) * out.cols(), 1, out.cols()) = this->padded_row(ids[k]);
    }
  }
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape&) const { encode(ids, out); }

  /// Adds d_out.row(k), the derivative of the loss by the embedding of ids[k], to the gradient of that row.
  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, const Tape&,
                std::tuple<Gradient<EmbeddingTable>&> gradients) const {
    auto& rows = std::get<0>(gradients);
    const Index place = rows.push(ids);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      rows.padded_row(place + static_cast<Index>(k)) =
          ConstPaddedRowMap<Scalar, Dim>(d_out.data() + static_cast<Index>(k) * d_out.cols(), 1, d_out.cols());
    }
  }

  /// How often each row is touched if entity e is encoded per_entity[e] times; see L2::frequency_power.
  void touch_counts(std::span<const double> per_entity, std::vector<std::vector<double>>& counts) const {
    counts.emplace_back(per_entity.begin(), per_entity.end());
  }

  static std::string kind() { return "table"; }

  auto parameters() { return std::tie(*this); }
  static std::array<std::string, 1> names() { return {"rows"}; }
};

}  // namespace kindred

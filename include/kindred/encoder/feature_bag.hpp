// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An entity as the weighted sum of its features' embeddings: the linear encoder of sparse features, and the first layer of a deep one.

#include <kindred/data/features.hpp>
#include <kindred/encoder/encoder.hpp>

#include <memory>

namespace kindred {

/// encode(e) = sum over the sparse features f of e of weight_ef * table.row(f); zero for an entity without features.
///
/// Shapes: table sparse_dim x Dim. The features are shared, not copied. Models `Encoder`.
/// Cost: O(features of e * Dim). Throws: std::invalid_argument for features without a sparse part, or a dim below 1.
/// Source: Kula 2015 (LightFM), eq. 1-2.
template <class ScalarType = float, int Dim = Dynamic>
class FeatureBag {
 public:
  using Scalar = ScalarType;
  using Table = EmbeddingTable<Scalar, Dim>;
  struct Tape {};
  static constexpr int fixed_dim = Dim;

  FeatureBag(std::shared_ptr<const Features> features, Index dim, double deviation, std::uint64_t seed, std::uint32_t salt = 0)
      : features_(std::move(features)), table_(checked(features_.get()), dim) {
    fill_normal(table_, deviation, seed, salt);
  }

  Index rows() const { return features_->rows(); }
  Index dim() const { return table_.dim(); }
  const Features& features() const { return *features_; }
  const Table& table() const { return table_; }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    out.setZero(static_cast<Index>(ids.size()), table_.stride());
    for (std::size_t k = 0; k < ids.size(); ++k) {
      PaddedRowMap<Scalar, Dim> row(out.data() + static_cast<Index>(k) * out.cols(), 1, out.cols());
      for (const auto& [feature, weight] : features_->sparse(ids[k])) row += static_cast<Scalar>(weight) * table_.padded_row(feature);
    }
  }
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape&) const { encode(ids, out); }

  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, const Tape&, std::tuple<Gradient<Table>&> gradients) const {
    auto& rows = std::get<0>(gradients);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const ConstPaddedRowMap<Scalar, Dim> d_row(d_out.data() + static_cast<Index>(k) * d_out.cols(), 1, d_out.cols());
      for (const auto& [feature, weight] : features_->sparse(ids[k])) {
        rows.padded_row(rows.push(feature)) = static_cast<Scalar>(weight) * d_row;
      }
    }
  }

  auto parameters() { return std::tie(table_); }
  static std::array<std::string, 1> names() { return {"features"}; }

 private:
  static Index checked(const Features* features) {
    detail::require(features != nullptr && features->sparse_dim() > 0,
                    "FeatureBag: the features must have a sparse part, got ", features == nullptr ? "no features" : "none");
    return features->sparse_dim();
  }

  std::shared_ptr<const Features> features_;
  Table table_;
};

static_assert(Encoder<FeatureBag<float, 64>> && Encoder<FeatureBag<double>>);

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The encoder of vectors that the caller already has (image or sentence embeddings): the vector itself, for a network to work on.

#include <kindred/core/access.hpp>
#include <kindred/data/features.hpp>
#include <kindred/encoder/encoder.hpp>

#include <algorithm>
#include <memory>

namespace kindred {

/// encode(e) = the dense vector of e. Nothing is trained; put an `Mlp` (one layer makes it linear) on top.
///
/// The features are shared, not copied. Models `Encoder`. Throws: std::invalid_argument for features without a dense part.
template <class ScalarType = float>
class DenseFeatures {
 public:
  using Scalar = ScalarType;
  struct Tape {};
  static constexpr int fixed_dim = Dynamic;

  explicit DenseFeatures(std::shared_ptr<const Features> features) : features_(std::move(features)) {
    detail::require(features_ != nullptr && features_->dense_dim() > 0,
                    "DenseFeatures: the features must have a dense part, got ", features_ == nullptr ? "no features" : "none");
  }

  Index rows() const { return features_->rows(); }
  Index dim() const { return features_->dense_dim(); }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar>(dim()));
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const auto vector = features_->dense(ids[k]);
      out.row(static_cast<Index>(k)).head(dim()) =
          Eigen::Map<const Eigen::RowVectorXf>(vector.data(), dim()).template cast<Scalar>();
    }
  }
  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape&) const { encode(ids, out); }
  void backward(std::span<const Index>, const RowMatrix<Scalar>&, const Tape&, std::tuple<>) const {}

  bool knows(Index id) const {
    const auto vector = features_->dense(id);
    return std::any_of(vector.begin(), vector.end(), [](float x) { return x != 0; });
  }

  /// Takes other features, of `rows` entities and vectors of the same length.
  void grow(Index rows, std::shared_ptr<const Features> features) {
    detail::require(features != nullptr && features->rows() == rows && features->dense_dim() == dim(),
                    "DenseFeatures: to grow to ", rows, " entities it needs vectors of ", dim(), " numbers for them, got ",
                    detail::shape_of(features.get()));
    features_ = std::move(features);
  }

  void touch_counts(std::span<const double>, std::vector<std::vector<double>>&) const {}
  std::tuple<> parameters() { return {}; }
  static std::array<std::string, 0> names() { return {}; }

  static std::string kind() { return "dense-features"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("of", self.features_);
  }
  void loaded() const {
    detail::require(features_ != nullptr && features_->dense_dim() > 0, "DenseFeatures: the features must have a dense part");
  }

 private:
  friend class Access;
  DenseFeatures() = default;

  std::shared_ptr<const Features> features_;
};

}  // namespace kindred

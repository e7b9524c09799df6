// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An entity as the weighted sum of its features' embeddings: the linear encoder of sparse features, and the first layer of a deep one.
/// With an entity's interactions as its features (encoder/history.hpp) it is the input layer of an autoencoder.

#include <kindred/core/access.hpp>
#include <kindred/core/random.hpp>
#include <kindred/data/features.hpp>
#include <kindred/encoder/encoder.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace kindred {

struct FeatureBagOptions {
  std::optional<Index> dim{};  ///< the width of the vectors; by default the fixed `Dim`, or 64 where that is dynamic
  double deviation = 0.1;      ///< the table starts as normal numbers with this standard deviation / sqrt(dim); 0: at zero
  double dropout = 0;  ///< each feature of an entity is left out with this probability while training, the others scaled up
  std::uint64_t seed = 1;
  std::uint32_t salt = 2;  ///< tells apart the tables of one model
};

/// The table of a `FeatureBag`: an embedding for each feature, with an L2 weight of its own.
template <class Scalar, int Dim, class Stored = Scalar>
class FeatureTable : public Parameter<Scalar, Dim, Touch::some_rows, Stored> {
 public:
  using Parameter<Scalar, Dim, Touch::some_rows, Stored>::Parameter;
  static constexpr ParameterGroup group = Dim == 1 ? ParameterGroup::biases : ParameterGroup::features;
};

/// encode(e) = sum over the sparse features f of e of weight_ef * table.row(f); zero for an entity without features.
///
/// Shapes: table sparse_dim x Dim, stored as `EmbeddingTable` is. The features are shared, not copied. Models `Encoder`.
/// Cost: O(features of e * Dim).
/// Throws: std::invalid_argument for features without a sparse part, a dim below 1, dropout outside [0, 1).
/// Source: Kula 2015 (LightFM), eq. 1-2. Dropout of the input: Vincent et al. 2008, in the scaled form.
template <class ScalarType = float, int Dim = Dynamic, class StoredType = ScalarType>
class FeatureBag {
 public:
  using Scalar = ScalarType;
  using Table = FeatureTable<Scalar, Dim, StoredType>;
  static constexpr int fixed_dim = Dim;

  struct Tape {
    std::optional<Random> random;
    std::vector<Scalar> weights;  // of each feature of each id in turn, after dropout; only if `random`

    void reseed(Random& from) { random.emplace(from.bits64(), Stream::dropout); }
  };

  explicit FeatureBag(std::shared_ptr<const Features> features, const FeatureBagOptions& options = {})
      : features_(std::move(features)),
        dropout_(options.dropout),
        table_(checked(features_.get()), options.dim.value_or(Dim == Dynamic ? 64 : Dim)) {
    detail::require(dropout_ >= 0 && dropout_ < 1, "FeatureBag: dropout must be in [0, 1), got ", dropout_);
    fill_normal(table_, options.deviation / std::sqrt(static_cast<double>(dim())), options.seed, options.salt);
  }

  Index rows() const { return features_->rows(); }
  Index dim() const { return table_.cols(); }
  const Features& features() const { return *features_; }
  const std::shared_ptr<const Features>& shared_features() const { return features_; }
  Table& table() { return table_; }
  const Table& table() const { return table_; }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out) const { encode(*features_, ids, out); }

  /// The vectors of other entities, with features of the same columns: ids are rows of `others`.
  void encode(const Features& others, std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    detail::require(others.sparse_dim() == table_.rows(), "FeatureBag: the features must have ", table_.rows(),
                    " sparse columns as those trained with, got ", others.sparse_dim());
    out.setZero(static_cast<Index>(ids.size()), table_.stride());
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto row = detail::padded_row_of<Dim>(out, static_cast<Index>(k));
      for (const auto& [feature, weight] : others.sparse(ids[k]))
        row += static_cast<Scalar>(weight) * table_.padded_row(feature);
    }
  }

  void encode(std::span<const Index> ids, RowMatrix<Scalar>& out, Tape& tape) const {
    if (!tape.random || dropout_ == 0) {
      tape.random.reset();
      return encode(ids, out);
    }
    out.setZero(static_cast<Index>(ids.size()), table_.stride());
    tape.weights.clear();
    const double scale = 1 / (1 - dropout_);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto row = detail::padded_row_of<Dim>(out, static_cast<Index>(k));
      for (const auto& [feature, weight] : features_->sparse(ids[k])) {
        tape.weights.push_back(tape.random->uniform() < dropout_ ? Scalar{0} : static_cast<Scalar>(scale * double{weight}));
        if (tape.weights.back() != 0) row += tape.weights.back() * table_.padded_row(feature);
      }
    }
  }

  void backward(std::span<const Index> ids, const RowMatrix<Scalar>& d_out, const Tape& tape,
                std::tuple<Gradient<Table>&> gradients) const {
    auto& rows = std::get<0>(gradients);
    std::size_t next = 0;
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const auto d_row = detail::padded_row_of<Dim>(d_out, static_cast<Index>(k));
      for (const auto& [feature, weight] : features_->sparse(ids[k])) {
        const Scalar used = tape.random ? tape.weights[next++] : static_cast<Scalar>(weight);
        if (used != 0) rows.padded_row(rows.push(feature)) = used * d_row;
      }
    }
  }

  void touch_counts(std::span<const double> per_entity, std::vector<std::vector<double>>& counts) const {
    auto& mine = counts.emplace_back(static_cast<std::size_t>(table_.rows()));
    for (Index e = 0; e < rows(); ++e) {
      for (const auto& entry : features_->sparse(e))
        mine[static_cast<std::size_t>(entry.feature)] += per_entity[static_cast<std::size_t>(e)];
    }
  }

  bool knows(Index id) const { return !features_->sparse(id).empty(); }

  /// Takes other features, of `rows` entities and the same columns.
  void grow(Index rows, std::shared_ptr<const Features> features) {
    detail::require(features != nullptr && features->rows() == rows && features->sparse_dim() == table_.rows(),
                    "FeatureBag: to grow to ", rows, " entities it needs their features in ", table_.rows(), " columns, got ",
                    detail::shape_of(features.get()));
    features_ = std::move(features);
  }

  auto parameters() { return std::tie(table_); }
  static std::array<std::string, 1> names() { return {"features"}; }

  static std::string kind() { return "feature-bag"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("of", self.features_);
    field("dropout", self.dropout_);
    field("table", self.table_);
  }
  void loaded() const {
    const Index features = checked(features_.get());
    detail::require(features == table_.rows(), "FeatureBag: the table must have a row for each of the ", features,
                    " features, got ", table_.rows());
    detail::require(dropout_ >= 0 && dropout_ < 1, "FeatureBag: dropout must be in [0, 1), got ", dropout_);
  }

 protected:
  friend class Access;
  FeatureBag() = default;

 private:
  static Index checked(const Features* features) {
    detail::require(features != nullptr && features->sparse_dim() > 0, "FeatureBag: the features must have a sparse part, got ",
                    features == nullptr ? "no features" : "none");
    return features->sparse_dim();
  }

  std::shared_ptr<const Features> features_;
  double dropout_ = 0;
  Table table_;
};

}  // namespace kindred

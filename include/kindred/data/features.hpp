// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is known about users or items besides their interactions, as numbers an encoder can use: a few weighted features for each
/// entity (sparse), and a vector for each (dense). `FeatureSpace` makes them from tables of text.

#include <kindred/core/access.hpp>
#include <kindred/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

namespace kindred {

/// "This entity has feature number `feature`, to the degree `weight`": a genre with 1, a standardised year with -0.7, a word with its
/// TF-IDF.
struct FeatureWeight {
  Index feature = 0;
  float weight = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("feature", self.feature);
    field("weight", self.weight);
  }

  friend bool operator==(const FeatureWeight&, const FeatureWeight&) = default;
};

/// Features of `rows()` entities: row r has the sparse features `sparse(r)` and the vector `dense(r)`. Either part may be empty, for one
/// entity (of which then nothing is known) or for all.
///
/// Memory: 16 bytes a sparse entry, 4 dense_dim() bytes a row.
/// Throws: std::invalid_argument from `add_row` for a feature outside [0, sparse_dim()), a weight or coordinate that is not finite, or
/// a vector of the wrong length; nothing is added then.
class Features {
 public:
  Features() = default;
  explicit Features(Index sparse_dim, Index dense_dim = 0) : sparse_dim_(sparse_dim), dense_dim_(dense_dim) {
    detail::require(sparse_dim >= 0 && dense_dim >= 0, "Features: the dims must not be negative, got ", sparse_dim, " and ",
                    dense_dim);
  }

  /// Appends an entity. An empty `dense` stands for the zero vector.
  void add_row(std::span<const FeatureWeight> sparse, std::span<const float> dense = {}) {
    for (const FeatureWeight& entry : sparse) {
      detail::require(entry.feature >= 0 && entry.feature < sparse_dim_, "Features: row ", rows(),
                      ": a feature must be from 0 to ", sparse_dim_ - 1, ", got ", entry.feature);
      detail::require(std::isfinite(entry.weight), "Features: row ", rows(), ": a weight must be finite, got ", entry.weight);
    }
    detail::require(dense.empty() || static_cast<Index>(dense.size()) == dense_dim_, "Features: row ", rows(),
                    ": the vector must have ", dense_dim_, " coordinates, got ", dense.size());
    for (const float x : dense)
      detail::require(std::isfinite(x), "Features: row ", rows(), ": a coordinate must be finite, got ", x);
    entries_.insert(entries_.end(), sparse.begin(), sparse.end());
    begin_.push_back(entries_.size());
    dense_.resize(dense_.size() + static_cast<std::size_t>(dense_dim_));
    std::copy(dense.begin(), dense.end(), dense_.end() - static_cast<std::ptrdiff_t>(dense_dim_));
    known_.push_back(!sparse.empty() || !dense.empty());
  }

  Index rows() const { return static_cast<Index>(known_.size()); }
  Index sparse_dim() const { return sparse_dim_; }
  Index dense_dim() const { return dense_dim_; }

  std::span<const FeatureWeight> sparse(Index row) const {
    const auto r = checked(row);
    return std::span(entries_).subspan(begin_[r], begin_[r + 1] - begin_[r]);
  }
  std::span<const float> dense(Index row) const {
    return std::span(dense_).subspan(checked(row) * static_cast<std::size_t>(dense_dim_), static_cast<std::size_t>(dense_dim_));
  }

  /// Whether anything is known of the entity.
  bool known(Index row) const { return known_[checked(row)]; }

  /// See core/access.hpp.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("sparse_dim", self.sparse_dim_);
    field("dense_dim", self.dense_dim_);
    field("entries", self.entries_);
    field("begin", self.begin_);
    field("dense", self.dense_);
    field("known", self.known_);
  }
  void loaded() const {
    const std::size_t rows = known_.size(), dense = static_cast<std::size_t>(std::max<Index>(0, dense_dim_));
    detail::require(sparse_dim_ >= 0 && dense_dim_ >= 0, "Features: the dims must not be negative, got ", sparse_dim_, " and ",
                    dense_dim_);
    detail::require_offsets("Features", begin_, rows, entries_.size());
    detail::require(rows == 0 || dense == 0 ? dense_.empty() : dense_.size() % rows == 0 && dense_.size() / rows == dense,
                    "Features: there must be ", rows, " vectors of ", dense, " numbers, got ", dense_.size(), " numbers");
    for (const FeatureWeight& entry : entries_) {
      detail::require(entry.feature >= 0 && entry.feature < sparse_dim_ && std::isfinite(entry.weight),
                      "Features: a feature must be from 0 to ", sparse_dim_ - 1, " and its weight finite, got ", entry.feature,
                      " and ", entry.weight);
    }
    for (const float x : dense_) detail::require(std::isfinite(x), "Features: a coordinate must be finite, got ", x);
  }

 private:
  std::size_t checked(Index row) const {
    if (row < 0 || row >= rows())
      throw std::out_of_range(detail::concat("Features: row must be below ", rows(), ", got ", row));
    return static_cast<std::size_t>(row);
  }

  Index sparse_dim_ = 0, dense_dim_ = 0;
  std::vector<FeatureWeight> entries_;
  std::vector<std::size_t> begin_{0};
  std::vector<float> dense_;
  std::vector<bool> known_;
};

/// The same entities and sparse features, with row r of `vectors` as the dense vector of entity r: embeddings of images or sentences
/// that were made elsewhere. A row of zeros stands for an entity without one.
///
/// Throws: std::invalid_argument for another number of rows, or a coordinate that is not finite.
inline Features with_dense(const Features& features, const RowMatrix<float>& vectors) {
  detail::require(vectors.rows() == features.rows(), "with_dense: there must be a vector for each of the ", features.rows(),
                  " rows, got ", vectors.rows());
  Features out(features.sparse_dim(), vectors.cols());
  for (Index row = 0; row < features.rows(); ++row) {
    const std::span vector(vectors.data() + row * vectors.cols(), static_cast<std::size_t>(vectors.cols()));
    const bool zero = std::all_of(vector.begin(), vector.end(), [](float x) { return x == 0; });
    out.add_row(features.sparse(row), zero ? std::span<const float>() : vector);
  }
  return out;
}

namespace detail {

/// "none", or "7 entities, 20 sparse columns and vectors of 0": for messages.
inline std::string shape_of(const Features* features) {
  if (features == nullptr) return "none";
  return concat(features->rows(), " entities, ", features->sparse_dim(), " sparse columns and vectors of ",
                features->dense_dim());
}

}  // namespace detail

/// The sparse features for which keep(feature) holds, with their numbers, and the vectors.
template <class Keep>
Features select_features(const Features& features, const Keep& keep) {
  Features kept(features.sparse_dim(), features.dense_dim());
  std::vector<FeatureWeight> row;
  for (Index e = 0; e < features.rows(); ++e) {
    row.clear();
    for (const FeatureWeight& entry : features.sparse(e)) {
      if (keep(entry.feature)) row.push_back(entry);
    }
    kept.add_row(row, features.dense(e));
  }
  return kept;
}

/// Each entity that is true in `known` as a feature of its own: the features to use where nothing else is known, so that a `FeatureBag` is
/// a table of embeddings. The others have none.
inline Features identity_features(const std::vector<bool>& known) {
  Features features(static_cast<Index>(known.size()));
  for (std::size_t e = 0; e < known.size(); ++e) {
    const FeatureWeight own{static_cast<Index>(e), 1};
    features.add_row(known[e] ? std::span<const FeatureWeight>(&own, 1) : std::span<const FeatureWeight>());
  }
  return features;
}

}  // namespace kindred

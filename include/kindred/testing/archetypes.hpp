// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The smallest models there are: what each concept of model/model.hpp asks for and nothing else, their numbers written down by the
/// caller. For tests of code that takes a model.

#include <kindred/core/types.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/row.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

namespace kindred::testing {

/// A `Model` that is a table of scores, users x items.
template <class ScalarType = float, class Rep = std::uint32_t>
class ScoreTable {
 public:
  using Scalar = ScalarType;

  explicit ScoreTable(RowMatrix<Scalar> scores) : scores_(std::move(scores)) {}

  Index users() const { return scores_.rows(); }
  Index items() const { return scores_.cols(); }
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const { return scores_(user.index(), item.index()); }
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scores_(user.index(), static_cast<Index>(i));
  }

 private:
  RowMatrix<Scalar> scores_;
};

/// A `VectorModel` with embeddings: score(u, i) = shift + user.row(u) . item.row(i), where the shift is left out of the vectors.
template <class ScalarType = float, class Rep = std::uint32_t>
class VectorTable {
 public:
  using Scalar = ScalarType;

  /// Shapes: user users x dim, item items x dim.
  VectorTable(RowMatrix<Scalar> user, RowMatrix<Scalar> item, Scalar shift = 0)
      : user_(std::move(user)), item_(std::move(item)), shift_(shift) {
    detail::require(user_.cols() == item_.cols(), "VectorTable: users and items must have the same width, got ", user_.cols(),
                    " and ", item_.cols());
  }

  Index users() const { return user_.rows(); }
  Index items() const { return item_.rows(); }
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    return shift_ + user_.row(user.index()).dot(item_.row(item.index()));
  }
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = score(user, BasicItemId<Rep>(i));
  }

  Index vector_dim() const { return user_.cols(); }
  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const { rows(user_, ids, out); }
  void item_vectors(RowMatrix<Scalar>& out) const {
    out.setZero(items(), padded<Scalar>(vector_dim()));
    out.leftCols(vector_dim()) = item_;
  }

  void user_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { rows(user_, ids, out); }
  void item_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { rows(item_, ids, out); }

 private:
  static void rows(const RowMatrix<Scalar>& from, std::span<const Index> ids, RowMatrix<Scalar>& out) {
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar>(from.cols()));
    for (std::size_t k = 0; k < ids.size(); ++k) out.row(static_cast<Index>(k)).head(from.cols()) = from.row(ids[k]);
  }

  RowMatrix<Scalar> user_, item_;
  Scalar shift_;
};

static_assert(Model<ScoreTable<float>> && !VectorModel<ScoreTable<float>> && !HasEmbeddings<ScoreTable<float>>);
static_assert(VectorModel<VectorTable<double>> && HasEmbeddings<VectorTable<double>>);
static_assert(VectorModel<VectorTable<float, std::uint64_t>, std::uint64_t>);

}  // namespace kindred::testing

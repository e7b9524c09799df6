// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What metric/, serve/ and train/ ask of a model: three small concepts. Popularity, biases, neighbourhoods and two-tower models
/// all meet `Model`; those whose scores are dot products meet `VectorModel` too and are then served by matrix kernels.

#include <kindred/core/types.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstdint>
#include <span>

namespace kindred {

/// Scores any item for any user.
///
/// What must hold beyond the syntax:
/// - `score_items(u, out)` writes `score(u, i)` to `out[i]` for every item, up to rounding; `out.size() == items()`. It allocates
///   nothing after warm-up if `recommend_into` is to allocate nothing.
/// - A larger score is a better item. A NaN score means "cannot say": such an item is never recommended.
/// - An id outside [0, users()) or [0, items()) throws std::out_of_range, or is a KINDRED_ASSERT; metric/ and serve/ check first.
/// - Everything here is const and may be called from many threads at once; equal arguments give equal bits.
///
/// A model in five lines (recommends small ids):
/// ```cpp
/// struct SmallIdsFirst {
///   using Scalar = float;
///   Index users() const { return 3; }
///   Index items() const { return 5; }
///   float score(UserId, ItemId item) const { return -float(item.index()); }
///   void score_items(UserId, std::span<float> out) const { for (std::size_t i = 0; i < out.size(); ++i) out[i] = -float(i); }
/// };
/// ```
/// Near miss: `score(Index user, Index item)`. Plain numbers can be swapped, so an id does not turn into one.
template <class M, class Rep = std::uint32_t>
concept Model = std::floating_point<typename M::Scalar> &&
                requires(const M model, BasicUserId<Rep> user, BasicItemId<Rep> item, std::span<typename M::Scalar> out) {
                  { model.users() } -> std::convertible_to<Index>;
                  { model.items() } -> std::convertible_to<Index>;
                  { model.score(user, item) } -> std::convertible_to<typename M::Scalar>;
                  model.score_items(user, out);
                };

/// A model whose ranking is that of dot products, so that top-k over all users is a matrix product.
///
/// What must hold beyond the syntax:
/// - user_vectors.row(u) . item_vectors.row(i) ranks the items of user u as `score(u, i)` does: score = f_u(dot) up to rounding for
///   some strictly increasing f_u. Terms that are the same for all items (a mean, the user's bias, the user's norm) may be left out.
/// - `user_vectors(ids, out)`: out becomes ids.size() x padded<Scalar>(vector_dim()), row k for user ids[k]; ids may repeat.
/// - `item_vectors(out)`: out becomes items() x padded<Scalar>(vector_dim()).
/// - Columns from vector_dim() on are zero. `out` is resized only if its shape differs.
/// - A score that is never to be recommended (NaN) is NaN here too.
///
/// Near miss: vectors for a score that falls with the dot product (a distance): every list would be upside down.
template <class M, class Rep = std::uint32_t>
concept VectorModel = Model<M, Rep> && requires(const M model, std::span<const Index> ids, RowMatrix<typename M::Scalar>& out) {
  { model.vector_dim() } -> std::convertible_to<Index>;
  model.user_vectors(ids, out);
  model.item_vectors(out);
};

/// A model that places users and items in a space where near means alike: what `similar_users` and `similar_items` use.
///
/// What must hold beyond the syntax: `user_embeddings(ids, out)` makes out ids.size() x (any width, whole packets), row k the raw
/// embedding of ids[k] without biases, padded with zeros; `item_embeddings(ids, out)` likewise. Their widths may differ.
template <class M>
concept HasEmbeddings = std::floating_point<typename M::Scalar> &&
                        requires(const M model, std::span<const Index> ids, RowMatrix<typename M::Scalar>& out) {
                          { model.users() } -> std::convertible_to<Index>;
                          { model.items() } -> std::convertible_to<Index>;
                          model.user_embeddings(ids, out);
                          model.item_embeddings(ids, out);
                        };

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which items (users) are most like a given one: sim(a, b) = a.b / (|a| |b|), the cosine of their embeddings, and 0 for a zero vector.

#include <kindred/kernel/cosine_neighbours.hpp>
#include <kindred/model/model.hpp>
#include <kindred/serve/recommend.hpp>

#include <cstdint>
#include <numeric>
#include <vector>

namespace kindred {

struct SimilarOptions {
  Index count = 10;  ///< at most this many
};

/// A user and how alike he is, from -1 to 1.
template <class Rep, class Scalar>
struct BasicSimilarUser {
  BasicUserId<Rep> user{};
  Scalar score{};

  friend bool operator==(const BasicSimilarUser&, const BasicSimilarUser&) = default;
};

/// The neighbours among all items (users) of a model, to be asked many times. Later training does not change the result.
template <HasEmbeddings M>
CosineNeighbours<typename M::Scalar> item_neighbours(const M& model) {
  std::vector<Index> ids(static_cast<std::size_t>(model.items()));
  std::iota(ids.begin(), ids.end(), Index{0});
  RowMatrix<typename M::Scalar> rows;
  model.item_embeddings(ids, rows);
  return CosineNeighbours<typename M::Scalar>(std::move(rows));
}
template <HasEmbeddings M>
CosineNeighbours<typename M::Scalar> user_neighbours(const M& model) {
  std::vector<Index> ids(static_cast<std::size_t>(model.users()));
  std::iota(ids.begin(), ids.end(), Index{0});
  RowMatrix<typename M::Scalar> rows;
  model.user_embeddings(ids, rows);
  return CosineNeighbours<typename M::Scalar>(std::move(rows));
}

/// The items most like this one by the cosine of their embeddings (biases do not count), best first, equal ones by id; the item
/// itself is left out.
///
/// Cost: O(items Dim), most of it for a copy of the embeddings: keep `item_neighbours(model)` for many questions.
/// Throws: std::out_of_range for an unknown item; std::invalid_argument for a negative count.
template <HasEmbeddings M, class Rep>
std::vector<BasicScored<Rep, typename M::Scalar>> similar_items(const M& model, BasicItemId<Rep> item,
                                                                const SimilarOptions& options = {}) {
  detail::require_id("similar_items: the item", item.index(), static_cast<Index>(model.items()));
  detail::require(options.count >= 0, "similar_items: count must not be negative, got ", options.count);
  return item_neighbours(model).template nearest<Rep>(item.index(), options.count);
}

/// The users most like this one; as `similar_items`.
template <HasEmbeddings M, class Rep>
std::vector<BasicSimilarUser<Rep, typename M::Scalar>> similar_users(const M& model, BasicUserId<Rep> user,
                                                                     const SimilarOptions& options = {}) {
  detail::require_id("similar_users: the user", user.index(), static_cast<Index>(model.users()));
  detail::require(options.count >= 0, "similar_users: count must not be negative, got ", options.count);
  std::vector<BasicSimilarUser<Rep, typename M::Scalar>> out;
  for (const auto& [row, score] : user_neighbours(model).template nearest<Rep>(user.index(), options.count)) {
    out.push_back({BasicUserId<Rep>(row.value()), score});
  }
  return out;
}

}  // namespace kindred

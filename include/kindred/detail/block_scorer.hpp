// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Scores and best lists for a block of users at a time, for whatever a model offers: a matrix product where it has vectors
/// (`VectorModel`), one `score_items` a user otherwise.

#include <kindred/kernel/score.hpp>
#include <kindred/kernel/top_k.hpp>
#include <kindred/model/model.hpp>

#include <span>
#include <vector>

namespace kindred::detail {

/// What a block scorer is made for.
enum class BlockOf { lists, scores };

/// Made once per call of a batch function; const and thread-safe afterwards. Holds references to the model and the mask.
template <class M, class Rep>
  requires Model<M, Rep>
class BlockScorer {
 public:
  using Scalar = typename M::Scalar;

  /// @param allowed  only these items come into lists; nullptr: all
  BlockScorer(const M& model, BlockOf purpose, const ItemMask* allowed = nullptr) : model_(model), allowed_(allowed) {
    if constexpr (VectorModel<M, Rep>) {
      RowMatrix<Scalar> vectors;
      model.item_vectors(vectors);
      if (purpose == BlockOf::lists) {
        ranked_ = RankedItems<Scalar>(vectors, model.vector_dim(), allowed);
      } else {
        items_ = ItemTiles<Scalar>(vectors, model.vector_dim());
      }
    }
  }

  /// What a thread needs for lists, to be used again.
  struct Memory {
    RowMatrix<Scalar> vectors{};
    TopKBlock<Scalar, Rep> block{};
    std::vector<Scalar> scores{};
  };

  /// The best items of users[0], users[1], ... (at most `user_block`) to rows first, first + 1, ... of `lists`. seen(r) is asked
  /// for a row r of `lists`. Scores are those of the vectors, where there are vectors.
  template <class Seen, class Keep>
  void top_k(std::span<const Index> users, const Seen& seen, const Keep& keep, BasicTopLists<Rep, Scalar>& lists, Index first,
             Memory& memory) const {
    if constexpr (VectorModel<M, Rep>) {
      RowMatrix<Scalar>& vectors = memory.vectors;
      model_.user_vectors(users, vectors);
      memory.block.run(vectors.data(), vectors.cols(), vectors.rows(), ranked_, seen, keep, lists, first);
    } else {
      std::vector<Scalar>& scores = memory.scores;
      scores.resize(static_cast<std::size_t>(model_.items()));
      for (const Index user : users) {
        model_.score_items(BasicUserId<Rep>(user), std::span<Scalar>(scores));
        Cursor<Rep> cursor(seen(first));
        const Index count = top_k_of_scores(std::span<const Scalar>(scores), lists.room(first), [&](Index item) {
          return (allowed_ == nullptr || (*allowed_)[item]) && !cursor.contains(item) && keep(item);
        });
        lists.set_count(first++, count);
      }
    }
  }

  /// out.row(k) = the scores of all items for users[k] (by the vectors, where there are vectors).
  void scores(std::span<const Index> users, RowMatrix<Scalar>& out) const {
    if constexpr (VectorModel<M, Rep>) {
      RowMatrix<Scalar> vectors;
      model_.user_vectors(users, vectors);
      score_many_to_many(vectors, items_, out);
    } else {
      const Index items = model_.items();
      out.resize(static_cast<Index>(users.size()), items);
      for (std::size_t k = 0; k < users.size(); ++k) {
        model_.score_items(BasicUserId<Rep>(users[k]),
                           std::span<Scalar>(out.data() + static_cast<Index>(k) * items, static_cast<std::size_t>(items)));
      }
    }
  }

 private:
  const M& model_;
  const ItemMask* allowed_;
  RankedItems<Scalar> ranked_;
  ItemTiles<Scalar> items_;
};

}  // namespace kindred::detail

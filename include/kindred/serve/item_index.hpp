// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The items of a model laid out once, for a server that answers one user after another: the same lists as `recommend`, several times faster.
/// For many users at once: serve/recommend_all.hpp.

#include <kindred/kernel/ranked_rows.hpp>
#include <kindred/kernel/top_k_one.hpp>
#include <kindred/model/model.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/serve/recommend_all.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

namespace kindred {

/// A copy of the items' vectors, by descending length and, of a large catalogue, in 4 bits besides (kernel/ranked_rows.hpp): a query reads
/// the small copy, and scores only what may be in the list. Nothing is approximate: what is left out cannot be in the list.
/// ```cpp
/// const ItemIndex index(model);                                     // make it again for a new model
/// recommend(index, model, user, {.count = 10, .exclude = seen});    // from any thread
/// ```
/// Memory: about 4 padded(Dim) + Dim + 8 bytes an item in float. Cost to make: a pass over the items and a sort.
/// Not worth it for a model that is asked once, or for a few hundred items.
template <std::floating_point Scalar = float>
class ItemIndex {
 public:
  template <class M>
    requires VectorModel<M> && std::same_as<typename M::Scalar, Scalar>
  explicit ItemIndex(const M& model) {
    RowMatrix<Scalar> vectors;
    model.item_vectors(vectors);
    items_ = RankedRows<Scalar>(vectors, model.vector_dim());
  }

  Index items() const { return items_.items(); }
  Index dim() const { return items_.dim(); }
  const RankedRows<Scalar>& ranked() const { return items_; }

 private:
  RankedRows<Scalar> items_;
};
template <class M>
ItemIndex(const M&) -> ItemIndex<typename M::Scalar>;

/// Memory that queries use again and again. One per thread.
template <class Scalar = float, class Rep = std::uint32_t>
struct ItemIndexWorkspace {
  ItemMask allowed{};
  RowMatrix<Scalar> vector{};
  BasicTopLists<Rep, Scalar> lists{};
  detail::TopKOne<Scalar> search{};
};

/// As `recommend`, best first, in the workspace's memory: valid until it is used again. `model` must be the one that the index was made of.
///
/// Cost: at most a pass over the 4-bit copy. Allocates nothing once the workspace has answered as large a query, if `user_vectors` does not.
/// Throws: as `recommend`; std::invalid_argument if the index has not the model's shape.
template <class M, class Rep>
  requires VectorModel<M, Rep>
std::span<const BasicScored<Rep, typename M::Scalar>> recommend_into(const ItemIndex<typename M::Scalar>& index, const M& model,
                                                                     BasicUserId<Rep> user,
                                                                     const BasicRecommendOptions<Rep>& options,
                                                                     ItemIndexWorkspace<typename M::Scalar, Rep>& workspace) {
  detail::require_id("recommend: the user", user.index(), static_cast<Index>(model.users()));
  detail::require(index.items() == static_cast<Index>(model.items()) && index.dim() == static_cast<Index>(model.vector_dim()),
                  "recommend: the index must be that of the model, of ", model.items(), " items and ", model.vector_dim(),
                  " numbers each, got ", index.items(), " and ", index.dim());
  detail::require(options.count >= 0, "recommend: count must not be negative, got ", options.count);
  detail::fill_mask<Rep>("recommend: an item in a list", workspace.allowed, index.items(), options.allow, options.deny,
                         options.exclude);
  workspace.lists.reset(1, std::min(options.count, index.items()));
  if (options.count == 0) return {};
  const Index id = user.index();
  model.user_vectors(std::span<const Index>(&id, 1), workspace.vector);
  const auto best = workspace.search.run(
      workspace.vector.data(), index.ranked(), std::min(options.count, index.items()),
      [&](Index item) { return workspace.allowed[item] && (!options.predicate || options.predicate(BasicItemId<Rep>(item))); });
  std::transform(best.begin(), best.end(), workspace.lists.room(0).begin(), [&](const auto& found) {
    return BasicScored<Rep, typename M::Scalar>{BasicItemId<Rep>(found.item), found.lower};
  });
  workspace.lists.set_count(0, static_cast<Index>(best.size()));
  detail::rescore(model, user, workspace.lists, 0);
  return workspace.lists[0];
}

/// The same as a list of its own.
template <class M, class Rep>
  requires VectorModel<M, Rep>
std::vector<BasicScored<Rep, typename M::Scalar>> recommend(const ItemIndex<typename M::Scalar>& index, const M& model,
                                                            BasicUserId<Rep> user,
                                                            const BasicRecommendOptions<Rep>& options = {}) {
  ItemIndexWorkspace<typename M::Scalar, Rep> workspace;
  const auto list = recommend_into(index, model, user, options, workspace);
  return {list.begin(), list.end()};
}

}  // namespace kindred

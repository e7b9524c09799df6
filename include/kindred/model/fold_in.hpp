// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A trained model for users it was not trained with: they are scored from their interactions, without training.

#include <kindred/data/history.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/model/item_item.hpp>
#include <kindred/model/model.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// Scores all items for a user from the user's rows of `histories`: `score(histories, user, out)` writes out[i] for each item i.
///
/// What must hold beyond the syntax: it reads no other user's rows, is const, and may be called from many threads at once.
/// ```cpp
/// const auto by_count = [&](const Interactions& histories, UserId user, std::span<float> out) {
///   std::fill(out.begin(), out.end(), 0.0F);
///   for (const ItemId item : histories.items_of(user)) ...  // what speaks for other items
/// };
/// ```
template <class F, class Rep = std::uint32_t, class Scalar = float>
concept HistoryScorer = requires(const F score, const BasicInteractions<Rep>& histories, BasicUserId<Rep> user,
                                 std::span<Scalar> out) { score(histories, user, out); };

/// A `Model` whose users are those of the histories, from a `HistoryScorer`. Keeps a copy of the histories, which is cheap.
///
/// Cost: as the scorer, also for the score of one item; `score` allocates. Throws: std::out_of_range for an unknown id.
template <class F, class Rep = std::uint32_t, class ScalarType = float>
  requires HistoryScorer<F, Rep, ScalarType>
class FoldInModel {
 public:
  using Scalar = ScalarType;

  FoldInModel(BasicInteractions<Rep> histories, Index items, F scorer)
      : histories_(std::move(histories)), items_(items), scorer_(std::move(scorer)) {}

  Index users() const { return histories_.users(); }
  Index items() const { return items_; }

  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    detail::require_id("FoldInModel: user", user.index(), users());
    detail::require(static_cast<Index>(out.size()) == items_, "FoldInModel::score_items: out must have ", items_,
                    " places, got ", out.size());
    scorer_(histories_, user, out);
  }
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    detail::require_id("FoldInModel: item", item.index(), items_);
    std::vector<Scalar> all(static_cast<std::size_t>(items_));
    score_items(user, std::span<Scalar>(all));
    return all[static_cast<std::size_t>(item.index())];
  }

 private:
  BasicInteractions<Rep> histories_;
  Index items_;
  F scorer_;
};

/// The item-item model (`ItemKnn`, `Ease`) for the users of these histories. Nothing is trained, and the weights are shared.
/// @param options  those that the model was made with
/// Throws: std::invalid_argument for histories of other items, and as `history_weights`.
template <class Weights, class Rep>
ItemItemModel<Weights> fold_in(const ItemItemModel<Weights>& model, const BasicInteractions<Rep>& histories,
                               const HistoryOptions& options = {}) {
  ItemItemModel<Weights> out = model;
  out.set_histories(interaction_features(histories, Side::users, options));
  return out;
}

namespace detail {

/// Encodes a user's rows, and scores by the vector.
template <class Model>
struct EncodedHistory {
  const Model* model;

  template <class Rep>
  void operator()(const BasicInteractions<Rep>& histories, BasicUserId<Rep> user, std::span<typename Model::Scalar> out) const {
    std::vector<float> values, weights;
    for (const Index row : histories.rows_of(user)) {
      values.push_back(histories.value(row));
      weights.push_back(histories.weight(row));
    }
    model->score_all(model->encode(histories.items_of(user), values, weights), out);
  }
};

}  // namespace detail

/// The autoencoder of users for the users of these histories: each is encoded when asked for. The model must outlive what is returned.
/// Throws: std::invalid_argument for histories of other items; when scoring, as `encode`.
template <class Scalar, int Dim, Activation Act, std::size_t Layers, class Rep>
auto fold_in(const AutoencoderModel<Side::users, Scalar, Dim, Act, Layers>& model, const BasicInteractions<Rep>& histories) {
  using Encoded = detail::EncodedHistory<AutoencoderModel<Side::users, Scalar, Dim, Act, Layers>>;
  detail::require(histories.items() == model.items(), "fold_in: the histories must be of ", model.items(), " items, got ",
                  histories.items());
  return FoldInModel<Encoded, Rep, Scalar>(histories, model.items(), Encoded{&model});
}

}  // namespace kindred

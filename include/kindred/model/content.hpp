// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The content model: users and items by what is known about them, so that new ones are scored like old ones.

#include <kindred/encoder/feature_bag.hpp>
#include <kindred/model/two_tower.hpp>

namespace kindred {

struct ContentOptions {
  double scale = 1;  ///< the unit of the labels, see `TwoTower`
};

/// pred(u, i) = [ mean + ] scale ( score(encode_user(u), encode_item(i)) [ + c_u + c_i ] ), with encoders of features: `FeatureBag`,
/// `DenseFeatures`, `Mlp` over them, sums and concatenations; for users also their history (encoder/history.hpp) or a table.
///
/// The biases c are sums over features as well (a `FeatureBag` of one column: "this genre is liked 0.2 more"), so that a new item has
/// one too. Without them it is a plain inner product of towers, as for implicit feedback.
/// Memory: the encoders'. Throws: std::invalid_argument if dims or rows differ.
/// When not to use it: where there are many interactions, ids tell more than features; use it as a part of a `HybridModel` there.
template <Encoder UserEncoder, Encoder ItemEncoder, class ScorerType = DotProduct,
          Encoder UserBias = EmbeddingTable<typename UserEncoder::Scalar, 1>,
          Encoder ItemBias = EmbeddingTable<typename ItemEncoder::Scalar, 1>>
class ContentModel : public TwoTower<UserEncoder, ItemEncoder, ScorerType, UserBias, ItemBias> {
  using Base = TwoTower<UserEncoder, ItemEncoder, ScorerType, UserBias, ItemBias>;

 public:
  ContentModel(UserEncoder user, ItemEncoder item, const ContentOptions& options = {}, ScorerType scorer = {})
    requires std::constructible_from<UserBias, Index> && std::constructible_from<ItemBias, Index>
      : Base(std::move(user), std::move(item), false, std::move(scorer), options.scale) {}
  ContentModel(UserEncoder user, ItemEncoder item, UserBias user_bias, ItemBias item_bias, const ContentOptions& options = {},
               ScorerType scorer = {})
      : Base(std::move(user), std::move(item), std::move(user_bias), std::move(item_bias), true, std::move(scorer),
             options.scale) {}

 private:
  friend class Access;
  ContentModel() = default;
};

template <class U, class I>
ContentModel(U, I) -> ContentModel<U, I>;
template <class U, class I>
ContentModel(U, I, ContentOptions) -> ContentModel<U, I>;
template <class U, class I, Encoder B, Encoder C>
ContentModel(U, I, B, C) -> ContentModel<U, I, DotProduct, B, C>;
template <class U, class I, Encoder B, Encoder C>
ContentModel(U, I, B, C, ContentOptions) -> ContentModel<U, I, DotProduct, B, C>;

/// A content model without a hidden layer: sums of the embeddings of features, and biases of features.
/// Source: Kula 2015 (LightFM without ids).
template <class Scalar = float, int Dim = Dynamic>
using LinearContentModel =
    ContentModel<FeatureBag<Scalar, Dim>, FeatureBag<Scalar, Dim>, DotProduct, FeatureBag<Scalar, 1>, FeatureBag<Scalar, 1>>;

}  // namespace kindred

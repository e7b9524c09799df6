// SPDX-License-Identifier: MIT
#include "served.hpp"

#include "picture.hpp"

#include <kindred/model/autoencoder.hpp>
#include <kindred/model/bias.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/serve/similar.hpp>
#include <kindred/train/fit_item_hybrid.hpp>
#include <kindred/train/fit_rating_hybrid.hpp>

namespace workbench {

namespace {

using kindred::Index;

template <class List>
Served::Scored plain(const List& list) {
  Served::Scored out;
  for (const auto& [id, score] : list) out.emplace_back(id.index(), static_cast<double>(score));
  return out;
}

/// Whether users can be made of histories for a model.
template <class M>
constexpr bool folds = true;
template <>
constexpr bool folds<kindred::NeighbourhoodModel<>> = false;  // has no vectors
template <>
constexpr bool folds<kindred::CollaborativeModel<float, kindred::Dynamic, kindred::Cosine>> = false;  // not least squares

template <class M>
class ServedModel : public Served {
 public:
  explicit ServedModel(const kindred::ModelFile& file) : model_(file.model<M>()) {}

  Index items() const override { return model_.items(); }

  Scored recommend(kindred::UserId user, const kindred::RecommendOptions& options) const override {
    return plain(kindred::recommend(model_, user, options));
  }
  Scored recommend(const kindred::History& history, const kindred::FoldInOptions& fold_in,
                   const kindred::RecommendOptions& options) const override {
    if constexpr (folds<M>) {
      const kindred::FoldIn fold(model_, fold_in);
      return plain(kindred::recommend(fold(history), options));
    } else {
      throw std::invalid_argument("--history: needs a model that makes a user of items, got '" + M::kind() + "'");
    }
  }

  std::vector<PartShare> shares(kindred::UserId user, kindred::ItemId item) const override {
    std::vector<PartShare> out;
    if constexpr (requires { model_.breakdown(user, item); }) {
      for (const auto& share : model_.breakdown(user, item)) out.push_back({static_cast<double>(share.score), share.known});
    }
    return out;
  }

  std::optional<Scored> similar_items(kindred::ItemId item, Index count) const override {
    const auto& space = space_of(model_);
    if constexpr (kindred::HasEmbeddings<std::remove_cvref_t<decltype(space)>>) {
      return plain(kindred::similar_items(space, item, {.count = count}));
    } else if constexpr (requires { space.neighbours(item); }) {
      const auto list = space.neighbours(item);
      return plain(list.first(std::min(list.size(), static_cast<std::size_t>(count))));
    } else {
      return std::nullopt;
    }
  }
  std::optional<Scored> similar_users(kindred::UserId user, Index count) const override {
    const auto& space = space_of(model_);
    if constexpr (kindred::HasEmbeddings<std::remove_cvref_t<decltype(space)>>) {
      return plain(kindred::similar_users(space, user, {.count = count}));
    } else {
      return std::nullopt;
    }
  }

 private:
  M model_;
};

template <class... M>
std::unique_ptr<Served> first_of_kind(const kindred::ModelFile& file) {
  std::unique_ptr<Served> served;
  ((served == nullptr && file.kind() == M::kind() ? void(served = std::make_unique<ServedModel<M>>(file)) : void()), ...);
  return served;
}

}  // namespace

std::unique_ptr<Served> open(const kindred::ModelFile& file, const std::string& path) {
  auto served =
      first_of_kind<kindred::CollaborativeModel<float>, kindred::CollaborativeModel<float, kindred::Dynamic, kindred::Cosine>,
                    kindred::Popularity, kindred::BiasModel, kindred::ItemKnn, kindred::Ease, kindred::NeighbourhoodModel<>,
                    kindred::AutoencoderModel<kindred::Side::items>, kindred::ItemHybrid<kindred::Dynamic>,
                    kindred::LinearContentModel<float>, kindred::RatingHybrid<float, kindred::Dynamic>>(file);
  if (served == nullptr) {
    throw kindred::ParseError(path + ": must hold a model that kindred-workbench trains, got '" + file.kind() + "'");
  }
  return served;
}

}  // namespace workbench

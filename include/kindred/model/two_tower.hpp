// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The one idea of kindred: a model is two encoders and a scorer, pred(u, i) = score(encode_user(u), encode_item(i)), with optional
/// global mean and biases. Collaborative and content models are this with other encoders.

#include <kindred/core/access.hpp>
#include <kindred/detail/encode.hpp>
#include <kindred/detail/score_rows.hpp>
#include <kindred/model/model.hpp>
#include <kindred/model/tower_encoders.hpp>
#include <kindred/scorer/dot_product.hpp>

#include <cmath>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kindred {

/// pred(u, i) = [ mean + ] scale ( score(encode_user(u), encode_item(i)) [ + b_u + b_i ] ).
///
/// The scale, 1 by default, is the unit of the labels: with the standard deviation of the ratings, initial values and learning rates mean
/// the same for ratings up to 5 and up to 100.
/// Models `VectorModel`, `HasEmbeddings` and `Trainable`. Everything const may be called from many threads at once.
/// Vectors for top-k: scale (index_form(user), 1) and (index_form(item), b_i); the mean and b_u do not change a user's ranking.
/// Cost: score O(Dim); score_items O(items Dim) for table encoders.
/// Throws: std::invalid_argument from the constructor if the encoders' dims differ; std::out_of_range for an unknown id.
template <Encoder UserEncoder, Encoder ItemEncoder, class ScorerType = DotProduct,
          Encoder UserBias = EmbeddingTable<typename UserEncoder::Scalar, 1>,
          Encoder ItemBias = EmbeddingTable<typename ItemEncoder::Scalar, 1>>
class TwoTower : public TowerEncoders<UserEncoder, ItemEncoder, UserBias, ItemBias> {
  using Base = TowerEncoders<UserEncoder, ItemEncoder, UserBias, ItemBias>;

 public:
  using Base::fixed_dim, Base::dim;
  using typename Base::Scalar, typename Base::Tape;
  static_assert(Scorer<ScorerType, Scalar>, "TwoTower: the scorer must model kindred::Scorer (scorer/scorer.hpp)");

  /// Whether the vectors' dot products give only the order of the scores.
  static constexpr bool ranks_only = detail::ranks_only<ScorerType>;

  /// Biases, if on, are tables: a number for each user and each item.
  TwoTower(UserEncoder user_encoder, ItemEncoder item_encoder, bool biases, ScorerType scorer = {}, double scale = 1)
    requires std::constructible_from<UserBias, Index> && std::constructible_from<ItemBias, Index>
      : Base(std::move(user_encoder), std::move(item_encoder), biases),
        scorer_(std::move(scorer)),
        scale_(static_cast<Scalar>(scale)) {
    check(scale);
  }

  /// Biases from encoders of their own, of features for example.
  TwoTower(UserEncoder user_encoder, ItemEncoder item_encoder, UserBias user_bias, ItemBias item_bias, bool biases = true,
           ScorerType scorer = {}, double scale = 1)
      : Base(std::move(user_encoder), std::move(item_encoder), std::move(user_bias), std::move(item_bias), biases),
        scorer_(std::move(scorer)),
        scale_(static_cast<Scalar>(scale)) {
    check(scale);
  }

  /// The same model with encoders that store their numbers otherwise, in 16 bits for example. Throws: as their conversions.
  template <class Users, class Items>
    requires(!(std::same_as<Users, UserEncoder> && std::same_as<Items, ItemEncoder>) &&
             std::constructible_from<UserEncoder, const Users&> && std::constructible_from<ItemEncoder, const Items&>)
  explicit TwoTower(const TwoTower<Users, Items, ScorerType, UserBias, ItemBias>& other)
      : Base(other), scorer_(other.scorer_), mean_(other.mean_), scale_(other.scale_), prepared_(other.prepared_) {}

  template <class Rep>
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    const Index u = checked(user), i = checked(item);
    return detail::with_encoded(user_encoder_, u, [&](const auto& a) {
      return detail::with_encoded(item_encoder_, i, [&](const auto& b) {
        return finish(bias_of(user_bias_, u), bias_of(item_bias_, i), scorer_.score(a, b));
      });
    });
  }

  /// out[i] = score(user, i) for every item. Allocates nothing for table encoders.
  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    const Index u = checked(user);
    detail::require(static_cast<Index>(out.size()) == this->items(), "TwoTower::score_items: out must have ", this->items(),
                    " places, got ", out.size());
    detail::with_encoded(user_encoder_, u, [&](const auto& a) {
      if constexpr (LookupEncoder<ItemEncoder>) {
        const auto row = [&](Index k) { return item_encoder_.padded_row(k); };
        detail::score_rows(scorer_, a, item_encoder_.padded_value(), row, out);
      } else {
        RowMatrix<Scalar> rows;
        item_encoder_.encode(detail::ids_up_to(this->items()), rows);
        const auto row = [&](Index k) { return vector(std::as_const(rows), k); };
        detail::score_rows(scorer_, a, rows, row, out);
      }
    });
    const Scalar user_bias = bias_of(user_bias_, u);
    for_each_item_bias([&](Index i, Scalar item_bias) {
      Scalar& score = out[static_cast<std::size_t>(i)];
      score = finish(user_bias, item_bias, score);
    });
  }

  // Vectors whose dot products rank as the scores do. ---------------------------------------------------------------------------------

  Index vector_dim() const { return dim() + (biases_ ? 1 : 0); }

  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    vectors(user_encoder_, ids, out);
    if (biases_) out.col(dim()).setOnes();
    if (scale_ != 1) out *= scale_;
  }
  void item_vectors(RowMatrix<Scalar>& out) const {
    vectors(item_encoder_, detail::ids_up_to(this->items()), out);
    if (biases_) for_each_item_bias([&](Index i, Scalar bias) { out(i, dim()) = bias; });
  }

  // Training. -----------------------------------------------------------------------------------------------------------------------

  /// predictions[k] = score(users[k], items[k]); remembers in `tape` what `backward` needs.
  void forward(std::span<const Index> users, std::span<const Index> items, std::span<Scalar> predictions, Tape& tape) const {
    this->encode_pairs(users, items, tape,
                       [&](std::size_t k, const auto& a, const auto& b, Scalar user_bias, Scalar item_bias) {
                         predictions[k] = finish(user_bias, item_bias, scorer_.score(a, b));
                       });
  }

  /// Adds to `gradients` the gradient of a loss whose derivative by predictions[k] is slopes[k].
  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const Scalar> slopes, Tape& tape,
                auto&& gradients) const {
    tape.d_bias.resize(static_cast<Index>(slopes.size()), 1);  // the biases' vectors have one coordinate
    for (std::size_t k = 0; k < slopes.size(); ++k) tape.d_bias(static_cast<Index>(k), 0) = scale_ * slopes[k];
    this->backward_pairs(users, items, tape, gradients,
                         [&](std::size_t k, const auto& a, const auto& b, auto&& d_a, auto&& d_b) {
                           scorer_.backward(a, b, tape.d_bias(static_cast<Index>(k), 0), d_a, d_b);
                         });
  }

  /// Called by a trainer before the first step, with the mean label; later calls change nothing. The mean becomes the global mean
  /// (if there are biases), and the tables' rows of ids without a row in `data` become zero: those ids are scored by their features,
  /// if an encoder has any, and by means and biases.
  template <class Data>
  void prepare(const Data& data, double mean_label) {
    if (prepared_) return;
    prepared_ = true;
    if (biases_) mean_ = static_cast<Scalar>(mean_label);
    this->forget_unseen(data);
  }

  /// See core/access.hpp.
  static std::string kind() {
    return "two-tower(" + UserEncoder::kind() + ", " + ItemEncoder::kind() + ", " + ScorerType::kind() + ", " +
           UserBias::kind() + ", " + ItemBias::kind() + ")";
  }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("user", self.user_encoder_);
    field("item", self.item_encoder_);
    field("user_bias", self.user_bias_);
    field("item_bias", self.item_bias_);
    field("scorer", self.scorer_);
    field("mean", self.mean_);
    field("scale", self.scale_);
    field("biases", self.biases_);
    field("prepared", self.prepared_);
  }
  void loaded() const {
    check(static_cast<double>(scale_));
    detail::require(std::isfinite(mean_), "TwoTower: the mean must be finite, got ", mean_);
  }

  Scalar global_mean() const { return mean_; }
  Scalar scale() const { return scale_; }
  const ScorerType& scorer() const { return scorer_; }

 protected:
  friend class Access;
  TwoTower() = default;

 private:
  template <Encoder, Encoder, class, Encoder, Encoder>
  friend class TwoTower;

  using Base::checked, Base::bias_of, Base::vector;
  using Base::user_encoder_, Base::item_encoder_, Base::user_bias_, Base::item_bias_, Base::biases_;

  void check(double scale) const {
    detail::require(user_bias_.rows() == this->users() && item_bias_.rows() == this->items(),
                    "TwoTower: the biases must have the encoders' rows, ", this->users(), " and ", this->items(), ", got ",
                    user_bias_.rows(), " and ", item_bias_.rows());
    detail::require(scale > 0 && scale < 1e30, "TwoTower: scale must be positive and finite, got ", scale);
    detail::require(user_encoder_.dim() == item_encoder_.dim(), "TwoTower: the encoders must have the same dim, got ",
                    user_encoder_.dim(), " for users and ", item_encoder_.dim(), " for items");
    detail::require(!(biases_ && ranks_only),
                    "TwoTower: biases must be off for a scorer whose index_form only ranks (ranks_only), got on");
    if constexpr (requires { scorer_.validate(); }) scorer_.validate();
  }

  Scalar finish(Scalar user_bias, Scalar item_bias, Scalar score) const {
    return biases_ ? mean_ + scale_ * (user_bias + item_bias + score) : scale_ * score;
  }

  /// f(id, bias of id) for every item.
  template <class F>
  void for_each_item_bias(F&& f) const {
    RowMatrix<Scalar> all = RowMatrix<Scalar>::Zero(LookupEncoder<ItemBias> ? 0 : this->items(), 1);
    if (!LookupEncoder<ItemBias> && biases_) item_bias_.encode(detail::ids_up_to(this->items()), all);
    for (Index i = 0; i < this->items(); ++i) f(i, LookupEncoder<ItemBias> ? bias_of(item_bias_, i) : all(i, 0));
  }

  template <class E>
  void vectors(const E& encoder, std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    RowMatrix<Scalar> rows;
    encoder.encode(ids, rows);
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar>(vector_dim()));
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto row = vector(rows, static_cast<Index>(k));
      scorer_.index_form(row);
      out.row(static_cast<Index>(k)).head(dim()) = row.head(dim()).matrix();
    }
  }

  ScorerType scorer_;
  Scalar mean_ = 0, scale_ = 1;
  bool prepared_ = false;
};

}  // namespace kindred

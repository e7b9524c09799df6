// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The one idea of kindred: a model is two encoders and a scorer, pred(u, i) = score(encode_user(u), encode_item(i)), with optional
/// global mean and biases. Collaborative and content models are this with other encoders.

#include <kindred/core/access.hpp>
#include <kindred/detail/encode.hpp>
#include <kindred/detail/row_counts.hpp>
#include <kindred/detail/score_rows.hpp>
#include <kindred/detail/tower_tape.hpp>
#include <kindred/model/model.hpp>
#include <kindred/scorer/dot_product.hpp>

#include <optional>
#include <span>
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
class TwoTower {
  static_assert(std::is_same_v<typename UserEncoder::Scalar, typename ItemEncoder::Scalar>,
                "TwoTower: the user encoder and the item encoder must have the same Scalar");
  static_assert(UserEncoder::fixed_dim == ItemEncoder::fixed_dim,
                "TwoTower: the user encoder and the item encoder must have the same Dim, or both kindred::Dynamic (rows are "
                "padded by it)");
  static_assert(UserBias::fixed_dim == 1 && ItemBias::fixed_dim == 1, "TwoTower: the encoders of biases must have Dim 1");

 public:
  using Scalar = typename UserEncoder::Scalar;
  static_assert(Scorer<ScorerType, Scalar>, "TwoTower: the scorer must model kindred::Scorer (scorer/scorer.hpp)");
  static constexpr int fixed_dim = UserEncoder::fixed_dim;

  /// Whether the vectors' dot products give only the order of the scores.
  static constexpr bool ranks_only = detail::ranks_only<ScorerType>;

  /// What a training pass remembers between `forward` and `backward`.
  using Tape = detail::TowerTape<UserEncoder, ItemEncoder, UserBias, ItemBias>;

  /// Biases, if on, are tables: a number for each user and each item.
  TwoTower(UserEncoder user_encoder, ItemEncoder item_encoder, bool biases, ScorerType scorer = {}, double scale = 1)
    requires std::constructible_from<UserBias, Index> && std::constructible_from<ItemBias, Index>
      : user_encoder_(std::move(user_encoder)),
        item_encoder_(std::move(item_encoder)),
        scorer_(std::move(scorer)),
        user_bias_(user_encoder_.rows()),
        item_bias_(item_encoder_.rows()),
        scale_(static_cast<Scalar>(scale)),
        biases_(biases) {
    check(scale);
  }

  /// Biases from encoders of their own, of features for example.
  TwoTower(UserEncoder user_encoder, ItemEncoder item_encoder, UserBias user_bias, ItemBias item_bias, bool biases = true,
           ScorerType scorer = {}, double scale = 1)
      : user_encoder_(std::move(user_encoder)),
        item_encoder_(std::move(item_encoder)),
        scorer_(std::move(scorer)),
        user_bias_(std::move(user_bias)),
        item_bias_(std::move(item_bias)),
        scale_(static_cast<Scalar>(scale)),
        biases_(biases) {
    check(scale);
  }

  /// The same model with encoders that store their numbers otherwise, in 16 bits for example. Throws: as their conversions.
  template <class Users, class Items>
    requires(!(std::same_as<Users, UserEncoder> && std::same_as<Items, ItemEncoder>) &&
             std::constructible_from<UserEncoder, const Users&> && std::constructible_from<ItemEncoder, const Items&>)
  explicit TwoTower(const TwoTower<Users, Items, ScorerType, UserBias, ItemBias>& other)
      : user_encoder_(other.user_encoder_),
        item_encoder_(other.item_encoder_),
        scorer_(other.scorer_),
        user_bias_(other.user_bias_),
        item_bias_(other.item_bias_),
        mean_(other.mean_),
        scale_(other.scale_),
        biases_(other.biases_),
        prepared_(other.prepared_) {}

  Index users() const { return user_encoder_.rows(); }
  Index items() const { return item_encoder_.rows(); }
  Index dim() const { return user_encoder_.dim(); }

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
    detail::require(static_cast<Index>(out.size()) == items(), "TwoTower::score_items: out must have ", items(),
                    " places, got ", out.size());
    detail::with_encoded(user_encoder_, u, [&](const auto& a) {
      if constexpr (LookupEncoder<ItemEncoder>) {
        const auto row = [&](Index k) { return item_encoder_.padded_row(k); };
        detail::score_rows(scorer_, a, item_encoder_.padded_value(), row, out);
      } else {
        RowMatrix<Scalar> rows;
        item_encoder_.encode(detail::ids_up_to(items()), rows);
        const auto row = [&](Index k) { return detail::padded_row_of<fixed_dim>(std::as_const(rows), k); };
        detail::score_rows(scorer_, a, rows, row, out);
      }
    });
    const Scalar user_bias = bias_of(user_bias_, u);
    for_each_item_bias([&](Index i, Scalar item_bias) {
      Scalar& score = out[static_cast<std::size_t>(i)];
      score = finish(user_bias, item_bias, score);
    });
  }

  /// Whether the encoders have anything on this id: a table's row that training has touched, or features.
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    return detail::knows(user_encoder_, checked(user));
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    return detail::knows(item_encoder_, checked(item));
  }

  // Vectors whose dot products rank as the scores do, and the embeddings themselves. ---------------------------------------------

  Index vector_dim() const { return dim() + (biases_ ? 1 : 0); }

  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    vectors(user_encoder_, ids, out);
    if (biases_) out.col(dim()).setOnes();
    if (scale_ != 1) out *= scale_;
  }
  void item_vectors(RowMatrix<Scalar>& out) const {
    vectors(item_encoder_, detail::ids_up_to(items()), out);
    if (biases_) for_each_item_bias([&](Index i, Scalar bias) { out(i, dim()) = bias; });
  }
  void user_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { user_encoder_.encode(ids, out); }
  void item_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { item_encoder_.encode(ids, out); }

  // Training. -----------------------------------------------------------------------------------------------------------------------

  /// predictions[k] = score(users[k], items[k]); remembers in `tape` what `backward` needs.
  void forward(std::span<const Index> users, std::span<const Index> items, std::span<Scalar> predictions, Tape& tape) const {
    if constexpr (lookups) {
      for (std::size_t k = 0; k < users.size(); ++k) {
        predictions[k] = finish(bias_of(user_bias_, users[k]), bias_of(item_bias_, items[k]),
                                scorer_.score(user_encoder_.padded_row(users[k]), item_encoder_.padded_row(items[k])));
      }
    } else {
      user_encoder_.encode(users, tape.user, tape.user_tape);
      item_encoder_.encode(items, tape.item, tape.item_tape);
      if (biases_) {
        user_bias_.encode(users, tape.user_bias, tape.user_bias_tape);
        item_bias_.encode(items, tape.item_bias, tape.item_bias_tape);
      } else {
        tape.user_bias.setZero(static_cast<Index>(users.size()), 1);
        tape.item_bias.setZero(static_cast<Index>(users.size()), 1);
      }
      for (std::size_t k = 0; k < users.size(); ++k) {
        const auto row = static_cast<Index>(k);
        predictions[k] = finish(tape.user_bias(row, 0), tape.item_bias(row, 0),
                                scorer_.score(tape_row(tape.user, k), tape_row(tape.item, k)));
      }
    }
  }

  /// Adds to `gradients` the gradient of a loss whose derivative by predictions[k] is slopes[k].
  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const Scalar> slopes, Tape& tape,
                auto&& gradients) const {
    tape.d_bias.resize(static_cast<Index>(slopes.size()), 1);  // the biases' vectors have one coordinate
    for (std::size_t k = 0; k < slopes.size(); ++k) tape.d_bias(static_cast<Index>(k), 0) = scale_ * slopes[k];
    const auto slope = [&](std::size_t k) { return tape.d_bias(static_cast<Index>(k), 0); };
    if constexpr (lookups) {  // straight from the tables to the gradients of their rows
      auto &user_rows = std::get<0>(gradients), &item_rows = std::get<1>(gradients);
      const Index user_place = user_rows.push(users), item_place = item_rows.push(items);
      for (std::size_t k = 0; k < users.size(); ++k) {
        scorer_.backward(user_encoder_.padded_row(users[k]), item_encoder_.padded_row(items[k]), slope(k),
                         user_rows.padded_row(user_place + static_cast<Index>(k)),
                         item_rows.padded_row(item_place + static_cast<Index>(k)));
      }
    } else {
      tape.d_user.resizeLike(tape.user);
      tape.d_item.resizeLike(tape.item);
      for (std::size_t k = 0; k < users.size(); ++k) {
        scorer_.backward(tape_row(std::as_const(tape.user), k), tape_row(std::as_const(tape.item), k), slope(k),
                         tape_row(tape.d_user, k), tape_row(tape.d_item, k));
      }
      user_encoder_.backward(users, tape.d_user, tape.user_tape, detail::slice<0, user_parameters>(gradients));
      item_encoder_.backward(items, tape.d_item, tape.item_tape, detail::slice<user_parameters, item_parameters>(gradients));
    }
    if (biases_) {
      constexpr std::size_t first = user_parameters + item_parameters;
      user_bias_.backward(users, tape.d_bias, tape.user_bias_tape, detail::slice<first, user_bias_parameters>(gradients));
      item_bias_.backward(items, tape.d_bias, tape.item_bias_tape,
                          detail::slice<first + user_bias_parameters, item_bias_parameters>(gradients));
    }
  }

  /// Called by a trainer before the first step, with the mean label; later calls change nothing. The mean becomes the global mean
  /// (if there are biases), and the tables' rows of ids without a row in `data` become zero: those ids are scored by their features,
  /// if an encoder has any, and by means and biases.
  template <class Data>
  void prepare(const Data& data, double mean_label) {
    if (prepared_) return;
    prepared_ = true;
    if (biases_) mean_ = static_cast<Scalar>(mean_label);
    const auto forget_unseen = [](auto& encoder, const std::vector<double>& rows) {
      for (std::size_t k = 0; k < rows.size(); ++k) {
        if (rows[k] == 0) detail::forget(encoder, static_cast<Index>(k));
      }
    };
    forget_unseen(user_encoder_, detail::rows_of_users(data, users()));
    forget_unseen(item_encoder_, detail::rows_of_items(data, items()));
  }

  /// For each parameter, how many rows of `data` touch each of its rows; see L2::frequency_power.
  template <class Data>
  std::vector<std::vector<double>> touch_counts(const Data& data) const {
    const auto per_user = detail::rows_of_users(data, users()), per_item = detail::rows_of_items(data, items());
    std::vector<std::vector<double>> counts;
    detail::touch_counts(user_encoder_, per_user, counts);
    detail::touch_counts(item_encoder_, per_item, counts);
    detail::touch_counts(user_bias_, per_user, counts);
    detail::touch_counts(item_bias_, per_item, counts);
    return counts;
  }

  auto parameters() {
    return std::tuple_cat(user_encoder_.parameters(), item_encoder_.parameters(), user_bias_.parameters(),
                          item_bias_.parameters());
  }
  static auto names() {
    using std::pair, std::string;
    return detail::names_of_parts(pair(string("user"), UserEncoder::names()), pair(string("item"), ItemEncoder::names()),
                                  pair(string("user_bias"), UserBias::names()), pair(string("item_bias"), ItemBias::names()));
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

  // Growth. -------------------------------------------------------------------------------------------------------------------------

  /// Appends `count` users (items) and keeps the others as they are, with the optimizer's state of a trainer that goes on. Rows of their
  /// own start at zero, so the new ones are scored by features, means and biases of features until training sees them.
  /// @param features  of all users, old and new, in the columns trained with; null if no encoder uses features.
  /// Throws: std::invalid_argument for count < 0 or other features; the model is then as it was. Cost: a copy of the encoders.
  void add_users(Index count, const std::shared_ptr<const Features>& features = nullptr) {
    add(count, features, user_encoder_, user_bias_);
  }
  void add_items(Index count, const std::shared_ptr<const Features>& features = nullptr) {
    add(count, features, item_encoder_, item_bias_);
  }

  // Parts. --------------------------------------------------------------------------------------------------------------------------

  bool has_biases() const { return biases_; }
  Scalar global_mean() const { return mean_; }
  Scalar scale() const { return scale_; }
  const ScorerType& scorer() const { return scorer_; }
  UserEncoder& user_encoder() { return user_encoder_; }
  ItemEncoder& item_encoder() { return item_encoder_; }
  const UserEncoder& user_encoder() const { return user_encoder_; }
  const ItemEncoder& item_encoder() const { return item_encoder_; }
  UserBias& user_biases() { return user_bias_; }
  ItemBias& item_biases() { return item_bias_; }
  const UserBias& user_biases() const { return user_bias_; }
  const ItemBias& item_biases() const { return item_bias_; }

 protected:
  friend class Access;
  TwoTower()
      : user_encoder_(Access::make<UserEncoder>()),
        item_encoder_(Access::make<ItemEncoder>()),
        user_bias_(Access::make<UserBias>()),
        item_bias_(Access::make<ItemBias>()) {}

 private:
  template <Encoder, Encoder, class, Encoder, Encoder>
  friend class TwoTower;

  static constexpr std::size_t user_parameters = std::tuple_size_v<ParameterTuple<UserEncoder>>;
  static constexpr std::size_t item_parameters = std::tuple_size_v<ParameterTuple<ItemEncoder>>;
  static constexpr std::size_t user_bias_parameters = std::tuple_size_v<ParameterTuple<UserBias>>;
  static constexpr std::size_t item_bias_parameters = std::tuple_size_v<ParameterTuple<ItemBias>>;

  /// Both towers are tables: an example's vectors are read where they lie.
  static constexpr bool lookups = LookupEncoder<UserEncoder> && LookupEncoder<ItemEncoder> && LookupEncoder<UserBias> &&
                                  LookupEncoder<ItemBias> && user_parameters == 1 && item_parameters == 1;

  template <class E, class B>
  void add(Index count, const std::shared_ptr<const Features>& features, E& encoder, B& bias) {
    detail::require(count >= 0, "TwoTower: the number to add must not be negative, got ", count);
    E grown = encoder;
    B grown_bias = bias;
    detail::grow(grown, encoder.rows() + count, features);
    detail::grow(grown_bias, bias.rows() + count, features);
    encoder = std::move(grown);
    bias = std::move(grown_bias);
  }

  void check(double scale) const {
    detail::require(user_bias_.rows() == users() && item_bias_.rows() == items(),
                    "TwoTower: the biases must have the encoders' rows, ", users(), " and ", items(), ", got ",
                    user_bias_.rows(), " and ", item_bias_.rows());
    detail::require(scale > 0 && scale < 1e30, "TwoTower: scale must be positive and finite, got ", scale);
    detail::require(user_encoder_.dim() == item_encoder_.dim(), "TwoTower: the encoders must have the same dim, got ",
                    user_encoder_.dim(), " for users and ", item_encoder_.dim(), " for items");
    detail::require(!(biases_ && ranks_only),
                    "TwoTower: biases must be off for a scorer whose index_form only ranks (ranks_only), got on");
    if constexpr (requires { scorer_.validate(); }) scorer_.validate();
  }

  template <class Tag, class Rep>
  Index checked(Id<Tag, Rep> id) const {
    constexpr bool is_user = std::same_as<Tag, UserTag>;
    detail::require_id(is_user ? "TwoTower: user" : "TwoTower: item", id.index(), is_user ? users() : items());
    return id.index();
  }

  Scalar finish(Scalar user_bias, Scalar item_bias, Scalar score) const {
    return biases_ ? mean_ + scale_ * (user_bias + item_bias + score) : scale_ * score;
  }
  template <class B>
  Scalar bias_of(const B& biases, Index id) const {
    return biases_ ? detail::with_encoded(biases, id, [](const auto& row) { return row(0); }) : Scalar{0};
  }
  /// f(id, bias of id) for every item.
  template <class F>
  void for_each_item_bias(F&& f) const {
    RowMatrix<Scalar> all = RowMatrix<Scalar>::Zero(LookupEncoder<ItemBias> ? 0 : items(), 1);
    if (!LookupEncoder<ItemBias> && biases_) item_bias_.encode(detail::ids_up_to(items()), all);
    for (Index i = 0; i < items(); ++i) f(i, LookupEncoder<ItemBias> ? bias_of(item_bias_, i) : all(i, 0));
  }

  /// A row of an encoder's output as an array.
  template <class Rows>
  static auto tape_row(Rows& rows, std::size_t k) {
    return detail::padded_row_of<fixed_dim>(rows, static_cast<Index>(k));
  }

  template <class E>
  void vectors(const E& encoder, std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    RowMatrix<Scalar> rows;
    encoder.encode(ids, rows);
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar>(vector_dim()));
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto row = tape_row(rows, k);
      scorer_.index_form(row);
      out.row(static_cast<Index>(k)).head(dim()) = row.head(dim()).matrix();
    }
  }

  UserEncoder user_encoder_;
  ItemEncoder item_encoder_;
  ScorerType scorer_;
  UserBias user_bias_;
  ItemBias item_bias_;
  Scalar mean_ = 0, scale_ = 1;
  bool biases_ = false, prepared_ = false;
};

}  // namespace kindred

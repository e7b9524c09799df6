// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The encoders of a two-tower model: a vector and a bias of each user and of each item. All that a model is before it says how vectors make
/// a score: its sizes and parameters, the encoding of a batch of pairs and the way back, growth. `TwoTower` has the formula.

#include <kindred/core/access.hpp>
#include <kindred/detail/encode.hpp>
#include <kindred/detail/row_counts.hpp>
#include <kindred/detail/tower_tape.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred {

/// The base of `TwoTower`.
///
/// Shapes: users and items as the encoders have rows; vectors of dim() coordinates, biases of one.
/// Throws: std::out_of_range for an unknown id.
template <Encoder UserEncoder, Encoder ItemEncoder, Encoder UserBias, Encoder ItemBias>
class TowerEncoders {
  static_assert(std::is_same_v<typename UserEncoder::Scalar, typename ItemEncoder::Scalar>,
                "TwoTower: the user encoder and the item encoder must have the same Scalar");
  static_assert(UserEncoder::fixed_dim == ItemEncoder::fixed_dim,
                "TwoTower: the user encoder and the item encoder must have the same Dim, or both kindred::Dynamic (rows are "
                "padded by it)");
  static_assert(UserBias::fixed_dim == 1 && ItemBias::fixed_dim == 1, "TwoTower: the encoders of biases must have Dim 1");

 public:
  using Scalar = typename UserEncoder::Scalar;
  static constexpr int fixed_dim = UserEncoder::fixed_dim;

  /// What a training pass remembers between `forward` and `backward`.
  using Tape = detail::TowerTape<UserEncoder, ItemEncoder, UserBias, ItemBias>;

  Index users() const { return user_encoder_.rows(); }
  Index items() const { return item_encoder_.rows(); }
  Index dim() const { return user_encoder_.dim(); }

  /// Whether the encoders have anything on this id: a table's row that training has touched, or features.
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    return detail::knows(user_encoder_, checked(user));
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    return detail::knows(item_encoder_, checked(item));
  }

  void user_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { user_encoder_.encode(ids, out); }
  void item_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { item_encoder_.encode(ids, out); }

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

  bool has_biases() const { return biases_; }
  UserEncoder& user_encoder() { return user_encoder_; }
  ItemEncoder& item_encoder() { return item_encoder_; }
  const UserEncoder& user_encoder() const { return user_encoder_; }
  const ItemEncoder& item_encoder() const { return item_encoder_; }
  UserBias& user_biases() { return user_bias_; }
  ItemBias& item_biases() { return item_bias_; }
  const UserBias& user_biases() const { return user_bias_; }
  const ItemBias& item_biases() const { return item_bias_; }

 protected:
  TowerEncoders()
      : user_encoder_(Access::make<UserEncoder>()),
        item_encoder_(Access::make<ItemEncoder>()),
        user_bias_(Access::make<UserBias>()),
        item_bias_(Access::make<ItemBias>()) {}
  TowerEncoders(UserEncoder user, ItemEncoder item, bool biases)
      : user_encoder_(std::move(user)),
        item_encoder_(std::move(item)),
        user_bias_(user_encoder_.rows()),
        item_bias_(item_encoder_.rows()),
        biases_(biases) {}
  TowerEncoders(UserEncoder user, ItemEncoder item, UserBias user_bias, ItemBias item_bias, bool biases)
      : user_encoder_(std::move(user)),
        item_encoder_(std::move(item)),
        user_bias_(std::move(user_bias)),
        item_bias_(std::move(item_bias)),
        biases_(biases) {}
  template <class Users, class Items>
  explicit TowerEncoders(const TowerEncoders<Users, Items, UserBias, ItemBias>& other)
      : user_encoder_(other.user_encoder_),
        item_encoder_(other.item_encoder_),
        user_bias_(other.user_bias_),
        item_bias_(other.item_bias_),
        biases_(other.biases_) {}

  template <class Tag, class Rep>
  Index checked(Id<Tag, Rep> id) const {
    constexpr bool is_user = std::same_as<Tag, UserTag>;
    detail::require_id(is_user ? "TwoTower: user" : "TwoTower: item", id.index(), is_user ? users() : items());
    return id.index();
  }

  /// 0 without biases.
  template <class B>
  Scalar bias_of(const B& biases, Index id) const {
    return biases_ ? detail::with_encoded(biases, id, [](const auto& row) { return row(0); }) : Scalar{0};
  }

  /// f(k, user's vector, item's vector, user's bias, item's bias) for each pair k; the tape remembers what `backward_pairs` needs.
  template <class F>
  void encode_pairs(std::span<const Index> users, std::span<const Index> items, Tape& tape, F&& f) const {
    if constexpr (lookups) {
      for (std::size_t k = 0; k < users.size(); ++k) {
        f(k, user_encoder_.padded_row(users[k]), item_encoder_.padded_row(items[k]), bias_of(user_bias_, users[k]),
          bias_of(item_bias_, items[k]));
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
        f(k, vector(tape.user, row), vector(tape.item, row), tape.user_bias(row, 0), tape.item_bias(row, 0));
      }
    }
  }

  /// Adds to `gradients` those of a loss whose derivative by each bias of pair k is tape.d_bias(k, 0). By the vectors, f writes it:
  /// f(k, user's vector, item's vector, derivative by the first, by the second).
  template <class F>
  void backward_pairs(std::span<const Index> users, std::span<const Index> items, Tape& tape, auto& gradients, F&& f) const {
    if constexpr (lookups) {  // straight from the tables to the gradients of their rows
      auto &user_rows = std::get<0>(gradients), &item_rows = std::get<1>(gradients);
      const Index user_place = user_rows.push(users), item_place = item_rows.push(items);
      for (std::size_t k = 0; k < users.size(); ++k) {
        f(k, user_encoder_.padded_row(users[k]), item_encoder_.padded_row(items[k]),
          user_rows.padded_row(user_place + static_cast<Index>(k)), item_rows.padded_row(item_place + static_cast<Index>(k)));
      }
    } else {
      tape.d_user.resizeLike(tape.user);
      tape.d_item.resizeLike(tape.item);
      for (std::size_t k = 0; k < users.size(); ++k) {
        const auto row = static_cast<Index>(k);
        f(k, vector(std::as_const(tape.user), row), vector(std::as_const(tape.item), row), vector(tape.d_user, row),
          vector(tape.d_item, row));
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

  /// The tables' rows of ids without a row in `data` become zero.
  template <class Data>
  void forget_unseen(const Data& data) {
    detail::forget_without_rows(user_encoder_, detail::rows_of_users(data, users()));
    detail::forget_without_rows(item_encoder_, detail::rows_of_items(data, items()));
  }

  /// A row of an encoder's output as an array.
  template <class Rows>
  static auto vector(Rows& rows, Index k) {
    return detail::padded_row_of<fixed_dim>(rows, k);
  }

  UserEncoder user_encoder_;
  ItemEncoder item_encoder_;
  UserBias user_bias_;
  ItemBias item_bias_;
  bool biases_ = false;

 private:
  template <Encoder, Encoder, Encoder, Encoder>
  friend class TowerEncoders;

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
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The one idea of kindred: a model is two encoders and a scorer, pred(u, i) = score(encode_user(u), encode_item(i)), with optional
/// global mean and biases. Collaborative and content models are this with other encoders.

#include <kindred/encoder/encoder.hpp>
#include <kindred/kernel/score.hpp>
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
template <Encoder UserEncoder, Encoder ItemEncoder, class ScorerType = DotProduct>
class TwoTower {
  static_assert(std::is_same_v<typename UserEncoder::Scalar, typename ItemEncoder::Scalar>,
                "TwoTower: the user encoder and the item encoder must have the same Scalar");
  static_assert(UserEncoder::fixed_dim == ItemEncoder::fixed_dim,
                "TwoTower: the user encoder and the item encoder must have the same Dim, or both kindred::Dynamic (rows are "
                "padded by it)");

 public:
  using Scalar = typename UserEncoder::Scalar;
  static_assert(Scorer<ScorerType, Scalar>, "TwoTower: the scorer must model kindred::Scorer (scorer/scorer.hpp)");
  using BiasTable = EmbeddingTable<Scalar, 1>;
  static constexpr int fixed_dim = UserEncoder::fixed_dim;

  /// Whether the vectors' dot products give only the order of the scores.
  static constexpr bool ranks_only = detail::ranks_only<ScorerType>;

  /// What a training pass remembers between `forward` and `backward`.
  struct Tape {
    RowMatrix<Scalar> user, item, d_user, d_item;
    std::vector<Scalar> slopes;
    typename UserEncoder::Tape user_tape;
    typename ItemEncoder::Tape item_tape;

    void reseed(Random& from) {
      detail::reseed(user_tape, from);
      detail::reseed(item_tape, from);
    }
  };

  TwoTower(UserEncoder user_encoder, ItemEncoder item_encoder, bool biases, ScorerType scorer = {}, double scale = 1)
      : user_encoder_(std::move(user_encoder)),
        item_encoder_(std::move(item_encoder)),
        scorer_(std::move(scorer)),
        user_bias_(user_encoder_.rows()),
        item_bias_(item_encoder_.rows()),
        scale_(static_cast<Scalar>(scale)),
        biases_(biases) {
    detail::require(scale > 0 && scale < 1e30, "TwoTower: scale must be positive and finite, got ", scale);
    detail::require(user_encoder_.dim() == item_encoder_.dim(), "TwoTower: the encoders must have the same dim, got ",
                    user_encoder_.dim(), " for users and ", item_encoder_.dim(), " for items");
    detail::require(!(biases && ranks_only),
                    "TwoTower: biases must be off for a scorer whose index_form only ranks (ranks_only), got on");
    if constexpr (requires { scorer_.validate(); }) scorer_.validate();
  }

  Index users() const { return user_encoder_.rows(); }
  Index items() const { return item_encoder_.rows(); }
  Index dim() const { return user_encoder_.dim(); }

  template <class Rep>
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    const Index u = checked(user.index(), users(), "user"), i = checked(item.index(), items(), "item");
    return with_row(user_encoder_, u, [&](const auto& a) {
      return with_row(item_encoder_, i, [&](const auto& b) { return finish(u, i, scorer_.score(a, b)); });
    });
  }

  /// out[i] = score(user, i) for every item. Allocates nothing for table encoders.
  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    const Index u = checked(user.index(), users(), "user");
    detail::require(static_cast<Index>(out.size()) == items(), "TwoTower::score_items: out must have ", items(),
                    " places, got ", out.size());
    with_row(user_encoder_, u, [&](const auto& a) {
      if constexpr (LookupEncoder<ItemEncoder>) {
        score_rows(a, item_encoder_.padded_value(), out);
      } else {
        std::vector<Index> ids(out.size());
        std::iota(ids.begin(), ids.end(), Index{0});
        RowMatrix<Scalar> rows;
        item_encoder_.encode(ids, rows);
        score_rows(a, rows, out);
      }
    });
    for (Index i = 0; i < items(); ++i) out[static_cast<std::size_t>(i)] = finish(u, i, out[static_cast<std::size_t>(i)]);
  }

  // Vectors whose dot products rank as the scores do, and the embeddings themselves. ---------------------------------------------

  Index vector_dim() const { return dim() + (biases_ ? 1 : 0); }

  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    vectors(user_encoder_, ids, out, [](Index) { return Scalar{1}; });
    if (scale_ != 1) out *= scale_;
  }
  void item_vectors(RowMatrix<Scalar>& out) const {
    std::vector<Index> ids(static_cast<std::size_t>(items()));
    std::iota(ids.begin(), ids.end(), Index{0});
    vectors(item_encoder_, ids, out, [this](Index i) { return item_bias(i); });
  }
  void user_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { user_encoder_.encode(ids, out); }
  void item_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { item_encoder_.encode(ids, out); }

  // Training. -----------------------------------------------------------------------------------------------------------------------

  /// predictions[k] = score(users[k], items[k]); remembers in `tape` what `backward` needs.
  void forward(std::span<const Index> users, std::span<const Index> items, std::span<Scalar> predictions, Tape& tape) const {
    if constexpr (lookups) {
      for (std::size_t k = 0; k < users.size(); ++k) {
        predictions[k] =
            finish(users[k], items[k], scorer_.score(user_encoder_.padded_row(users[k]), item_encoder_.padded_row(items[k])));
      }
    } else {
      user_encoder_.encode(users, tape.user, tape.user_tape);
      item_encoder_.encode(items, tape.item, tape.item_tape);
      for (std::size_t k = 0; k < users.size(); ++k) {
        predictions[k] = finish(users[k], items[k], scorer_.score(tape_row(tape.user, k), tape_row(tape.item, k)));
      }
    }
  }

  /// Adds to `gradients` the gradient of a loss whose derivative by predictions[k] is slopes[k].
  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const Scalar> slopes, Tape& tape,
                auto&& gradients) const {
    tape.slopes.resize(slopes.size());
    for (std::size_t k = 0; k < slopes.size(); ++k) tape.slopes[k] = scale_ * slopes[k];
    if constexpr (lookups) {  // straight from the tables to the gradients of their rows
      auto &user_rows = std::get<0>(gradients), &item_rows = std::get<1>(gradients);
      const Index user_place = user_rows.push(users), item_place = item_rows.push(items);
      for (std::size_t k = 0; k < users.size(); ++k) {
        scorer_.backward(user_encoder_.padded_row(users[k]), item_encoder_.padded_row(items[k]), tape.slopes[k],
                         user_rows.padded_row(user_place + static_cast<Index>(k)),
                         item_rows.padded_row(item_place + static_cast<Index>(k)));
      }
    } else {
      tape.d_user.resizeLike(tape.user);
      tape.d_item.resizeLike(tape.item);
      for (std::size_t k = 0; k < users.size(); ++k) {
        scorer_.backward(tape_row(std::as_const(tape.user), k), tape_row(std::as_const(tape.item), k), tape.slopes[k],
                         tape_row(tape.d_user, k), tape_row(tape.d_item, k));
      }
      user_encoder_.backward(users, tape.d_user, tape.user_tape, detail::slice<0, user_parameters>(gradients));
      item_encoder_.backward(items, tape.d_item, tape.item_tape, detail::slice<user_parameters, item_parameters>(gradients));
    }
    if (biases_) {
      constexpr std::size_t first = user_parameters + item_parameters;
      add_column(std::get<first>(gradients), users, tape.slopes);
      add_column(std::get<first + 1>(gradients), items, tape.slopes);
    }
  }

  /// Called by a trainer before the first step, with the mean label; later calls change nothing. The mean becomes the global mean
  /// (if there are biases), and ids without a row in `data` get the zero vector, so that they are scored by means and biases alone.
  template <class Data>
  void prepare(const Data& data, double mean_label) {
    if (prepared_) return;
    prepared_ = true;
    if (biases_) mean_ = static_cast<Scalar>(mean_label);
    if constexpr (LookupEncoder<UserEncoder>) {
      for (Index u = 0; u < users(); ++u) {
        if (u >= data.users() || data.items_of(typename Data::user_type(u)).empty()) user_encoder_.padded_row(u).setZero();
      }
    }
    if constexpr (LookupEncoder<ItemEncoder>) {
      for (Index i = 0; i < items(); ++i) {
        if (i >= data.items() || data.users_of(typename Data::item_type(i)).empty()) item_encoder_.padded_row(i).setZero();
      }
    }
  }

  /// For each parameter, how many rows of `data` touch each of its rows; see L2::frequency_power.
  template <class Data>
  std::vector<std::vector<double>> touch_counts(const Data& data) const {
    std::vector<double> per_user(static_cast<std::size_t>(users())), per_item(static_cast<std::size_t>(items()));
    for (Index u = 0; u < data.users(); ++u) {
      per_user[static_cast<std::size_t>(u)] = static_cast<double>(data.items_of(typename Data::user_type(u)).size());
    }
    for (Index i = 0; i < data.items(); ++i) {
      per_item[static_cast<std::size_t>(i)] = static_cast<double>(data.users_of(typename Data::item_type(i)).size());
    }
    std::vector<std::vector<double>> counts;
    detail::touch_counts(user_encoder_, per_user, counts);
    detail::touch_counts(item_encoder_, per_item, counts);
    counts.push_back(std::move(per_user));
    counts.push_back(std::move(per_item));
    return counts;
  }

  auto parameters() {
    return std::tuple_cat(user_encoder_.parameters(), item_encoder_.parameters(), std::tie(user_bias_, item_bias_));
  }
  static auto names() {
    constexpr std::size_t count = user_parameters + item_parameters;
    std::array<std::string, count + 2> all;
    for (std::size_t k = 0; k < user_parameters; ++k) all[k] = "user." + UserEncoder::names()[k];
    for (std::size_t k = 0; k < item_parameters; ++k) all[user_parameters + k] = "item." + ItemEncoder::names()[k];
    all[count] = "user_bias";
    all[count + 1] = "item_bias";
    return all;
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
  BiasTable& user_biases() { return user_bias_; }
  BiasTable& item_biases() { return item_bias_; }
  const BiasTable& user_biases() const { return user_bias_; }
  const BiasTable& item_biases() const { return item_bias_; }

 private:
  static constexpr std::size_t user_parameters = std::tuple_size_v<ParameterTuple<UserEncoder>>;
  static constexpr std::size_t item_parameters = std::tuple_size_v<ParameterTuple<ItemEncoder>>;

  /// Both towers are tables: an example's vectors are read where they lie.
  static constexpr bool lookups =
      LookupEncoder<UserEncoder> && LookupEncoder<ItemEncoder> && user_parameters == 1 && item_parameters == 1;

  static void add_column(Gradient<BiasTable>& gradient, std::span<const Index> rows, std::span<const Scalar> values) {
    const Index place = gradient.push(rows);
    for (std::size_t k = 0; k < rows.size(); ++k) gradient.padded_row(place + static_cast<Index>(k))(0) = values[k];
  }

  static Index checked(Index id, Index count, const char* what) {
    if (id < 0 || id >= count) {
      throw std::out_of_range(detail::concat("TwoTower: ", what, " must be below ", count, ", got ", id));
    }
    return id;
  }

  Scalar finish(Index user, Index item, Scalar score) const {
    return biases_ ? mean_ + scale_ * (user_bias_.data()[user] + item_bias(item) + score) : scale_ * score;
  }
  Scalar item_bias(Index item) const { return biases_ ? item_bias_.data()[item] : Scalar{0}; }

  /// A row of an encoder's output as an array, of fixed size wherever the dim is.
  static auto tape_row(RowMatrix<Scalar>& rows, std::size_t k) {
    return PaddedRowMap<Scalar, fixed_dim>(rows.data() + static_cast<Index>(k) * rows.cols(), 1, rows.cols());
  }
  static auto tape_row(const RowMatrix<Scalar>& rows, std::size_t k) {
    return ConstPaddedRowMap<Scalar, fixed_dim>(rows.data() + static_cast<Index>(k) * rows.cols(), 1, rows.cols());
  }

  template <class E, class F>
  static decltype(auto) with_row(const E& encoder, Index id, F&& f) {
    if constexpr (LookupEncoder<E>) {
      return f(encoder.padded_row(id));
    } else {
      RowMatrix<Scalar> row;
      encoder.encode(std::span<const Index>(&id, 1), row);
      return f(tape_row(std::as_const(row), 0));
    }
  }

  template <class Row>
  void score_rows(const Row& a, const RowMatrix<Scalar>& rows, std::span<Scalar> out) const {
    if constexpr (std::is_same_v<ScorerType, DotProduct>) {
      score_one_to_many(a, rows, out);
    } else {
      for (std::size_t k = 0; k < out.size(); ++k) out[k] = scorer_.score(a, tape_row(rows, k));
    }
  }

  template <class E, class Last>
  void vectors(const E& encoder, std::span<const Index> ids, RowMatrix<Scalar>& out, Last&& last) const {
    RowMatrix<Scalar> rows;
    encoder.encode(ids, rows);
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar>(vector_dim()));
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto row = tape_row(rows, k);
      scorer_.index_form(row);
      out.row(static_cast<Index>(k)).head(dim()) = row.head(dim()).matrix();
      if (biases_) out(static_cast<Index>(k), dim()) = last(ids[k]);
    }
  }

  UserEncoder user_encoder_;
  ItemEncoder item_encoder_;
  ScorerType scorer_;
  BiasTable user_bias_, item_bias_;
  Scalar mean_ = 0, scale_;
  bool biases_, prepared_ = false;
};

}  // namespace kindred

// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One set of embeddings for several kinds of feedback: a head for each kind (clicks and purchases, say), which weighs the coordinates in
/// its own way and has its own biases.

#include <kindred/detail/encode.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/embedding_table.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kindred {

template <class M>
class ModelHead;

struct MultiHeadOptions {
  std::optional<Index> dim = {};  ///< the embedding size; by default the fixed `Dim`, or 64 where that is dynamic
  bool factors = true;            ///< false: the factors of all heads stay 1, so that the heads differ by their biases alone
  bool biases = true;             ///< each head has a mean, user biases and item biases
  double deviation = 0.1;         ///< the embeddings start as normal numbers with this standard deviation / sqrt(dim)
  std::uint64_t seed = 1;
};

/// score_k(u, i) = [ mean_k + b^k_u + b^k_i + ] sum_d h_kd p_ud q_id  for head k = 0 ... Heads - 1.
///
/// The embeddings p (users x Dim) and q (items x Dim) are shared; the factors h_k (Dim numbers, 1 at first) and the biases are the head's.
/// With DistMult's relations for heads (Yang et al., ICLR 2015) this is a collaborative model of several relations.
/// `head(k)` is a model like any other for `evaluate` and `recommend`; train them together with `MultiObjectiveTrainer`.
/// Memory: (users + items) (padded(Dim) + Heads) + Heads padded(Dim) scalars.
/// Throws: std::invalid_argument if users, items or dim is below 1, or dim differs from a fixed `Dim`.
/// When not to use it: where one kind of feedback says all (then its rows may be weighted instead), and for ids without interactions.
template <class ScalarType, int Dim, std::size_t Heads>
class MultiHeadModel {
  static_assert(Heads >= 1, "MultiHeadModel: there must be at least one head");
  using Table = EmbeddingTable<ScalarType, Dim>;
  using Biases = EmbeddingTable<ScalarType, 1>;
  using Factors = Weights<ScalarType, Dim>;

 public:
  using Scalar = ScalarType;
  static constexpr int fixed_dim = Dim;
  static constexpr std::size_t heads = Heads;

  explicit MultiHeadModel(Index users, Index items, const MultiHeadOptions& options = {})
      : users_(table(users, "users", options, 0)),
        items_(table(items, "items", options, 1)),
        learns_factors_(options.factors),
        biases_(options.biases) {
    for (Head& head : heads_) {
      head.factors = Factors(1, dim());
      head.factors.value().setOnes();
      head.user_biases = Biases(users);
      head.item_biases = Biases(items);
    }
  }

  Index users() const { return users_.rows(); }
  Index items() const { return items_.rows(); }
  Index dim() const { return users_.dim(); }
  bool has_biases() const { return biases_; }
  bool learns_factors() const { return learns_factors_; }

  /// A view of one head. The model must outlive it, and stay where it is. Throws: std::out_of_range unless k < heads.
  ModelHead<MultiHeadModel> head(std::size_t k) const {
    detail::require_id("MultiHeadModel: head", k, Heads);
    return ModelHead<MultiHeadModel>(*this, k);
  }

  /// What training changes in each head.
  struct Head {
    Factors factors = {};
    Biases user_biases = {}, item_biases = {};
    Scalar mean = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& field) {
      field("factors", self.factors);
      field("user_bias", self.user_biases);
      field("item_bias", self.item_biases);
      field("mean", self.mean);
    }
  };

  /// See core/access.hpp.
  static std::string kind() { return "multi-head(" + std::to_string(Heads) + ")"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("user", self.users_);
    field("item", self.items_);
    field("head", self.heads_);
    field("learns_factors", self.learns_factors_);
    field("biases", self.biases_);
    field("prepared", self.prepared_);
  }
  void loaded() const {
    bool fits = users_.cols() == items_.cols();
    for (const Head& head : heads_) {
      fits = fits && head.factors.rows() == 1 && head.factors.cols() == dim() && head.user_biases.rows() == users() &&
             head.item_biases.rows() == items();
    }
    detail::require(fits, "MultiHeadModel: the heads must have the tables' shapes, ", users(), " x ", items(), " x ", dim());
  }

  const Head& parts(std::size_t k) const { return heads_[k]; }
  const Table& user_table() const { return users_; }
  const Table& item_table() const { return items_; }

  /// Called by a trainer before the first step with the data and the mean label of each head, none for one that is not trained; later
  /// calls change nothing. Rows of ids without a row in the data of a trained head become zero. `data` is a tuple of data sets.
  template <class Data>
  void prepare(const Data& data, const std::array<std::optional<double>, Heads>& means) {
    if (prepared_) return;
    prepared_ = true;
    std::vector<bool> user_seen(static_cast<std::size_t>(users())), item_seen(static_cast<std::size_t>(items()));
    const auto look = [&](const auto& rows, std::size_t k) {
      if (!means[k]) return;
      if (biases_) heads_[k].mean = static_cast<Scalar>(*means[k]);
      for (Index n = 0; n < rows.size(); ++n) {
        user_seen[static_cast<std::size_t>(rows.user(n).index())] = true;
        item_seen[static_cast<std::size_t>(rows.item(n).index())] = true;
      }
    };
    [&]<std::size_t... k>(std::index_sequence<k...>) { (look(std::get<k>(data), k), ...); }(std::make_index_sequence<Heads>{});
    for (std::size_t u = 0; u < user_seen.size(); ++u) {
      if (!user_seen[u]) users_.padded_row(static_cast<Index>(u)).setZero();
    }
    for (std::size_t i = 0; i < item_seen.size(); ++i) {
      if (!item_seen[i]) items_.padded_row(static_cast<Index>(i)).setZero();
    }
  }

  /// p, q, then of each head its factors, its user biases and its item biases.
  auto parameters() { return parameters_of(*this, std::make_index_sequence<Heads>{}); }
  auto parameters() const { return parameters_of(*this, std::make_index_sequence<Heads>{}); }
  static std::array<std::string, 2 + 3 * Heads> names() {
    std::array<std::string, 2 + 3 * Heads> all{"user.rows", "item.rows"};
    for (std::size_t k = 0; k < Heads; ++k) {
      const std::string head = "head" + std::to_string(k);
      all[2 + 3 * k] = head + ".factors";
      all[3 + 3 * k] = head + ".user_biases";
      all[4 + 3 * k] = head + ".item_biases";
    }
    return all;
  }

 private:
  friend class Access;
  MultiHeadModel() = default;

  template <class Self, std::size_t... k>
  static auto parameters_of(Self& self, std::index_sequence<k...>) {
    return std::tuple_cat(std::tie(self.users_, self.items_),
                          std::tie(self.heads_[k].factors, self.heads_[k].user_biases, self.heads_[k].item_biases)...);
  }

  static Table table(Index rows, const char* what, const MultiHeadOptions& options, std::uint32_t salt) {
    detail::require(rows >= 1, "MultiHeadModel: the number of ", what, " must be at least 1, got ", rows);
    detail::require(options.deviation >= 0 && options.deviation < 1e6,
                    "MultiHeadModel: deviation must be finite and not negative, got ", options.deviation);
    Table table(rows, options.dim.value_or(Dim == Dynamic ? 64 : Dim));
    fill_normal(table, options.deviation / std::sqrt(static_cast<double>(table.dim())), options.seed, salt);
    return table;
  }

  Table users_, items_;
  std::array<Head, Heads> heads_;
  bool learns_factors_ = false, biases_ = false, prepared_ = false;
};

/// One head of a `MultiHeadModel`, by reference. Models `VectorModel` and `HasEmbeddings`, and predicts and learns as `add_gradient` and
/// `RankingWorkspace` ask; its gradients are those of the whole model.
///
/// Vectors for top-k: (h_k p_u, 1) and (q_i, b^k_i). Cost: score O(Dim); score_items O(items Dim), allocates nothing.
/// Throws: std::out_of_range for an unknown id.
template <class M>
class ModelHead {
 public:
  using Scalar = typename M::Scalar;
  static constexpr int fixed_dim = M::fixed_dim;

  /// What a training pass remembers: the slope of the factors, while it is summed.
  struct Tape {
    RowMatrix<Scalar> d_factors;
  };

  ModelHead(const M& model, std::size_t k) : model_(&model), k_(k) {}

  Index users() const { return model_->users(); }
  Index items() const { return model_->items(); }
  Index dim() const { return model_->dim(); }
  std::size_t number() const { return k_; }
  Scalar global_mean() const { return head().mean; }
  ConstRowMap<Scalar, fixed_dim> factors() const { return head().factors.row(0); }

  template <class Rep>
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    return predict(checked(user), checked(item));
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    const Index u = checked(user);
    detail::require(static_cast<Index>(out.size()) == items(), "ModelHead::score_items: out must have ", items(),
                    " places, got ", out.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = predict(u, static_cast<Index>(i));
  }

  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    return (model_->user_table().padded_row(checked(user)) != 0).any();
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    return (model_->item_table().padded_row(checked(item)) != 0).any();
  }

  Index vector_dim() const { return dim() + (model_->has_biases() ? 1 : 0); }
  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const {
    out.setZero(static_cast<Index>(ids.size()), padded<Scalar>(vector_dim()));
    for (std::size_t n = 0; n < ids.size(); ++n) {
      out.row(static_cast<Index>(n)).head(dim()) = (model_->user_table().row(ids[n]) * factors()).matrix();
    }
    if (model_->has_biases()) out.col(dim()).setOnes();
  }
  void item_vectors(RowMatrix<Scalar>& out) const {
    out.setZero(items(), padded<Scalar>(vector_dim()));
    out.leftCols(dim()) = model_->item_table().value();
    if (model_->has_biases()) out.col(dim()) = head().item_biases.value();
  }
  void user_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { model_->user_table().encode(ids, out); }
  void item_embeddings(std::span<const Index> ids, RowMatrix<Scalar>& out) const { model_->item_table().encode(ids, out); }

  /// predictions[n] = score(users[n], items[n]).
  void forward(std::span<const Index> users, std::span<const Index> items, std::span<Scalar> predictions, Tape&) const {
    for (std::size_t n = 0; n < users.size(); ++n) predictions[n] = predict(users[n], items[n]);
  }

  /// Adds to `gradients` the gradient of a loss whose derivative by predictions[n] is slopes[n].
  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const Scalar> slopes, Tape& tape,
                Gradients<M>& gradients) const {
    if (users.empty()) return;
    const auto h = head().factors.padded_row(0);
    tape.d_factors.setZero(1, head().factors.stride());
    PaddedRowMap<Scalar, fixed_dim> d_factors(tape.d_factors.data(), 1, tape.d_factors.cols());
    auto &user_rows = std::get<0>(gradients), &item_rows = std::get<1>(gradients);
    const Index user_place = user_rows.push(users), item_place = item_rows.push(items);
    for (std::size_t n = 0; n < users.size(); ++n) {
      const auto p = model_->user_table().padded_row(users[n]), q = model_->item_table().padded_row(items[n]);
      user_rows.padded_row(user_place + static_cast<Index>(n)) = slopes[n] * h * q;
      item_rows.padded_row(item_place + static_cast<Index>(n)) = slopes[n] * h * p;
      d_factors += slopes[n] * p * q;
    }
    with_own(gradients, std::make_index_sequence<M::heads>{}, [&](auto& of_factors, auto& of_users, auto& of_items) {
      if (model_->learns_factors()) of_factors.add(0, d_factors.head(dim()));
      if (!model_->has_biases()) return;
      add_biases(of_users, users, slopes);
      add_biases(of_items, items, slopes);
    });
  }

  auto parameters() const { return model_->parameters(); }
  static auto names() { return M::names(); }

  /// For each parameter, how many rows of this head's data touch each of its rows; see L2::frequency_power.
  template <class Data>
  std::vector<std::vector<double>> touch_counts(const Data& data) const {
    std::vector<std::vector<double>> counts(2 + 3 * M::heads);
    counts[0].resize(static_cast<std::size_t>(users()));
    counts[1].resize(static_cast<std::size_t>(items()));
    for (Index n = 0; n < data.size(); ++n) {
      ++counts[0][static_cast<std::size_t>(data.user(n).index())];
      ++counts[1][static_cast<std::size_t>(data.item(n).index())];
    }
    counts[3 + 3 * k_] = counts[0];
    counts[4 + 3 * k_] = counts[1];
    return counts;
  }

 private:
  const typename M::Head& head() const { return model_->parts(k_); }

  template <class Rep>
  Index checked(BasicUserId<Rep> user) const {
    detail::require_id("ModelHead: user", user.index(), users());
    return user.index();
  }
  template <class Rep>
  Index checked(BasicItemId<Rep> item) const {
    detail::require_id("ModelHead: item", item.index(), items());
    return item.index();
  }

  Scalar predict(Index u, Index i) const {
    const Scalar dot =
        (head().factors.padded_row(0) * model_->user_table().padded_row(u) * model_->item_table().padded_row(i)).sum();
    return model_->has_biases() ? head().mean + head().user_biases.row(u)(0) + head().item_biases.row(i)(0) + dot : dot;
  }

  template <class G>
  static void add_biases(G& gradient, std::span<const Index> ids, std::span<const Scalar> slopes) {
    const Index place = gradient.push(ids);
    for (std::size_t n = 0; n < ids.size(); ++n) {
      auto row = gradient.padded_row(place + static_cast<Index>(n));
      row.setZero();
      row(0) = slopes[n];
    }
  }

  /// f(gradients of this head's factors, user biases and item biases).
  template <std::size_t... k, class F>
  void with_own(Gradients<M>& gradients, std::index_sequence<k...>, F&& f) const {
    ((k == k_ ? f(std::get<2 + 3 * k>(gradients), std::get<3 + 3 * k>(gradients), std::get<4 + 3 * k>(gradients)) : void()),
     ...);
  }

  const M* model_;
  std::size_t k_;
};

}  // namespace kindred

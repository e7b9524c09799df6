// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One head of a `MultiHeadModel` as a model like any other: it scores, is served, evaluated and trained, while its numbers lie in the model.

#include <kindred/core/types.hpp>
#include <kindred/detail/row_counts.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/parameter/row.hpp>

#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace kindred {

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
    counts[0] = detail::rows_of_users(data, users());
    counts[1] = detail::rows_of_items(data, items());
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

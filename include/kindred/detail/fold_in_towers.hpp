// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Folding a user into a two-tower model: least squares on the items' vectors where users have vectors of their own, the user's features
/// where users are made of them, and both together where a user is the sum of the two.

#include <kindred/detail/encode.hpp>
#include <kindred/detail/folder.hpp>
#include <kindred/detail/score_rows.hpp>
#include <kindred/encoder/combine.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/scorer/dot_product.hpp>
#include <kindred/train/als_solvers.hpp>

#include <memory>
#include <span>
#include <tuple>
#include <vector>

namespace kindred::detail {

template <class M>
concept EncodesHistory = requires { typename M::Encoded; } && M::entities == Side::users;

template <class M>
concept Towers = requires(const M& model) {
  model.user_encoder();
  model.item_encoder();
  model.user_biases();
  model.item_biases();
  model.scorer();
  model.has_biases();
};

/// Whether an encoder can give an entity any vector, having a row of a table for each.
template <class E>
inline constexpr bool is_free = LookupEncoder<E>;
template <class... Parts>
inline constexpr bool is_free<SumEncoder<Parts...>> = (is_free<Parts> || ...);

/// out += what the encoder says of these features alone.
template <class E, class Out>
void add_feature_part(const E& encoder, const Features& features, Index row, Out&& out) {
  if constexpr (requires(RowMatrix<typename E::Scalar>& rows) { encoder.encode(features, std::span<const Index>(), rows); }) {
    RowMatrix<typename E::Scalar> rows;
    encoder.encode(features, std::span<const Index>(&row, 1), rows);
    out += rows.row(0).head(out.size());
  } else {
    static_assert(LookupEncoder<E>,
                  "FoldIn: a user encoder must be a table, have encode(features, ids, out), or be a SumEncoder of such");
  }
}
template <class... Parts, class Out>
void add_feature_part(const SumEncoder<Parts...>& encoder, const Features& features, Index row, Out&& out) {
  [&]<std::size_t... k>(std::index_sequence<k...>) {
    (add_feature_part(encoder.template part<k>(), features, row, out), ...);
  }(std::index_sequence_for<Parts...>{});
}

/// With z_i the vectors of the items, f what the user's features say (0 without), and x the user's vector, to which his bias belongs:
///   x = the minimum of the user's part of the objective of `AlsOptions`, in which |x|^2 is |x - f|^2,
/// as in a sweep of alternating least squares. A user made of features alone is f.
template <class M>
  requires Towers<M> && (!EncodesHistory<M>)
class Folder<M> {
  using UserEncoder = std::remove_cvref_t<decltype(std::declval<const M&>().user_encoder())>;
  using ItemEncoder = std::remove_cvref_t<decltype(std::declval<const M&>().item_encoder())>;
  using UserBias = std::remove_cvref_t<decltype(std::declval<const M&>().user_biases())>;
  using ItemBias = std::remove_cvref_t<decltype(std::declval<const M&>().item_biases())>;
  using ScorerType = std::remove_cvref_t<decltype(std::declval<const M&>().scorer())>;
  static constexpr bool free = is_free<UserEncoder>;
  static constexpr bool is_dot = std::is_same_v<ScorerType, DotProduct>;
  /// The items' vectors are read where they lie.
  static constexpr bool in_place = [] {
    if constexpr (LookupEncoder<ItemEncoder>) return !ItemEncoder::narrow;
    return false;
  }();
  static_assert(
      !free || is_dot,
      "FoldIn: a user's vector is the solution of a linear system only with the scorer DotProduct; for other scorers make "
      "users of their features or histories (encoder/history.hpp)");

 public:
  using Scalar = typename M::Scalar;

  struct User {
    RowMatrix<Scalar> vector;  ///< 1 x padded dim, as a row of `user_embeddings`
    Scalar bias = 0;
  };
  struct Memory {
    RowWorkspace<Scalar> row;
    RowMatrix<Scalar> design;  ///< the vectors of the user's items and a coordinate of ones, if there are biases
  };

  template <Executor E>
  Folder(const M& model, const FoldInOptions& options, const E& executor) : model_(&model), options_(options.least_squares) {
    if constexpr (!in_place) model.item_encoder().encode(ids_up_to(model.items()), items_);
    if constexpr (!LookupEncoder<ItemBias>) {
      if (model.has_biases()) model.item_biases().encode(ids_up_to(model.items()), item_biases_);
    }
    if constexpr (free) {
      options_.validate();
      require(!implicit() || (!model.has_biases() && model.scale() == 1),
              "FoldIn: for implicit feedback the model must have no biases and a scale of 1, got biases ",
              model.has_biases() ? "on" : "off", " and a scale of ", model.scale());
      require(options_.user_features == nullptr,
              "FoldIn: least_squares.user_features must be null, as their weights are the trainer's and not the model's, got ",
              shape_of(options_.user_features.get()));
      if (!implicit() || options_.unobserved == 0) return;
      for (Index i = 0; i < model.items(); ++i) known_ += model.knows(BasicItemId<std::uint64_t>(i)) ? 1 : 0;
      std::vector<Eigen::MatrixX<Scalar>> parts;
      gramian(rows(), model.dim(), options_.unobserved, parts, gramian_, executor);
    }
  }

  Index items() const { return model_->items(); }

  void fold(const CheckedHistory& history, Memory& memory, User& user) const {
    user.vector.setZero(1, rows().cols());
    user.bias = 0;
    if (history.features != nullptr) {
      add_feature_part(model_->user_encoder(), *history.features, history.feature_row, user.vector.row(0).head(model_->dim()));
      Eigen::Matrix<Scalar, 1, 1> bias(Scalar{0});
      if (model_->has_biases()) add_feature_part(model_->user_biases(), *history.features, history.feature_row, bias);
      user.bias = bias(0);
    }
    if constexpr (free) solve(history, memory, user);
  }

  Scalar score(const User& user, Index item) const {
    Scalar dot;
    if constexpr (is_dot) {
      dot = score_pair(user.vector.row(0), rows().row(item));
    } else {
      dot = model_->scorer().score(user.vector.row(0).array(), rows().row(item).array());
    }
    return model_->has_biases() ? model_->global_mean() + model_->scale() * (user.bias + bias_of(item) + dot)
                                : model_->scale() * dot;
  }

  void score_items(const User& user, std::span<Scalar> out) const {
    Eigen::Map<Eigen::ArrayX<Scalar>> all(out.data(), items());
    const auto row = [this](Index i) { return rows().row(i).array(); };
    score_rows(model_->scorer(), user.vector.row(0).array(), rows(), row, out);
    if (model_->has_biases()) {
      all = model_->global_mean() +
            model_->scale() * (user.bias + Eigen::Map<const Eigen::ArrayX<Scalar>>(biases(), items()) + all);
    } else if (model_->scale() != 1) {
      all *= model_->scale();
    }
  }

 private:
  bool implicit() const { return options_.feedback == Feedback::implicit; }

  decltype(auto) rows() const {
    if constexpr (in_place) {
      return model_->item_encoder().padded_value();
    } else {
      return (items_);
    }
  }
  const Scalar* biases() const {
    if constexpr (LookupEncoder<ItemBias>) {
      return model_->item_biases().data();
    } else {
      return item_biases_.data();
    }
  }
  Scalar bias_of(Index item) const { return model_->has_biases() ? biases()[item] : Scalar{0}; }

  /// On entry the user is what his features say.
  void solve(const CheckedHistory& history, Memory& memory, User& user) const {
    require(implicit() || history.has_values || history.entries.empty(),
            "fold_in: explicit ratings must have values, got none");
    const Index cols = model_->dim(), dim = cols + (model_->has_biases() ? 1 : 0);
    const auto n = static_cast<Index>(history.entries.size());
    auto& work = memory.row;
    work.reserve(dim, n);
    if (dim > cols && memory.design.rows() < n) memory.design.resize(2 * n, padded<Scalar>(dim));
    work.ids.clear();
    work.weights.clear();
    work.pulls.clear();
    const auto all = rows();
    const Scalar mean = model_->has_biases() ? model_->global_mean() : Scalar{0};
    const auto excess =
        static_cast<Scalar>(implicit() && options_.unobserved_pairs == Unobserved::missing_pairs ? options_.unobserved : 0);
    for (const HistoryEntry& entry : history.entries) {
      const auto weight = static_cast<Scalar>(weight_of(entry));
      if (weight == 0) continue;
      require(weight < Scalar(1e30), "fold_in: a weight must be below 1e30, got ", weight, " for item ", entry.item);
      Index place = entry.item;
      if (dim > cols) {
        place = static_cast<Index>(work.ids.size());
        memory.design.row(place).head(cols) = all.row(entry.item).head(cols);
        memory.design(place, cols) = 1;
      }
      const Scalar target = implicit() ? Scalar{1} : (static_cast<Scalar>(entry.value) - mean) / model_->scale();
      work.ids.push_back(place);
      work.weights.push_back(weight - excess);
      work.pulls.push_back(weight * (target - bias_of(entry.item)));
    }
    if (work.ids.empty()) return;

    const double pairs = implicit() ? options_.unobserved * static_cast<double>(known_) : 0;
    const double strength = options_.lambda * std::pow(static_cast<double>(work.ids.size()) + pairs, options_.frequency_power);
    work.ridge.setConstant(static_cast<Scalar>(strength));
    work.centre.head(cols) = user.vector.row(0).head(cols);
    if (dim > cols) {
      work.ridge(cols) = static_cast<Scalar>(strength * options_.biases);
      work.centre(cols) = user.bias;
    }
    RowProblem<Scalar> problem;
    problem.design = dim > cols ? memory.design.data() : all.data();
    problem.stride = dim > cols ? memory.design.cols() : all.cols();
    problem.dim = dim;
    problem.ids = work.ids;
    problem.weights = work.weights;
    problem.pulls = work.pulls;
    problem.ridge = work.ridge.data();
    if (gramian_.size() > 0) problem.gramian = &gramian_;
    if (history.features != nullptr) problem.centre = work.centre.data();
    Cholesky{}.solve(problem, work);
    user.vector.row(0).head(cols) = work.x.head(cols);
    if (dim > cols) user.bias = work.x(cols);
  }

  double weight_of(const HistoryEntry& entry) const {
    if (!implicit() || options_.confidence.form == ConfidenceForm::weight) return double{entry.weight};
    require(entry.value >= 0, "fold_in: a value must not be negative, as confidence goes by it, got ", entry.value,
            " for item ", entry.item);
    return options_.confidence.of(double{entry.weight}, double{entry.value});
  }

  const M* model_;
  AlsOptions options_;
  Index known_ = 0;  ///< items that the model knows
  Eigen::MatrixX<Scalar> gramian_;
  RowMatrix<Scalar> items_, item_biases_;  ///< of encoders that are no tables of Scalars
};

}  // namespace kindred::detail

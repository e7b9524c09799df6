// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One set of embeddings for several kinds of feedback: a head for each kind (clicks and purchases, say), which weighs the coordinates in
/// its own way and has its own biases.

#include <kindred/core/access.hpp>
#include <kindred/detail/for_each_in.hpp>
#include <kindred/detail/row_counts.hpp>
#include <kindred/encoder/encoder.hpp>
#include <kindred/model/model_head.hpp>
#include <kindred/parameter/embedding_table.hpp>
#include <kindred/parameter/initialize.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace kindred {

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
    std::vector<double> of_users(static_cast<std::size_t>(users())), of_items(static_cast<std::size_t>(items()));
    const auto add = [](const std::vector<double>& rows, std::vector<double>& sums) {
      for (std::size_t n = 0; n < sums.size(); ++n) sums[n] += rows[n];
    };
    detail::for_each_in(data, [&](const auto& of_head, auto k) {
      if (!means[k]) return;
      if (biases_) heads_[k].mean = static_cast<Scalar>(*means[k]);
      add(detail::rows_of_users(of_head, users()), of_users);
      add(detail::rows_of_items(of_head, items()), of_items);
    });
    detail::forget_without_rows(users_, of_users);
    detail::forget_without_rows(items_, of_items);
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

}  // namespace kindred

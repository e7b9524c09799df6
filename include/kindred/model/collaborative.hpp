// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The collaborative model: a learned vector for each user and each item, nothing else known about them.

#include <kindred/model/two_tower.hpp>

namespace kindred {

struct CollaborativeOptions {
  std::optional<Index> dim = {};  ///< the embedding size; by default the fixed `Dim`, or 64 where that is dynamic
  bool biases = true;             ///< global mean, user and item biases: right for ratings
  double deviation = 0.1;         ///< the embeddings start as normal numbers with this standard deviation / sqrt(dim)
  double scale = 1;               ///< the unit of the labels, see `TwoTower`
  std::uint64_t seed = 1;
};

/// pred(u, i) = [ mean + ] scale ( score(p_u, q_i) [ + b_u + b_i ] ): matrix factorisation (Koren, Bell & Volinsky 2009), with any scorer.
///
/// With `Eigen::bfloat16` or `Eigen::half` as `Stored` the vectors take 16 bits a number; all is computed in float. A trained model of floats
/// is converted by `CollaborativeModel<float, 64, DotProduct, Eigen::bfloat16>(model)`, or the narrow one is trained itself (see `Optimizer`).
/// Shapes: p users x Dim, q items x Dim. Memory: (users + items) (padded(Dim) sizeof(Stored) + sizeof(Scalar)) bytes.
/// Throws: std::invalid_argument if users, items or dim is below 1, or dim differs from a fixed `Dim`; as `Parameter`.
/// When not to use it: it knows nothing of an id without interactions (it scores those by means and biases).
template <class ScalarType = float, int Dim = Dynamic, class ScorerType = DotProduct, class StoredType = ScalarType>
class CollaborativeModel
    : public TwoTower<EmbeddingTable<ScalarType, Dim, StoredType>, EmbeddingTable<ScalarType, Dim, StoredType>, ScorerType> {
  using Table = EmbeddingTable<ScalarType, Dim, StoredType>;
  using Base = TwoTower<Table, Table, ScorerType>;

 public:
  explicit CollaborativeModel(Index users, Index items, const CollaborativeOptions& options = {}, ScorerType scorer = {})
      : Base(table(users, "users", options, 0), table(items, "items", options, 1), options.biases, std::move(scorer),
             options.scale) {}

  /// The same model stored otherwise: to 16 bits rounded to the nearest, from 16 bits exactly.
  template <class Other>
    requires(!std::same_as<Other, StoredType>)
  explicit CollaborativeModel(const CollaborativeModel<ScalarType, Dim, ScorerType, Other>& other) : Base(other) {}

 private:
  friend class Access;
  CollaborativeModel() = default;

  static Table table(Index rows, const char* what, const CollaborativeOptions& options, std::uint32_t salt) {
    detail::require(rows >= 1, "CollaborativeModel: the number of ", what, " must be at least 1, got ", rows);
    detail::require(options.deviation >= 0 && options.deviation < 1e6,
                    "CollaborativeModel: deviation must be finite and not negative, got ", options.deviation);
    Table table(rows, options.dim.value_or(Dim == Dynamic ? 64 : Dim));
    fill_normal(table, options.deviation / std::sqrt(static_cast<double>(table.dim())), options.seed, salt);
    return table;
  }
};

}  // namespace kindred
